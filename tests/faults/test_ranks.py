"""Part B of the fault drill, line 11: ranks that fail, end or never begin. No rank waits for ever."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.mpi.ranked import PREAMBLE, ROOT, Ran, mpirun, ranked

pytestmark = [pytest.mark.faults, pytest.mark.mpi]

CELLS = """
from bluecellab import Simulation, create_ball_stick
from bluecellab.nrn.parallel import ranks
me, count = ranks().id, ranks().count

def made():
    simulation = Simulation()
    cell = create_ball_stick()
    cell.add_step(2, 20, 0.3)
    simulation.add_cell(cell)
    return simulation, cell
"""


def ended_by(ran: Ran, rank: int, *words: str) -> None:
    """Check that a job has ended with the traceback of one rank."""
    assert ran.failed, (ran.code, ran.err)
    assert f"rank {rank}: Traceback" in ran.err
    for word in words:
        assert word in ran.err
    assert all("after" not in told for told in ran.told)


WAYS = {
    "raised at top level": ("raise ValueError('bad plan')", "ValueError: bad plan"),
    "raised while building": ("cell.add_step(2, 1, 0.3)", "InvalidSpecError"),
    "raised in a hook": (
        "simulation.add_hook(lambda time: 1 / 0, 4)",
        "HookError: a hook or progress function raised ZeroDivisionError at 4",
    ),
    "diverged": ("cell.soma(0.5).cm = float('nan')", "DivergedError"),
    "raised within NEURON": (
        "from neuron import h; kept = h.FInitializeHandler(1, lambda: h.CVode().event(6, lambda: 1 / 0))",
        "EngineError: integrating from",
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mpi4py", [False, True])
def test_an_exception_on_one_rank_ends_the_job(tmp_path: Path, way: str, mpi4py: bool) -> None:
    if mpi4py:  # with which Python would wait, at its end, for the others
        pytest.importorskip("mpi4py")
    act, words = WAYS[way]
    script = f"""
simulation, cell = made()
if me == 1:
    {act}
simulation.run(40, cvode=False)
ranks().barrier()
tell("after")
"""
    first = "from mpi4py import MPI\n" if mpi4py else ""
    ended_by(ranked(tmp_path, 2, first + CELLS + script), 1, words)


def test_an_exception_after_the_run(tmp_path: Path) -> None:
    script = """
simulation, cell = made()
simulation.run(10, cvode=False)
if me == 1:
    cell.get_voltage_trace("nothing of the kind")
ranks().barrier()
tell("after")
"""
    ended_by(ranked(tmp_path, 2, CELLS + script), 1)


def test_an_exception_that_another_rank_catches(tmp_path: Path) -> None:
    script = """
simulation, cell = made()
if me == 1:
    simulation.add_hook(lambda time: 1 / 0, 4)
try:
    simulation.run(10, cvode=False)
except Exception as error:
    tell([type(error).__name__, "ZeroDivisionError" in getattr(error, "traceback", "")])
    if me == 0:
        raise
    time.sleep(5)
"""
    ran = ranked(tmp_path, 2, CELLS + script)
    assert ran.failed, ran.code
    assert ran.last == [["RankError", True], ["HookError", False]]
    assert "rank 0: Traceback" in ran.err
    assert "The traceback of rank 1:" in ran.err  # which says where


@pytest.mark.parametrize("ending", ["sys.exit(0)", "sys.exit(4)", "os.kill(os.getpid(), 9)"])
@pytest.mark.parametrize("others", ["run", "exchange"])
def test_a_rank_that_leaves(tmp_path: Path, ending: str, others: str) -> None:
    script = f"""
simulation, cell = made()
if me == 1:
    {ending}
if {others == "run"}:
    simulation.run(10, cvode=False)
else:
    ranks().gathered(1, "comparing notes")
tell("after")
"""
    ran = ranked(tmp_path, 2, CELLS + script)
    assert not any("after" in told for told in ran.told)
    assert ran.code == 9 if "kill" in ending else ran.failed, ran.err
    if "kill" not in ending:
        assert "rank 0: Traceback" in ran.err
        assert "rank 1 has ended, while rank 0 is" in ran.err


def test_a_rank_that_is_killed_in_a_run(tmp_path: Path) -> None:
    script = """
simulation, cell = made()
if me == 1:
    simulation.add_hook(lambda time: os.kill(os.getpid(), 9), 5)
simulation.run(1e4, cvode=False)
tell("after")
"""
    ran = ranked(tmp_path, 2, CELLS + script)
    assert ran.code == 9
    assert ran.told == [[], []]


def test_ranks_without_a_cell(tmp_path: Path) -> None:
    script = """
import hashlib
simulation = Simulation()
if me == 2:
    simulation, cell = made()
simulation.run(10, cvode=False)
simulation.continue_run(20)
simulation.run(20, cvode=True)
simulation.run(20, cvode=False)
tell(hashlib.sha256(cell.get_soma_voltage().tobytes()).hexdigest() if me == 2 else len(simulation.cells))
"""
    ran = ranked(tmp_path, 4, CELLS + script)
    assert ran.code == 0, ran.err
    alone = ranked(tmp_path, 0, CELLS + script.replace("me == 2", "me == 0"))
    assert ran.last == [0, 0, alone.last[0], 0]


def test_no_rank_has_a_cell(tmp_path: Path) -> None:
    ran = ranked(tmp_path, 2, CELLS + "tell(caught(lambda: Simulation().run(10)))\n")
    assert ran.code == 0, ran.err
    assert ran.last[0] == ran.last[1]
    assert "no cells to run" in ran.last[0][1]


@pytest.mark.parametrize("missing", ["library", "launcher"])
def test_no_mpi_library_is_an_error_and_not_many_single_runs(tmp_path: Path, missing: str) -> None:
    script = CELLS + "made()[0].run(10)\ntell('after')\n"
    if missing == "library":
        ran = ranked(tmp_path, 2, script, MPI_LIB_NRN_PATH=str(tmp_path / "libmpi.so"))
    else:  # the variables of a launcher that is not that of the library
        ran = ranked(tmp_path, 0, script, OMPI_COMM_WORLD_RANK="0", OMPI_COMM_WORLD_SIZE="3")
    assert ran.failed, ran.code
    assert "LauncherError" in ran.err
    assert f"has started {2 if missing == 'library' else 3} ranks" in ran.err
    assert "pip install 'bluecellab[mpi]'" in ran.err
    assert not any(ran.told)


def test_ctrl_c_ends_all_ranks(tmp_path: Path) -> None:
    script = """
simulation, cell = made()
simulation.add_hook(lambda time: tell("running") if time < 1 else None, 0.5)
simulation.run(1e7, cvode=False)
"""
    job, told = started(tmp_path, CELLS + script)
    try:
        wait_for(lambda: (told / "0.json").is_file() and (told / "1.json").is_file())
        time.sleep(0.5)
        job.send_signal(signal.SIGINT)
        _, err = job.communicate(timeout=60)
    finally:
        end(job)
    assert job.returncode in (130, 130 | 9), err  # as hydra may add how it ends the others
    assert "KeyboardInterrupt" in err


def test_a_circuit_that_one_rank_cannot_build(tmp_path: Path) -> None:
    """All ranks get an error, nothing is left behind, and the next attempt gives the right numbers."""
    shutil.copytree(ROOT / "examples" / "five_cells", tmp_path / "cells")
    script = """
import hashlib
from bluecellab.cell import Cell
from bluecellab.nrn.census import census
from bluecellab.nrn.parallel import ranks
from bluecellab.simulation import CircuitSimulation

def failing(*arguments, **options):
    raise OSError("a file that only this machine lacks")

def attempt():
    with CircuitSimulation("cells/simulation_config.json") as simulation:
        simulation.instantiate()
        simulation.run(20)
        traces = simulation.gathered(lambda one: {
            str(cell_id): hashlib.sha256(cell.get_soma_voltage().tobytes()).hexdigest()
            for cell_id, cell in one.cells.items()
        })
        return {name: trace for part in traces for name, trace in part.items()}

if sys.argv[1:] == ["failing"]:
    ranks().barrier()  # NEURON has what it is to have once
    before, method = census(), Cell.create_netcon_spikedetector
    if ranks().id == 1:
        Cell.create_netcon_spikedetector = failing
    tell(caught(attempt))
    Cell.create_netcon_spikedetector = method
    tell(before == census())
tell(attempt())
"""
    ran = ranked(tmp_path, 2, script, "failing")
    assert ran.code == 0, ran.err
    assert ran.told[1][0] == ["OSError", "a file that only this machine lacks"]
    assert ran.told[0][0][0] == "RankError"
    assert "rank 1 failed while instantiating cells: OSError: a file that only" in ran.told[0][0][1]
    assert ran.told[0][1] is ran.told[1][1] is True
    assert ran.last == ranked(tmp_path, 0, script).last * 2


def test_a_disk_that_fails_in_the_command_line(tmp_path: Path) -> None:
    """What only one rank cannot do is said once, with its number, and exit code 1."""
    shutil.copytree(ROOT / "examples" / "five_cells", tmp_path / "cells")
    config = json.loads((tmp_path / "cells" / "simulation_config.json").read_text())
    config["run"]["tstop"] = 20.0
    (tmp_path / "cells" / "short.json").write_text(json.dumps({**config, "reports": {}}))
    script = """
from bluecellab.cli import main
from bluecellab.nrn.launch import rank_of
from bluecellab.errors import OutputError
from bluecellab.simulation import CircuitSimulation

def full(*arguments, **options):
    raise OutputError("the disk is full")

if rank_of().rank == 1:
    CircuitSimulation.run = full
code = main(["run", "cells/short.json", "--quiet"])
tell(code)
sys.exit(code)
"""
    ran = ranked(tmp_path, 2, script)
    assert ran.failed, ran.code
    assert ran.last == [1, 1]
    assert [line for line in ran.err.splitlines() if line.startswith("bluecellab: ")] == [
        "bluecellab: rank 1: OutputError: the disk is full"
    ]


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_ranks_of_the_command_line_end_with_it(tmp_path: Path, how: str) -> None:
    shutil.copytree(ROOT / "examples" / "five_cells", tmp_path / "cells")
    config = json.loads((tmp_path / "cells" / "simulation_config.json").read_text())
    config["run"]["tstop"] = 1e6
    (tmp_path / "cells" / "long.json").write_text(json.dumps({**config, "reports": {}}))
    script = "from bluecellab.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    job, _ = started(tmp_path, script, "run", "cells/long.json", "--ranks", "2", "--quiet", launcher=False)
    children: list[psutil.Process] = []

    def begun() -> bool:
        children[:] = psutil.Process(job.pid).children(recursive=True)
        return sum(child.cpu_times().user > 1.0 for child in children) >= 2

    try:
        wait_for(begun)
        job.send_signal(signal.SIGINT if how == "interrupt" else signal.SIGKILL)
        _, err = job.communicate(timeout=60)
        gone, alive = psutil.wait_procs(children, timeout=20)
        assert not alive
        assert gone
        if how == "interrupt":
            assert job.returncode in (130, 130 | 9), err  # as hydra may add how it ends the others
            assert "Traceback" not in err
    finally:
        end(job)


def started(
    folder: Path, script: str, *arguments: str, launcher: bool = True
) -> tuple[subprocess.Popen[str], Path]:
    """Start a script that does not end by itself."""
    path, told = folder / "script.py", folder / "told"
    path.write_text(PREAMBLE + script)
    told.mkdir()
    command = [mpirun(), "-n", "2"] if launcher else []
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TOLD": str(told),
    }
    job = subprocess.Popen(
        [*command, sys.executable, str(path), *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return job, told


def wait_for(condition: object, limit: float = 90) -> None:
    deadline = time.monotonic() + limit
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not begin"
        time.sleep(0.1)


def end(job: subprocess.Popen[str]) -> None:
    """End a job that has not ended by itself."""
    if job.poll() is None:
        for child in psutil.Process(job.pid).children(recursive=True):
            child.kill()
        job.kill()
    job.communicate()
