"""Attributes of edges that are texts: each distinct one is looked at once."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import SynapseError

__all__ = ["combined", "distinct", "parsed_kinds", "parsed_range", "type_of"]

IntArray = npt.NDArray[np.int64]
Range = tuple[float, float]

_SECTIONS: Mapping[str, int] = {
    "soma": 1,
    "somatic": 1,
    "axon": 2,
    "axonal": 2,
    "dend": 3,
    "basal": 3,
    "apic": 4,
    "apical": 4,
}
EVERYWHERE: Range = (0.0, math.inf)


def distinct(edges: Edges, name: str) -> tuple[list[str], IntArray]:
    """Return the distinct values of an attribute as texts, and which of them each edge has, shape (n,).

    What is missing, for all edges or for some, is an empty text. A number is the text of it.
    """
    values = edges.columns.get(name)
    count = len(edges)
    if values is None or not count:
        return [""], np.zeros(count, np.int64)
    if bool((values == values[0]).all()):
        return [_text(values[0].item())], np.zeros(count, np.int64)
    found, which = np.unique(values, return_inverse=True)
    return [_text(each) for each in found.tolist()], which.astype(np.int64, copy=False)


def combined(
    first: tuple[list[str], IntArray], second: tuple[list[str], IntArray]
) -> tuple[list[tuple[str, str, int]], IntArray]:
    """Return the distinct pairs of two attributes, each with its first edge, and which of them each edge has.

    Parameters
    ----------
    first, second
        As :func:`distinct` returns them, for the same edges.
    """
    (names, which), (others, of_others) = first, second
    if len(others) == 1 and len(names) == 1:
        return [(names[0], others[0], 0)], which
    codes, rows, pairs = np.unique(which * len(others) + of_others, return_index=True, return_inverse=True)
    found = [
        (names[code // len(others)], others[code % len(others)], row)
        for code, row in zip(codes.tolist(), rows.tolist(), strict=True)
    ]
    return found, pairs


def _text(value: object) -> str:
    if isinstance(value, float) and math.isnan(value):
        return ""
    return str(value)


def type_of(edges: Edges, index: int) -> str:
    """Return how an edge is called in messages: by its type, if it has one."""
    column = edges.columns.get("edge_type_id")
    name = edges.population.name
    if column is None:
        return f"edge {edges.numbers[index]} of {name!r} to node {edges.target}"
    return f"edge type {column[index]} of {name!r}"


def _value(text: str) -> object:
    """Return the value that a text stands for: a literal of Python or JSON, or the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def parsed_kinds(text: str, what: str) -> frozenset[int]:
    """Return the types of sections, as in SWC, that ``target_sections`` names.

    Parameters
    ----------
    text
        ``"['basal', 'apical']"``, or one name.
    what
        Whose it is, for messages.

    Raises
    ------
    SynapseError
        If it is no list of types of sections.
    """
    value = _value(text.strip())
    names = list(value) if isinstance(value, list | tuple | set) else [value]
    wrong = [name for name in names if not isinstance(name, str) or name not in _SECTIONS]
    if wrong or not names:
        raise SynapseError(
            f"{what} has target_sections {text!r}; it must be a list of {', '.join(_SECTIONS)}, such as "
            "\"['basal', 'apical']\""
        )
    return frozenset(_SECTIONS[str(name)] for name in names)


def parsed_range(text: str, what: str) -> Range:
    """Return the range of distances in um that ``distance_range`` gives; all distances if it gives none.

    Parameters
    ----------
    text
        ``"[0.0, 150.0]"``, or the largest distance alone.
    what
        Whose it is, for messages.

    Raises
    ------
    SynapseError
        If it is neither two numbers nor one.
    """
    if not text.strip():
        return EVERYWHERE
    value = _value(text.strip())
    try:
        ends = (
            [float(each) for each in value] if isinstance(value, list | tuple) else [0.0, float(str(value))]
        )
        if len(ends) != 2 or math.isnan(ends[0]) or math.isnan(ends[1]):
            raise ValueError
    except (TypeError, ValueError):
        raise SynapseError(
            f"{what} has distance_range {text!r}; it must be two distances from the soma in um, such as "
            "'[0.0, 150.0]', or the largest one"
        ) from None
    return ends[0], ends[1]
