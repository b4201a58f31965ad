"""Load a hoc template once per content, under a unique name.

NEURON cannot redefine a template, so that a second version of one name would be refused, or worse
be taken for the first. Here every content gets a name of its own, made of the original name and a
hash of the content.
"""

from __future__ import annotations

from bluecellab.nrn.templates.live import Template, discard, load, loaded_names, release
from bluecellab.nrn.templates.named import counted, load_as_written, load_named, written_names
from bluecellab.nrn.templates.naming import (
    check_compliance_with_neuron,
    get_neuron_compliant_template_name,
    shorten_and_hash_string,
)

__all__ = [
    "Template",
    "check_compliance_with_neuron",
    "counted",
    "discard",
    "get_neuron_compliant_template_name",
    "load",
    "load_as_written",
    "load_named",
    "loaded_names",
    "release",
    "shorten_and_hash_string",
    "written_names",
]
