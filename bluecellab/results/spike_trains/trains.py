"""Spikes sorted into trains."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from bluecellab.errors import CircuitWarning, ReportError, warn

__all__ = ["FloatArray", "IntArray", "Trains", "checked_times", "few", "trains_of"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Trains = dict[int, FloatArray]
"""Sorted times in ms by node."""

_SHOWN = 8


def few(names: Iterable[object]) -> str:
    """Return some of many names, for a message."""
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return (", ".join(map(str, listed[:_SHOWN])) or "none") + more


def checked_times(times: npt.ArrayLike, what: str) -> FloatArray:
    """Return times, shape (n,), after checking them.

    Raises
    ------
    ReportError
        If they are not numbers, or one is negative, NaN or infinite.
    """
    try:
        array = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ReportError(f"{what}: times of spikes in ms are numbers, unlike {times!r}") from error
    if array.ndim != 1:
        raise ReportError(f"{what}: times of spikes are a list of numbers in ms, not of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ReportError(f"{what}: some times of spikes are NaN or infinite")
    if len(array) and array.min() < 0:
        raise ReportError(
            f"{what}: {np.count_nonzero(array < 0)} spikes are before 0 ms, the first one at {array.min():g} "
            "ms; a run begins at 0. Shift the times, or leave these out."
        )
    return array


def trains_of(times: npt.ArrayLike, nodes: npt.ArrayLike, wanted: npt.ArrayLike, what: str) -> Trains:
    """Return the trains of some nodes.

    Parameters
    ----------
    times, nodes
        Of all spikes, in any order, shapes (n,).
    wanted
        Ids of the nodes that are to spike. Nodes without spikes are not in what is returned.
    what
        Where they come from, for messages.

    Raises
    ------
    ReportError
        If they do not fit together, or a time is negative.

    Warns
    -----
    CircuitWarning
        If there are spikes, and none of them is of such a node.
    """
    ids = np.asarray(nodes)
    if ids.ndim != 1 or (len(ids) and ids.dtype.kind not in "iu"):
        raise ReportError(f"{what}: ids of nodes are whole numbers")
    stamps, ids = np.asarray(times), ids.astype(np.int64)
    if stamps.shape != ids.shape:
        raise ReportError(f"{what}: there are {stamps.shape} times and {ids.shape} ids of nodes")
    chosen = np.asarray(wanted, dtype=np.int64)
    kept = np.isin(ids, chosen)
    stamps = checked_times(stamps[kept], what)
    if len(ids) and len(chosen) and not kept.any():
        warn(
            f"{what} has spikes of nodes {ids.min()} to {ids.max()}, none of which is one of the "
            f"{len(chosen)} nodes that are to spike, {chosen.min()} to {chosen.max()}",
            CircuitWarning,
        )
    ids = ids[kept]
    order = np.lexsort((stamps, ids))
    found, starts = np.unique(ids[order], return_index=True)
    parts = np.split(stamps[order], starts[1:]) if len(found) else []
    return dict(zip(found.tolist(), parts, strict=True))
