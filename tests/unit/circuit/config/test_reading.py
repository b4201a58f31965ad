"""What a right configuration becomes; and that what libsonata takes we take, with the same defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import libsonata
import pytest

from bluecellab.circuit.config import read_config
from bluecellab.spec.simulation import (
    CircuitConditions,
    CompartmentSetModification,
    ConfigureAllSections,
    SimulationConfig,
    TTXModification,
)
from bluecellab.spec.stimuli import Noise, ShotNoise, Sinusoidal
from tests.unit.circuit.config.samples import (
    FULL,
    INPUT_TYPES,
    MODULES,
    OVERRIDE,
    REPORT,
    RUN,
    full,
    module,
    write,
)


def test_the_least_that_there_may_be(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, {"run": RUN}))
    assert config.path == str(tmp_path / "simulation_config.json")
    assert config.network == str(tmp_path / "circuit_config.json")
    assert config.output.directory == str(tmp_path / "output")
    assert (config.output.spikes_file, config.output.spikes_sort_order) == ("out.h5", "by_time")
    assert config.output.log_file is None
    assert config.node_sets_file is config.compartment_sets_file is config.node_set is None
    assert (config.run.tstop, config.run.dt, config.run.tstart) == (100, 0.025, 0)
    assert (config.run.spike_threshold, config.run.second_order) == (-30, 0)
    assert config.seeds.base == 7
    assert config.conditions == CircuitConditions()
    assert config.inputs == config.reports == config.connection_overrides == config.modifications == ()


def test_json_both_ways(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, FULL))
    assert SimulationConfig.from_json(config.to_json()) == config


def test_a_relative_path_and_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"run": RUN, "output": {"output_dir": "o"}})
    monkeypatch.chdir(tmp_path.parent)
    config = read_config(Path(tmp_path.name, "simulation_config.json"))
    assert config.output.directory == str(tmp_path / "o")


def _name(value: Any) -> str:
    return str(value).rpartition(".")[2]


def test_as_libsonata_reads_it(tmp_path: Path) -> None:
    path = write(tmp_path, FULL)
    ours, theirs = read_config(path), libsonata.SimulationConfig.from_file(str(path))
    assert ours.network == theirs.network
    assert ours.node_set == theirs.node_set
    assert ours.node_sets_file == theirs.node_sets_file
    assert ours.compartment_sets_file == theirs.compartment_sets_file
    _same(ours.run, theirs.run, "tstop", "dt", "spike_threshold")
    assert ours.run.integration_method == _name(theirs.run.integration_method)
    assert ours.seeds.base == theirs.run.random_seed
    for name in ("synapse", "minis", "stimulus", "ionchannel"):
        assert getattr(ours.seeds, name) == getattr(theirs.run, f"{name}_seed")
    assert ours.output.directory == theirs.output.output_dir
    assert str(Path(ours.output.directory, ours.output.spikes_file)) == theirs.output.spikes_file
    assert str(Path(ours.output.directory, ours.output.log_file or "")) == theirs.output.log_file
    assert ours.output.spikes_sort_order == _name(theirs.output.spikes_sort_order)
    _same(ours.conditions, theirs.conditions, "celsius", "v_init", "extracellular_calcium")
    assert ours.conditions.randomize_gaba_rise_time == theirs.conditions.randomize_gaba_rise_time
    assert ours.conditions.spike_location == _name(theirs.conditions.spike_location)
    assert ours.conditions.mechanisms == theirs.conditions.mechanisms
    _same_modifications(ours, theirs)
    _same_overrides(ours, theirs)
    _same_inputs(ours, theirs)
    _same_reports(ours, theirs)


def _same(ours: Any, theirs: Any, *names: str) -> None:
    for name in names:
        assert getattr(ours, name) == getattr(theirs, name), name


def _same_modifications(ours: SimulationConfig, theirs: Any) -> None:
    listed = theirs.conditions.modifications()
    assert [each.name for each in ours.modifications] == [each.name for each in listed]
    for mine, other in zip(ours.modifications, listed, strict=True):
        assert mine.type == _name(other.type)
        for name in ("node_set", "section_configure", "compartment_set"):
            if hasattr(mine, name):
                assert getattr(mine, name) == getattr(other, name)


def _same_overrides(ours: SimulationConfig, theirs: Any) -> None:
    names = [name for name in dir(theirs.connection_overrides()[0]) if not name.startswith("_")]
    for mine, other in zip(ours.connection_overrides, theirs.connection_overrides(), strict=True):
        for name in names:
            value = getattr(mine, name)
            if name == "weight" and value is None:
                value = 1.0  # not said is not the same as said: a later block leaves the weight alone
            if name == "delay" and value is None:
                value = 0.0
            assert value == getattr(other, name), name


def _same_inputs(ours: SimulationConfig, theirs: Any) -> None:
    assert [each.name for each in ours.inputs] == theirs.list_input_names == list(FULL["inputs"])
    for mine in ours.inputs:
        other = theirs.input(mine.name)
        assert mine.stimulus.type == _name(other.module)
        for name in (each for each in dir(other) if each[0].islower()):
            if name in ("module", "input_type", "fields"):
                continue
            holder = mine if hasattr(mine, name) else mine.stimulus
            value = getattr(holder, name)
            if name in ("amp_end", "percent_end") and value is None:
                value = getattr(holder, name.replace("end", "start"))
            assert value == getattr(other, name) or list(value) == getattr(other, name), (mine.name, name)


def _same_reports(ours: SimulationConfig, theirs: Any) -> None:
    assert {each.name for each in ours.reports} == set(theirs.list_report_names)
    for mine in ours.reports:
        other = theirs.report(mine.name)
        _same(mine, other, "variable_name", "unit", "dt", "start_time", "end_time", "enabled")
        assert mine.type == _name(other.type)
        assert (mine.cells or ours.node_set) == other.cells
        assert (mine.compartment_set or "") == other.compartment_set
        assert mine.scaling == _name(other.scaling)
        assert str(Path(ours.output.directory, mine.output_name)) == other.file_name
        if mine.type != "compartment_set":
            assert mine.sections == _name(other.sections)
            assert ("all" if mine.every_compartment else "center") == _name(other.compartments)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_and_type_as_libsonata(name: str, tmp_path: Path) -> None:
    for input_type in (
        "spikes",
        "extracellular_stimulation",
        "current_clamp",
        "voltage_clamp",
        "conductance",
    ):
        text = {"run": RUN, "inputs": {"one": module(name, input_type=input_type)}}
        path = write(tmp_path, text)
        try:
            libsonata.SimulationConfig.from_file(str(path)).input("one")
        except libsonata.SonataError:
            with pytest.raises(Exception, match="input_type"):
                read_config(path)
            continue
        stimulus = read_config(path).inputs[0].stimulus
        assert getattr(stimulus, "mode", "current") == (
            "conductance" if input_type == "conductance" else "current"
        )


def test_the_file_s_order_of_inputs(tmp_path: Path) -> None:
    names = ["b", "a", "z", "C", "1", "aa"]
    config = read_config(write(tmp_path, {"run": RUN, "inputs": {name: module("linear") for name in names}}))
    assert [each.name for each in config.inputs] == names


def test_what_inputs_say(tmp_path: Path) -> None:
    given = {
        "noise": module("noise"),
        "sine": module("sinusoidal", represents_physical_electrode=True),
        "shots": {**module("shot_noise", random_seed=12, reversal=-5), "input_type": "conductance"},
        "places": {**module("linear"), "compartment_set": "places"},
        "replay": module("synapse_replay", spike_file="${HERE}/x.h5"),
    }
    del given["places"]["node_set"]
    config = read_config(write(tmp_path, {"manifest": {"$HERE": "deep"}, "run": RUN, "inputs": given}))
    noise, sine, shots, places, replay = config.inputs
    assert isinstance(noise.stimulus, Noise)
    assert (noise.stimulus.variance, noise.stimulus.mean, noise.stimulus.mean_percent) == (0, None, 78)
    assert isinstance(sine.stimulus, Sinusoidal)
    assert (sine.stimulus.dt, sine.represents_physical_electrode) == (0.025, True)
    assert isinstance(shots.stimulus, ShotNoise)
    assert (shots.stimulus.mode, shots.stimulus.reversal, shots.stimulus.random_seed) == (
        "conductance",
        -5,
        12,
    )
    assert (places.node_set, places.compartment_set) == (None, "places")
    assert replay.stimulus.spike_file == str(tmp_path / "deep" / "x.h5")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "second_order"),
    [("euler", 0), (0, 0), ("crank_nicolson", 1), (1, 1), (2, 2), ("2", 2), ("crank_nicolson_ion", 2)],
)
def test_integration_methods(given: object, second_order: int, tmp_path: Path) -> None:
    config = read_config(write(tmp_path, {"run": {**RUN, "integration_method": given}}))
    assert config.run.second_order == second_order


def test_old_spellings(tmp_path: Path) -> None:
    text = {
        "run": RUN,
        "conditions": {
            "modifications": {
                "first": {"type": "TTX", "node_set": "Some"},
                "second": {
                    "type": "ConfigureAllSections",
                    "node_set": "Some",
                    "section_configure": "%s.cm = 2",
                },
                "third": {"type": "CompartmentSet", "compartment_set": "A", "section_configure": "cm = 2"},
            }
        },
        "connection_overrides": {"named": {"source": "A", "target": "B", "mod_override": "GluSynapse"}},
    }
    config = read_config(write(tmp_path, text))
    assert config.modifications == (
        TTXModification(name="first", node_set="Some"),
        ConfigureAllSections(name="second", node_set="Some", section_configure="%s.cm = 2"),
        CompartmentSetModification(name="third", compartment_set="A", section_configure="cm = 2"),
    )
    (override,) = config.connection_overrides
    assert (override.name, override.source, override.modoverride) == ("named", "A", "GluSynapse")


def test_weights_of_overrides(tmp_path: Path) -> None:
    blocks = [
        OVERRIDE,
        {**OVERRIDE, "name": "b", "delay": 50},
        {**OVERRIDE, "name": "c", "delay": 0, "weight": 0},
    ]
    config = read_config(write(tmp_path, {"run": RUN, "connection_overrides": blocks}))
    assert [each.weight for each in config.connection_overrides] == [None, 1.0, 0.0]
    assert [each.delayed for each in config.connection_overrides] == [False, True, False]


def test_what_is_disabled_is_ignored(tmp_path: Path) -> None:
    reports = {
        "a": {"enabled": False},
        "b": {"enabled": False, "type": "lfp", "nonsense": [1], "dt": "x"},
        "c": {**REPORT, "enabled": True},
    }
    config = read_config(write(tmp_path, {"run": RUN, "reports": reports}))
    assert [each.name for each in config.reports] == ["c"]


@pytest.mark.parametrize("variable", ["$BASE", "${BASE}"])
def test_manifests(variable: str, tmp_path: Path) -> None:
    for given, made in (
        (".", tmp_path),
        ("deep/er", tmp_path / "deep" / "er"),
        ("/else/where", Path("/else/where")),
    ):
        text = {"manifest": {"$BASE": given}, "network": f"{variable}/c.json", "run": RUN}
        assert read_config(write(tmp_path, text)).network == str(made / "c.json")
    text = {
        "manifest": {"$A": "x", "$B": f"{variable}/$A"[0:0] + "$A/y"},
        "network": "z/$B/../c.json",
        "run": RUN,
    }
    assert read_config(write(tmp_path, text)).network == str(tmp_path / "z" / "x" / "c.json")


def test_a_byte_order_mark(tmp_path: Path) -> None:
    assert read_config(write(tmp_path, b"\xef\xbb\xbf" + json.dumps({"run": RUN}).encode())).run.tstop == 100


def test_confined_and_inside(tmp_path: Path) -> None:
    text = full(lambda config: config.update(network="deep/../circuit_config.json"))
    config = read_config(write(tmp_path, text), confine_to=tmp_path)
    assert config.network == str(tmp_path / "circuit_config.json")
    assert set(INPUT_TYPES) < set(MODULES)
