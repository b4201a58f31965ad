"""The published flow of reports writes what our own recorder writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bluecellab.compat import CircuitSimulation
from bluecellab.compat.circuit.config.sonata_simulation_config import SonataSimulationConfig
from bluecellab.compat.reports.manager import ReportManager
from bluecellab.compat.reports.utils import (
    RecordedCell,
    build_recording_sites,
    collect_local_payload,
    collect_local_spikes,
    extract_spikes_from_cells,
    gather_payload_to_rank0,
    gather_recording_sites,
    merge_spikes,
    payload_to_cells,
)
from bluecellab.compat.reports.writers import CompartmentReportWriter, SpikeReportWriter, get_writer
from bluecellab.compat.rngsettings import RNGSettings
from bluecellab.errors import CircuitWarning, NotRecordedError, ReportError
from bluecellab.results.sonata import read_report, read_spikes
from bluecellab.simulation.circuit.core import CircuitSimulation as RoomSimulation
from bluecellab.spec.base import CellId
from tests.unit.simulation.circuit.small import T_STOP, write_network

CELLS = [CellId("A", node) for node in (3, 0, 1)]


@pytest.fixture(autouse=True)
def _seeds():
    settings = RNGSettings.get_instance()
    before = dict(vars(settings))
    yield
    vars(settings).update(before)


class TwoHosts:
    """A parallel context of two hosts, whose other host has sent ``other``."""

    def __init__(self, rank: int, other: list[object]) -> None:
        self._rank, self._other = rank, other

    def nhost(self) -> float:
        return 2.0

    def id(self) -> float:
        return float(self._rank)

    def py_gather(self, item: object, root: int) -> list[object] | None:
        assert root == 0
        return [item, self._other.pop(0)] if self._rank == 0 else None


def flow(config: Path, t_stop: float | None = None) -> dict[CellId, RecordedCell]:
    with CircuitSimulation(str(config)) as simulation:
        simulation.instantiate_gids(CELLS, add_synapses=True, add_stimuli=True)
        simulation.run(t_stop)
        payload = collect_local_payload(simulation.cells, CELLS, simulation.recording_index)
        spikes = collect_local_spikes(simulation, CELLS)
        payload, spikes = gather_payload_to_rank0(simulation.pc, payload, spikes)
        cells = payload_to_cells(payload, simulation.sites_index)
        ReportManager(SonataSimulationConfig(str(config)), simulation.dt).write_all(cells, spikes)
        return cells


@pytest.mark.parametrize("t_stop", [None, 20.0])
def test_files_are_those_of_our_own_reports(tmp_path: Path, t_stop: float | None) -> None:
    config = write_network(tmp_path / "a")
    flow(config, t_stop)
    other = write_network(tmp_path / "b")
    with RoomSimulation(other, seeds="bluecellulab") as simulation:
        simulation.instantiate(CELLS, synapses="A__A", reports="all", minis=False)
        simulation.run(t_stop)
        spikes = simulation.spikes
    for name in ("soma.h5", "all.h5"):
        ours, theirs = (read_report(path.parent / "output" / name) for path in (other, config))
        assert np.array_equal(ours.layout.nodes, theirs.layout.nodes)
        assert np.array_equal(ours.layout.element_ids, theirs.layout.element_ids)
        assert np.allclose(ours.times, theirs.times)
        assert np.array_equal(ours.data, theirs.data)
    times, nodes = read_spikes(config.parent / "output" / "out.h5")["A"]
    assert {node: sorted(times[nodes == node].tolist()) for node in (0, 1, 3)} == {
        cell_id.id: found.tolist() for cell_id, found in spikes.items()
    }


def test_files_are_read_by_libsonata(tmp_path: Path) -> None:
    libsonata = pytest.importorskip("libsonata")
    config = write_network(tmp_path)
    cells = flow(config)
    frames = libsonata.ElementReportReader(str(tmp_path / "output" / "soma.h5"))["A"].get()
    assert frames.data.shape == (round(T_STOP / 0.1), 3)
    assert np.array_equal(frames.ids[:, 0], [0, 1, 3])
    site = cells[CELLS[0]].report_sites["soma"][0]
    assert site["section"] == "soma[0]"
    assert site["section_id"] == 0
    assert site["area_um2"] > 0
    assert np.array_equal(frames.data[:, 2], cells[CELLS[0]].get_recording(site["rec_name"])[::4][:600])
    assert len(libsonata.SpikeReader(str(tmp_path / "output" / "out.h5"))["A"].get()) > 0


def test_living_cells_are_written_too(tmp_path: Path) -> None:
    config = write_network(tmp_path)
    with CircuitSimulation(str(config)) as simulation:
        simulation.instantiate_gids(CELLS, add_stimuli=True)
        simulation.run()
        ReportManager(simulation.config, simulation.dt).write_all(simulation.cells)
        expected = simulation.get_voltage_trace(CELLS[1])
    report = read_report(tmp_path / "output" / "soma.h5")
    assert np.array_equal(report.of_node(0)[:, 0], expected[::4][:600].astype(np.float32))


def test_after_a_forward_skip_frames_are_those_of_their_times(tmp_path: Path) -> None:
    config = write_network(tmp_path)
    with CircuitSimulation(str(config)) as simulation:
        simulation.instantiate_gids(CELLS[:1], add_stimuli=True)
        simulation.run(forward_skip_value=10)
        ReportManager(simulation.config, simulation.dt).write_all(simulation.cells)
        times, expected = simulation.get_time(), simulation.get_voltage_trace(CELLS[0])
    report = read_report(tmp_path / "output" / "soma.h5")
    late = report.times >= 10.1
    found = [int(np.argmin(np.abs(times - time))) for time in report.times[late]]
    assert np.array_equal(report.of_node(3)[late, 0], expected[found].astype(np.float32))


def test_other_types_of_reports_are_left_out(tmp_path: Path) -> None:
    summation = {
        "type": "summation",
        "cells": "All",
        "variable_name": "i_pas",
        "dt": 0.1,
        "start_time": 0,
        "end_time": 5,
    }
    config = write_network(tmp_path, reports={"sum": summation})
    with CircuitSimulation(str(config)) as simulation:
        with pytest.warns(CircuitWarning, match="reports sum are not recorded by cells"):
            simulation.instantiate_gids([0])
        assert list(simulation.recording_index[CELLS[1]]) == [simulation.sites_index[CELLS[1]][0]["rec_name"]]


def test_compartment_sets(tmp_path: Path) -> None:
    sets = {"places": {"population": "A", "compartment_set": [[0, 0, 0.5], [0, 1, 0.25], [3, 2, 0.75]]}}
    (tmp_path / "sets.json").write_text(json.dumps(sets))
    report = {"type": "compartment_set", "compartment_set": "places", "variable_name": "v"}
    config = write_network(
        tmp_path,
        compartment_sets_file="sets.json",
        reports={"places": {**report, "dt": 0.1, "start_time": 0, "end_time": 5}},
    )
    flow(config, 5.0)
    layout = read_report(tmp_path / "output" / "places.h5").layout
    assert layout.nodes.tolist() == [0, 0, 3]
    assert layout.element_ids.tolist() == [0, 1, 2]


def test_places_of_cells(tmp_path: Path) -> None:
    config = write_network(tmp_path)
    with CircuitSimulation(str(config)) as simulation:
        simulation.instantiate_gids([0])
        cell = simulation.cells["A", 0]
        words = {"sections": "dend", "compartments": "all", "variable_name": "v"}
        assert [(name, x) for _, name, x in cell.resolve_segments_from_config(words)] == [
            ("dend[0]", pytest.approx(x)) for x in (1 / 6, 3 / 6, 5 / 6)
        ]
        words["sections"] = "apic[0]"
        words["compartments"] = "center"
        assert [row[1:] for row in cell.resolve_segments_from_config(words)] == [("apic[0]", 0.5)]
        found = build_recording_sites(simulation.cells, [0, 7], "A", "compartment", {"sections": "soma"})
        assert [row[1:] for row in found[0]] == [("soma[0]", 0.5)]
        with pytest.warns(CircuitWarning, match="has a variable 'nonsense'"):
            assert cell.configure_recording(found[0], "nonsense", "mine") == []
        ((site, name),) = cell.configure_recording(found[0], "hh.m", "mine")
        assert (site.section_name, site.segx, site.section_id) == ("soma[0]", 0.5, 0)
        simulation.run(1)
        assert cell.get_recording(name).shape == (41,)


def test_many_hosts_are_gathered_in_the_first() -> None:
    here = {CELLS[0]: {"recordings": {"a": [1.0]}}}
    there = {CELLS[1]: {"recordings": {"a": [2.0]}}}
    context = TwoHosts(0, [there, {"A": {0: [3.0]}}])
    payload, spikes = gather_payload_to_rank0(context, here, {"A": {3: [1.0]}})
    assert payload == {**here, **there}
    assert spikes == {"A": {3: [1.0], 0: [3.0]}}
    assert gather_payload_to_rank0(TwoHosts(1, []), here, {}) == (None, None)
    assert gather_recording_sites([{CELLS[0]: []}, {CELLS[1]: []}, None]) == {CELLS[0]: [], CELLS[1]: []}
    assert merge_spikes([{"A": {1: [1.0]}}, None, {"A": {1: [2.0]}}]) == {"A": {1: [1.0, 2.0]}}


def test_keys_of_cells() -> None:
    class Spiking:
        def get_recorded_spikes(self, location: str, threshold: float) -> list[float]:
            return [threshold] if location == "soma" else []

    assert extract_spikes_from_cells({("A", 1): Spiking(), "B_c_2": Spiking()}) == {
        "A": {1: [-20.0]},
        "B_c": {2: [-20.0]},
    }
    with pytest.raises(ValueError, match="'population_id' with a number"):
        extract_spikes_from_cells({"nonsense": Spiking()})
    with pytest.raises(TypeError, match="CellId, a pair or"):
        extract_spikes_from_cells({3.0: Spiking()})


def test_misuse_of_writers(tmp_path: Path) -> None:
    assert get_writer("compartment") is CompartmentReportWriter
    assert get_writer("spikes") is SpikeReportWriter
    with pytest.raises(ReportError, match="no writer of 'lfp'"):
        get_writer("lfp")
    site = {"report": "r", "rec_name": "a", "section": "s", "section_id": 0, "segx": 0.5, "area_um2": 1.0}
    cell = RecordedCell({"a": [1.0, 2.0, 3.0]}, {"r": [site]})
    words = {"name": "r", "dt": 0.15, "start_time": 0, "end_time": 1}
    with pytest.raises(ReportError, match="no multiple of the 0.1 ms"):
        CompartmentReportWriter(words, tmp_path / "r.h5", 0.1).write({("A", 0): cell})
    CompartmentReportWriter({**words, "dt": 0.1}, tmp_path / "r.h5", 0.1).write({("A", 0): cell})
    assert read_report(tmp_path / "r.h5").data[:, 0].tolist() == [1, 2, 3]
    with pytest.warns(CircuitWarning, match="no cell has recorded for it"):
        CompartmentReportWriter({**words, "name": "x"}, tmp_path / "x.h5", 0.1).write({("A", 0): cell})
    with pytest.raises(NotRecordedError, match="'b' was not recorded"):
        cell.get_recording("b")
