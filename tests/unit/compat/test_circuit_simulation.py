"""The published flags give what the words of ``bluecellab.CircuitSimulation`` give."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

from bluecellab.compat import CircuitSimulation, SSim
from bluecellab.compat.cell import Cell, CellDict
from bluecellab.compat.circuit.config import SonataSimulationConfig
from bluecellab.compat.circuit.config.sections import ConnectionOverrides
from bluecellab.compat.connection import Connection
from bluecellab.compat.reports.manager import ReportManager
from bluecellab.compat.rngsettings import RNGSettings
from bluecellab.compat.synapse import Exp2Syn
from bluecellab.compat.synapse.synapse_types import SynapseID
from bluecellab.errors import BluecellabError, ClosedError, SimulationError
from bluecellab.results.sonata import write_spikes
from bluecellab.simulation.circuit.core import CircuitSimulation as RoomSimulation
from bluecellab.spec.base import CellId
from tests.unit.simulation.circuit.small import SIZE, virtual_spikes, write_network

T_STOP = 30.0
CELLS = [CellId("A", node) for node in range(SIZE)]
PUBLISHED = (
    "cells add_replay add_stimuli add_synapses add_minis add_noise_stimuli add_hyperpolarizing_stimuli "
    "add_relativelinear_stimuli add_pulse_stimuli add_projections intersect_pre_gids interconnect_cells "
    "pre_spike_trains add_shotnoise_stimuli add_ornstein_uhlenbeck_stimuli add_sinusoidal_stimuli "
    "add_linear_stimuli add_seclamp_stimuli add_subthreshold_stimuli"
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_network(tmp_path_factory.mktemp("network")))


@pytest.fixture(autouse=True)
def _seeds():
    settings = RNGSettings.get_instance()
    before = dict(vars(settings))
    yield
    vars(settings).update(before)


def by_words(config: str, cells: list[CellId], **words: object) -> dict[CellId, np.ndarray]:
    with RoomSimulation(config, seeds="bluecellulab") as simulation:
        simulation.instantiate(cells, **words)
        simulation.run(T_STOP)
        return {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in cells}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({}, {"synapses": "none", "stimuli": "none", "minis": False}),
        ({"add_stimuli": True}, {"synapses": "none", "minis": False}),
        ({"add_linear_stimuli": True}, {"synapses": "none", "stimuli": ["step"], "minis": False}),
        (
            {"add_ornstein_uhlenbeck_stimuli": True},
            {"synapses": "none", "stimuli": ["noise"], "minis": False},
        ),
        (
            {"add_stimuli": True, "add_synapses": True, "add_minis": True},
            {"synapses": ["A__A"], "minis": True},
        ),
        (
            {
                "add_stimuli": True,
                "add_synapses": True,
                "add_projections": True,
                "pre_spike_trains": virtual_spikes(),
            },
            {"minis": False, "replay": virtual_spikes()},
        ),
        (
            {
                "add_stimuli": True,
                "add_synapses": True,
                "add_projections": ["V__A"],
                "interconnect_cells": False,
                "intersect_pre_gids": [("V", 1), 2],
                "pre_spike_trains": virtual_spikes(),
            },
            {
                "minis": False,
                "connect": False,
                "sources": [("V", 1), ("V", 2), ("A", 2)],
                "replay": virtual_spikes(),
            },
        ),
    ],
)
def test_flags_and_words_agree(config: str, flags: dict, words: dict) -> None:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate_gids([CELLS[0], ("A", 2)], **flags)
        simulation.run(T_STOP)
        found = {cell_id: cell.get_soma_voltage() for cell_id, cell in simulation.cells.items()}
    expected = by_words(config, [CELLS[0], CELLS[2]], **words)
    assert list(found) == list(expected)
    assert all(np.array_equal(found[cell_id], expected[cell_id]) for cell_id in expected)


def test_the_published_order_of_flags() -> None:
    names = list(inspect.signature(CircuitSimulation.instantiate_gids).parameters)[1:]
    assert names == PUBLISHED.split()
    names = list(inspect.signature(CircuitSimulation.__init__).parameters)[1:]
    assert names == (
        "simulation_config dt record_dt base_seed rng_mode print_cellstate parallel_context save_time".split()
    )
    names = list(inspect.signature(CircuitSimulation.run).parameters)[1:9]
    assert names == "t_stop v_init celsius dt forward_skip forward_skip_value cvode show_progress".split()
    assert SSim is not CircuitSimulation


def test_cells_as_published(config: str) -> None:
    with CircuitSimulation(config, record_dt=0.1) as simulation:
        assert not simulation.cells
        simulation.instantiate_gids(
            [0, 1],
            add_synapses=True,
            add_projections=True,
            add_minis=True,
            pre_spike_trains=virtual_spikes(),
        )
        assert isinstance(simulation.cells, CellDict)
        assert list(simulation.cells) == CELLS[:2]
        cell = simulation.cells["A", 0]
        assert isinstance(cell, Cell)
        assert cell.soma.hname().endswith("soma[0]")
        assert cell.post_gid == simulation.global_gid("A", 0) == simulation.gids.global_gid("A", 0)
        assert {key.projection for key in cell.synapses} == {"A__A", "V__A"}
        assert set(cell.connections) == set(cell.synapses) == set(cell.syn_mini_netcons)
        for key, synapse in cell.synapses.items():
            connection = cell.connections[key]
            source = synapse.pre_cell_id
            assert isinstance(key, SynapseID)
            assert isinstance(synapse, Exp2Syn)
            assert connection.post_synapse is synapse
            assert (connection.post_netcon is not None) == (source in CELLS[:2] or source[0] == "V")
            assert (connection.pre_cell is not None) == (source in CELLS[:2])
            assert synapse.syn_description["source_population_name"] == source.population_name
            if connection.post_netcon is not None:
                assert connection.post_netcon_weight == connection.weight == synapse.conductance
        assert cell.pre_gids() == sorted({synapse.pre_gid for synapse in cell.synapses.values()})
        first = cell.pre_gids()[0]
        assert {cell.synapses[key].pre_gid for key in cell.pre_gid_synapse_ids(first)} == {first}
        assert set(cell.info_dict["connections"]) == set(cell.synapses)
        simulation.run(5)
        assert len(simulation.get_time_trace(1, 3)) == 21
        assert simulation.spike_location == "soma"
        assert simulation.spike_threshold == -30
        assert isinstance(
            cell.get_recorded_spikes(simulation.spike_location, simulation.spike_threshold), list
        )
    with pytest.raises(ClosedError):
        _ = cell.synapses


def test_weights_can_be_changed(config: str) -> None:
    def peak(scalar: float) -> float:
        with CircuitSimulation(config) as simulation:
            simulation.instantiate_gids(
                [0], add_synapses=True, add_projections=True, pre_spike_trains=virtual_spikes()
            )
            for connection in simulation.cells["A", 0].connections.values():
                connection.set_weight_scalar(scalar)
            simulation.run(10)
            return float(simulation.get_voltage_trace(("A", 0)).max())

    assert peak(0.0) < peak(1.0) < peak(2.0)


def test_replay_of_the_finished_simulation(config: str) -> None:
    with CircuitSimulation(config) as simulation:
        spikes = {"A": (np.array([2.0, 6.0, 3.0]), np.array([0, 1, 3]))}
        write_spikes(simulation.spikes_path, spikes, overwrite=True)
        simulation.instantiate_gids([0], add_replay=True, add_synapses=True)
        kinds = {
            synapse.pre_gid: simulation.cells["A", 0].connections[key].post_netcon is not None
            for key, synapse in simulation.cells["A", 0].synapses.items()
        }
        assert {gid for gid, connected in kinds.items() if connected} <= {0, 1, 3}
        assert any(kinds.values())
        simulation.run(10)


def test_trains_are_merged() -> None:
    merged = CircuitSimulation.merge_pre_spike_trains({("A", 0): [3.0]}, None, {CellId("A", 0): [1.0], 4: []})
    assert merged[CellId("A", 0)].tolist() == [1, 3]
    assert list(merged) == [("A", 0), ("", 4)]


def test_misuse_is_refused(config: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no simulation configuration"):
        CircuitSimulation(str(tmp_path / "none.json"))
    with CircuitSimulation(config) as simulation:
        with pytest.raises(SimulationError, match="need add_synapses"):
            simulation.instantiate_gids([0], add_replay=True)
        with pytest.raises(SimulationError, match="need add_synapses"):
            simulation.instantiate_gids([0], pre_spike_trains=virtual_spikes())
        with pytest.raises(ValueError, match="no population of edges 'X'"):
            simulation.instantiate_gids([0], add_synapses=True, add_projections="X")
        with pytest.raises(BluecellabError, match="that cell is simulated"):
            simulation.instantiate_gids([0, 1], add_synapses=True, pre_spike_trains={("A", 1): [1.0]})
    with CircuitSimulation(config) as simulation:
        simulation.instantiate_gids([0])
        with pytest.raises(SimulationError, match="can be called once"):
            simulation.instantiate_gids([1])
        with pytest.warns(DeprecationWarning, match=r"run\(dt=0.1\) is ignored"):
            simulation.run(1, dt=0.1)
        assert len(simulation.get_time()) == 41


def test_one_cell_alone(config: str) -> None:
    with CircuitSimulation(config) as simulation:
        words = simulation.fetch_cell_kwargs(("A", 1))
        assert set(words) == {
            "template_path",
            "morphology_path",
            "cell_id",
            "record_dt",
            "template_format",
            "emodel_properties",
        }
        with simulation.create_cell_from_circuit(("A", 1)) as cell:
            assert isinstance(cell, Cell)
            assert cell.cell_id == ("A", 1)
            assert not cell.synapses


def test_hands_made_connections_of_cells(config: str) -> None:
    """A connection from a cell of the circuit to a synapse of another works, and dies with either."""
    with CircuitSimulation(config) as simulation:
        simulation.instantiate_gids([0, 1], add_synapses=True, interconnect_cells=False, add_stimuli=True)
        first, second = simulation.cells["A", 0], simulation.cells["A", 1]
        synapse = next(iter(first.synapses.values()))
        connection = Connection(synapse, pre_cell=second)
        assert connection.pre_cell is second
        assert connection.post_netcon_delay == synapse.delay
        simulation.run(T_STOP)
        assert second.get_recorded_spikes("soma", -30.0)


def test_what_the_circuit_says(config: str) -> None:
    with CircuitSimulation(config) as simulation:
        simulation.instantiate_gids([0], add_synapses=True, add_projections=True)
        assert simulation.projections == ["V__A"]
        table = simulation.get_syn_descriptions(("A", 0))
        assert sorted(table.index) == sorted(simulation.cells["A", 0].synapses)
        assert simulation.circuit_access is simulation.circuit_access
        assert simulation.circuit_access.is_virtual_population("V")
    with CircuitSimulation(config) as simulation:
        simulation.instantiate_gids([0], add_synapses=True)
        assert simulation.projections == []
        table = simulation.get_syn_descriptions(("A", 0))
        assert sorted(table.index) == sorted(simulation.cells["A", 0].synapses)


def test_a_changed_configuration(config: str) -> None:
    """As psp-validation does: an override is added to a configuration that has been read."""
    words = SonataSimulationConfig(config)
    words.add_connection_override(
        ConnectionOverrides(source="All", target="All", synapse_configure="%s.tau2 = 9")
    )
    with CircuitSimulation(words, record_dt=0.1, base_seed=3, rng_mode="Random123") as simulation:
        simulation.instantiate_gids([0], add_synapses=True)
        synapses = simulation.cells["A", 0].synapses.values()
        assert {synapse.hsynapse.tau2 for synapse in synapses} == {9.0}
        assert all(synapse.synapseconfigure_cmds == ["%s.tau2 = 9"] for synapse in synapses)


def test_the_finished_simulation_is_read(tmp_path: Path) -> None:
    config = str(write_network(tmp_path))
    with CircuitSimulation(config) as simulation:
        simulation.instantiate_gids([0, 1], add_stimuli=True)
        simulation.run(T_STOP)
        ReportManager(simulation.circuit_access.config, simulation.dt).write_all(simulation.cells)
        voltage = simulation.get_voltage_trace(("A", 1), t_step=0.1)
        main = simulation.get_mainsim_voltage_trace(("A", 1))
        assert np.array_equal(main, voltage[: len(main)].astype(np.float32))
        spikes = simulation.simulation_access.get_spikes()
        for cell_id, cell in simulation.cells.items():
            assert np.allclose(spikes[cell_id], cell.get_recorded_spikes("soma", -30.0))
