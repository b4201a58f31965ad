"""Files of spikes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from bluecellab.errors import CircuitWarning, OutputError, ReportError, warn
from bluecellab.results.sonata.files import (
    PathLike,
    give_name,
    opened,
    partial_path,
    refuse_existing,
    writing,
)
from bluecellab.results.sonata.frame_writer import MAGIC
from bluecellab.results.sonata.layout import IntArray

if TYPE_CHECKING:
    import h5py

__all__ = ["SpikeOrder", "SpikeTable", "checked_table", "read_spikes", "sorted_table", "write_spikes"]

FloatArray = npt.NDArray[np.float64]
SpikeOrder = Literal["none", "by_id", "by_time"]
SpikeTable = tuple[FloatArray, IntArray]
"""Times in ms, and the node of each."""

_COMPRESSIONS = ("gzip", "lzf")
_ORDERS: dict[SpikeOrder, int] = {"none": 0, "by_id": 1, "by_time": 2}


def write_spikes(
    path: PathLike,
    spikes: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    sort_order: SpikeOrder = "by_time",
    *,
    compression: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write spikes as SONATA says.

    Parameters
    ----------
    path
        Where. The file has its name once it is complete.
    spikes
        For each population the times in ms and the node ids, each of shape (n,). A population without spikes
        is written, too.
    sort_order
        How they are sorted; by time, and then by id, if not said otherwise.
    compression
        ``"gzip"`` or ``"lzf"``; none when left out.
    overwrite
        Whether an older file may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ReportError
        If times and ids are not of one length, not numbers, or ids negative; if there is no such order or
        compression.
    OutputError
        If there is an older file that may not be replaced, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_spikes(Path(folder) / "out.h5", {"S1": ([12.5, 3.0], [0, 7])})
    ...     read_spikes(path)["S1"]
    (array([ 3. , 12.5]), array([7, 0]))
    """
    import h5py

    target = Path(path)
    if sort_order not in _ORDERS:
        raise ReportError(f"spikes are sorted by_time, by_id, or none, not {sort_order!r}")
    if compression not in (None, *_COMPRESSIONS):
        raise ReportError(
            f"spikes are compressed by {' or '.join(_COMPRESSIONS)}, or not, not {compression!r}"
        )
    tables = {name: sorted_table(checked_table(name, *table), sort_order) for name, table in spikes.items()}
    refuse_existing(target, overwrite=overwrite)
    kind = h5py.enum_dtype(_ORDERS, basetype="u1")
    try:
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        with writing(target), h5py.File(partial_path(target), "w", libver="earliest") as file:
            file.attrs.update(MAGIC)
            root = file.create_group("spikes")
            for name, (times, nodes) in tables.items():
                group = root.create_group(name)
                group.attrs.create("sorting", _ORDERS[sort_order], dtype=kind)
                packed = compression if len(times) else None  # nothing cannot be made smaller
                group.create_dataset("timestamps", data=times, compression=packed).attrs["units"] = "ms"
                group.create_dataset("node_ids", data=nodes.astype(np.uint64), compression=packed)
    except OutputError:
        partial_path(target).unlink(missing_ok=True)  # half of the spikes is worth nothing
        raise
    give_name(target, overwrite=overwrite)
    return target


def checked_table(population: str, times: npt.ArrayLike, nodes: npt.ArrayLike) -> SpikeTable:
    """Return times and node ids of a population as arrays.

    Raises
    ------
    ReportError
        If they are not of one length, not numbers, or ids negative.
    """
    try:
        stamps = np.asarray(times, dtype=np.float64)
        ids = np.asarray(nodes)
        whole = ids.astype(np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ReportError(f"spikes of population {population!r} are not numbers: {error}") from error
    if stamps.ndim != 1 or stamps.shape != whole.shape:
        raise ReportError(f"{stamps.shape} times and {whole.shape} ids in population {population!r}")
    if not np.isfinite(stamps).all():
        raise ReportError(f"some times of spikes of population {population!r} are NaN or infinite")
    if (whole != ids).any() or (whole < 0).any():
        raise ReportError(f"some ids of nodes of population {population!r} are not whole numbers from 0 on")
    return stamps, whole


def sorted_table(table: SpikeTable, order: SpikeOrder) -> SpikeTable:
    """Return spikes in an order; those that are equal keep theirs."""
    times, nodes = table
    if order == "none":
        return table
    places = np.lexsort((nodes, times) if order == "by_time" else (times, nodes))
    return times[places], nodes[places]


def read_spikes(path: PathLike, population: str | None = None) -> dict[str, SpikeTable]:
    """Read a SONATA file of spikes.

    Spikes are given in the order of time, whatever order they are stored in. Those before 0 ms are left out,
    with a warning that counts them, as is a file that says it is sorted and is not.

    Parameters
    ----------
    path
        The file.
    population
        Only this one; all when left out.

    Returns
    -------
    dict
        Times in ms and ids of nodes by population, each of shape (n,); (0,) when there are none.

    Raises
    ------
    ReportNotFoundError
        If there is no such file.
    ReportError
        If it is damaged, has no group ``spikes``, or no such population; if a population lacks
        ``timestamps`` or ``node_ids``, or they are not numbers, or not of one length.

    Warns
    -----
    CircuitWarning
        See above.
    """
    with opened(path, "spikes") as group:
        import h5py

        if isinstance(group.get("timestamps"), h5py.Dataset):
            raise ReportError(
                f"{path} has /spikes/timestamps, an old form of SONATA without populations; move timestamps "
                "and gids into /spikes/<population>/timestamps and /spikes/<population>/node_ids"
            )
        names = [str(name) for name in group]
        if population is not None and population not in names:
            raise ReportError(
                f"no spikes of population {population!r} in {path}; it has those of "
                f"{', '.join(map(repr, names)) or 'none'}"
            )
        chosen = names if population is None else [population]
        return {name: _read(group[name], name, path) for name in chosen}


def _read(group: h5py.Group, name: str, path: PathLike) -> SpikeTable:
    import h5py

    columns = []
    for key in ("timestamps", "node_ids"):
        column = group.get(key) if isinstance(group, h5py.Group) else None
        if not isinstance(column, h5py.Dataset) or column.ndim != 1 or column.dtype.kind not in "fiu":
            raise ReportError(f"{path}: population {name!r} has no column of numbers {key!r}")
        columns.append(column[()])
    try:
        times, nodes = checked_table(name, *columns)
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from error
    if (np.diff(times) < 0).any():
        if _says_sorted(group):
            warn(
                f"{path}: spikes of population {name!r} are said to be sorted by time and are not; they have "
                "been sorted",
                CircuitWarning,
            )
        places = np.argsort(times, kind="stable")
        times, nodes = times[places], nodes[places]
    early = int(np.searchsorted(times, 0.0))
    if early:
        warn(
            f"{path}: {early} of {len(times)} spikes of population {name!r} are before 0 ms and are left out",
            CircuitWarning,
        )
    return times[early:], nodes[early:]


def _says_sorted(group: h5py.Group) -> bool:
    """Whether a population is said to be sorted by time: by an enumeration, or by text as older files do."""
    said = group.attrs.get("sorting", 0)
    if isinstance(said, (bytes, str)):
        return (said.decode() if isinstance(said, bytes) else said) in ("time", "by_time")
    return bool(np.all(np.asarray(said) == _ORDERS["by_time"]))
