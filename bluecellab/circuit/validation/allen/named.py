"""Files that inputs and reports of the Allen dialect name, and what must be in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bluecellab.circuit.config.allen.reading import AllenParts
from bluecellab.circuit.config.places import is_folder, is_within
from bluecellab.circuit.config.problems import Problems, join
from bluecellab.circuit.validation.allen.tables import check_columns, check_trains_table
from bluecellab.circuit.validation.allen.trains import check_trains
from bluecellab.circuit.validation.circuit_file import check_file
from bluecellab.spec.allen import (
    AnyAllenStimulus,
    ComsolField,
    CurrentFile,
    EdgeReplay,
    ExtracellularReport,
    PointElectrodes,
    ProbeTrains,
    SpikeTrains,
)

__all__ = ["Named", "check_named", "named_by"]

Kind = Literal[
    "hdf5", "text", "folder", "spikes", "spike_table", "electrodes", "xstim", "current", "waveform"
]


@dataclass(frozen=True)
class Named:
    """A file, or a folder, that an input or a report names.

    Parameters
    ----------
    path
        Absolute.
    key
        Where it is named.
    kind
        What must be there.
    columns
        Of a table: those that must be there.
    separator
        Of a table.
    population
        Of spikes: the one that is wanted.
    """

    path: str
    key: str
    kind: Kind
    columns: tuple[str, ...] = ()
    separator: str = " "
    population: str | None = None


def named_by(parts: AllenParts) -> Iterator[tuple[Named, Problems]]:
    """Give every file that inputs and reports name, and the problems of the file that names it."""
    for each in parts.inputs:
        for named in _of_input(each.item.stimulus, each.key):
            yield named, each.problems
    for report in parts.reports:
        if isinstance(report.item, ExtracellularReport):
            key = join(report.key, "electrode_positions")
            columns = ("x_pos", "y_pos", "z_pos")
            yield Named(report.item.electrode_positions, key, "electrodes", columns), report.problems


def _of_input(stimulus: AnyAllenStimulus, key: str) -> Iterator[Named]:
    if isinstance(stimulus, SpikeTrains):
        kinds: dict[str, Kind] = {"sonata": "spikes", "csv": "spike_table", "nwb": "hdf5"}
        place = join(key, "input_file")
        yield Named(stimulus.input_file, place, kinds[stimulus.format], population=stimulus.population)
    elif isinstance(stimulus, ProbeTrains):
        for path in (stimulus.input_file, *stimulus.more_files):
            yield Named(path, join(key, "input_file"), "hdf5")
        units = stimulus.options.get("units")
        if isinstance(units, str):
            yield Named(units, join(key, "units"), "text")
    elif isinstance(stimulus, CurrentFile):
        if stimulus.format == "csv":
            columns = (stimulus.timestamps_column, stimulus.amplitudes_column)
            yield Named(stimulus.file, join(key, "file"), "current", columns, stimulus.separator)
        else:
            yield Named(stimulus.file, join(key, "file"), "hdf5")
    else:
        yield from _of_field(stimulus, key)


def _of_field(stimulus: AnyAllenStimulus, key: str) -> Iterator[Named]:
    if isinstance(stimulus, PointElectrodes):
        yield Named(
            stimulus.positions_file, join(key, "positions_file"), "xstim", ("pos_x", "pos_y", "pos_z")
        )
        if stimulus.mesh_files_dir is not None:
            yield Named(stimulus.mesh_files_dir, join(key, "mesh_files_dir"), "folder")
        if stimulus.waveform.file is not None:
            yield Named(stimulus.waveform.file, join(key, "waveform"), "waveform", ("time", "amplitude"))
    elif isinstance(stimulus, ComsolField):
        for path in stimulus.files:
            yield Named(path, join(key, "comsol_files"), "text")
        for wave in dict.fromkeys(stimulus.waveforms):
            if wave is not None:
                yield Named(wave, join(key, "waveforms"), "waveform", ("time", "amplitude"))
    elif isinstance(stimulus, EdgeReplay):
        table = stimulus.spikes_file.lower().endswith(".csv")
        yield Named(stimulus.spikes_file, join(key, "spikes_file"), "spike_table" if table else "spikes")
        yield Named(stimulus.edges.edges_file, join(key, "edges", "edges_file"), "hdf5")
        if stimulus.edges.edge_types_file is not None:
            yield Named(stimulus.edges.edge_types_file, join(key, "edges", "edge_types_file"), "text")


def check_named(parts: AllenParts) -> None:
    """Report files of inputs and reports that are not there, or not what they should be."""
    folder = parts.sources.confine_to
    for named, problems in named_by(parts):
        if folder is not None and not is_within(named.path, folder):
            message = f"leaves the folder {folder!r} that this configuration is confined to"
            problems.add(named.key, named.path, message, outside=True)
        elif named.kind == "folder":
            if not is_folder(named.path):
                problems.add(named.key, named.path, "no such folder")
        else:
            hdf5 = named.kind in ("hdf5", "spikes")
            if check_file(named.path, named.key, problems, hdf5=hdf5):
                _check_content(named, problems, folder)


def _check_content(named: Named, problems: Problems, folder: str | None) -> None:
    if named.kind == "spikes":
        check_trains(named.path, named.key, problems, population=named.population, confine_to=folder)
    elif named.kind == "spike_table":
        check_trains_table(named.path, named.key, problems, population=named.population)
    elif named.columns:
        check_columns(named.path, named.key, problems, named.columns, separator=named.separator)
    if named.kind == "xstim":
        _check_meshes(named, problems)


def _check_meshes(named: Named, problems: Problems) -> None:
    """Report a table without electrodes; their meshes are read when they are used."""
    with open(named.path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        if sum(1 for line in file if line.strip()) < 2:
            name = os.path.basename(named.path)  # noqa: PTH119
            problems.add(named.key, named.path, f"{name} has no electrodes")
