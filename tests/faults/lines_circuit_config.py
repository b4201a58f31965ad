"""Part B, lines 1, 2, 3, 6, 7 and 8, as whoever runs a configuration meets them."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.harness import line, refused


@contextmanager
def network(**changes: object) -> Iterator[Path]:
    from tests.unit.simulation.circuit.small import write_network

    with tempfile.TemporaryDirectory() as path:
        yield write_network(Path(path).resolve() / "network", **changes)


def sections() -> dict[str, Any]:
    from tests.unit.simulation.circuit.small import simulation

    return json.loads(json.dumps(simulation()))


def one_input(**keys: object) -> dict[str, object]:
    return {"inputs": {"it": {**sections()["inputs"]["step"], **keys}}}


def refused_run(config: Path, *words: str) -> None:
    """Expect a run to be refused before anything is built or written, for all these reasons."""
    from bluecellab.errors import ConfigError
    from bluecellab.simulation import run_sonata

    with refused(*words, error=ConfigError) as caught:
        run_sonata(config)
    assert caught[0].problems  # type: ignore[attr-defined]
    assert not (config.parent / "output").exists()


@line
def line_b1_mistakes_in_a_configuration() -> None:
    from bluecellab.errors import ConfigError
    from bluecellab.simulation import run_sonata

    with network() as config:
        with refused("absent.json", error=ConfigError):
            run_sonata(config.with_name("absent.json"))
        for text in ("", "{", "[]", "[" * 100_000, '{"run": {"tstop": 1}, "run": 2}'):
            config.write_text(text)
            refused_run(config, "simulation_config.json")
    cases: dict[tuple[str, ...], dict[str, object]] = {
        ("run.tstop", "ten"): {"run": {"tstop": "ten", "dt": 0.025, "random_seed": 1}},
        ("run.tstpo", "tstop"): {"run": {"tstpo": 10, "tstop": 10, "dt": 0.025, "random_seed": 1}},
        ("inputs.it.amp_strat", "amp_start"): one_input(amp_strat=1),
        ("network", "nowhere.json"): {"network": "nowhere.json"},
        ("manifest",): {"manifest": {"$A": "$B", "$B": "$A"}, "network": "$A/circuit_config.json"},
        # all of them at once
        ("run.dt", "node_set", "inputs.it.delay", "reports.r.dt"): {
            "run": {"tstop": 10, "dt": -1, "random_seed": 1},
            "node_set": 3,
            **one_input(delay="soon"),
            "reports": {"r": {**sections()["reports"]["soma"], "dt": 0}},
        },
    }
    for words, changes in cases.items():
        with network(**changes) as config:
            refused_run(config, "simulation_config.json", *words)


@line
def line_b1_configurations_confined() -> None:
    from bluecellab.errors import ConfinementError
    from bluecellab.simulation import run_sonata

    with network(node_sets_file="../../outside.json") as config:
        (config.parent / ".." / ".." / "outside.json").resolve().parent.mkdir(exist_ok=True)
        with refused("node_sets_file", "../../outside.json", error=ConfinementError):
            run_sonata(config, confine_to=config.parent)
    with network() as config:
        run_sonata(config, confine_to=config.parent)


@line
def line_b2_what_is_not_supported() -> None:
    report = sections()["reports"]["soma"]
    cases: dict[tuple[str, ...], dict[str, object]] = {
        ("inputs.it.module", "liner", "linear"): one_input(module="liner"),
        ("inputs.it", "voltage_clamp"): one_input(input_type="voltage_clamp"),
        ("reports.r.type", "compartments"): {"reports": {"r": {**report, "type": "compartments"}}},
        ("reports.r", "lfp"): {"reports": {"r": {**report, "type": "lfp"}}},
        ("modifications", "freeze"): {
            "conditions": {"modifications": [{"name": "m", "type": "freeze", "node_set": "All"}]}
        },
        ("connection_overrides", "NoSynapse"): {
            "connection_overrides": [
                {"name": "c", "source": "All", "target": "All", "modoverride": "NoSynapse"}
            ]
        },
    }
    for words, changes in cases.items():
        with network(**changes) as config:
            refused_run(config, *words)


@line
def line_b2_what_is_not_enabled() -> None:
    from bluecellab.simulation import run_sonata

    report = sections()["reports"]["soma"]
    with network(reports={"soma": report, "off": {"type": "lfp", "enabled": False}}) as config:
        result = run_sonata(config)
        assert set(result.reports) == {"soma"}
        assert sorted(path.name for path in result.output.iterdir()) == [
            "out.h5",
            "provenance.json",
            "soma.h5",
        ]


@line
def line_b3_node_sets() -> None:
    with network() as config:
        path = config.parent / "node_sets.json"
        sets = json.loads(path.read_text())
        for name, rule in {
            "Absent": None,
            "Empty": {"population": "A", "mtype": "nobody"},
            "Cyclic": ["Cyclic"],
            "Elsewhere": {"population": "B"},
            "Outside": {"population": "A", "node_id": [99]},
        }.items():
            path.write_text(json.dumps(sets if rule is None else {**sets, name: rule}))
            config.write_text(json.dumps({**sections(), "node_set": name}))
            refused_run(config, "node_set", name)
            config.write_text(json.dumps({**sections(), **one_input(node_set=name)}))
            refused_run(config, "inputs.it.node_set", name)


@line
def line_b6_spikes_for_replay() -> None:
    import h5py
    import numpy as np

    from bluecellab.results.sonata import write_spikes
    from bluecellab.simulation import run_sonata

    block = {
        "module": "synapse_replay", "input_type": "spikes", "delay": 0, "duration": 60,
        "node_set": "All", "spike_file": "spikes.h5",
    }  # fmt: skip
    with network(inputs={"it": block}, reports={}) as config:
        file = config.parent / "spikes.h5"
        refused_run(config, "inputs.it.spike_file", "spikes.h5")
        file.write_bytes(b"nothing of the kind")
        refused_run(config, "inputs.it.spike_file")
        write_spikes(file, {"Unknown": ([1.0], [0])}, overwrite=True)
        refused_run(config, "inputs.it.spike_file", "Unknown")
        write_spikes(file, {"V": ([], [])}, overwrite=True)
        quiet = run_sonata(config).spikes
        write_spikes(
            file, {"V": (np.repeat(np.arange(5.0, 60), 4), np.tile(np.arange(4), 55))}, overwrite=True
        )
        active = run_sonata(config, overwrite=True).spikes
        assert active != quiet
        with h5py.File(file, "a") as opened:
            times = opened["spikes/V/timestamps"]
            times[:] = times[()][::-1]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            again = run_sonata(config, overwrite=True).spikes
        assert any("have been sorted" in str(warning.message) for warning in caught)
        assert sum(map(len, again.values()))
        with h5py.File(file, "a") as opened:
            opened["spikes/V/timestamps"][0] = -3.0
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            run_sonata(config, overwrite=True)
        assert any("before 0 ms" in str(warning.message) for warning in caught)


@line
def line_b7_output_folders() -> None:
    from bluecellab.errors import ConfigError, OutputError
    from bluecellab.results.sonata import report_writer
    from bluecellab.simulation import run_sonata

    with network() as config:
        output = config.parent / "output"
        run_sonata(config)
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
        # a disk that is full in the middle of the run
        full = {path.name: path.read_bytes() for path in output.iterdir()}
        append = report_writer.SonataReportWriter._tell_end

        def fail(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        report_writer.SonataReportWriter._tell_end = fail  # type: ignore[method-assign]
        try:
            with refused("No space left", error=OutputError):
                run_sonata(config, overwrite=True)
        finally:
            report_writer.SonataReportWriter._tell_end = append  # type: ignore[method-assign]
        after = {path.name: path.read_bytes() for path in output.iterdir() if path.suffix != ".partial"}
        assert after == full


@line
def line_b8_killed_in_the_middle() -> None:
    from bluecellab.results.sonata import read_report

    long = {**sections()["reports"]["all"], "end_time": 1e6}
    with network(run={"tstop": 1e6, "dt": 0.025, "random_seed": 1}, reports={"all": long}) as config:
        process = subprocess.Popen(
            [sys.executable, "-c", "from bluecellab.cli import main; main()", "run", str(config), "--quiet"],
            stdin=subprocess.DEVNULL,
        )
        partial = config.parent / "output" / "all.h5.partial"
        end = time.monotonic() + 60
        while time.monotonic() < end and not (partial.is_file() and _frames(partial)):
            assert process.poll() is None
            time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (config.parent / "output" / "all.h5").exists()
        report = read_report(partial)
        assert len(report.data)
        assert not report.complete
        assert report.end < 1e6


def _frames(path: Path) -> int:
    from bluecellab.errors import ReportError
    from bluecellab.results.sonata import read_report

    try:
        return len(read_report(path).data)
    except ReportError:  # is being written
        return 0
