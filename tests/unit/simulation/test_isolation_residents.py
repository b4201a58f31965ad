"""Cells that stay while jobs come and go."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
import pytest

from bluecellab.cell import Cell
from bluecellab.errors import (
    BluecellabError,
    NotPicklableError,
    RemoteError,
    TemplateNotFoundError,
    WorkerCrashedError,
    WorkerMemoryError,
    WorkerTimeoutError,
)
from bluecellab.simulation.isolation import Executor, Isolation, nurseries, run_isolated, stop_servers
from bluecellab.simulation.protocol import run_here, run_on
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell, BallStickCell, HocCell, PythonCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.stimuli import Step
from tests.material import material

BALL = Isolation(cell=BallStickCell())
LENGTH = float(np.float32(19.6))  # um, of its soma

FACTORY = """
import ctypes, os, time
import bluecellab  # where NEURON is started quietly

class Sphere:
    def __init__(self, what="", length=10.0):
        from neuron import h
        print("building", what)
        match what:
            case "raise": raise ValueError("no such sphere")
            case "quit": h.quit()
            case "exit": os._exit(3)
            case "abort": os.abort()
            case "segfault": ctypes.string_at(0)
            case "sleep": time.sleep(30)
            case "swell": self.ballast = bytearray(500_000_000)
        self.soma = h.Section(name="soma", cell=self)
        self.soma.L = self.soma.diam = length
"""

SWC = "1 1 0 0 0 {} -1\n2 3 0 50 0 1 1\n3 3 0 90 0 1 2\n"
TEMPLATE = """
begintemplate Sack
public soma, dend, all, somatic, basal, getCell
objref all, somatic, basal, this
create soma[1], dend[1]
obfunc getCell() { return this }
proc init() { local i, size
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    ropen($s2)
    for i = 0, 5 size = fscan()
    ropen()
    soma[0] { all.append() somatic.append() L = size diam = size Ra = 100 }
    dend[0] { all.append() basal.append() }
    connect dend[0](0), soma[0](1)
}
endtemplate Sack
"""


@pytest.fixture
def spheres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., PythonCell]:
    """Return what makes specifications of cells whose building may go wrong."""
    name = f"spheres_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(FACTORY)
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(**arguments: object) -> PythonCell:
        return PythonCell(factory=f"{name}:Sphere", arguments=arguments)  # type: ignore[arg-type]

    return make


def nursery_of(cell: Cell) -> int:
    return os.getppid()


def length(cell: Cell) -> float:
    return float(cell.soma.L)


def pulse(amplitude: float) -> Protocol:
    step = Placed(stimulus=Step(delay=5.0, duration=15.0, amplitude=amplitude))
    return Protocol(stimuli=[step], duration=30.0)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE  # an orphan that init is to bury
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Callable[[], bool], seconds: float = 1.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_functions_get_the_live_cell_before_their_arguments() -> None:
    def describe(cell: Cell, x: float, *, scale: float = 1.0) -> tuple[str, float]:
        return type(cell).__name__, cell.soma(x).v * scale

    assert BALL.run(describe, 0.5, scale=2.0) == ("Cell", -130.0)
    with Executor(processes=1, isolation=BALL) as executor:
        assert executor.submit(describe, 0.5).result() == ("Cell", -65.0)


def test_the_cell_is_built_once() -> None:
    nursery = BALL.run(nursery_of)
    assert BALL.run(nursery_of) == nursery
    assert BALL.run(lambda cell: os.getpid()) != nursery
    assert run_isolated(os.getppid) == psutil.Process(nursery).ppid()


def test_no_job_sees_what_another_did() -> None:
    def change(cell: Cell) -> float:
        before = float(cell.soma.L)
        cell.soma.L = 1.0
        cell.close()
        return before

    assert BALL.run(change) == BALL.run(change) == LENGTH
    assert BALL.run(length) == LENGTH


def test_results_are_those_of_a_fresh_process_bit_for_bit() -> None:
    protocols = [pulse(amplitude) for amplitude in (0.1, 0.5, -0.2)]
    expected = [run_isolated(run_here, BallStickCell(), protocol) for protocol in protocols]
    assert [run_here(BallStickCell(), protocol) for protocol in protocols] == expected
    with Executor(processes=2, isolation=BALL) as executor:
        crash = executor.submit(lambda cell: os.abort())
        futures = [executor.submit(run_on, protocols[n]) for n in (2, 0, 1, 1, 2, 0)]
        assert [future.result() for future in futures] == [expected[n] for n in (2, 0, 1, 1, 2, 0)]
        assert isinstance(crash.exception(), WorkerCrashedError)


@pytest.mark.material
def test_results_of_a_detailed_cell_are_those_of_a_fresh_process_bit_for_bit() -> None:
    model = material().cell("sscx_bluepyopt")
    spec = HocCell(
        template_path=str(model.template),
        morphology_path=str(model.morphology),
        template_format=model.template_format,
        emodel_properties=model.emodel_properties,
        mechanisms=str(model.mechanisms),
        id=CellId("", 7),
    )
    protocols = [pulse(amplitude) for amplitude in (0.3, 0.8)]
    fresh = Isolation(mechanisms=[model.mechanisms])
    expected = [fresh.run(run_here, spec, protocol) for protocol in protocols]
    with Executor(processes=2) as executor:
        crash = executor.submit_on(spec, lambda cell: os.abort())
        futures = [executor.submit_on(spec, run_on, protocols[n]) for n in (1, 0, 1)]
        assert [future.result() for future in futures] == [expected[n] for n in (1, 0, 1)]
        assert isinstance(crash.exception(), WorkerCrashedError)


def test_several_cells_in_one_executor() -> None:
    cells = [BallStickCell(id=CellId("", number)) for number in range(3)]
    with Executor(processes=2) as executor:
        futures = [executor.submit_on(cell, lambda cell: cell.cell_id.id) for cell in cells]
        futures.append(executor.submit(int, "7"))
        assert [future.result() for future in futures] == [0, 1, 2, 7]


def test_an_initializer_is_called_without_the_cell() -> None:
    def begin(*args: object) -> None:
        sys.argv[:] = map(str, args)

    with Executor(processes=1, isolation=BALL, initializer=begin, initargs=("x",)) as executor:
        assert executor.submit(lambda cell: sys.argv).result() == ["x"]


def test_isolations_with_a_cell_are_values() -> None:
    assert Isolation(cell=BallStickCell()) == BALL
    assert hash(Isolation(cell=BallStickCell())) == hash(BALL)
    assert Isolation() != BALL


def test_the_cell_itself_does_not_travel() -> None:
    with pytest.raises(RemoteError, match="live object <Cell"):
        BALL.run(lambda cell: cell)
    with Cell.from_spec(BallStickCell()) as cell, pytest.raises(NotPicklableError, match="argument 1"):
        BALL.run(lambda own, other: None, cell)


def test_a_cell_that_cannot_be_built_says_so_as_here(spheres: Callable[..., PythonCell]) -> None:
    missing = HocCell(template_path="nowhere.hoc", morphology_path="nowhere.asc")
    for cell, kind, words in (
        (missing, TemplateNotFoundError, "nowhere.hoc"),
        (spheres(what="raise"), BluecellabError, "no such sphere"),
    ):
        spec: AnyCell = cell
        with pytest.raises(kind, match=words) as here:
            Cell.from_spec(spec)
        with pytest.raises(kind, match=words) as there:
            Isolation(cell=spec).run(length)
        assert str(there.value) == str(here.value)
        assert isinstance(there.value.__cause__, RemoteError)
        assert "while it built its cell" in str(there.value.__cause__)


@pytest.mark.parametrize(
    ("what", "words"),
    [("quit", "exit status 0"), ("exit", "status 3"), ("abort", "SIGABRT"), ("segfault", "SIGSEGV")],
)
def test_building_that_dies(what: str, words: str, spheres: Callable[..., PythonCell]) -> None:
    other = BALL.run(nursery_of)
    for _ in range(2):  # the next one tries again
        begin = time.monotonic()
        with pytest.raises(
            WorkerCrashedError, match=f"(?s)length .while it built.*{words}.*building"
        ) as caught:
            Isolation(cell=spheres(what=what)).run(length)
        assert time.monotonic() - begin < 5.0  # no hang; the drill is stricter
        assert f"building {what}" in caught.value.output
    assert BALL.run(nursery_of) == other


def test_building_counts_towards_the_limits(spheres: Callable[..., PythonCell]) -> None:
    other = BALL.run(nursery_of)
    with pytest.raises(WorkerTimeoutError, match="while it built its cell. overran its time limit of 0.3 s"):
        Isolation(cell=spheres(what="sleep"), time_limit=0.3).run(length)
    with pytest.raises(WorkerMemoryError, match="while it built its cell"):
        Isolation(cell=spheres(what="swell"), memory_limit=100_000_000).run(length)
    assert BALL.run(nursery_of) == other
    limited = Isolation(cell=spheres(), memory_limit=100_000_000, time_limit=5.0)
    assert limited.run(length) == 10.0
    with pytest.raises(WorkerMemoryError):
        limited.run(lambda cell: len(bytearray(500_000_000)))
    roomy = Isolation(cell=spheres())  # the same nursery: the limits were the job's
    assert roomy.run(lambda cell: (os.getppid(), len(bytearray(500_000_000))))[0] == limited.run(nursery_of)


def test_a_changed_source_builds_the_cell_again(spheres: Callable[..., PythonCell], tmp_path: Path) -> None:
    (source,) = tmp_path.glob("*.py")
    os.utime(source, ns=(10**18, 10**18))
    isolation = Isolation(cell=spheres())
    nursery = isolation.run(nursery_of)
    assert isolation.run(length) == 10.0
    source.write_text(FACTORY.replace("length=10.0", "length=30.0"))
    os.utime(source, ns=(10**18 + 1, 10**18 + 1))  # Python's compiled files know whole seconds, and the size
    assert isolation.run(length) == 30.0
    assert wait_until(lambda: gone(nursery))


def test_a_changed_file_builds_the_cell_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template, morphology = tmp_path / "cell.hoc", tmp_path / "cell.swc"
    template.write_text(TEMPLATE)
    morphology.write_text(SWC.format(10))
    monkeypatch.chdir(tmp_path)
    isolation = Isolation(cell=HocCell(template_path="cell.hoc", morphology_path="cell.swc"))
    nursery = isolation.run(nursery_of)
    assert isolation.run(nursery_of) == nursery
    morphology.write_text(SWC.format(16))
    assert isolation.run(lambda cell: float(cell.soma.diam)) == 16.0
    template.write_text(TEMPLATE.replace("Ra = 100", "Ra = 200"))
    assert isolation.run(lambda cell: float(cell.soma.Ra)) == 200.0
    template.unlink()
    with pytest.raises(TemplateNotFoundError):
        isolation.run(length)


def test_a_changed_environment_builds_a_python_cell_again(
    spheres: Callable[..., PythonCell], monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation = Isolation(cell=spheres())
    nurseries = {isolation.run(nursery_of), BALL.run(nursery_of)}
    monkeypatch.setenv("COLOUR", "blue")
    assert isolation.run(nursery_of) not in nurseries
    assert BALL.run(nursery_of) in nurseries


def test_a_nursery_that_died_is_replaced() -> None:
    nursery = BALL.run(nursery_of)
    os.kill(nursery, signal.SIGKILL)
    assert BALL.run(nursery_of) != nursery
    with pytest.raises(WorkerCrashedError, match="lost together"):
        BALL.run(lambda cell: (os.kill(os.getppid(), signal.SIGKILL), time.sleep(30)))
    assert BALL.run(length) == LENGTH


def test_idle_nurseries_are_few_and_end_with_the_servers() -> None:
    stop_servers()
    with Executor(processes=1) as executor:
        pids = [
            executor.submit_on(BallStickCell(id=CellId("", number)), nursery_of).result()
            for number in range(7)
        ]
    assert len(set(pids)) == 7
    assert wait_until(lambda: sum(map(gone, pids)) >= 7 - nurseries._MAX_IDLE)
    assert not gone(pids[-1])
    stop_servers()
    assert wait_until(lambda: all(map(gone, pids)))


def test_many_jobs_wait_for_one_building() -> None:
    stop_servers()
    with Executor(processes=4, isolation=BALL) as executor:
        assert len(set(executor.map(lambda cell, n: os.getppid(), range(8)))) == 1


def test_waiting_for_the_cell_counts_towards_the_time_limit(spheres: Callable[..., PythonCell]) -> None:
    cell = spheres(what="sleep")
    with Executor(processes=1, isolation=Isolation(cell=cell)) as executor:
        first = executor.submit(length)
        assert wait_until(first.running, 10.0)
        time.sleep(0.2)
        begin = time.monotonic()
        with pytest.raises(
            WorkerTimeoutError, match="while it built its cell. overran its time limit of 0.3"
        ):
            Isolation(cell=cell, time_limit=0.3).run(length)
        assert 0.2 < time.monotonic() - begin < 5.0
        assert first.cancel()


def test_cancelled_while_the_cell_is_built(spheres: Callable[..., PythonCell]) -> None:
    with Executor(processes=2, isolation=Isolation(cell=spheres(what="sleep"))) as executor:
        futures = [executor.submit(length) for _ in range(2)]
        assert wait_until(lambda: all(future.running() for future in futures), 10.0)
        time.sleep(0.2)
        begin = time.monotonic()
        for future in futures:
            assert future.cancel()
    assert time.monotonic() - begin < 5.0


def test_a_fork_of_this_process_has_its_own_nurseries() -> None:
    nursery = BALL.run(nursery_of)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, b"%d" % BALL.run(nursery_of))
            stop_servers()
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        used = int(pipe.read())
    os.waitpid(child, 0)
    assert used != nursery
    assert BALL.run(nursery_of) == nursery


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_in_workers_of_another_pool(way: str) -> None:
    nursery = BALL.run(nursery_of)
    with ProcessPoolExecutor(1, mp_context=get_context(way)) as pool:
        inside = [pool.submit(BALL.run, nursery_of).result() for _ in range(2)]
    assert inside[0] == inside[1] != nursery
    assert wait_until(lambda: gone(inside[0]))


def test_inside_a_job() -> None:
    assert run_isolated(BALL.run, length) == LENGTH
    assert BALL.run(lambda cell: (BALL.run(length), cell.soma.L)) == (LENGTH, LENGTH)
