"""Jobs in processes of their own: values, errors, limits, surroundings."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from bluecellab.errors import (
    DivergedError,
    InvalidSpecError,
    RemoteError,
    WorkerCrashedError,
    WorkerMemoryError,
    WorkerTimeoutError,
)
from bluecellab.simulation.isolation import Isolation, run_isolated

GLOBAL: list[str] = []


class Point:
    def __init__(self, x: float) -> None:
        self.x = x


def gone(pid: int) -> bool:
    """Whether a process is gone; a little patience for the system."""
    for _ in range(50):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True  # an orphan that init has not buried yet
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_values_come_back() -> None:
    assert run_isolated(divmod, 17, 5) == (3, 2)
    assert run_isolated(sorted, [3, 1, 2], reverse=True) == [3, 2, 1]
    assert run_isolated(lambda: None) is None
    offset = 4
    assert run_isolated(lambda x: x + offset, 3) == 7


def test_every_job_has_a_fresh_process() -> None:
    pids = [run_isolated(os.getpid) for _ in range(3)]
    assert len({*pids, os.getpid()}) == 4
    assert all(gone(pid) for pid in pids)


def test_classes_of_main_keep_their_identity() -> None:
    class Local:
        pass

    assert type(run_isolated(lambda: Local())) is Local
    assert isinstance(run_isolated(lambda: Point(2.0)), Point)


def test_arrays_come_back_writable_and_equal() -> None:
    sent = np.random.default_rng(1).normal(size=(300, 400))
    received = run_isolated(lambda a: [a.T, a[::2], a[:2, :2], np.asfortranarray(a)], sent)
    for array, expected in zip(received, [sent.T, sent[::2], sent[:2, :2], sent], strict=True):
        assert np.array_equal(array, expected)
        array[0, 0] = 1.0


def test_nothing_of_this_process_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    GLOBAL.append("mine")
    monkeypatch.setitem(sys.modules, "only_here", sys)
    try:
        assert run_isolated(lambda: "only_here" in sys.modules) is False
    finally:
        GLOBAL.clear()

    def change() -> None:
        os.environ["MADE_IN_JOB"] = "1"

    run_isolated(change)
    assert "MADE_IN_JOB" not in os.environ
    assert run_isolated(lambda: "MADE_IN_JOB" in os.environ) is False


def test_surroundings_are_those_of_the_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run_isolated(int)  # the server is there before anything changes
    folder = tmp_path / "π and spaces"
    folder.mkdir()
    (folder / "made_just_now.py").write_text("def answer():\n    return 42\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLOUR", "blue")
    monkeypatch.syspath_prepend(str(folder))
    from made_just_now import answer  # type: ignore[import-not-found]

    assert run_isolated(answer) == 42
    assert run_isolated(os.getcwd) == str(folder)
    assert run_isolated(lambda: os.environ["COLOUR"]) == "blue"


def test_a_worker_is_no_rank_of_the_callers_program(monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = ("PMI_RANK", "PMI_FD", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MPI_LOCALRANKID", "NEURON_INIT_MPI")
    for name in (*ranks, "PMIXED", "SLURM_PROCID"):
        monkeypatch.setenv(name, "1")
    isolation = Isolation(modules=["colorsys"])  # a server of its own, which NEURON_INIT_MPI would end
    assert isolation.run(lambda: [name for name in ranks if name in os.environ]) == []
    assert isolation.run(lambda: "PMIXED" in os.environ and "SLURM_PROCID" in os.environ)


def test_random_numbers_differ_between_jobs() -> None:
    def draw() -> tuple[float, float]:
        return np.random.random(), random.random()  # noqa: NPY002 - the global state is the point

    assert not {*run_isolated(draw)} & {*run_isolated(draw)}


def test_output_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    def speak() -> None:
        print("to out")
        print("to err", file=sys.stderr)
        print("no newline", end="")

    run_isolated(speak)
    out, err = capsys.readouterr()
    assert out == "to out\nno newline"
    assert err == "to err\n"


def test_exceptions_are_told_with_their_traceback() -> None:
    def fail_in_job() -> None:
        print("before")
        raise ValueError("bad amplitude")

    with pytest.raises(RemoteError, match="bad amplitude") as caught:
        run_isolated(fail_in_job)
    error = caught.value
    assert isinstance(error, ValueError)
    assert isinstance(error.__cause__, ValueError)
    assert "in fail_in_job" in error.traceback
    assert error.traceback in str(error) + "\n"
    assert error.output == "before"
    assert "isolation" not in error.traceback.replace(__file__, "")


def test_our_errors_come_back_as_they_are() -> None:
    def diverge() -> None:
        raise DivergedError("it blew up", time=3.5, cell="S1/12", section="dend[3]")

    with pytest.raises(DivergedError, match="it blew up") as caught:
        run_isolated(diverge)
    assert (caught.value.time, caught.value.cell, caught.value.section) == (3.5, "S1/12", "dend[3]")
    assert isinstance(caught.value.__cause__, RemoteError)
    assert "in diverge" in caught.value.__cause__.traceback


def test_exceptions_and_results_that_do_not_pickle() -> None:
    class Odd(Exception):
        def __init__(self, a: int, b: int) -> None:
            super().__init__(a)
            self.b = b

    class Holding(Exception):
        def __init__(self) -> None:
            super().__init__("holding")
            self.lock = threading.Lock()

    def raise_it(make: Callable[[], Exception]) -> None:
        raise make()

    for make in (lambda: Odd(1, 2), Holding):
        with pytest.raises(RemoteError, match="in raise_it") as caught:
            run_isolated(raise_it, make)
        assert caught.value.__cause__ is None
    for make_result in (threading.Lock, lambda: (n for n in range(3)), lambda: Path(os.devnull).open()):
        with pytest.raises(RemoteError, match="the result cannot be pickled"):
            run_isolated(make_result)


def test_results_that_cannot_be_rebuilt() -> None:
    class Grenade:
        def __reduce__(self) -> tuple[object, ...]:
            return divmod, (1, 0)

    with pytest.raises(RemoteError, match="cannot be rebuilt here"):
        run_isolated(lambda: Grenade())


def test_exits_are_errors() -> None:
    with pytest.raises(RemoteError, match="SystemExit: 4"):
        run_isolated(sys.exit, 4)
    with pytest.raises(WorkerCrashedError, match="exit status 0 before") as caught:
        run_isolated(os._exit, 0)
    assert (caught.value.exitcode, caught.value.signal) == (0, None)


@pytest.mark.parametrize(
    ("die", "number"),
    [
        (os.abort, signal.SIGABRT),
        (lambda: ctypes.string_at(0), signal.SIGSEGV),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), signal.SIGKILL),
    ],
)
def test_deaths_are_errors(die: Callable[[], object], number: int) -> None:
    def job() -> None:
        print("last words")
        die()

    with pytest.raises(WorkerCrashedError, match="last words") as caught:
        run_isolated(job)
    assert (caught.value.exitcode, caught.value.signal) == (None, number)
    assert caught.value.output == "last words"
    if number == signal.SIGSEGV:
        assert "in string_at" in str(caught.value)


def test_time_limit_kills_the_process_and_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    def oversleep() -> None:
        child = os.fork()
        if child:
            pids.write_text(f"{os.getpid()} {child}")
        time.sleep(60)

    begin = time.monotonic()
    with pytest.raises(WorkerTimeoutError, match=r"limit of 0\.3 s.*\n.*\n.*in oversleep") as caught:
        Isolation(time_limit=0.3).run(oversleep)
    assert isinstance(caught.value, TimeoutError)
    assert time.monotonic() - begin < 1.5
    assert all(gone(int(pid)) for pid in pids.read_text().split())


def test_time_limit_holds_against_deaf_processes() -> None:
    def deaf() -> None:
        signal.signal(signal.SIGABRT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)

    begin = time.monotonic()
    with pytest.raises(WorkerTimeoutError):
        Isolation(time_limit=0.2).run(deaf)
    assert time.monotonic() - begin < 1.5


def test_memory_limit() -> None:
    isolation = Isolation(memory_limit=60_000_000)
    assert isolation.run(lambda: np.ones(1_000_000).sum()) == 1_000_000
    with pytest.raises(WorkerMemoryError, match="limit of 57 MiB") as caught:
        isolation.run(lambda: np.ones(20_000_000).sum())
    assert isinstance(caught.value, MemoryError)

    def native() -> None:
        print("terminate called after throwing an instance of 'std::bad_alloc'", file=sys.stderr)
        os.abort()

    with pytest.raises(WorkerMemoryError):
        isolation.run(native)
    with pytest.raises(WorkerCrashedError, match="had a memory limit of 57 MiB"):
        isolation.run(os.abort)


def test_memory_limit_watched_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    def swell() -> None:
        kept = []
        while True:
            kept.append(np.ones(1_000_000))
            time.sleep(0.01)

    monkeypatch.setattr("bluecellab.simulation.isolation.isolated.kernel_limits_memory", lambda: False)
    monkeypatch.setattr("bluecellab.simulation.isolation.isolated.dump_job", _without_limit)
    with pytest.raises(WorkerMemoryError, match="is gone"):
        Isolation(memory_limit=60_000_000, time_limit=20.0).run(swell)


def _without_limit(call: object, limit: int, *, copy: bool = False) -> list[memoryview]:
    from bluecellab.simulation.isolation.payload import Call, dump_job

    assert isinstance(call, Call)
    return dump_job(call, None, copy=copy)


@pytest.mark.parametrize(
    "bad",
    [{"time_limit": 0}, {"time_limit": float("nan")}, {"memory_limit": -1}, {"memory_limit": "1G"}],
)
def test_bad_limits_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(InvalidSpecError, match=f"{next(iter(bad))} must be a positive number"):
        Isolation(**bad)  # type: ignore[arg-type]


def test_a_single_path_is_not_a_list() -> None:
    with pytest.raises(InvalidSpecError, match="modules must be a list"):
        Isolation(modules="numpy")


def test_options_among_the_arguments_are_explained() -> None:
    with pytest.raises(TypeError, match=r"Isolation\(time_limit=3\)\.run"):
        run_isolated(lambda x: x, 1, time_limit=3)  # type: ignore[call-arg]
    assert run_isolated(lambda time_limit: time_limit, time_limit=3) == 3
