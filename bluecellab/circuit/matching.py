"""The rules of node sets applied to attributes in memory, as libsonata applies them to files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column
from bluecellab.circuit.config.problems import shown

__all__ = ["mask_of"]

Mask = npt.NDArray[np.bool_]

_COMPARISONS: Mapping[str, Callable[[Column, float], Column]] = {
    "$gt": np.greater,
    "$gte": np.greater_equal,
    "$lt": np.less,
    "$lte": np.less_equal,
}


def mask_of(rule: Mapping[str, object], size: int, columns: Mapping[str, Column]) -> Mask:
    """Return which nodes of a population a rule is about: those for which all of its conditions hold.

    Parameters
    ----------
    rule
        Conditions by attribute: a value, a list of values any of which will do, or an operator with its
        operand such as ``{"$gt": 3}`` or ``{"$regex": "^L[56]"}``, which is looked for anywhere in the
        text. ``"node_id"`` is about ids; ``"population"`` is not looked at.
    size
        Number of nodes.
    columns
        The attributes that it names, each of shape (size,).

    Returns
    -------
    Mask
        Of shape (size,).

    Raises
    ------
    ValueError
        If a condition makes no sense for its attribute; the message says which.

    Examples
    --------
    >>> mask_of({"layer": {"$gte": 5}, "node_id": [0, 2]}, 3, {"layer": np.array([4, 5, 6])})
    array([False, False,  True])
    """
    chosen = np.ones(size, np.bool_)
    for name, condition in rule.items():
        if name == "population":
            continue
        if name == "node_id":
            chosen &= _listed(np.arange(size), condition, name)
        elif isinstance(condition, dict):
            chosen &= _compared(columns[name], condition, name)
        else:
            chosen &= _listed(columns[name], condition, name)
    return chosen


def _listed(values: Column, condition: object, name: str) -> Mask:
    wanted = condition if isinstance(condition, list) else [condition]
    if not wanted:
        return np.zeros(len(values), np.bool_)
    if values.dtype.kind == "f":
        raise ValueError(f"{name} has real numbers, which are compared with $gt, $gte, $lt and $lte only")
    if values.dtype.kind == "b":
        raise ValueError(f"{name} has truth values, of which there are no rules; hold it as numbers 0 and 1")
    if values.dtype.kind == "U":
        for each in wanted:
            if not isinstance(each, str):
                raise ValueError(f"{name} has texts; {shown(each)} is none")
        return np.isin(values, np.array(wanted, np.str_))
    return np.isin(values, [_whole(each, name) for each in wanted])


def _whole(value: object, name: str) -> int:
    """Return a whole number, which JSON may have as ``1.0``."""
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"{name} has whole numbers; {shown(value)} is none")
    first = 0 if name == "node_id" else -(2**63)
    if not first <= number < 2**63:
        raise ValueError(f"{name} has whole numbers from {first} to {2**63 - 1}, not {shown(value)}")
    return number


def _compared(values: Column, condition: Mapping[str, object], name: str) -> Mask:
    if len(condition) != 1:
        raise ValueError(f'{name}: one operator with its operand is needed, such as {{"$gt": 3}}')
    operator, operand = next(iter(condition.items()))
    text = values.dtype.kind == "U"
    if operator == "$regex" and text and isinstance(operand, str):
        try:
            pattern = re.compile(operand)
        except re.error as error:
            raise ValueError(f"{name}: {shown(operand)} is no regular expression: {error}") from error
        return np.array([pattern.search(str(value)) is not None for value in values], np.bool_)
    number = isinstance(operand, int | float) and not isinstance(operand, bool)
    if operator in _COMPARISONS and not text and number:
        return _COMPARISONS[operator](values, operand).astype(np.bool_)  # type: ignore[arg-type]
    there = "$regex with a text" if text else f"{', '.join(_COMPARISONS)} with a number"
    raise ValueError(f"{name} can be compared by {there}, not by {shown(operator)} with {shown(operand)}")
