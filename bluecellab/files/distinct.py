"""Distinct values of arrays."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["common", "distinct", "without"]

Kind = TypeVar("Kind", bound=np.generic)


def distinct(values: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """Return the distinct values of an array in ascending order, shape (m,).

    What :func:`numpy.unique` returns of integers and texts; that one loads ``numpy.ma``, which takes as long
    as making ten cells.

    Parameters
    ----------
    values
        Integers or texts, of any shape.

    Examples
    --------
    >>> distinct(np.array([3, 1, 3]))
    array([1, 3])
    """
    ordered: npt.NDArray[Any] = np.sort(values, axis=None)
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def common(values: npt.NDArray[Kind], others: npt.ArrayLike) -> npt.NDArray[Kind]:
    """Return the distinct values of an array that another one has, too: :func:`numpy.intersect1d`.

    Examples
    --------
    >>> common(np.array([3, 1, 3, 2]), [3, 2, 7])
    array([2, 3])
    """
    found = distinct(values)
    return found[np.isin(found, others)]


def without(values: npt.NDArray[Kind], others: npt.ArrayLike) -> npt.NDArray[Kind]:
    """Return the distinct values of an array that another one does not have: :func:`numpy.setdiff1d`.

    Examples
    --------
    >>> without(np.array([3, 1, 3, 2]), [3, 7])
    array([1, 2])
    """
    found = distinct(values)
    return found[~np.isin(found, others)]
