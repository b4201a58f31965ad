"""The published access to circuits and to results of finished simulations."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bluecellab.compat import exceptions
from bluecellab.compat.cell.sonata_proxy import SonataProxy
from bluecellab.compat.circuit import (
    CircuitAccess,
    SimulationAccess,
    SonataCircuitAccess,
    SonataSimulationAccess,
)
from bluecellab.compat.circuit.circuit_access import get_synapse_connection_parameters
from bluecellab.compat.circuit.config import SonataSimulationConfig
from bluecellab.compat.circuit.config.sections import ConnectionOverrides
from bluecellab.compat.circuit.gid_resolver import GidNamespace
from bluecellab.compat.circuit.simulation_access import _sample_array, get_synapse_replay_spikes
from bluecellab.compat.circuit.synapse_properties import SynapseProperties, SynapseProperty
from bluecellab.compat.circuit.validate import SimulationValidator
from bluecellab.errors import CircuitError, ColumnError, NodeNotFoundError, ReportError, SynapseError
from bluecellab.results.sonata import ReportLayout, SonataReportWriter, write_spikes
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import EmodelProperties
from tests.unit.circuit.sonata_files import write_small_circuit
from tests.unit.compat.chemical import write_chemical

CELL = CellId("A", 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_chemical(tmp_path)


@pytest.fixture
def access(path: Path) -> Iterator[SonataCircuitAccess]:
    access = SonataCircuitAccess(path)
    yield access
    access.close()


def test_cells(access: SonataCircuitAccess, tmp_path: Path) -> None:
    assert isinstance(access, CircuitAccess)
    assert access.node_properties_available and access.get_template_format() == "v6"
    assert {"mtype", "@dynamics:threshold_current", "model_type"} <= access.available_cell_properties
    assert access.get_emodel_properties(CELL) == EmodelProperties(0.2, -0.02, 1.0, 1.0)
    assert access.get_emodel_properties(CellId("V", 0)) is None
    assert access.get_cell_properties(CELL, "mtype").to_dict() == {"mtype": "y"}
    two = access.get_cell_properties(CELL, ["morphology", "mtype"])
    assert two.to_dict() == {"morphology": "m", "mtype": "y"} and two.name == 1
    assert access.fetch_cell_info(CELL)["@dynamics:holding_current"] == -0.02
    assert access.fetch_mini_frequencies(CELL) == (20.0, 10.0)
    assert access.fetch_mini_frequencies(CellId("V", 0)) == (None, None)
    assert access.morph_filepath(CELL) == str(tmp_path / "morphologies" / "m.swc")
    assert access.emodel_path(CELL) == str(tmp_path / "hoc" / "small.hoc")
    with pytest.raises(ColumnError, match="no attribute 'nope'"):
        access.get_cell_properties(CELL, ["nope"])
    with pytest.raises(NodeNotFoundError, match="no node 77"):
        access.fetch_cell_info(CellId("A", 77))
    with pytest.raises(KeyError, match="no population of nodes 'Z'; the circuit has A, V"):
        access.fetch_cell_info(CellId("Z", 0))
    with pytest.raises(CircuitError):
        access.emodel_path(CellId("V", 0))


def test_groups(access: SonataCircuitAccess) -> None:
    two = {CellId("A", 1), CellId("A", 3)}
    assert access.get_target_cell_ids("Two") == two
    assert access.get_cell_ids_of_targets(["Two", "All"]) == {CellId("A", node) for node in range(5)}
    assert access.get_cell_ids_of_targets([]) == set()
    assert access.get_gids_of_mtypes(["y"]) == two
    assert access.get_simulation_cell_ids() == [CellId("A", node) for node in range(5)]
    assert access.target_contains_cell("Two", CELL) and not access.target_contains_cell("Two", CellId("V", 1))
    assert access.is_valid_group("Two") and not access.is_valid_group("Three")
    assert access.node_population_sizes() == {"A": 5, "V": 4}
    assert access.virtual_population_sizes() == {"V": 4}
    assert access.is_virtual_population("V") and not access.is_virtual_population("nowhere")
    assert access.get_population_ids("A", "V") == (1407, 1618)
    with pytest.raises(KeyError, match="no node set 'Three'"):
        access.get_target_cell_ids("Three")


def test_point_cells_have_no_morphology(tmp_path: Path) -> None:
    write_small_circuit(tmp_path)
    path = tmp_path / "simulation_config.json"
    path.write_text('{"run": {"tstop": 1, "dt": 0.025, "random_seed": 1}}')
    access = SonataCircuitAccess(path)
    with pytest.raises(CircuitError, match="not of a hoc template and a morphology"):
        access.morph_filepath(CellId("P", 0))
    with pytest.raises(ColumnError, match="no 'u_syn'"):
        access.extract_synapses(CellId("S1", 0), None)
    access.close()


def test_synapses(access: SonataCircuitAccess) -> None:
    """The table is that of the peer, which was compared by hand."""
    table = access.extract_synapses(CELL, None)
    assert table.index.names == ["edge_name", "synapse_id"]
    assert table.loc["A__A"].index.tolist() == list(range(len(table.loc["A__A"])))
    assert dict(table.groupby(level=0).size()) == {"A__A": 8, "chemical": 3, "plastic": 3}
    assert [str(column) for column in table.columns] == [
        "SynapseProperty.POST_SECTION_ID",
        "SynapseProperty.AFFERENT_SECTION_POS",
        "SynapseProperty.G_SYNX",
        "SynapseProperty.AXONAL_DELAY",
        "tau1",
        "tau2",
        "erev",
        "SynapseProperty.PRE_GID",
        "source_population_name",
        "source_popid",
        "target_popid",
        "SynapseProperty.U_SYN",
        "SynapseProperty.D_SYN",
        "SynapseProperty.F_SYN",
        "SynapseProperty.DTC",
        "SynapseProperty.TYPE",
        "SynapseProperty.NRRP",
    ]
    chemical = table.loc["chemical"]
    assert chemical[SynapseProperty.PRE_GID].tolist() == [3, 2, 1]
    np.testing.assert_allclose(chemical[SynapseProperty.AXONAL_DELAY], [1.0, 1.5, 2.0])
    assert chemical["tau1"].isna().all() and chemical[SynapseProperty.TYPE].tolist() == [100, 1, 113]
    row = table.loc[("A__A", 0)]
    assert row["source_population_name"] == "A" and row["source_popid"] == row["target_popid"] == 1407
    assert pickle.loads(pickle.dumps(table)).equals(table)


def test_synapses_of_projections(access: SonataCircuitAccess) -> None:
    for projections in (True, "V__A", ["V__A"]):
        table = access.extract_synapses(CELL, projections)
        assert list(dict.fromkeys(table.index.get_level_values(0))) == ["A__A", "chemical", "plastic", "V__A"]
        assert set(table.loc["V__A"]["source_popid"]) == {1618}
    for projections in (None, False, []):
        assert "V__A" not in access.extract_synapses(CELL, projections).index.get_level_values(0)
    with pytest.raises(ValueError, match="Unknown projection 'zz'"):
        access.extract_synapses(CELL, ["zz"])
    none = access.extract_synapses(CellId("V", 0), True)
    assert none.empty and none.index.names == ["edge_name", "synapse_id"]
    assert len(access.extract_synapses(CellId("A", 2), None)) == sum(
        len(access.circuit.edges(name, 2, [])) for name in ("A__A", "chemical", "plastic")
    )


def test_helpers_get_all_attributes(path: Path) -> None:
    config = SonataSimulationConfig(path)
    config.add_connection_override(ConnectionOverrides("All", "All", mod_override="Special"))
    access = SonataCircuitAccess(config)
    table = access.extract_synapses(CELL, None)
    assert table.loc["chemical"]["something_else"].tolist() == [0.5, 1.0, 1.5]
    assert not set(SynapseProperties.plasticity[2:]) & set(table.columns)
    access.close()


def test_wrong_vesicles_are_refused(access: SonataCircuitAccess, monkeypatch: pytest.MonkeyPatch) -> None:
    edges = access.circuit.edges

    def broken(*given: object) -> object:
        found = edges(*given)
        if "n_rrp_vesicles" in found.columns:
            found.columns["n_rrp_vesicles"][0] = 1.5
        return found

    monkeypatch.setattr(access.circuit, "edges", broken)
    with pytest.raises(SynapseError, match=r"nrrp: 1\.5"):
        access.extract_synapses(CELL, None)


def test_parameters_of_connections(path: Path) -> None:
    config = SonataSimulationConfig(path)
    access = SonataCircuitAccess(config)
    pre = CellId("A", 0)
    assert get_synapse_connection_parameters(access, pre, CELL) == {"add_synapse": True}
    for override in (
        ConnectionOverrides("All", "Two", weight=0.0, synapse_configure="%s.e = 1; %s.tau1 = 2"),
        ConnectionOverrides("All", "All", delay=5, weight=1),
        ConnectionOverrides("All", "All", spont_minis=3, mod_override="GluSynapse"),
        ConnectionOverrides("Two", "All", weight=7),
    ):
        config.add_connection_override(override)
    expected = {
        "add_synapse": True,
        "Weight": 0.0,
        "SpontMinis": 3.0,
        "ModOverride": "GluSynapse",
        "SynapseConfigure": ["%s.e = 1", "%s.tau1 = 2"],
        "DelayWeights": [(5.0, 1.0)],
        "HelperDirs": (str(path.parent / "hoc"),),
    }
    assert get_synapse_connection_parameters(access, pre, CELL) == expected
    assert get_synapse_connection_parameters(access, pre, CellId("A", 0))["Weight"] == []  # nothing is said

    class Foreign:
        """Has only what is published."""

        def __init__(self) -> None:
            self.config = config
            self.get_target_cell_ids = access.get_target_cell_ids

    expected.pop("HelperDirs")
    assert get_synapse_connection_parameters(Foreign(), pre, CELL) == expected  # type: ignore[arg-type]
    SimulationValidator(access).validate()
    config.add_connection_override(ConnectionOverrides("Three", "All"))
    with pytest.raises(exceptions.TargetDoesNotExist, match="Three"):
        get_synapse_connection_parameters(access, pre, CELL)
    with pytest.raises(exceptions.TargetDoesNotExist, match="Three target does not exist"):
        SimulationValidator(access).validate()
    access.close()


def test_a_circuit_that_is_open(access: SonataCircuitAccess) -> None:
    second = SonataCircuitAccess(access.config, circuit=access.circuit)
    second.close()
    assert access.get_target_cell_ids("Two")


def test_proxies(access: SonataCircuitAccess) -> None:
    proxy = SonataProxy(CELL, access)
    assert proxy.get_property("@dynamics:threshold_current").iloc[0] == 0.2
    with pytest.raises(exceptions.MissingSonataPropertyError, match="input_resistance does not exist"):
        proxy.get_input_resistance()


def test_global_numbers() -> None:
    names = GidNamespace({"A": 0, "B": 1000})
    assert names.global_gid("B", np.int64(3)) == 1003
    with pytest.raises(KeyError, match="'C' has no global ids"):
        names.global_gid("C", 0)


def _write_results(folder: Path) -> None:
    (folder / "output").mkdir()
    layout = ReportLayout.of_columns([1, 3], [0, 0])
    writer = SonataReportWriter(folder / "output" / "soma.h5", {"A": layout}, unit="mV")
    writer.open(start=0.0, dt=0.1)
    writer.append(np.arange(20, dtype=np.float32).reshape(10, 2))
    writer.close(complete=True)
    write_spikes(folder / "output" / "out.h5", {"A": ([3.0, 1.0, 2.0], [1, 1, 3])})


def test_results(path: Path) -> None:
    results = SonataSimulationAccess(path)
    assert isinstance(results, SimulationAccess)
    with pytest.raises(FileNotFoundError, match="no file of spikes"):
        results.get_spikes()
    with pytest.raises(FileNotFoundError):
        results.get_soma_time_trace()
    _write_results(path.parent)
    spikes = results.get_spikes()
    assert {key: times.tolist() for key, times in spikes.items()} == {CELL: [1.0, 3.0], CellId("A", 3): [2.0]}
    assert get_synapse_replay_spikes(path.parent / "output" / "out.h5").keys() == spikes.keys()
    assert results.get_soma_voltage(CELL, 0.2, 0.5).tolist() == [4.0, 6.0, 8.0, 10.0]
    assert results.get_soma_voltage(CellId("A", 3), 0.0, 1.0, 0.3).tolist() == [1.0, 7.0, 13.0, 19.0]
    np.testing.assert_allclose(results.get_soma_time_trace(0.5), [0.0, 0.5])
    assert len(results.get_soma_time_trace()) == 10
    with pytest.raises(ReportError, match="not close to a whole number"):
        results.get_soma_time_trace(0.25)
    assert _sample_array(np.arange(5), 2).tolist() == [0, 2, 4]
    with pytest.raises(ReportError, match="not close to a whole number"):
        _sample_array(np.arange(5), 0.0)


def test_results_without_a_report(tmp_path: Path) -> None:
    path = write_chemical(tmp_path, reports={})
    with pytest.raises(ReportError, match="does not have; it has none"):
        SonataSimulationAccess(path).get_soma_time_trace()
