"""Names of variables in reports, found on sections and point processes."""

from __future__ import annotations

import re
from typing import Any

from bluecellab.errors import ReportError
from bluecellab.recording.variables import FAST_IMEM, unit_of_variable

__all__ = ["hoc_name", "is_density", "kind_of", "names_of", "split", "what_there_is"]

_NAME = re.compile(r"(?:[A-Za-z_]\w*\.)?[A-Za-z_]\w*")
_TOTAL_CURRENT = ("i_membrane", FAST_IMEM)
_NO_VARIABLES = ("x",)  # attributes of segments that NEURON does not know as variables


def names_of(report: str, text: str, *, several: bool) -> tuple[str, ...]:
    """Return the variables in ``variable_name`` of a report.

    Raises
    ------
    ReportError
        If it is not one, or not several separated by commas where these are allowed.
    """
    names = tuple(part.strip() for part in text.split(","))
    if len(names) > 1 and not several:
        raise ReportError(
            f"report {report!r} has {len(names)} variables; only a summation has several, others one each"
        )
    for name in names:
        if not _NAME.fullmatch(name):
            raise ReportError(
                f"report {report!r}: {name!r} is no variable; write 'v', 'ina', 'hh.m' or 'ExpSyn.g'"
            )
    return names


def split(name: str) -> tuple[str, str]:
    """Return mechanism and variable: of ``"hh.m"`` these two, of ``"ina"`` ``""`` and ``"ina"``."""
    mechanism, _, variable = name.rpartition(".")
    return mechanism, variable


def hoc_name(at: Any, name: str) -> str | None:
    """Return hoc's name of a range variable at a raw segment, or None if it is not there.

    ``i_membrane`` is the total current, in nA, that NEURON computes for all segments.
    """
    if name in _TOTAL_CURRENT:
        return FAST_IMEM
    mechanism, variable = split(name)
    if variable in _NO_VARIABLES:
        return None
    if not mechanism:
        return variable if _is_number(at, variable) else None
    holder = getattr(at, mechanism, None)
    if holder is None or not _is_number(holder, variable):
        return None
    full = f"{variable}_{mechanism}"
    return full if _is_number(at, full) else variable  # those of ions go by their own name


def _is_number(holder: Any, name: str) -> bool:
    return isinstance(getattr(holder, name, None), float)


def is_density(hoc: str) -> bool:
    """Whether a range variable is per area, to be multiplied by that of its segment in a summation.

    It is, if its unit says so or says nothing; potentials, concentrations and total currents are not.
    """
    unit = unit_of_variable(hoc).replace(" ", "")
    return hoc != FAST_IMEM and (unit == "" or unit.endswith(("/cm2", "/cm^2")))


def kind_of(process: Any) -> str:
    """Return the mechanism of a raw point process."""
    return str(process.hname()).partition("[")[0].rpartition(".")[2]


def what_there_is(at: Any) -> str:
    """Return the variables at a raw segment and of its point processes, for messages."""
    names = ["v", "i_membrane"]
    for mechanism in at:
        own = str(mechanism.name())
        found = [str(variable.name()) for variable in mechanism]
        names += found if mechanism.is_ion() else [f"{own}.{name.removesuffix(f'_{own}')}" for name in found]
    kinds = sorted({kind_of(process) for process in at.point_processes()})
    points = f"; point processes {', '.join(kinds)}" if kinds else ""
    return f"{', '.join(names)}{points}"
