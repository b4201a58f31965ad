"""Configurations of the Allen dialect, as they are read."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import Any

import pytest

from bluecellab.circuit.config.allen import read_allen_config, read_allen_layout
from bluecellab.errors import CircuitFileError, ConfinementError
from bluecellab.spec.allen import (
    AllenConfig,
    ClampPlace,
    ComsolField,
    CurrentClamp,
    CurrentFile,
    EdgeReplay,
    EdgesFile,
    ExtracellularReport,
    FieldWaveform,
    FunctionTrains,
    MembraneReport,
    ModuleInput,
    PointElectrodes,
    ProbeTrains,
    SaveSynapses,
    SpikeTrains,
    SynapseReport,
    SynapticActivity,
    VoltageClamp,
)
from bluecellab.spec.functions import MODULES
from tests.unit.circuit.config.allen.samples import CIRCUIT, INPUTS, REPORTS, SIMULATION, write


@pytest.fixture
def config(tmp_path: Path) -> AllenConfig:
    return read_allen_config(write(tmp_path))


def only(folder: Path, **sections: Any) -> AllenConfig:
    """Read a configuration of one file with some sections in place of those of the sample."""
    needed = {key: SIMULATION[key] for key in ("run", "conditions")}
    made = {**needed, "networks": {"nodes": [{"nodes_file": "n.h5", "node_types_file": "n.csv"}]}, **sections}
    path = folder / "config.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return read_allen_config(path)


def test_sections(config: AllenConfig, tmp_path: Path) -> None:
    run, output = config.run, config.output
    assert (run.tstop, run.dt, run.dL, run.spike_threshold, run.nsteps_block) == (100, 0.1, 15, -20, 5000)
    assert run.steps == 1000
    assert (config.conditions.celsius, config.conditions.v_init) == (34, -80)
    assert output.directory == str(tmp_path / "out")
    assert output.overwrite  # as run says
    assert (output.spikes_file, output.spikes_file_csv, output.log_file) == (
        "spikes.h5",
        "spikes.csv",
        "log.txt",
    )
    assert (output.spikes_sort_order, output.compression) == ("by_time", None)
    assert AllenConfig.from_json(config.to_json()) == config


def test_layout(config: AllenConfig, tmp_path: Path) -> None:
    layout, net, components = config.circuit, tmp_path / "network", tmp_path / "components"
    assert layout.path == str(tmp_path / "circuit.json")
    assert [each.nodes_file for each in layout.nodes] == [
        str(net / "internal_nodes.h5"),
        str(net / "lgn_nodes.h5"),
    ]
    assert layout.edges == (
        EdgesFile(
            edges_file=str(net / "lgn_internal_edges.h5"),
            edge_types_file=str(net / "lgn_internal_edge_types.csv"),
        ),
    )  # the other one is not enabled
    assert layout.gap_junctions == (str(net / "internal_gap_juncs.h5"),)
    assert layout.components["templates_dir"] == (str(components / "templates"), str(components / "one.hoc"))
    assert layout.components["mechanisms_dir"] == (str(components / "mechanisms"),)
    assert layout.node_sets == {
        "bio": {"model_type": "biophysical"},
        "inputs.clamps.node_set": {"population": "internal", "node_id": [0, 1]},
        "inputs.activity.precell_filter": {"population": "lgn"},
        "reports.many.cells": [0, 1],
    }


def test_inputs(config: AllenConfig, tmp_path: Path) -> None:
    assert [each.name for each in config.inputs] == list(INPUTS)
    stimuli = {each.name: each.stimulus for each in config.inputs}
    sets = {each.name: each.node_set for each in config.inputs}
    here = str
    assert stimuli["sonata"] == SpikeTrains(input_file=here(tmp_path / "lgn.h5"), population="lgn")
    assert stimuli["h5"] == SpikeTrains(input_file=here(tmp_path / "old.h5"))
    assert stimuli["csv"] == SpikeTrains(input_file=here(tmp_path / "lgn.csv"), format="csv")
    assert stimuli["nwb"] == SpikeTrains(input_file=here(tmp_path / "lgn.nwb"), format="nwb", trial="3")
    assert stimuli["function"] == FunctionTrains(function="mine")
    probe = stimuli["probe"]
    assert isinstance(probe, ProbeTrains)
    assert dict(probe.options) == {
        "mapping": "units_map",
        "units": here(tmp_path / "units.csv"),
        "interval": [0.0, 500.0],
        "missing_ids": "fail",
    }
    assert stimuli["clamp"] == CurrentClamp(amplitudes=(0.1,), delays=(10,), durations=(50,))
    assert stimuli["clamps"] == CurrentClamp(
        amplitudes=(0.1, 0.2),
        delays=(10, 60),
        durations=(20, 20),
        place=ClampPlace(section_name="dend", section_index=(0.0, 50.0), section_dist=0.25),
    )
    assert sets["clamp"] == "bio"
    assert sets["clamps"] == "inputs.clamps.node_set"
    assert stimuli["table"] == CurrentFile(file=here(tmp_path / "amps.csv"), separator=",")
    sweep = {"sweep_id": 35, "downsample": 0.1, "sweep_window": (0, 1000)}
    assert stimuli["sweep"] == CurrentFile(file=here(tmp_path / "cell.nwb"), format="nwb", **sweep)
    assert stimuli["voltage"] == VoltageClamp(
        amplitudes=(-70, -20), delays=(0, 50), durations=(50, 20), resistance=0.1
    )
    assert stimuli["field"] == PointElectrodes(
        positions_file=here(tmp_path / "electrodes.csv"),
        mesh_files_dir=here(tmp_path),
        resistivity=250,
        waveform=FieldWaveform(shape="sin", delay=1, amplitude=0.1, duration=20, frequency=8, phase=math.pi),
    )
    wave = here(tmp_path / "wave.csv")
    files = (here(tmp_path / "a.txt"), here(tmp_path / "b.txt"))
    assert stimuli["solved"] == ComsolField(files=files, waveforms=(wave, wave), amplitudes=(1, -0.5))
    assert stimuli["activity"] == SynapticActivity(
        timestamps=(10, 20), precell_filter="inputs.activity.precell_filter"
    )
    assert stimuli["replay"] == EdgeReplay(
        spikes_file=here(tmp_path / "before.h5"),
        edges=EdgesFile(
            edges_file=here(tmp_path / "more_edges.h5"),
            edge_types_file=here(tmp_path / "more_edge_types.csv"),
        ),
        source_node_set="bio",
    )


def test_reports(config: AllenConfig, tmp_path: Path) -> None:
    assert [each.name for each in config.reports] == list(REPORTS)
    reports = {each.name: each for each in config.reports}
    assert reports["soma"] == MembraneReport(name="soma", cells="bio", sections=("soma",), soma_only=True)
    assert reports["many"] == MembraneReport(
        name="many",
        cells="reports.many.cells",
        variable_names=("v", "cai"),
        sections=("dend", "apic"),
        dt=0.2,
        start_time=10,
        end_time=90,
        file_name="many.h5",  # it begins with the folder of output already
    )
    assert reports["vext"] == MembraneReport(name="vext", variable_names=("vext",), transform="first_element")
    assert reports["synapses"] == SynapseReport(
        name="synapses", cells="bio", variable_names=("g",), syn_type=None
    )
    assert reports["ecp"] == ExtracellularReport(
        name="ecp",
        cells="all",
        electrode_positions=str(tmp_path / "electrodes.csv"),
        file_name="ecp.h5",
        contributions_dir="parts",
        minimum_distance="auto",
    )
    assert reports["weights"] == SaveSynapses(name="weights", network_dir=str(tmp_path / "out" / "weights"))


def test_one_file_and_defaults(tmp_path: Path) -> None:
    config = only(tmp_path, run={"tstop": 10})
    assert (config.run.dt, config.run.dL, config.run.spike_threshold) == (0.1, 20, -15)
    assert config.output.directory == str(tmp_path)
    assert (config.output.spikes_file, config.output.overwrite) == ("spikes.h5", False)
    assert (config.inputs, config.reports, config.circuit.edges) == ((), (), ())
    assert only(tmp_path, run={"tstop": 10, "dL": None}).run.dL is None


@pytest.mark.parametrize(
    ("output", "run", "expected"),
    [
        ({}, {}, False),
        ({"overwrite_output_dir": True}, {}, True),
        ({"overwrite_output_dir": False}, {}, False),
        ({}, {"overwrite_output_dir": True}, True),
        ({"overwrite_output_dir": False}, {"overwrite_output_dir": True}, False),
    ],
)
def test_overwriting_is_asked_for(
    output: dict[str, object], run: dict[str, object], expected: bool, tmp_path: Path
) -> None:
    made = only(tmp_path, output={"output_dir": "o", **output}, run={"tstop": 1, **run})
    assert made.output.overwrite is expected


def test_files_of_spikes(tmp_path: Path) -> None:
    output = only(tmp_path, output={"spikes_file_csv": "s.csv"}).output
    assert (output.spikes_file, output.spikes_file_csv) == (None, "s.csv")
    output = only(
        tmp_path, output={"output_dir": "o", "spikes_file": "deep/s.h5", "log_file": "/tmp/l"}
    ).output
    assert (output.spikes_file, output.log_file) == ("deep/s.h5", "/tmp/l")


def test_what_is_not_enabled_may_say_anything(tmp_path: Path) -> None:
    blocks = {"a": {"enabled": False, "module": "nothing"}, "b": {**INPUTS["clamp"], "enabled": True}}
    config = only(tmp_path, inputs=blocks, reports={"c": {"enabled": False}})
    assert [each.name for each in config.inputs] == ["b"]
    assert config.reports == ()


def test_remarks_and_known_keys_are_left_alone(tmp_path: Path) -> None:
    block = {**INPUTS["clamp"], "_why": "because", "description": "a step", "section_name": None}
    known = {"version": "1", "target_simulator": "BioNet", "network_name": "x", "_x": 1, "config_dir": "/"}
    known |= {"validate": True, "calc_ecp": True, "comment": "x", "metadata": {}}
    assert only(tmp_path, inputs={"it": block}, **known).inputs[0].name == "it"


def test_keys_of_published_configurations(tmp_path: Path) -> None:
    """BioNet looks at none of the ones in ``run`` and ``output``."""
    idle = {"calc_ecp": True, "save_cell_vars": ["v"], "use_old_import3d": False, "tstart": 0.0}
    output = {
        "output_dir": "out",
        "overwrite_output_dir": False,
        "spikes_file_nwb": "session.nwb",
        "quiet_simulator": True,
        "cache_to_disk": False,
        "log_to_console": True,
        "log_format": "%(message)s",
    }
    ecp = {
        **REPORTS["ecp"],
        "file_name_nwb": "session.nwb",
        "cell_bounds": [0, 3],
        "buffer": True,
        "sections": "all",
    }
    clamp = {**INPUTS["clamp"], "gids": "all"}
    config = only(
        tmp_path, run={**SIMULATION["run"], **idle}, output=output, reports={"ecp": ecp}, inputs={"c": clamp}
    )
    (report,) = config.reports
    assert isinstance(report, ExtracellularReport)
    assert (report.file_name_nwb, report.cell_bounds) == ("session.nwb", (0, 3))
    assert config.output.spikes_file_nwb == "session.nwb"


def test_the_parts_of_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    circuit = {
        "manifest": {"$N": "net"},
        "networks": CIRCUIT["networks"] | {"edges": []},
        "conditions": {"x": 1},
    }
    circuit["networks"] = json.loads(json.dumps(circuit["networks"]).replace("$NET", "$N"))
    (tmp_path / "deep" / "circuit.json").write_text(json.dumps(circuit))
    (tmp_path / "sim.json").write_text(
        json.dumps(
            {"run": {"tstop": 7}, "conditions": SIMULATION["conditions"], "output": {"output_dir": "o"}}
        )
    )
    path = tmp_path / "config.json"
    path.write_text(
        json.dumps({"network": "deep/circuit.json", "simulation": "sim.json", "run": {"tstop": 100, "dt": 1}})
    )
    config = read_allen_config(path)
    assert (config.run.tstop, config.run.dt) == (7, 0.1)  # sections are taken over as wholes
    assert config.conditions.celsius == 34  # the simulation wins over the network
    assert config.circuit.nodes[0].nodes_file == str(tmp_path / "deep" / "net" / "internal_nodes.h5")
    assert config.output.directory == str(tmp_path / "o")
    assert config.network == str(tmp_path / "deep" / "circuit.json")


def test_variables(tmp_path: Path) -> None:
    manifest = {"A": "x", "$B": "${A}/y", "${C}": "$B/z", "$N": 5, "$F": False, "$D": "${configdir}/d"}
    blocks = {"i": {**INPUTS["clamp"], "amp": "$N", "section_name": "s_${A}", "enabled": True}}
    reports = {
        "r": {"module": "extracellular", "electrode_positions": "$C/e.csv"},
        "off": {"module": "whatever", "enabled": "$F"},
        "d": {"module": "extracellular", "electrode_positions": "$D/e.csv", "file_name": "d.h5"},
    }
    config = only(tmp_path, manifest=manifest, inputs=blocks, reports=reports)
    stimulus = config.inputs[0].stimulus
    assert isinstance(stimulus, CurrentClamp)
    assert stimulus.amplitudes == (5.0,)  # what is one variable has its value
    assert stimulus.place.section_name == "s_x"
    found = [each.electrode_positions for each in config.reports if isinstance(each, ExtracellularReport)]
    assert found == [str(tmp_path / "x/y/z/e.csv"), str(tmp_path / "d/e.csv")]


def test_relative_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    for name in ("only_there.csv", "both.csv"):
        (there / name).touch()
    (here / "both.csv").touch()
    monkeypatch.chdir(there)
    names = ("both.csv", "only_there.csv", "nowhere.csv")
    reports = {name: {"module": "extracellular", "electrode_positions": name} for name in names}
    with caplog.at_level(logging.INFO, "bluecellab"):
        config = only(here, reports=reports, output={"output_dir": "o"})
    found = [each.electrode_positions for each in config.reports if isinstance(each, ExtracellularReport)]
    assert found == [str(here / "both.csv"), str(there / "only_there.csv"), str(here / "nowhere.csv")]
    assert config.output.directory == str(here / "o")
    said = [record.getMessage() for record in caplog.records]
    assert any("relative paths are those in" in text and str(here) in text for text in said)
    assert any("both.csv" in text and "is not taken" in text for text in said)
    assert any(str(there / "only_there.csv") in text for text in said)
    assert not any("nowhere" in text for text in said)


def test_node_sets_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "sets.json").write_text(json.dumps({"one": {"ei": "e"}, "two": [1, 2]}))
    assert only(tmp_path, node_sets_file="sets.json").circuit.node_sets == {"one": {"ei": "e"}, "two": [1, 2]}
    # those in the configuration are all that there are, if there are any
    both = only(tmp_path, node_sets_file="sets.json", node_sets={"three": {"a": 1}})
    assert both.circuit.node_sets == {"three": {"a": 1}}


def test_a_waveform_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "wave.json").write_text(json.dumps({"shape": "dc", "amp": 1, "del": 2, "dur": 3}))

    def stimulus(waveform: str) -> FieldWaveform:
        block = {**INPUTS["field"], "waveform": waveform, "mesh_files_dir": None}
        made = only(tmp_path, inputs={"it": block}).inputs[0].stimulus
        assert isinstance(made, PointElectrodes)
        return made.waveform

    assert stimulus("wave.json") == FieldWaveform(shape="dc", amplitude=1, delay=2, duration=3)
    assert stimulus("wave.csv") == FieldWaveform(shape="file", file=str(tmp_path / "wave.csv"))


@pytest.mark.parametrize(
    ("block", "files", "waves", "amplitudes"),
    [
        ({"comsol_files": "a"}, 1, (None,), (1,)),
        ({"comsol_file": "a", "waveform": "w"}, 1, ("w",), (1,)),
        ({"comsol_files": ["a", "b"], "waveforms": ["w", None]}, 2, ("w", None), (1, 1)),
        ({"comsol_files": ["a", "b"], "amplitudes": 2}, 2, (None, None), (2, 2)),
    ],
)
def test_comsol(
    block: dict[str, object],
    files: int,
    waves: tuple[str | None, ...],
    amplitudes: tuple[float, ...],
    tmp_path: Path,
) -> None:
    made = (
        only(tmp_path, inputs={"it": {"input_type": "lfp", "module": "comsol", **block}}).inputs[0].stimulus
    )
    assert isinstance(made, ComsolField)
    assert len(made.files) == files
    assert made.waveforms == tuple(None if wave is None else str(tmp_path / wave) for wave in waves)
    assert made.amplitudes == amplitudes


def test_several_probes(tmp_path: Path) -> None:
    block = {**INPUTS["probe"], "input_file": ["a.nwb", "b.nwb"], "interval_onset": 0.0}
    stimulus = only(tmp_path, inputs={"it": block}).inputs[0].stimulus
    assert isinstance(stimulus, ProbeTrains)
    assert (stimulus.input_file, stimulus.more_files) == (str(tmp_path / "a.nwb"), (str(tmp_path / "b.nwb"),))
    assert "interval_onset" not in stimulus.options


def test_modules_of_the_user(tmp_path: Path) -> None:
    block = {"input_type": "mine", "module": "my_module", "node_set": "all", "x": [1, {"y": "$configdir"}]}
    MODULES.add(lambda **_: None, "my_module")
    try:
        made = only(tmp_path, inputs={"it": block}).inputs[0]
    finally:
        MODULES.remove("my_module")
    assert made.stimulus == ModuleInput(module="my_module", options={"x": [1, {"y": str(tmp_path)}]})
    assert made.node_set == "all"


def test_the_layout_alone(tmp_path: Path) -> None:
    path = write(tmp_path, lambda made: made.update(run={"tstop": "never"}))
    layout = read_allen_layout(tmp_path / "circuit.json")
    assert [len(layout.nodes), len(layout.edges), layout.node_sets] == [2, 1, {}]
    assert set(read_allen_layout(path).node_sets) == {"bio"}
    with pytest.raises(CircuitFileError, match="cannot be read"):
        read_allen_layout(tmp_path / "absent.json")
    with pytest.raises(ConfinementError, match="leaves the folder"):
        read_allen_layout(path, confine_to=tmp_path / "network")
    write(tmp_path, None, lambda made: made["networks"]["nodes"][0].pop("nodes_file"))
    with pytest.raises(CircuitFileError, match=r"circuit\.json: networks\.nodes\[0\]\.nodes_file"):
        read_allen_layout(path)
