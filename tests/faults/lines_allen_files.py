"""Part B, lines 6 and 8, of the Allen dialect: files of spikes that are replayed, and runs that are killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.allen import copied, network, same, traces
from tests.faults.harness import line, refused


def spikes(config: Path, times: Any, nodes: Any, population: str = "fibres", units: str = "ms") -> None:
    """Write the spikes that are replayed anew."""
    import h5py

    with h5py.File(config.with_name("input_spikes.h5"), "w") as file:
        group = file.create_group(f"spikes/{population}")
        group["timestamps"], group["node_ids"] = times, nodes
        group["timestamps"].attrs["units"] = units


def refused_replay(config: Path, *words: str) -> None:
    from bluecellab.errors import BluecellabError
    from bluecellab.simulation import CircuitSimulation, run_sonata

    with refused(*words, error=BluecellabError):
        run_sonata(config)
    with refused(*words, error=BluecellabError), CircuitSimulation(config) as simulation:
        simulation.instantiate()


def warned(config: Path, *words: str) -> dict[Any, np.ndarray]:
    """Run with one warning of these words."""
    from bluecellab.errors import CircuitWarning

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = traces(config)
    assert {each.category for each in said} == {CircuitWarning}
    assert all(word in str(said[0].message) for word in words), said[0].message
    return found


@line
def line_b6_allen_files_of_spikes() -> None:
    rng = np.random.default_rng(1)
    times, nodes = rng.uniform(0, 25, 200), rng.integers(0, 20, 200)
    with network() as config:
        spikes(config, np.sort(times), nodes[np.argsort(times)])
        whole = traces(config)
        spikes(config, times, nodes)  # unsorted
        assert same(traces(config), whole)
        spikes(config, times / 1000, nodes, units="s")
        assert all(np.allclose(trace, whole[cell], atol=1e-3) for cell, trace in traces(config).items())
        spikes(config, times, nodes, "others")  # one population is enough, whatever its name
        assert same(traces(config), whole)
        spikes(config, np.append(times, 1e6), np.append(nodes, 3))  # after the end
        assert same(traces(config), whole)
        spikes(config, np.append(times, -4.0), np.append(nodes, 500))  # of a node that does not play
        assert same(traces(config), whole)
        spikes(config, [], np.empty(0, int))
        empty = traces(config)
        assert not same(empty, whole)
        spikes(config, [3.0, 4.0], [70, 71])
        assert same(warned(config, "70 to 71", "0 to 19"), empty)


@line
def line_b6_allen_files_of_spikes_that_cannot_be_read() -> None:
    import h5py

    with network({"inputs/volleys/population": "others"}) as config:
        refused_replay(config, "'others'", "fibres")
    with network({"inputs/volleys/node_set": "cells"}) as config:
        refused_replay(config, "volleys", "virtual")
    with network() as config:
        file = config.with_name("input_spikes.h5")
        for act, words in (
            (lambda: spikes(config, [1.0, -3.0], [1, 2]), ("-3",)),
            (lambda: spikes(config, [1.0, np.nan], [1, 2]), ()),
            (lambda: spikes(config, [1.0, np.inf], [1, 2]), ()),
            (lambda: spikes(config, [1.0, 2.0], [1]), ()),
            (lambda: spikes(config, [1.0, 2.0], [1.5, 2.5]), ()),
            (lambda: spikes(config, [[1.0, 2.0]], [1, 2]), ()),
            (lambda: spikes(config, [b"a", b"b"], [1, 2]), ()),
            (lambda: spikes(config, [1.0], [1], units="fortnights"), ()),
            (lambda: file.write_bytes(b""), ()),
            (lambda: file.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100)), ()),
            (lambda: file.write_text("timestamps population node_ids\n1 fibres 2\n"), ()),
            (lambda: h5py.File(file, "w").close(), ()),
            (file.unlink, ()),
        ):
            act()  # type: ignore[no-untyped-call]
            refused_replay(config, "input_spikes.h5", *words)


@line
def line_b6_allen_damaged_files_of_spikes() -> None:
    from bluecellab.errors import BluecellabError
    from bluecellab.simulation import CircuitSimulation

    rng = np.random.default_rng(6)
    answers = errors = 0
    with network() as config, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = config.with_name("input_spikes.h5")
        whole = file.read_bytes()
        for number in range(100):
            content = bytearray(whole)
            if number % 4 == 3:
                del content[int(rng.integers(len(content))) :]
            for place in rng.integers(0, max(len(content), 1), rng.integers(1, 30)) if content else ():
                content[place] = rng.integers(256)
            file.write_bytes(bytes(content))
            try:
                with CircuitSimulation(config) as simulation:
                    simulation.instantiate([("cells", 4), ("cells", 5)])
                    simulation.run(1)
                answers += 1
            except BluecellabError:
                errors += 1
    assert min(answers, errors) > 20, (answers, errors)


@line
def line_b6_allen_tables_of_spikes() -> None:
    changes = {"inputs/volleys/module": "csv", "inputs/volleys/input_file": "$HERE/spikes.csv"}
    with network() as config:
        spikes(config, [3.0, 1.0, 2.0], [1, 2, 3])
        whole = traces(config)
    with network(changes) as config:
        file = config.with_name("spikes.csv")
        for text, words in (
            ("", ()),
            ("time node\n1 2\n", ("timestamps",)),
            ("timestamps population node_ids\nsoon fibres 2\n", ()),
            ("timestamps population node_ids\n-1 fibres 2\n", ()),
            ("timestamps population node_ids\nnan fibres 2\n", ()),
            ("timestamps population node_ids\n1 fibres 2.5\n", ()),
            ("timestamps population node_ids\n1 fibres\n", ()),
            ("timestamps population node_ids\n1 fibres __import__('os').abort()\n", ()),
        ):
            file.write_text(text)
            refused_replay(config, "spikes.csv", *words)
        file.write_text("timestamps population node_ids\n3 fibres 1\n1 fibres 2\n2 fibres 3\n")
        assert same(traces(config), whole)


@line
def line_b6_allen_spikes_of_an_older_run() -> None:
    """Cells that are not made are replayed from the spikes that the finished simulation has written."""
    from bluecellab.errors import ReportNotFoundError
    from bluecellab.simulation import CircuitSimulation, run_sonata

    chosen = [("cells", 3), ("cells", 0)]
    with network({"run/tstop": 100.0}) as config:
        with CircuitSimulation(config) as simulation, refused("spikes.h5", error=ReportNotFoundError):
            simulation.instantiate(chosen, replay="output")
        run_sonata(config)
        whole = traces(config, t_stop=100.0)
        with CircuitSimulation(config) as simulation:
            simulation.instantiate(chosen, replay="output")
            simulation.run()
            for cell_id in simulation.cells:
                assert np.allclose(simulation.get_voltage_trace(cell_id), whole[cell_id], atol=1e-6)


KILLED = """
import sys
from bluecellab.recording import reports
from bluecellab.results.sonata import potential_files
reports._HAND_ON_EVERY = 0.05
potential_files._WRITE_EVERY = 0.05
from bluecellab import CircuitSimulation
with CircuitSimulation(sys.argv[1]) as simulation:
    simulation.instantiate(reports="all")
    simulation.simulation.add_hook(lambda now: print("going", flush=True), every=100)
    simulation.run(1e6)
"""


def killed(config: Path, ready: Callable[[], bool]) -> None:
    """Run in a process, and kill it in the middle."""
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(config)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        for _ in range(5):
            assert child.stdout.readline()
        give_up = time.monotonic() + 30
        while not ready() and time.monotonic() < give_up:
            time.sleep(0.1)
        time.sleep(0.3)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@line
def line_b8_allen_killed() -> None:
    import h5py

    from bluecellab.errors import OutputError
    from bluecellab.results.sonata import read_report
    from bluecellab.simulation import CircuitSimulation, run_sonata

    with tempfile.TemporaryDirectory() as path:
        changes = {f"reports/{name}/end_time": 1e6 for name in ("soma", "everywhere")}
        config = copied(Path(path).resolve(), {**changes, "run/tstop": 1e6})
        output = config.parent / "output"
        killed(config, lambda: len(list(output.glob("*.partial"))) >= 3)
        names = {entry.name for entry in output.iterdir()}
        assert names == {"soma.h5.partial", "everywhere.h5.partial", "field.h5.partial"}
        with CircuitSimulation(config) as simulation:
            simulation.instantiate()
            simulation.run(200)
            soma = simulation.get_voltage_trace(("cells", 0))
        for name in ("soma", "everywhere"):
            left = read_report(output / f"{name}.h5.partial")
            assert not left.complete
            assert left.end > 200
            assert np.isfinite(left.data).all()
            if name == "soma":
                count = min(len(left.data), 3900)
                assert np.array_equal(
                    left.data[:count, 0].astype(np.float32), soma[1 : count + 1].astype(np.float32)
                )
        with h5py.File(output / "field.h5.partial") as file:
            end = file["ecp/time"][1]
            assert 0 < end < 1e6
            rows = file["ecp/data"][: int(end / 0.05)]
            assert np.isfinite(rows).all()
            assert np.abs(rows).max() > 0
        # what is left is not taken for a result, nor thrown away without being asked to
        with refused("not empty", error=OutputError):
            run_sonata(config)
