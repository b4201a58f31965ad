"""Point cells under the published names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluecellab.compat import CircuitSimulation
from bluecellab.compat.cell import Cell
from bluecellab.compat.cell.point_process import (
    BasePointProcessCell,
    HocPointProcessCell,
    mechanism_name_from_model_template,
)
from bluecellab.compat.circuit import CellId
from bluecellab.compat.reports.manager import ReportManager
from bluecellab.compat.reports.utils import collect_local_payload, collect_local_spikes, payload_to_cells
from bluecellab.compat.simulation import Simulation
from bluecellab.errors import BluecellabError, TemplateNotFoundError
from bluecellab.results.sonata import read_spikes
from tests.unit.simulation import test_point_cells

network = test_point_cells.config  # a fixture

WRAPPER = """
begintemplate Published
public pointcell, number
objref pointcell
proc init() {
    number = $1
    pointcell = new IntFire1()
}
endtemplate Published
"""


def test_by_mechanism() -> None:
    name = mechanism_name_from_model_template(None, "nrn:IntFire1")
    assert name == mechanism_name_from_model_template("nowhere.hoc", "IntFire1") == "IntFire1"
    with (
        HocPointProcessCell(CellId("P", 3), name) as cell,
        HocPointProcessCell(CellId("P", 4), name, 0.0) as other,
        Simulation() as simulation,
    ):
        assert isinstance(cell, Cell)
        assert (cell.hypamp, cell.threshold, cell.soma) == (0, 0, None)
        for each in (cell, other):
            simulation.add_cell(each)
        connection = cell.create_netcon_spikedetector(other.pointcell, "pointcell", -20)
        simulation.run(10, cvode=False)
        assert cell.get_recorded_spikes("pointcell", threshold=-20) == cell.get_spike_times() == []
        del connection


def test_by_template(tmp_path: Path) -> None:
    path = tmp_path / "Published.hoc"
    path.write_text(WRAPPER)
    name = mechanism_name_from_model_template(path, "hoc:Published")
    with HocPointProcessCell(CellId("P", 5), name) as cell:
        assert cell.hoc.number == 5
        assert cell.pointcell.hname().startswith("IntFire1")


def test_in_a_circuit(network: Path) -> None:
    """Their events go through the published flow of reports as other cells' spikes do."""
    with CircuitSimulation(str(network)) as simulation:
        simulation.instantiate_gids([("S1", 0), ("P", 0), ("P", 1)], add_synapses=True, add_stimuli=True)
        cell = simulation.cells["P", 0]
        assert isinstance(cell, BasePointProcessCell)
        assert cell.is_recording_spikes()
        assert cell.pointcell == cell.hoc_cell
        (key,) = cell.pre_gid_synapse_ids(0)
        assert cell.connections[key].pre_cell is simulation.cells["S1", 0]
        assert cell.connections[key].post_netcon.weight[0] == cell.synapses[key].conductance == 2.0
        simulation.run(30)
        times = cell.get_spike_times()
        assert times
        assert cell.get_recorded_spikes("soma", -30.0) == times
        assert cell.get_recorded_spikes() == times
        ids = list(simulation.cells)
        spikes = collect_local_spikes(simulation, ids)
        assert spikes["P"][0] == times
        payload = collect_local_payload(simulation.cells, ids, simulation.recording_index)
        cells = payload_to_cells(payload, simulation.sites_index)
        ReportManager(simulation.circuit_access.config, simulation.dt).write_all(cells, spikes)
        found, nodes = read_spikes(simulation.spikes_path)["P"]
        assert np.array_equal(found[nodes == 0], times)


def test_published_arguments() -> None:
    with (
        HocPointProcessCell(CellId("P", 7), "IntFire1") as cell,
        HocPointProcessCell(CellId("P", 8), "IntFire1") as other,
        Simulation() as simulation,
    ):
        simulation.add_cell(cell)
        simulation.add_cell(other)
        connection = cell.create_netcon_spikedetector(other.pointcell)
        assert connection.syn() == other.pointcell
        cell.start_recording_spikes(None)
        assert cell.is_recording_spikes("soma", -20)
        cell.connect_to_circuit(proxy="proxy")
        assert cell.sonata_proxy == "proxy"
        simulation.run(1, cvode=False)
        assert cell.get_spike_times() == []
        del connection


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a cell_id"):
        HocPointProcessCell(None, "IntFire1")
    with pytest.raises(BluecellabError, match="IntFire9"):
        HocPointProcessCell(CellId("P", 0), "IntFire9")
    with pytest.raises(TemplateNotFoundError):
        mechanism_name_from_model_template(tmp_path / "gone.hoc", "hoc:gone")
