"""The parameters of a fit, put into the sections of a cell."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bluecellab.cell.builders.allen.reading import KINDS, Fit, Reversal
from bluecellab.errors import CellError, CircuitWarning
from bluecellab.nrn import mechanisms
from bluecellab.nrn.handles import name_of

__all__ = ["apply_allactive", "apply_perisomatic", "assign", "by_kind", "insert"]

Sections = Mapping[str, Sequence[Any]]


def by_kind(sections: Iterable[Any]) -> dict[str, list[Any]]:
    """Return raw sections by the first four letters of their names, such as ``"dend"``."""
    found: dict[str, list[Any]] = {}
    for section in sections:
        found.setdefault(name_of(section)[:4], []).append(section)
    return found


def insert(section: Any, mechanism: str, where: str) -> None:
    """Insert a density mechanism.

    Raises
    ------
    MissingMechanismError
        If it is not loaded.
    CellError
        If it is a mechanism of another kind.
    """
    try:
        section.insert(mechanism)
    except (ValueError, RuntimeError) as error:
        mechanisms.require(mechanism)
        raise CellError(f"{where} inserts {mechanism}, which is no density mechanism") from error


def assign(section: Any, name: str, value: float, where: str) -> None:
    """Set a range variable in all of a section.

    Raises
    ------
    CellError
        If the section does not have it.
    """
    try:
        setattr(section, name, value)
    except (AttributeError, LookupError, NameError, TypeError, ValueError, RuntimeError) as error:
        raise CellError(
            f"{where} sets {name} in {name_of(section)}, but no mechanism there has such a variable; insert "
            "its mechanism first, or correct the name"
        ) from error


def apply_perisomatic(sections: Sections, fit: Fit) -> None:
    """Put the parameters of a perisomatic fit into sections by kind.

    Every section gets the axial resistivity, the capacitance of its kind and a leak; then come channels and
    reversal potentials.

    Raises
    ------
    CellError
        If the fit lacks ``ra``, ``e_pas``, or the ``cm`` of a kind; or names a variable that is not there.
    MissingMechanismError
        If a mechanism is not loaded.
    """
    if fit.ra is None or fit.e_pas is None or fit.cm is None:
        missing = [name for name in ("ra", "e_pas", "cm") if getattr(fit, name) is None]
        raise CellError(f"{fit.path}: passive[0] has no {' and no '.join(map(repr, missing))}")
    for kind, members in sections.items():
        if kind not in fit.cm:
            raise CellError(
                f"{fit.path}: passive[0].cm has nothing for {kind!r} sections, which the cell has; it has "
                f"{', '.join(fit.cm)}"
            )
        for section in members:
            section.Ra, section.cm = fit.ra, fit.cm[kind]
            section.insert("pas")
            section.e_pas = fit.e_pas
    _apply_genome(sections, fit)
    for entry in fit.erev:
        for section in sections.get(entry.section, ()):
            for name, value in (("ena", entry.ena), ("ek", entry.ek)):
                if value is not None:
                    assign(section, name, value, f"{fit.path}: erev")


def apply_allactive(sections: Sections, fit: Fit) -> None:
    """Put the parameters of an all-active fit into sections by kind.

    As for perisomatic ones, but what the fit does not have is left as it is, and only ions that are
    there have reversal potentials.

    Raises
    ------
    CellError, MissingMechanismError
        As :func:`apply_perisomatic`.
    """
    for kind, members in sections.items():
        cm = None if fit.cm is None else fit.cm.get(kind)
        for section in members:
            section.insert("pas")
            if fit.e_pas is not None:
                section.e_pas = fit.e_pas
            if fit.ra is not None:
                section.Ra = fit.ra
            if cm is not None:
                section.cm = cm
    _apply_genome(sections, fit)
    for entry in fit.erev:
        for section in sections.get(entry.section, ()):
            _reverse(section, entry)


def _reverse(section: Any, entry: Reversal) -> None:
    if entry.ek is not None and section.has_membrane("k_ion"):
        section.ek = entry.ek
    if entry.ena is not None and section.has_membrane("na_ion"):
        section.ena = entry.ena


def _apply_genome(sections: Sections, fit: Fit) -> None:
    if any(entry.section not in KINDS for entry in fit.genome):
        warnings.warn(
            f"{fit.path}: entries of genome for the section 'glob' are left out", CircuitWarning, stacklevel=2
        )
    where = f"{fit.path}: genome"
    for entry in fit.genome:
        for section in sections.get(entry.section, ()):
            if entry.mechanism:
                insert(section, entry.mechanism, where)
            assign(section, entry.name, entry.value, where)
