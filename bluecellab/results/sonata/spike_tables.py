"""Spikes in other files than SONATA's: tables of text, and NWB."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.errors import OutputError
from bluecellab.results.sonata.files import PathLike, give_name, partial_path, refuse_existing, writing
from bluecellab.results.sonata.nwb import describe_nwb, name_type
from bluecellab.results.sonata.spikes import SpikeOrder, SpikeTable, checked_table, sorted_table

if TYPE_CHECKING:
    import h5py

__all__ = ["write_spikes_csv", "write_spikes_nwb"]

_SECOND = 1000.0  # ms


def write_spikes_csv(
    path: PathLike,
    spikes: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    sort_order: SpikeOrder = "by_time",
    *,
    overwrite: bool = False,
) -> Path:
    """Write spikes as text: a line ``timestamps population node_ids``, and one for each spike.

    Parameters
    ----------
    path
        Where. The file has its name once it is complete.
    spikes
        For each population the times in ms and the node ids, each of shape (n,).
    sort_order
        How they are sorted: by time all together, else population by population.
    overwrite
        Whether an older file may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ReportError
        If times and ids are not of one length, not numbers, or ids negative.
    OutputError
        If there is an older file that may not be replaced, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_spikes_csv(Path(folder) / "out.csv", {"V1": ([12.5, 3.0], [0, 7])}).read_text())
    timestamps population node_ids
    3.0 V1 7
    12.5 V1 0
    <BLANKLINE>
    """
    tables = _tables(spikes, sort_order)
    lines = [
        (time, f"{time!r} {name} {node}\n")
        for name, (times, nodes) in tables.items()
        for time, node in zip(times.tolist(), nodes.tolist(), strict=True)
    ]
    if sort_order == "by_time":
        lines.sort(key=lambda line: line[0])
    target = _begin(path, overwrite=overwrite)
    with writing(target):
        partial_path(target).write_text(
            "timestamps population node_ids\n" + "".join(line for _, line in lines), encoding="utf-8"
        )
    give_name(target, overwrite=overwrite)
    return target


def write_spikes_nwb(
    path: PathLike,
    spikes: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    overwrite: bool = False,
    beside: bool = False,
) -> Path:
    """Write spikes as an NWB 2 file: a table of units with the columns ``population`` and ``node_id``.

    Times are in seconds there, as NWB says.

    Parameters
    ----------
    path
        Where. The file has its name once it is complete.
    spikes
        For each population the times in ms and the node ids, each of shape (n,). A node without spikes is no
        unit.
    overwrite
        Whether an older file may be replaced.
    beside
        Whether the file is there, such as one of potentials, and the units go into it, beside the rest. If
        that fails, the rest stays readable as ``name.partial``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ReportError
        If times and ids are not of one length, not numbers, or ids negative.
    OutputError
        If there is an older file that may not be replaced, or the file cannot be written.

    References
    ----------
    Neurodata Without Borders, https://doi.org/10.7554/eLife.78362
    """
    import h5py

    tables = _tables(spikes, "by_id")
    if beside:
        return _add_units(Path(path), tables)
    target = _begin(path, overwrite=overwrite)
    try:
        with writing(target), h5py.File(partial_path(target), "w", libver="earliest") as file:
            describe_nwb(file)
            _write_units(file.create_group("units"), tables)
    except OutputError:
        partial_path(target).unlink(missing_ok=True)
        raise
    give_name(target, overwrite=overwrite)
    return target


def _add_units(target: Path, tables: Mapping[str, SpikeTable]) -> Path:
    """Write spikes into an NWB file, which has another name meanwhile."""
    import h5py

    with writing(target):
        target.replace(partial_path(target))
        with h5py.File(partial_path(target), "r+", libver="earliest") as file:
            if "units" in file:
                raise OutputError(f"{target} has units already. Choose another file for spikes.")
            _write_units(file.create_group("units"), tables)
    give_name(target, overwrite=False)
    return target


def _tables(
    spikes: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]], order: SpikeOrder
) -> dict[str, SpikeTable]:
    return {name: sorted_table(checked_table(name, *table), order) for name, table in spikes.items()}


def _begin(path: PathLike, *, overwrite: bool) -> Path:
    target = Path(path)
    refuse_existing(target, overwrite=overwrite)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _write_units(group: h5py.Group, tables: Mapping[str, SpikeTable]) -> None:
    import h5py

    name_type(group, "core", "Units", "cells that spiked")
    text = h5py.string_dtype()
    group.attrs.create("colnames", ["population", "node_id", "spike_times"], dtype=text)
    populations: list[str] = []
    nodes: list[int] = []
    times, ends = [np.empty(0)], []
    count = 0
    for name, (stamps, ids) in tables.items():  # by id
        found, starts = np.unique(ids, return_index=True)
        populations += [name] * len(found)
        nodes += found.tolist()
        ends += (np.append(starts[1:], len(ids))[: len(found)] + count).tolist()
        times.append(stamps / _SECOND)
        count += len(ids)
    common = "hdmf-common"
    group["id"] = np.arange(len(nodes), dtype=np.int64)
    name_type(group["id"], common, "ElementIdentifiers")
    group.create_dataset("population", data=np.array(populations, dtype=object), dtype=text)
    name_type(group["population"], common, "VectorData", "population of nodes")
    group["node_id"] = np.array(nodes, dtype=np.int64)
    name_type(group["node_id"], common, "VectorData", "id of each node within its population")
    group["spike_times"] = np.concatenate(times)
    name_type(group["spike_times"], common, "VectorData", "times of spikes in seconds")
    group["spike_times_index"] = np.array(ends, dtype=np.uint64)
    name_type(group["spike_times_index"], common, "VectorIndex", "index for spike_times")
    group["spike_times_index"].attrs["target"] = group["spike_times"].ref
