"""The published sections and configurations of circuit simulations."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path
from types import SimpleNamespace

import bluepysnap
import numpy as np
import pandas as pd
import pytest

from bluecellab.circuit.config import read_config
from bluecellab.compat import exceptions
from bluecellab.compat.circuit import synapse_properties
from bluecellab.compat.circuit.config import SimulationConfig, SonataSimulationConfig
from bluecellab.compat.circuit.config.sections import (
    ConditionEntry,
    Conditions,
    ConnectionOverrides,
    MechanismConditions,
    ModificationBase,
    ModificationTTX,
    modification_from_libsonata,
    string_to_bool,
)
from bluecellab.compat.circuit.format import CircuitFormat, determine_circuit_format, is_valid_json_file
from bluecellab.compat.circuit.synapse_properties import SynapseProperties, SynapseProperty
from bluecellab.compat.circuit.validate import SimulationValidator, check_nrrp_value
from bluecellab.compat.reports._words import spec_of
from bluecellab.errors import ReportError
from bluecellab.spec import simulation as spec
from tests.unit.circuit.validation.allen.network import write_network as write_allen_network
from tests.unit.simulation.circuit.small import write_network

OVERRIDES = [
    {"name": "a", "source": "All", "target": "Two", "weight": 0.5, "synapse_configure": "%s.e = 1"},
    {"name": "b", "source": "All", "target": "All", "delay": 5, "weight": 2},
]
CONDITIONS = {
    "v_init": -70,
    "celsius": 22,
    "extracellular_calcium": 1.1,
    "mechanisms": {"ProbAMPANMDA_EMS": {"init_depleted": 1, "tau_r_AMPA": 0.3}},
    "modifications": [
        {"type": "ttx", "name": "quiet", "node_set": "Two"},
        {"type": "section_list", "name": "s", "node_set": "All", "section_configure": "apical.cm = 2"},
    ],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_network(tmp_path, connection_overrides=OVERRIDES, conditions=CONDITIONS)


def test_properties_and_their_names() -> None:
    common = SynapseProperties.common
    assert len(common) == 15 and common[0] is SynapseProperty.PRE_GID
    names = synapse_properties.properties_to_snap([*common, "volume_CR"])
    assert synapse_properties.properties_from_snap(names) == [*common, "volume_CR"]
    assert SynapseProperty.from_snap("conductance").to_snap() == "conductance"
    for wrong in (lambda: SynapseProperty.from_snap("tau1"), SynapseProperty.TAU1.to_snap):
        with pytest.raises(KeyError):
            wrong()


def test_properties_survive_json() -> None:
    values = {SynapseProperty.G_SYNX: 0.5, "volume_CR": 1, "pre_gid": 2}
    text = json.dumps(synapse_properties.synapse_property_encoder(values))
    assert text == '{"G_SYNX": 0.5, "volume_CR": 1, "pre_gid": 2}'
    assert json.loads(text, object_hook=synapse_properties.synapse_property_decoder) == values


def test_bluepy_is_not_read() -> None:
    for call in (
        lambda: synapse_properties.properties_from_bluepy(["x"]),
        lambda: synapse_properties.properties_to_bluepy([SynapseProperty.TYPE]),
        lambda: SynapseProperty.from_bluepy("x"),
        SynapseProperty.TYPE.to_bluepy,
        lambda: Conditions.from_blueconfig({}),
        lambda: ConnectionOverrides.from_blueconfig({}),
    ):
        with pytest.raises(exceptions.ExtraDependencyMissingError, match="bluepy"):
            call()


def test_sections_are_strict_values() -> None:
    entry = ConditionEntry(init_depleted=1)
    with pytest.raises(FrozenInstanceError):
        entry.init_depleted = 0  # type: ignore[misc]
    with pytest.raises(ValueError, match="less than or equal to 1"):
        ConditionEntry(init_depleted=2)
    with pytest.raises(ValueError, match="[Uu]nexpected"):
        ConnectionOverrides(source="a", target="b", nonsense=1)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="non-empty"):
        ConnectionOverrides(source="a", target="b", mod_override="")
    assert Conditions.init_empty() == Conditions()
    assert [string_to_bool(text) for text in ("TRUE", "1", "false", "0")] == [True, True, False, False]
    with pytest.raises(ValueError, match="Invalid boolean value yes"):
        string_to_bool("yes")


def test_conditions_both_ways() -> None:
    switches = MechanismConditions(glusynapse=ConditionEntry(minis_single_vesicle=1))
    conditions = Conditions(switches, {"GluSynapse": {"cao_CR": 2.0}}, celsius=30)
    made = conditions.to_spec()
    assert made.mechanisms == {"GluSynapse": {"cao_CR": 2.0, "minis_single_vesicle": 1.0}}
    again = Conditions.from_sonata(made)
    assert again.celsius == 30 and again.mech_conditions is not None
    assert again.mech_conditions.glusynapse == ConditionEntry(minis_single_vesicle=1)
    assert Conditions.from_sonata({"v_init": -60}).v_init == -60


def test_overrides_both_ways() -> None:
    given = {"source": "a", "target": "b", "weight": 2, "modoverride": "GluSynapse", "name": "n"}
    override = ConnectionOverrides.from_sonata(given)
    assert override == ConnectionOverrides("a", "b", weight=2.0, mod_override="GluSynapse")
    assert ConnectionOverrides.from_sonata(override) == override
    assert ConnectionOverrides.from_sonata(override.to_spec("n")) == override
    with pytest.raises(exceptions.ConfigError, match="non-empty helper prefix, got ''"):
        ConnectionOverrides.from_sonata({**given, "modoverride": ""})


def test_modifications_both_ways() -> None:
    for block in (*CONDITIONS["modifications"], {"type": "section", "name": "", **_SECTION}):  # type: ignore[misc]
        made = modification_from_libsonata(block)
        assert modification_from_libsonata(made.to_spec()) == made
    assert ModificationTTX(name="quiet", node_set="Two").to_spec() == spec.TTXModification(
        name="quiet", node_set="Two"
    )
    enumeration = SimpleNamespace(type=SimpleNamespace(name="ttx"), name="t", node_set="All")
    assert modification_from_libsonata(enumeration) == ModificationTTX("t", "All")
    with pytest.raises(exceptions.ConfigError, match="of one of the types ttx"):
        modification_from_libsonata({"type": "magic"})
    with pytest.raises(exceptions.ConfigError, match="of one of the types ttx"):
        ModificationBase("x").to_spec()


_SECTION = {"node_set": "All", "section_configure": "apic[0].cm = 2"}


def test_a_configuration(path: Path) -> None:
    config = SonataSimulationConfig(str(path))
    assert isinstance(config, SimulationConfig)
    folder = path.parent
    found = {name: getattr(config, name) for name in _VALUES}
    assert found == _VALUES
    assert config.output_root_path == str(folder / "output")
    assert config.spikes_file_path == folder / "output" / "out.h5"
    assert config.report_file_path({"file_name": "x"}, "key") == folder / "output" / "x.h5"
    assert config.report_file_path({}, "key.h5") == folder / "output" / "key.h5"
    with pytest.warns(DeprecationWarning, match="use tstop"):
        assert config.duration == 60.0
    assert config.get_all_projection_names() == ["V__A"]
    assert [type(one).__name__ for one in config.get_all_stimuli_entries()] == ["OrnsteinUhlenbeck", "Linear"]
    assert [type(one).__name__ for one in config.get_modifications()] == [
        "ModificationTTX",
        "ModificationSectionList",
    ]
    assert config.get_node_sets() == {
        "All": {"population": "A"},
        "Two": {"population": "A", "node_id": [1, 3]},
    }
    assert list(config.get_report_entries()) == ["all", "soma"]
    with pytest.raises(ValueError, match="No 'compartment_sets_file' entry"):
        config.get_compartment_sets()
    conditions = config.condition_parameters()
    assert conditions.extracellular_calcium == 1.1
    assert conditions.mech_conditions is not None
    assert conditions.mech_conditions.ampanmda == ConditionEntry(init_depleted=1)


_VALUES = {
    "base_seed": 3,
    "synapse_seed": 0,
    "ionchannel_seed": 0,
    "stimulus_seed": 0,
    "minis_seed": 0,
    "rng_mode": "Random123",
    "spike_threshold": -30.0,
    "spike_location": "soma",
    "tstart": 0.0,
    "tstop": 60.0,
    "dt": 0.025,
    "forward_skip": None,
    "celsius": 22.0,
    "v_init": -70.0,
    "node_set": "All",
    "extracellular_calcium": 1.1,
}


def test_node_and_compartment_sets_of_the_simulation(tmp_path: Path) -> None:
    path = write_network(tmp_path, node_sets_file="own.json", compartment_sets_file="places.json")
    (tmp_path / "own.json").write_text('{"Two": {"population": "A", "node_id": [0]}}')
    (tmp_path / "places.json").write_text('{"p": {"population": "A", "compartment_set": [[0, 0, 0.5]]}}')
    config = SonataSimulationConfig(path)
    assert config.get_node_sets()["Two"]["node_id"] == [0]
    assert config.get_compartment_sets()["p"]["compartment_set"] == [[0, 0, 0.5]]


def test_overrides_are_added(path: Path) -> None:
    config = SonataSimulationConfig(path)
    assert config.to_spec() == read_config(path)
    added = ConnectionOverrides(source="Two", target="All", synapse_configure="%s.e = 3")
    config.add_connection_override(added)
    assert config.connection_entries()[-1] == added and len(config.connection_entries()) == 3
    assert config.to_spec().connection_overrides[-1].synapse_configure == "%s.e = 3"
    assert len(SonataSimulationConfig(path).connection_entries()) == 2


def test_what_configurations_are_made_of(path: Path) -> None:
    snap = bluepysnap.Simulation(str(path))
    for source in (path, snap, read_config(path)):
        assert SonataSimulationConfig(source).to_spec() == read_config(path)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json not found"):
        SonataSimulationConfig(path.parent / "nowhere.json")
    with pytest.raises(TypeError, match="not a int"):
        SonataSimulationConfig(3)


def test_the_other_dialect_is_not_of_the_published_classes(tmp_path: Path) -> None:
    path = write_allen_network(tmp_path)
    with pytest.raises(exceptions.NotAConfigError, match=r"of the Allen dialect.*read_config reads it"):
        SonataSimulationConfig(path)
    with pytest.raises(
        ReportError, match="a simulation of the Blue Brain dialect is needed, not AllenConfig"
    ):
        spec_of(path)


def test_formats(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "BlueConfig"
    other.write_text("Run Default\n{\n}\n")
    assert is_valid_json_file(path) and not is_valid_json_file(other)
    assert determine_circuit_format(SonataSimulationConfig(path)) is CircuitFormat.SONATA
    assert determine_circuit_format(str(path)) is CircuitFormat.SONATA
    assert determine_circuit_format(other) is CircuitFormat.BLUECONFIG


def test_vesicles_are_whole_and_positive() -> None:
    check_nrrp_value(pd.DataFrame({SynapseProperty.NRRP: [1, np.nan, 2]}))
    with pytest.raises(ValueError, match="smaller than 0.0 found for nrrp: 0"):
        check_nrrp_value(pd.DataFrame({SynapseProperty.NRRP: [1, 0]}))
    with pytest.raises(ValueError, match="Non-integer value found for nrrp: 1.5"):
        check_nrrp_value(pd.DataFrame({SynapseProperty.NRRP: [1.5]}))


def _access(**changes: object) -> object:
    conditions = Conditions(
        mechanisms={"GluSynapse": {"cao_CR": changes.pop("cao", 2.0)}}, extracellular_calcium=2.0
    )
    config = {
        "connection_entries": lambda: [ConnectionOverrides("A", "B")],
        "condition_parameters": lambda: conditions,
        "spike_location": "soma",
        **changes,
    }
    return SimpleNamespace(config=SimpleNamespace(**config), is_valid_group=lambda name: name in "AB")


def test_validation() -> None:
    SimulationValidator(_access()).validate()  # type: ignore[arg-type]
    missing = _access(connection_entries=lambda: [ConnectionOverrides("A", "C")])
    with pytest.raises(exceptions.TargetDoesNotExist, match="C target does not exist"):
        SimulationValidator(missing).validate()  # type: ignore[arg-type]
    with pytest.raises(exceptions.ConfigError, match="cao_CR of GluSynapse is 1 "):
        SimulationValidator(_access(cao=1.0)).validate()  # type: ignore[arg-type]
    with pytest.raises(exceptions.ConfigError, match="not 'dend'"):
        SimulationValidator(_access(spike_location="dend")).validate()  # type: ignore[arg-type]
