"""hoc templates that make one synapse each: the ``<prefix>Helper.hoc`` files of circuits.

Such a file is code, as are the other templates of a circuit and its mechanisms: it is executed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

from bluecellab.errors import TemplateError
from bluecellab.nrn import runtime, settings, templates

__all__ = ["HelperTemplate", "load", "loaded", "make", "seeded"]


@dataclass(frozen=True)
class HelperTemplate:
    """A helper that NEURON has.

    Parameters
    ----------
    name
        Under which NEURON knows its template; unique for the content of the file.
    original_name
        In the file: ``"AMPANMDAHelper"``.
    path
        The file.
    needed
        Attributes of edges that it needs, beyond those that every helper gets.
    scaled
        Those among its parameters that depend on the extracellular calcium.
    """

    name: str
    original_name: str
    path: str
    needed: tuple[str, ...]
    scaled: tuple[str, ...]


class _Known:
    helpers: ClassVar[dict[str, HelperTemplate]] = {}


def load(path: Path, prefix: str) -> HelperTemplate:
    """Have NEURON read the file of a helper, unless it has read the same content already.

    Parameters
    ----------
    path
        The file.
    prefix
        What stands in front of ``Helper`` in the name of its template.

    Raises
    ------
    TemplateNotFoundError
        If there is no such file.
    MissingMechanismError
        If it makes point processes of mechanisms that are not loaded.
    TemplateError
        If NEURON refuses it, or it defines another template.
    """
    template = templates.load(path)
    if template.original_name != f"{prefix}Helper":
        raise TemplateError(
            f"{path} must define the template {prefix}Helper; it defines {template.original_name}"
        )
    if template.name not in _Known.helpers:
        # the file has just been read for the first time, so the values are its own
        scaled = str(getattr(runtime.raw_h(), f"{prefix}Helper_UHillScaleVariables", ""))
        mentioned = f"{prefix}Helper_UHillScaleVariables".encode() in path.read_bytes()
        _Known.helpers[template.name] = HelperTemplate(
            template.name,
            template.original_name,
            template.path,
            template.needed_attributes,
            tuple(part.strip() for part in scaled.split(";") if part.strip()) if mentioned else (),
        )
        if len(_Known.helpers) == 1:
            runtime.raw_h()(_HOLDER)
        runtime.raw_h()(_MAKER.format(name=template.name))
    return _Known.helpers[template.name]


def loaded() -> tuple[HelperTemplate, ...]:
    """Return the helpers that have been read, in that order."""
    return tuple(_Known.helpers.values())


# The parameters do not come as an argument: hoc would never give it back when the template fails.
_HOLDER = """
objref bluecellab_parameters
proc bluecellab_hold_parameters() {
    bluecellab_parameters = $o1
}
"""
_MAKER = """
obfunc bluecellab_{name}() {{ localobj made
    made = new {name}($1, bluecellab_parameters, $2, $3, $4, $5, $6)
    return made
}}
"""


def make(
    helper: HelperTemplate,
    section: Any,
    position: float,
    parameters: Mapping[str, float],
    ids: tuple[int, int, int, int, int],
) -> tuple[Any, Any]:
    """Make a synapse.

    Parameters
    ----------
    helper
        The helper.
    section, position
        Raw section, and where on it.
    parameters
        What the helper finds in its second argument.
    ids
        Its first argument, and those behind the third: number of the cell, number of the synapse, base seed,
        numbers of the populations that it comes from and arrives at.

    Returns
    -------
    tuple
        The instance of the template, and its point process.

    Raises
    ------
    TemplateError
        If the template fails, or does not make a point process on the section.
    """
    doing = f"{helper.original_name} ({helper.path}) fails"
    first, *others = ids
    h = runtime.raw_h()
    h.bluecellab_hold_parameters(SimpleNamespace(**parameters))
    try:
        with runtime.guard(doing, TemplateError):
            instance = getattr(h, f"bluecellab_{helper.name}")(first, position, *others, sec=section)
    finally:
        h.bluecellab_hold_parameters(h.hoc_sf_)  # any object that lives for ever
    process = getattr(instance, "synapse", None)
    if process is None or not hasattr(process, "has_loc") or not process.has_loc():
        raise TemplateError(
            f"{helper.original_name} ({helper.path}) makes no synapse: a helper has 'public synapse', an "
            "objref that its init() makes a point process at the third argument of the accessed section"
        )
    return instance, process


@contextmanager
def seeded(seeds: Mapping[str, int], *, randomize_gaba_rise_time: bool) -> Iterator[None]:
    """Let hoc code read seeds where it expects them, for the length of a block.

    Parameters
    ----------
    seeds
        By hoc's name: ``"synapseSeed"``, ...
    randomize_gaba_rise_time
        What hoc reads as ``randomize_Gaba_risetime``.
    """
    h = runtime.raw_h()
    before = str(h.randomize_Gaba_risetime)
    with settings.applied(seeds):
        h.randomize_Gaba_risetime = str(randomize_gaba_rise_time)
        try:
            yield
        finally:
            h.randomize_Gaba_risetime = before
