"""Part B, lines 1, 2, 3 and 7, of the Allen dialect, as whoever runs a configuration meets them."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.harness import line, refused


@contextmanager
def network(
    changes: Mapping[str, Any] | None = None, circuit: Mapping[str, Any] | None = None
) -> Iterator[Path]:
    """Write the small network, with values put at places of its two configurations."""
    from tests.unit.circuit.config.allen.mistakes import put
    from tests.unit.circuit.validation.allen.network import write_network

    def change(given: Mapping[str, Any] | None) -> Any:
        return lambda made: [put(path, value)(made) for path, value in (given or {}).items()]

    with tempfile.TemporaryDirectory() as path:
        yield write_network(Path(path).resolve() / "network", change(changes), change(circuit))


def refused_run(config: Path, *words: str) -> None:
    """Expect a run to be refused before anything is built or written, for all these reasons."""
    from bluecellab.errors import ConfigError
    from bluecellab.simulation import run_sonata

    with refused(*words, error=ConfigError) as caught:
        run_sonata(config)
    assert caught[0].problems  # type: ignore[attr-defined]
    assert not (config.parent / "output").exists()


@line
def line_b1_mistakes_in_an_allen_configuration() -> None:
    with network() as config:
        circuit = config.with_name("circuit_config.json")
        for text in ("", "{", "[]", "[" * 100_000, '{"components": {}, "components": 2}'):
            circuit.write_text(text)
            refused_run(config, "circuit_config.json")
    cases: dict[tuple[str, ...], dict[str, Any]] = {
        ("run.tstop", "ten"): {"run/tstop": "ten"},
        ("run.tstop", "is missing"): {"run/tstop": None},
        ("run.nsteps", "nsteps_block"): {"run/nsteps": 10},
        ("conditions.celsius", "is missing"): {"conditions/celsius": None},
        ("inputs.step.amps", "amp"): {"inputs/step/amps": 1},
        ("reports.soma.section", "sections"): {"reports/soma/section": "all"},
        ("output.spike_file", "spikes_file"): {"output/spike_file": "s.h5"},
        ("network", "nowhere.json"): {"network": "nowhere.json"},
        ("network", "leads back"): {"network": "simulation_config.json"},
        ("manifest.$BASE_DIR", "needs itself"): {"manifest/$BASE_DIR": "$OUTPUT_DIR"},
        ("inputs.lgn.input_file", "absent.h5"): {"inputs/lgn/input_file": "absent.h5"},
        # all of them at once
        ("run.dt", "inputs.lgn.node_set", "inputs.step.delay", "reports.some.dt"): {
            "run/dt": -1,
            "inputs/lgn/node_set": 3,
            "inputs/step/delay": "soon",
            "reports/some/dt": 0,
        },
    }
    for words, changes in cases.items():
        with network(changes) as config:
            refused_run(config, *words)
    for words, changes in {
        ("networks.nodes[0].node_file", "nodes_file"): {"networks/nodes/0/node_file": "x.h5"},
        ("components.synaptic_model_dir", "synaptic_models_dir"): {
            "components/synaptic_model_dir": "x",
            "components/synaptic_models_dir": None,
        },
    }.items():
        with network(None, changes) as config:
            refused_run(config, "circuit_config.json", *words)


@line
def line_b1_allen_configurations_confined() -> None:
    from bluecellab.errors import ConfinementError
    from bluecellab.simulation import run_sonata

    for changes in (
        {"inputs/lgn/input_file": "../../outside.h5"},
        {"output/output_dir": "../out"},
        {"reports/soma/file_name": "../../v.h5"},
    ):
        with network(changes) as config:
            place = next(iter(changes)).replace("/", ".")
            with refused(place, "leaves the folder", error=ConfinementError):
                run_sonata(config, confine_to=config.parent)
    with network(None, {"networks/nodes/0/nodes_file": "../nodes.h5"}) as config:
        with refused("networks.nodes[0].nodes_file", error=ConfinementError):
            run_sonata(config, confine_to=config.parent)
    with network() as config:
        run_sonata(config, confine_to=config.parent)


@line
def line_b2_allen_modules_that_are_not_there() -> None:
    cases: dict[tuple[str, ...], dict[str, Any]] = {
        ("inputs.step.module", "IClmp", "IClamp"): {"inputs/step/module": "IClmp"},
        ("inputs.step.input_type", "voltage_clamp"): {"inputs/step/input_type": "voltage_clamp"},
        ("reports.soma.module", "membrane", "membrane_report"): {"reports/soma/module": "membrane"},
        ("gid_mapping_file",): {"gid_mapping_file": "gids.h5"},
    }
    for words, changes in cases.items():
        with network(changes) as config:
            refused_run(config, *words)
    for name, old, new, words in (
        ("lgn_internal_types.csv", "Exp2Syn", "Exp3Syn", "Exp3Syn"),
        ("recurrent_types.csv", "wmax", "wmix", "wmix"),
        ("internal_types.csv", "aibs_perisomatic cell.swc", "aibs_somatic cell.swc", "aibs_somatic"),
        ("internal_types.csv", "ctdb:Biophys1.hoc", "ctbd:Biophys1.hoc", "ctbd"),
        ("internal_types.csv", "102 point_neuron", "102 point_soma", "point_soma"),
    ):
        with network() as config:
            file = config.parent / "network" / name
            text = file.read_text()
            assert old in text
            file.write_text(text.replace(old, new))
            refused_run(config, words)


@line
def line_b2_allen_blocks_that_are_not_enabled() -> None:
    from bluecellab.simulation import run_sonata

    off = {"module": "nothing", "enabled": False}
    with network({"inputs/off": off, "reports/off": off}) as config:
        result = run_sonata(config)
        assert set(result.reports) == {"soma", "some", "ecp"}
        assert not [path for path in result.output.iterdir() if "off" in path.name]


@line
def line_b3_allen_node_sets() -> None:
    for value, words in (
        ("nobody", ("nobody", "excited")),
        ({"population": "internal", "ei": "x"}, ("empty",)),
        ({"popluation": "internal"}, ("popluation",)),  # in BioNet: everything
        ({"population": "intern"}, ("intern",)),
        ({"population": "internal", "node_id": [99]}, ("99",)),
        ([99], ("99",)),
        ("lgn", ("virtual",)),
    ):
        with network({"inputs/step/node_set": value}) as config:
            refused_run(config, "inputs.step.node_set", *words)
    with network({"inputs/lgn/node_set": "bio"}) as config:
        refused_run(config, "inputs.lgn.node_set", "virtual")
    with network({"reports/soma/cells": {"model_typ": "biophysical"}}) as config:
        refused_run(config, "reports.soma.cells", "model_typ")


@line
def line_b7_allen_output_folders() -> None:
    from bluecellab.errors import ConfigError, OutputError
    from bluecellab.simulation import run_sonata

    with network() as config:
        output = config.parent / "output"
        run_sonata(config)
        assert {"spikes.h5", "spikes.csv", "soma.h5", "some.h5", "ecp.h5"} <= {
            path.name for path in output.iterdir()
        }
        (output / "notes.txt").write_text("mine")
        before = {path.name: path.read_bytes() for path in output.iterdir()}
        with refused("output", "not empty", error=OutputError):
            run_sonata(config)
        assert {path.name: path.read_bytes() for path in output.iterdir()} == before
        run_sonata(config, overwrite=True)
        assert (output / "notes.txt").read_text() == "mine"
        file = config.parent / "file"
        file.write_text("")
        with refused("output_dir", "is no folder", error=ConfigError):
            run_sonata(config, output=file)
    # the configuration asks for it
    with network({"output/overwrite_output_dir": True}) as config:
        output = config.parent / "output"
        output.mkdir()
        (output / "notes.txt").write_text("mine")
        (output / "spikes.h5").write_text("old")
        run_sonata(config)
        assert (output / "notes.txt").read_text() == "mine"
        assert (output / "spikes.h5").read_bytes()[:4] == b"\x89HDF"
    # without a folder of output it is that of the configuration, of which nothing is lost
    with network({"output": None}) as config:
        before = {path.name for path in config.parent.iterdir()}
        with refused("not empty", error=OutputError):
            run_sonata(config)
        assert {path.name for path in config.parent.iterdir()} == before


@line
def line_b7_a_disk_that_is_full() -> None:
    from bluecellab.errors import OutputError
    from bluecellab.results.sonata import frame_writer
    from bluecellab.simulation import run_sonata

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with network() as config:
        run_sonata(config)
        output = config.parent / "output"
        full = {path.name: path.read_bytes() for path in output.iterdir()}
        append = frame_writer.FrameWriter._tell_end  # type: ignore[attr-defined]
        frame_writer.FrameWriter._tell_end = fail  # type: ignore[attr-defined]
        try:
            with refused("No space left", error=OutputError):
                run_sonata(config, overwrite=True)
        finally:
            frame_writer.FrameWriter._tell_end = append  # type: ignore[attr-defined]
        after = {path.name: path.read_bytes() for path in output.iterdir() if path.suffix != ".partial"}
        log, older = after.pop("log.txt"), full.pop("log.txt")
        assert after == full
        assert log.startswith(older)
        assert b"No space left" in log[len(older) :]
