"""The ``reports`` of the Allen dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bluecellab.circuit.config.allen.values import texts_of
from bluecellab.circuit.config.allen.wanted import Wanted
from bluecellab.circuit.config.blocks import Block, Key
from bluecellab.circuit.config.problems import nearest
from bluecellab.spec.allen import (
    AnyAllenReport,
    ClampReport,
    ExtracellularReport,
    MembraneReport,
    SaveSynapses,
    SynapseReport,
)

__all__ = ["REPORT_MODULES", "read_report"]

_SECTIONS = {
    "all": "all",
    "soma": "soma",
    "somatic": "soma",
    "axon": "axon",
    "axonal": "axon",
    "dend": "dend",
    "basal": "dend",
    "apic": "apic",
    "apical": "apic",
}
_COMMON = (
    Key("module", "text", needed=True),
    Key("cells", "any"),
    Key("dt", "number", unit="ms"),
    Key("start_time", "number", unit="ms"),
    Key("end_time", "number", unit="ms"),
    Key("file_name", "text"),
    Key("enabled", "flag"),
    Key("buffer", "any"),
    Key("buffer_data", "any"),
)
_SAMPLED = ("dt", "start_time", "end_time")


def _sampled(wanted: Wanted, keys: tuple[Key, ...], *others: str) -> dict[str, object]:
    """Return the fields that all reports over time have, and the values of their own keys."""
    fields = wanted.read((*_COMMON, *keys), *others, "unit")
    made = {name: fields[name] for name in (*_SAMPLED, *(key.name for key in keys)) if name in fields}
    name = wanted.of_output("file_name")
    return {**made, "name": wanted.name, "cells": wanted.node_set("cells"), "file_name": name or ""}


def _variables(wanted: Wanted, default: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the names of variables: parts of names in Python, such as ``v`` or ``m_hh``."""
    block = wanted.block
    if "variable_name" not in block.values and default is None:
        block.report("variable_name", "is missing; the name of a variable is needed")
    found = texts_of(block, "variable_name", "the name of a variable")
    if found is None:
        return None if "variable_name" in block.values else default
    if not all(name.isidentifier() for name in found):
        block.report("variable_name", 'names such as "v", "cai" or "m_hh" are needed')
        return None
    if len(set(found)) != len(found):
        block.report("variable_name", "has a name twice")
        return None
    return found


def _membrane(wanted: Wanted) -> MembraneReport | None:
    block = wanted.block
    fields = _sampled(wanted, (), "variable_name", "sections", "transform")
    variables, sections = _variables(wanted, ("v",)), _sections(wanted)
    transform, fine = _transform(wanted, variables or ())
    if variables is None or sections is None or not fine:
        return None
    soma_only = block.values.get("sections") == "soma"
    own = {"variable_names": variables, "sections": sections, "soma_only": soma_only, "transform": transform}
    return block.make(MembraneReport, {**fields, **own}, {"variable_names": "variable_name"})


def _sections(wanted: Wanted) -> tuple[str, ...] | None:
    block = wanted.block
    found = texts_of(block, "sections", "the name of a list of sections")
    if found is None:
        return None if "sections" in block.values else ("all",)
    for name in found:
        if name.lower() not in _SECTIONS:
            block.report("sections", f"no list of sections {name!r}; {nearest(name, _SECTIONS, 'lists')}")
            return None
    return tuple(dict.fromkeys(_SECTIONS[name.lower()] for name in found))


def _transform(wanted: Wanted, variables: tuple[str, ...]) -> tuple[str | None, bool]:
    """Return what is done to values, and whether it can be: a name, or names by variable."""
    given = wanted.block.values.get("transform")
    if given is None or given == {}:
        return None, True
    names = list(given.values()) if isinstance(given, dict) else [given]
    known = not isinstance(given, dict) or not variables or set(given) == set(variables)
    if any(name != "first_element" for name in names) or not known:
        wanted.block.report("transform", "'first_element' is all that there is; for all variables, or none")
        return None, False
    return "first_element", True


def _synapses(wanted: Wanted) -> SynapseReport | None:
    block = wanted.block
    fields = _sampled(wanted, (Key("syn_type", "text"),), "variable_name", "sections", "transform")
    if "syn_type" in wanted.nulls:
        fields["syn_type"] = None
    variables = _variables(wanted, None)
    if variables is None:
        return None
    made = {**fields, "variable_names": variables}
    return block.make(SynapseReport, made, {"variable_names": "variable_name"})


def _clamps(wanted: Wanted) -> ClampReport | None:
    key = Key("variable_name", "text", needed=True, choices=("se", "ic", "f_ic"))
    return wanted.block.make(ClampReport, _sampled(wanted, (key,), "sections", "transform"))


def _extracellular(wanted: Wanted) -> ExtracellularReport | None:
    block = wanted.block
    key = Key("electrode_positions", "text", needed=True)
    others = ("contributions_dir", "minimum_distance", "file_name_nwb", "cell_bounds")
    fields = _sampled(wanted, (key,), *others, "variable_name", "electrode_channels", "sections")
    distance = block.values.get("minimum_distance")
    if distance is not None and distance != "none":
        if distance != "auto" and (isinstance(distance, bool) or not isinstance(distance, int | float)):
            block.report("minimum_distance", "a number in um is needed, or 'auto'")
        else:
            fields["minimum_distance"] = distance
    if "cell_bounds" in block.values:
        fields["cell_bounds"] = _bounds(block)
    for name in ("contributions_dir", "file_name_nwb"):
        if name in block.values:
            if not isinstance(block.values[name], str):
                block.report(name, "a path is needed")
            fields[name] = wanted.of_output(name)
    fields["electrode_positions"] = wanted.file("electrode_positions")
    return None if fields["electrode_positions"] is None else block.make(ExtracellularReport, fields)


def _bounds(block: Block) -> tuple[int, int] | None:
    given = block.values["cell_bounds"]
    whole = isinstance(given, list) and all(isinstance(each, int) and each is not True for each in given)
    if not isinstance(given, list) or not whole or len(given) != 2 or given[0] > given[1]:
        block.report("cell_bounds", "two global ids are needed, those of the first and the last cell")
        return None
    return given[0], given[1]


def _save_synapses(wanted: Wanted) -> SaveSynapses | None:
    block = wanted.block
    fields = wanted.read(
        (Key("module", "text"), Key("network_dir", "text", needed=True), Key("enabled", "flag")),
        *("cells", "variable_name", "sections", "file_name"),  # BioNet looks at none of them
    )
    text = fields.get("network_dir")
    path = wanted.places.output(text, block.at("network_dir")) if isinstance(text, str) else None
    return None if path is None else block.make(SaveSynapses, {"name": wanted.name, "network_dir": path})


REPORT_MODULES: Mapping[str, Callable[[Wanted], AnyAllenReport | None]] = {
    "membrane_report": _membrane,
    "multimeter": _membrane,
    "multimeter_report": _membrane,
    "netcon_report": _synapses,
    "extracellular": _extracellular,
    "clamp_report": _clamps,
    "save_synapses": _save_synapses,
}
"""All modules of reports that there are."""


def read_report(wanted: Wanted) -> AnyAllenReport | None:
    """Return one of the ``reports``; None, and problems, if it is wrong.

    Parameters
    ----------
    wanted
        It.
    """
    block = wanted.block
    module = block.values.get("module")
    if not isinstance(module, str):
        known = ", ".join(map(repr, REPORT_MODULES))
        missing = "" if "module" in block.values else "is missing; "
        block.report("module", f"{missing}one of {known} is needed")
        return None
    read = REPORT_MODULES.get(module.lower())
    if read is None:
        block.report("module", f"no such module of reports; {nearest(module, REPORT_MODULES, 'modules')}")
        return None
    return read(wanted)
