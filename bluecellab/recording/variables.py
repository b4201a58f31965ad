"""Which variables there are at a place, and in which units."""

from __future__ import annotations

import difflib
import functools
import re
from typing import Any

from bluecellab.errors import EngineError, NotRecordableError
from bluecellab.nrn import runtime
from bluecellab.nrn.handles import Section, Segment, unwrap

__all__ = [
    "FAST_IMEM",
    "available",
    "currents_of",
    "currents_vars",
    "mechs_vars",
    "pointer_to",
    "unit_of_variable",
]

#: Total membrane current of a segment, in nA; NEURON computes it only when told to.
FAST_IMEM = "i_membrane_"

_NAME = re.compile(r"(?:(?P<mechanism>[A-Za-z_]\w*)\.)?(?P<name>[A-Za-z_]\w*)")
_COMMENTS = re.compile(r"\bCOMMENT\b.*?\bENDCOMMENT\b|[:?][^\n]*", re.DOTALL)
_NONSPECIFIC = re.compile(r"\bNONSPECIFIC_CURRENT\s+([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)")
#: For libraries that were compiled without the text of their mechanisms.
_KNOWN_NONSPECIFIC = {"pas": ("i",), "hh": ("il",), "Ih": ("ihcn",), "hd": ("i",)}


def pointer_to(at: Segment, variable: str) -> Any:
    """Return NEURON's reference to a variable.

    Parameters
    ----------
    at
        Where.
    variable
        ``"v"``, ``"ina"``, ``"gna_hh"``, or by mechanism ``"hh.gna"``.

    Raises
    ------
    NotRecordableError
        If there is no such variable there; lists what there is.
    """
    match = _NAME.fullmatch(variable)
    raw = at.raw
    if match is not None:
        holder = raw if match["mechanism"] is None else getattr(raw, match["mechanism"], None)
        pointer = getattr(holder, f"_ref_{match['name']}", None)
        if pointer is not None:
            return pointer
    raise NotRecordableError(_what_there_is(at, variable))


def _what_there_is(at: Segment, variable: str) -> str:
    owner = at.section.hname()
    if variable == "i_membrane":
        return (
            f"cannot record 'i_membrane' at {owner}({at.x:g}): it needs the mechanism extracellular there. "
            f"Record {FAST_IMEM!r} instead, the total current of the segment in nA, which needs nothing."
        )
    if variable == FAST_IMEM:
        return (
            f"cannot record {FAST_IMEM!r} at {owner}({at.x:g}): NEURON computes it only with "
            "use_fast_imem on. Run it in a bluecellab simulation, which switches it on."
        )
    there = available(at)
    every = [name for names in there.values() for name in names]
    every += [f"{mechanism}.{name}" for mechanism, names in _by_mechanism(at.raw).items() for name in names]
    close = difflib.get_close_matches(str(variable), every, n=1, cutoff=0.6)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    listing = "; ".join(
        f"{mechanism}: {', '.join(names)}" if mechanism else ", ".join(names)
        for mechanism, names in there.items()
    )
    place = f"{owner}({at.x:g})"
    return f"cannot record {variable!r} at {place}: there is no such variable.{hint} There is {listing}."


def available(at: Segment) -> dict[str, list[str]]:
    """Return the variables that can be recorded at a place, by mechanism.

    Parameters
    ----------
    at
        Where.

    Returns
    -------
    dict
        Names as they are given to :func:`~bluecellab.recording.record`: ``"hh"`` has ``"m_hh"`` ...,
        ``"na_ion"`` has ``"ina"`` ..., and ``""`` what every place has.
    """
    found = {"": ["v", FAST_IMEM]}
    for mechanism in at.raw:
        found[str(mechanism.name())] = sorted(str(variable.name()) for variable in mechanism)
    return found


def unit_of_variable(variable: str) -> str:
    """Return the unit of a range variable as NEURON knows it, ``""`` if it does not.

    Parameters
    ----------
    variable
        As given to :func:`~bluecellab.recording.record`, or ``"IClamp.i"`` for a point process.
    """
    if variable == FAST_IMEM:
        return "nA"
    known = _units.get(variable)
    if known is None:
        mechanism, dot, name = variable.rpartition(".")
        candidates = [f"{name}_{mechanism}", variable, name] if dot else [variable]
        known = next((unit for unit in map(_unit_in_neuron, candidates) if unit is not None), None)
        if known is None:
            return ""  # a library that is loaded later may know it
        _units[variable] = known
    return known


_units: dict[str, str] = {}


def _unit_in_neuron(name: str) -> str | None:
    """Return the unit of a variable by its hoc name, or None if NEURON knows no such variable."""
    try:
        with runtime.guard(f"the unit of {name}"):
            return str(runtime.raw_h().units(name))
    except EngineError:
        return None


def _by_mechanism(raw: Any) -> dict[str, list[str]]:
    """Return the variables of the density mechanisms of a raw segment, without suffix."""
    return {
        str(mechanism.name()): sorted(
            str(variable.name()).removesuffix(f"_{mechanism.name()}") for variable in mechanism
        )
        for mechanism in raw
        if not mechanism.is_ion()
    }


def nonspecific_currents(mechanism: str) -> tuple[str, ...]:
    """Return the currents of a density mechanism that no ion carries, without suffix.

    They are read from the text of the mechanism, which NEURON's libraries carry with them.
    """
    kinds = runtime.raw_h().MechanismType(0)
    kinds.select(mechanism)
    return _nonspecific_in(mechanism, str(kinds.code()))


@functools.cache
def _nonspecific_in(mechanism: str, text: str) -> tuple[str, ...]:
    if not text.strip():
        return _KNOWN_NONSPECIFIC.get(mechanism, ())
    found = _NONSPECIFIC.findall(_COMMENTS.sub(" ", text))
    return tuple(name.strip() for names in found for name in names.split(","))


def currents_vars(section: Section | Any, x: float = 0.5) -> dict[str, dict[str, str]]:
    """Return the membrane currents of a section with unit and kind.

    Parameters
    ----------
    section
        The section.
    x
        Position along it.

    Returns
    -------
    dict
        By name in alphabetical order: ``{"ina": {"units": "mA/cm²", "kind": "ionic_current"}, ...}``; the
        other kind is ``"nonspecific_current"``. The current of TTX, which is a switch and no current,
        is left out.
    """
    raw = unwrap(section)(x)
    kinds = {}
    for mechanism in raw:
        name = str(mechanism.name())
        variables = {str(variable.name()) for variable in mechanism}
        if mechanism.is_ion():
            ion = name.removesuffix("_ion")
            candidates, kind = [f"i{ion}"] if ion != "ttx" else [], "ionic_current"
        else:
            candidates = [f"{current}_{name}" for current in nonspecific_currents(name)]
            kind = "nonspecific_current"
        kinds.update({current: kind for current in candidates if current in variables})
    return {name: {"units": "mA/cm²", "kind": kinds[name]} for name in sorted(kinds)}


def currents_of(section: Section | Any, x: float = 0.5, *, include_nonspecific: bool = True) -> list[str]:
    """Return the names of the membrane currents of a section, in alphabetical order.

    Parameters
    ----------
    section
        The section.
    x
        Position along it.
    include_nonspecific
        Whether to include currents that no ion carries, such as ``i_pas`` and ``ihcn_Ih``.
    """
    return [
        name
        for name, entry in currents_vars(section, x).items()
        if include_nonspecific or entry["kind"] == "ionic_current"
    ]


def mechs_vars(section: Section | Any, include_point_mechs: bool = False) -> dict[str, dict[str, list[str]]]:
    """Return the variables of the mechanisms of a section, without suffix.

    Parameters
    ----------
    section
        The section.
    include_point_mechs
        Whether to add the point processes on it.

    Returns
    -------
    dict
        ``{"mech": {"hh": ["el", "gk", ...]}, "point": {"IClamp": ["amp", ...]}}``, the second only if
        asked for.
    """
    raw = unwrap(section)
    found = {"mech": _by_mechanism(raw(0.5))}
    if include_point_mechs:
        classes = {
            str(process.hname()).partition("[")[0] for segment in raw for process in segment.point_processes()
        }
        found["point"] = {name: _point_variables(name) for name in sorted(classes)}
    return found


def _point_variables(mechanism: str) -> list[str]:
    h = runtime.raw_h()
    name = h.ref("")
    names = []
    for kind in (1, 2, 3):  # parameters, assigned, states
        standard = h.MechanismStandard(mechanism, kind)
        for index in range(int(standard.count())):
            standard.name(name, index)
            # "del" is a word of Python's, which NEURON therefore spells "delay" there
            names.append("delay" if name[0] == "del" else str(name[0]))
    return sorted(names)
