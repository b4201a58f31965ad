"""Whole simulations of the Allen dialect, on the network of the examples."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab import CircuitSimulation, run_sonata
from bluecellab.errors import BluecellabError, OutputError, SimulationError, SynapseError
from bluecellab.results.sonata import read_spikes
from bluecellab.simulation import CircuitResult
from bluecellab.spec.base import CellId
from tests.unit.simulation.circuit.allen.network import CELLS, CONFIG, TSTOP


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> CircuitResult:
    return run_sonata(CONFIG, output=tmp_path_factory.mktemp("whole") / "output")


@pytest.fixture(scope="module")
def voltages() -> dict[CellId, np.ndarray]:
    with CircuitSimulation(CONFIG) as simulation:
        simulation.instantiate()
        simulation.run()
        return {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in CELLS}


def test_everything_is_written(whole: CircuitResult) -> None:
    written = {path.name for path in whole.output.iterdir()}
    assert written == {
        "soma.h5", "everywhere.h5", "field.h5", "spikes.h5", "spikes.csv", "provenance.json", "log.txt",
    }  # fmt: skip
    assert "bluecellab runs" in (whole.output / "log.txt").read_text()
    assert whole.summary.cells == len(CELLS) + 1
    assert whole.summary.spikes == sum(map(len, whole.spikes.values())) > 20
    provenance = json.loads(whole.provenance_file.read_text())
    assert provenance["config"]["dialect"] == "allen"
    assert all(provenance["files"].values())


def test_files_of_spikes_agree(whole: CircuitResult) -> None:
    times, nodes = read_spikes(whole.spikes_file)["cells"]
    rows = [line.split() for line in (whole.output / "spikes.csv").read_text().splitlines()[1:]]
    assert [float(row[0]) for row in rows] == times.tolist() == sorted(times.tolist())
    assert [int(row[2]) for row in rows] == nodes.tolist()
    for cell_id, train in whole.spikes.items():
        assert isinstance(cell_id, CellId)
        np.testing.assert_array_equal(np.sort(times[nodes == cell_id.id]), train)


def test_reports_are_one_step_later_than_they_are_called(
    whole: CircuitResult, voltages: dict[CellId, np.ndarray]
) -> None:
    with h5py.File(whole.reports["soma"]) as file:
        report = file["report/cells"]
        assert report["mapping/node_ids"][:].tolist() == [cell_id.id for cell_id in CELLS]
        for column, cell_id in enumerate(CELLS):
            np.testing.assert_array_equal(report["data"][:, column], voltages[cell_id][1:])


@pytest.mark.parametrize("cell_id", CELLS, ids=str)
def test_replay_is_exact(cell_id: CellId, whole: CircuitResult, voltages: dict[CellId, np.ndarray]) -> None:
    with CircuitSimulation(CONFIG) as simulation:
        simulation.instantiate([cell_id], replay=str(whole.spikes_file))
        simulation.run()
        np.testing.assert_array_equal(simulation.get_voltage_trace(cell_id), voltages[cell_id])
        np.testing.assert_array_equal(simulation.spikes[cell_id], whole.spikes[cell_id])


def test_neither_order_nor_company_matter(whole: CircuitResult, voltages: dict[CellId, np.ndarray]) -> None:
    with CircuitSimulation(CONFIG) as simulation:
        simulation.instantiate(CELLS[::-1][:3], replay=str(whole.spikes_file))
        simulation.run()
        for cell_id in CELLS[::-1][:3]:
            np.testing.assert_array_equal(simulation.get_voltage_trace(cell_id), voltages[cell_id])


def test_twice_is_the_same(voltages: dict[CellId, np.ndarray]) -> None:
    with CircuitSimulation(CONFIG) as simulation:
        simulation.instantiate()
        for _ in range(2):
            simulation.run()
            for cell_id in CELLS:
                np.testing.assert_array_equal(simulation.get_voltage_trace(cell_id), voltages[cell_id])


def test_some_inputs(voltages: dict[CellId, np.ndarray]) -> None:
    with CircuitSimulation(CONFIG) as simulation:
        simulation.instantiate(stimuli=["steps"])
        simulation.run()
        quiet = {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in CELLS}
    assert any(not np.array_equal(quiet[cell_id], voltages[cell_id]) for cell_id in CELLS)


def test_without_synapses(voltages: dict[CellId, np.ndarray]) -> None:
    with CircuitSimulation(CONFIG) as simulation:
        simulation.instantiate(synapses="none")
        assert sum(simulation.summary.synapses.values()) == 0
        simulation.run(10)


def test_merged_synapses_change_no_spike(whole: CircuitResult) -> None:
    with CircuitSimulation(CONFIG) as simulation:
        simulation.instantiate(merge_synapses=True)
        simulation.run()
        for cell_id, times in whole.spikes.items():
            assert isinstance(cell_id, CellId)
            np.testing.assert_array_equal(simulation.spikes[cell_id], times)
        made = {
            process.hname()
            for cell_id in CELLS
            for group in simulation.synapses(cell_id)
            for process in group.processes_of(group.placed)
        }
        assert len(made) < sum(simulation.summary.synapses.values())


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A copy that can be changed."""
    folder = tmp_path / "network"
    shutil.copytree(CONFIG.parent, folder, ignore=shutil.ignore_patterns("output"))
    yield folder / CONFIG.name


def test_one_nwb_file_of_spikes_and_potentials(config: Path, whole: CircuitResult) -> None:
    """As BMTK's own example of potentials has it; and again, over the older one."""
    values = json.loads(config.read_text())
    values["output"]["spikes_file_nwb"] = values["reports"]["field"]["file_name_nwb"] = "session.nwb"
    config.write_text(json.dumps(values))
    for _ in range(2):
        result = run_sonata(config, output=config.parent / "output", overwrite=True)
        assert [path.name for path in result.spikes_files] == ["spikes.h5", "spikes.csv", "session.nwb"]
        assert result.reports["field_nwb"] == result.spikes_files[-1]
        with h5py.File(result.spikes_files[-1]) as file, h5py.File(result.reports["field"]) as field:
            assert np.array_equal(file["acquisition/ElectricalSeries/data"], field["ecp/data"])
            assert len(file["units/spike_times"]) == whole.summary.spikes
    provenance = json.loads(result.provenance_file.read_text())
    assert provenance["spikes"] == ["spikes.h5", "spikes.csv", "session.nwb"]


def test_files_elsewhere(config: Path, tmp_path: Path) -> None:
    """Absolute names are honoured, and older files there as safe as others."""
    values = json.loads(config.read_text())
    values["run"]["tstop"] = 1.0
    values["output"]["spikes_file"] = str(tmp_path / "away" / "s.h5")
    values["reports"] = {"a": {**values["reports"]["soma"], "file_name": str(tmp_path / "a.h5")}}
    config.write_text(json.dumps(values))
    result = run_sonata(config, output=config.parent / "output")
    assert result.spikes_file == tmp_path / "away" / "s.h5"
    assert result.spikes_file.is_file()
    assert result.reports["a"] == tmp_path / "a.h5"
    with pytest.raises(OutputError, match=r"s\.h5 exists already|a\.h5 exists already"):
        run_sonata(config, output=config.parent / "another")


def test_potentials_of_some_ids(config: Path) -> None:
    values = json.loads(config.read_text())
    values["run"]["tstop"] = 5.0
    report = {**values["reports"]["field"], "cells": "all"}
    bounds = {"cell_bounds": [1, 2], "file_name": "b.h5", "contributions_dir": "parts"}
    values["reports"] = {"a": {**report, "cells": [1, 2], "file_name": "a.h5"}, "b": {**report, **bounds}}
    config.write_text(json.dumps(values))
    result = run_sonata(config, output=config.parent / "output")
    assert {path.name for path in (result.output / "parts").iterdir()} == {"1.h5", "2.h5"}
    with h5py.File(result.reports["a"]) as one, h5py.File(result.reports["b"]) as two:
        np.testing.assert_allclose(one["ecp/data"], two["ecp/data"], rtol=1e-12, atol=1e-15)


def change(config: Path, **sections: object) -> None:
    values = json.loads(config.read_text())
    for name, section in sections.items():
        values[name] = section
    config.write_text(json.dumps(values))


def test_merging_is_refused_where_synapses_are_recorded(config: Path) -> None:
    change(
        config,
        reports={
            "g": {"module": "netcon_report", "cells": "detailed", "variable_name": "g", "syn_type": None}
        },
    )
    with pytest.raises(SynapseError, match="without merge_synapses"):
        run_sonata(config, merge_synapses=True)


def test_an_older_result_is_kept(config: Path) -> None:
    change(config, run={"tstop": 5.0, "dt": 0.1})
    first = run_sonata(config)
    before = {path: path.read_bytes() for path in first.output.iterdir()}
    with pytest.raises(OutputError, match="is not empty"):
        run_sonata(config)
    assert {path: path.read_bytes() for path in first.output.iterdir()} == before
    (first.output / "notes.txt").write_text("mine")
    run_sonata(config, overwrite=True)
    assert (first.output / "notes.txt").read_text() == "mine"


def test_overwrite_as_the_configuration_says(config: Path) -> None:
    output = json.loads(config.read_text())["output"]
    change(config, run={"tstop": 5.0, "dt": 0.1}, output={**output, "overwrite_output_dir": True})
    first = run_sonata(config)
    (first.output / "notes.txt").write_text("mine")
    run_sonata(config)
    assert (first.output / "notes.txt").read_text() == "mine"


def test_seed_conventions_of_the_other_dialect_do_nothing(config: Path, whole: CircuitResult) -> None:
    found = run_sonata(config, seeds="bluecellulab")
    assert found.spikes == whole.spikes


def test_a_step_of_another_length(config: Path) -> None:
    with CircuitSimulation(config, dt=0.1) as simulation:
        simulation.instantiate()
        simulation.run(10)
        assert len(simulation.get_time()) == 101
        with pytest.raises(SimulationError, match="since the circuit was opened"):
            simulation.run(10, dt=0.05)


def test_a_failure_is_logged_and_does_not_bar_the_next_run(config: Path) -> None:
    dynamics = config.parent / "components" / "cells" / "pyramid.json"
    text = dynamics.read_text()
    dynamics.write_text(text.replace('"gnabar_hh"', '"gnabar_nowhere"'))
    with pytest.raises(BluecellabError, match="gnabar_nowhere"):
        run_sonata(config)
    assert "failed: " in (config.parent / "output" / "log.txt").read_text()
    dynamics.write_text(text)
    run_sonata(config)


def test_nothing_is_left_when_something_fails(config: Path) -> None:
    (config.parent / "components" / "synapses" / "excitatory.json").write_text("[]")
    with pytest.raises(Exception, match="excitatory"), CircuitSimulation(config) as simulation:
        simulation.instantiate()


def test_the_end_of_the_run(whole: CircuitResult) -> None:
    assert whole.summary.t_stop == pytest.approx(TSTOP)
