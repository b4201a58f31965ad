"""Files of parameters: JSON as it is, and the fits of the Allen Institute."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bluecellab.errors import CellError

__all__ = ["KINDS", "Assignment", "Fit", "Reversal", "file_state", "read_dynamics", "read_fit"]

KINDS = ("soma", "axon", "dend", "apic")
"""First letters of the names of sections, by which parameters are given."""

_CAPACITY = 512
_read: OrderedDict[tuple[str, int, int], dict[str, Any]] = OrderedDict()
_fits: OrderedDict[tuple[str, int, int], Fit] = OrderedDict()


@dataclass(frozen=True)
class Assignment:
    """One entry of ``genome``: a mechanism to insert, if any, and a variable to set."""

    section: str
    mechanism: str
    name: str
    value: float


@dataclass(frozen=True)
class Reversal:
    """One entry of ``erev``: reversal potentials of the sections of a kind, in mV."""

    section: str
    ena: float | None
    ek: float | None


@dataclass(frozen=True)
class Fit:
    """A fit of the Allen Institute.

    Parameters
    ----------
    path
        Its file, for messages.
    ra
        Axial resistivity in ohm cm, if given.
    cm
        Capacitance in uF/cm2 by kind of section, if given.
    e_pas
        Reversal potential of the leak in mV, if given.
    genome, erev
        In the order of the file.
    """

    path: str
    ra: float | None
    cm: Mapping[str, float] | None
    e_pas: float | None
    genome: tuple[Assignment, ...]
    erev: tuple[Reversal, ...]


def file_state(path: str, what: str) -> tuple[str, int, int]:
    """Return what tells a state of a file from another.

    Raises
    ------
    CellError
        If there is no such file.
    """
    try:
        status = Path(path).stat()
    except OSError as error:
        raise CellError(f"{what} {path} cannot be read: {error.strerror}") from error
    return path, status.st_mtime_ns, status.st_size


def read_dynamics(path: str) -> dict[str, Any]:
    """Return a JSON file of parameters; not to be changed, since it is read once only.

    Raises
    ------
    CellError
        If it is missing, is no JSON, or holds no object.
    """
    key = file_state(path, "dynamics_params")
    found = _read.get(key)
    if found is None:
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise CellError(f"dynamics_params {path} cannot be read as JSON: {error}") from error
        if not isinstance(found, dict):
            raise CellError(f"dynamics_params {path} holds a {type(found).__name__}; it must be an object")
        _read[key] = found
        while len(_read) > _CAPACITY:
            _read.popitem(last=False)
    return found


def read_fit(path: str) -> Fit:
    """Return a file of parameters as a fit of the Allen Institute.

    Raises
    ------
    CellError
        If it is missing, or lacks something; which, is said.
    """
    key = file_state(path, "dynamics_params")
    found = _fits.get(key)
    if found is None:
        found = _fits[key] = _fit(path, read_dynamics(path))
        while len(_fits) > _CAPACITY:
            _fits.popitem(last=False)
    return found


def _fit(path: str, content: Mapping[str, Any]) -> Fit:
    passive = _first(content, "passive", path)
    conditions = _first(content, "conditions", path)
    cm = _entries(passive, "cm", f"{path}: passive[0]") if "cm" in passive else None
    return Fit(
        path,
        _optional(passive, "ra", f"{path}: passive[0]"),
        None
        if cm is None
        else {
            _text(entry, "section", f"{path}: passive[0].cm"): _number(entry, "cm", f"{path}: passive[0].cm")
            for entry in cm
        },
        _optional(passive, "e_pas", f"{path}: passive[0]"),
        tuple(
            _assignment(entry, f"{path}: genome[{index}]")
            for index, entry in enumerate(_entries(content, "genome", path))
        ),
        tuple(
            _reversal(entry, f"{path}: conditions[0].erev[{index}]")
            for index, entry in enumerate(_entries(conditions, "erev", f"{path}: conditions[0]"))
        ),
    )


def _assignment(entry: Mapping[str, Any], where: str) -> Assignment:
    return Assignment(
        _kind(entry, where),
        str(entry.get("mechanism") or ""),
        _text(entry, "name", where),
        _number(entry, "value", where),
    )


def _reversal(entry: Mapping[str, Any], where: str) -> Reversal:
    return Reversal(_kind(entry, where), _optional(entry, "ena", where), _optional(entry, "ek", where))


def _kind(entry: Mapping[str, Any], where: str) -> str:
    kind = _text(entry, "section", where)
    if kind not in (*KINDS, "glob"):
        raise CellError(f"{where}: there are no sections {kind!r}; write one of {', '.join(KINDS)}")
    return kind


def _first(content: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    entries = _entries(content, name, where)
    if not entries:
        raise CellError(f"{where}: {name!r} is an empty list; it must hold an object")
    return entries[0]


def _entries(content: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    found = _needed(content, name, where)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise CellError(f"{where}: {name!r} must be a list of objects, not {found!r:.60}")
    return found


def _needed(content: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in content:
        there = ", ".join(sorted(content)) or "nothing"
        raise CellError(f"{where} has no {name!r}, which the processors aibs_... need; it has {there}")
    return content[name]


def _text(content: Mapping[str, Any], name: str, where: str) -> str:
    found = _needed(content, name, where)
    if not isinstance(found, str):
        raise CellError(f"{where}: {name!r} must be a text, not {found!r:.60}")
    return found


def _number(content: Mapping[str, Any], name: str, where: str) -> float:
    found = _needed(content, name, where)
    try:
        return float(found)
    except (TypeError, ValueError):
        raise CellError(f"{where}: {name!r} must be a number, not {found!r:.60}") from None


def _optional(content: Mapping[str, Any], name: str, where: str) -> float | None:
    return _number(content, name, where) if content.get(name) is not None else None
