"""A morphology as instructions for NEURON, and how to get them from what Import3d has executed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bluecellab.errors import MorphologyError

__all__ = ["Arrangement", "SectionShape", "parsed"]

_CONNECT = re.compile(r"(\S+) connect (\S+)\(0\), (\S+)\s*")
_POINT = re.compile(r"(\S+) \{ pt3dadd\((\S+), (\S+), (\S+), (\S+)\) \}\s*")
_STYLE = re.compile(r"(\S+) \{ pt3dstyle\(1, (\S+), (\S+), (\S+)\) \}\s*")
_STRUCTURE = re.compile(r"~?create \S+\s*|forsec \"\S+\" \w+\.append\s*|forall all\.append\s*")


@dataclass(frozen=True)
class SectionShape:
    """One section of a morphology.

    Parameters
    ----------
    name
        Within the cell: ``"dend[3]"``.
    parent
        Name of the section that its 0 end is connected to; empty for a root.
    parent_x
        Where on the parent.
    style
        The point (x, y, z, um) that NEURON is told to connect logically to, if any.
    points
        x, y, z and diameter in um; shape (n, 4).
    number
        Of the section in its file, somata first.
    """

    name: str
    parent: str
    parent_x: float
    style: tuple[float, float, float] | None
    points: npt.NDArray[np.float64]
    number: int


@dataclass(frozen=True)
class Arrangement:
    """A morphology as instructions for NEURON.

    Parameters
    ----------
    structure
        hoc statements, for the context of the cell, that create the arrays of sections and fill the
        lists.
    sections
        In the order in which they are connected, which is that of the file.
    """

    structure: tuple[str, ...]
    sections: tuple[SectionShape, ...] = field(repr=False)


def parsed(commands: Iterable[str], numbers: Sequence[int]) -> Arrangement:
    """Return the instructions that are in the statements which Import3d has executed.

    Parameters
    ----------
    commands
        The statements.
    numbers
        Number in the file of each section, in the order of the statements.

    Raises
    ------
    MorphologyError
        If a statement is of an unknown kind.
    """
    structure: list[str] = []
    parents: dict[str, tuple[str, float]] = {}
    styles: dict[str, tuple[float, float, float]] = {}
    points: dict[str, list[tuple[float, ...]]] = {}  # in the order of the file
    for command in commands:
        if match := _POINT.fullmatch(command):
            row = tuple(map(float, match.groups()[1:]))
            points.setdefault(_indexed(match[1]), []).append(row)
        elif match := _STYLE.fullmatch(command):
            x, y, z = map(float, match.groups()[1:])
            points.setdefault(_indexed(match[1]), [])
            styles[_indexed(match[1])] = (x, y, z)
        elif match := _CONNECT.fullmatch(command):
            points.setdefault(_indexed(match[2]), [])
            parents[_indexed(match[2])] = (_indexed(match[1]), float(match[3]))
        elif _STRUCTURE.fullmatch(command):
            structure.append(command)
        else:
            raise MorphologyError(f"NEURON's Import3d executes something unknown: {command!r}")
    shapes = [
        SectionShape(
            name,
            *parents.get(name, ("", 0.0)),
            styles.get(name),
            np.array(rows, dtype=float).reshape(-1, 4),
            number,
        )
        for number, (name, rows) in zip(numbers, points.items(), strict=True)
    ]
    return Arrangement(tuple(structure), tuple(shapes))


def _indexed(name: str) -> str:
    return name if name.endswith("]") else f"{name}[0]"
