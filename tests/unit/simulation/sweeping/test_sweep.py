"""Sweeps in our own pool and in this process."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bluecellab.errors import (
    CancelledError,
    CellError,
    ClosedError,
    InvalidSpecError,
    RemoteError,
    SimulationError,
    WorkerCrashedError,
    WorkerMemoryError,
    WorkerTimeoutError,
)
from bluecellab.results import Results
from bluecellab.simulation import map_cells, run_here, run_isolated, sweep
from bluecellab.simulation.sweeping import SweepOptions
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import BallStickCell, PythonCell
from bluecellab.spec.protocols import Protocol
from tests.unit.simulation.sweeping.jobs import (
    CELL,
    await_gone,
    double,
    fail_at_two,
    numbers,
    pids,
    protocols,
    sleep,
)


@pytest.fixture(scope="module")
def expected() -> list[Results]:
    """Every protocol in a fresh process of its own."""
    return [run_isolated(run_here, CELL, protocol) for protocol in protocols()]


@pytest.mark.parametrize(
    "options",
    [
        {"processes": 1},
        {"processes": 2},
        {"processes": 2, "ordered": False},
        {"isolated": False},
    ],
    ids=str,
)
def test_results_are_those_of_a_fresh_process_bit_for_bit(options: dict, expected: list[Results]) -> None:
    assert sweep(CELL, protocols(), **options).results() == expected
    assert sweep(CELL, protocols()[::-1], **options).results() == expected[::-1]


def test_cells_come_first_and_pairs_are_pairs() -> None:
    cells = [BallStickCell(id=CellId("P", n)) for n in range(2)]
    short = [Protocol(duration=1, name="a"), Protocol(duration=2, name="b")]
    table = [(o.index, o.cell.id.id, o.protocol.name) for o in sweep(cells, short, processes=2)]
    assert table == [(0, 0, "a"), (1, 0, "b"), (2, 1, "a"), (3, 1, "b")]
    paired = [(o.cell.id.id, o.protocol.name) for o in sweep(cells, short, isolated=False, pairs=True)]
    assert paired == [(0, "a"), (1, "b")]
    with pytest.raises(InvalidSpecError, match="as many cells as protocols; got 2 and 1"):
        sweep(cells, short[:1], pairs=True)
    with pytest.raises(InvalidSpecError, match="can be read once, for one cell"):
        sweep(cells, iter(short))


def test_functions_get_a_live_cell_and_parameters() -> None:
    assert map_cells(double, CELL, numbers(4), processes=2).results() == [0, 2, 4, 6]
    assert map_cells(lambda cell: len(cell.sections), [CELL, CELL], isolated=False).results() == [2, 2]


@pytest.mark.parametrize("isolated", [True, False])
def test_an_error_is_an_outcome_and_the_others_go_on(isolated: bool) -> None:
    running = map_cells(fail_at_two, CELL, numbers(4), isolated=isolated)
    outcomes = running.collect()
    assert [outcome.ok for outcome in outcomes] == [True, True, False, True]
    assert isinstance(outcomes[2].error, RemoteError)
    assert "fail_at_two" in outcomes[2].error.traceback
    with pytest.raises(RemoteError, match="no two"):
        outcomes[2].unwrap()
    table = running.to_pandas()
    assert list(table.ok) == [True, True, False, True]
    assert "LookupError: no two" in table.error[2]
    assert list(table.number) == [0, 1, 2, 3]
    with pytest.raises(RemoteError, match="no two"):
        map_cells(fail_at_two, CELL, numbers(4), isolated=isolated).results()


def test_a_cell_that_cannot_be_built_fails_its_jobs_only() -> None:
    bad = PythonCell(factory="nowhere:at_all")
    for isolated in (True, False):
        outcomes = sweep([bad, CELL], Protocol(duration=1), isolated=isolated).collect()
        assert isinstance(outcomes[0].error, CellError)
        assert outcomes[1].ok


def test_crashes_and_limits_are_outcomes() -> None:
    def misbehave(cell: object, how: str) -> str:
        if how == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif how == "sleep":
            time.sleep(60)
        elif how == "eat":
            return str(len(bytearray(2**30)))
        return how

    ways = [{"how": how} for how in ("crash", "sleep", "eat", "behave")]
    outcomes = map_cells(misbehave, CELL, ways, processes=2, time_limit=1.0, memory_limit=2**28).collect()
    assert [type(outcome.error) for outcome in outcomes] == [
        WorkerCrashedError,
        WorkerTimeoutError,
        WorkerMemoryError,
        type(None),
    ]
    assert "misbehave" in str(outcomes[0].error)
    assert 1.0 <= outcomes[1].seconds < 3.0


def test_outcomes_come_in_order_or_as_they_are_done() -> None:
    times = [{"seconds": 0.6, "number": 0}, {"seconds": 0.0, "number": 1}]
    assert [o.value for o in map_cells(sleep, CELL, times, processes=2)] == [0, 1]
    assert [o.value for o in map_cells(sleep, CELL, times, processes=2, ordered=False)] == [1, 0]
    assert map_cells(sleep, CELL, times, processes=2, ordered=False).results() == [0, 1]


def test_protocols_without_an_end_are_read_as_outcomes_are_taken() -> None:
    read = 0

    def endless() -> Iterator[dict[str, int]]:
        nonlocal read
        for number in itertools.count():
            read = number + 1
            yield {"number": number}

    with map_cells(double, CELL, endless(), processes=1, ahead=4) as running:
        assert running.total is None
        assert [o.value for o in itertools.islice(running, 6)] == [0, 2, 4, 6, 8, 10]
        time.sleep(0.2)
        assert read <= 6 + 4
        assert running.done <= 6 + 4
    assert repr(running).startswith("<Sweep closed, ")


def test_what_the_users_generator_raises_is_raised_after_what_was_done() -> None:
    def broken() -> Iterator[dict[str, int]]:
        yield {"number": 1}
        raise ZeroDivisionError("of the user's")

    running = map_cells(double, CELL, broken())
    outcomes = []
    with pytest.raises(ZeroDivisionError, match="of the user's"):
        for outcome in running:
            outcomes.append(outcome)
    assert len(outcomes) <= 1
    with pytest.raises(ZeroDivisionError):
        list(map_cells(double, CELL, broken(), isolated=False))


def test_progress_is_told() -> None:
    for isolated in (True, False):
        told: list[tuple[int, int | None]] = []
        map_cells(
            double,
            CELL,
            numbers(3),
            isolated=isolated,
            progress=lambda done, total: told.append((done, total)),
        ).results()
        assert told == [(1, 3), (2, 3), (3, 3)]

    def fail(done: int, total: int | None) -> None:
        raise ArithmeticError("in progress")

    def stop(done: int, total: int | None) -> None:
        raise StopIteration

    for isolated in (True, False):
        with pytest.raises(ArithmeticError, match="in progress"):
            map_cells(double, CELL, numbers(3), isolated=isolated, progress=fail).results()
        with pytest.raises(RuntimeError, match="StopIteration was raised"):
            map_cells(double, CELL, numbers(3), isolated=isolated, progress=stop).results()


def test_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    map_cells(double, CELL, numbers(3), progress=True).results()
    assert "3/3" in capsys.readouterr().err


@pytest.mark.parametrize("isolated", [True, False])
def test_a_sweep_of_nothing(isolated: bool) -> None:
    running = sweep(CELL, [], isolated=isolated)
    assert running.collect() == []
    assert running.collect() == []
    assert (running.done, running.total) == (0, 0)
    assert len(running.to_pandas()) == 0
    assert sweep([], protocols(), isolated=isolated).results() == []


@pytest.mark.parametrize("isolated", [True, False])
def test_outcomes_are_handed_out_once(isolated: bool) -> None:
    running = map_cells(double, CELL, numbers(3), isolated=isolated)
    assert next(running).value == 0
    with pytest.raises(SimulationError, match="1 of 3 outcomes of this sweep have been taken before"):
        running.collect()
    with pytest.raises(SimulationError, match="have been taken before"):
        running.results()
    assert [outcome.value for outcome in running] == [2, 4]
    assert next(running, None) is None
    with pytest.raises(SimulationError, match=r"3 of 3 .*collect\(\)"):
        iter(running)


@pytest.mark.parametrize("isolated", [True, False])
def test_a_closed_sweep_says_so(isolated: bool) -> None:
    with map_cells(double, CELL, numbers(3), isolated=isolated) as running:
        next(running)
    running.close()
    assert running.closed
    with pytest.raises(ClosedError, match="this sweep is closed"):
        next(running)
    assert len(running.to_pandas()) == 1


def test_leaving_early_ends_the_jobs(tmp_path: Path) -> None:
    with map_cells(sleep, CELL, {"folder": str(tmp_path)}, processes=2):
        processes = pids(tmp_path, 1)
    await_gone(processes)
    assert not [thread for thread in threading.enumerate() if thread.name in ("sweep", "isolated-job")]


def test_cancelling_from_another_thread(tmp_path: Path) -> None:
    jobs = [{"seconds": 0.0, "number": 7}, *[{"folder": str(tmp_path)}] * 5]
    running = map_cells(sleep, CELL, jobs, processes=2)
    threading.Thread(target=lambda: (pids(tmp_path, 2), running.cancel())).start()
    assert next(running).value == 7
    with pytest.raises(CancelledError, match="cancelled after 1 of 6 jobs"):
        next(running)
    await_gone(pids(tmp_path, 2))
    assert running.done == 1
    running.cancel()


def test_cancelling_a_sweep_in_this_process_closes_the_cell() -> None:
    running = map_cells(double, CELL, numbers(3), isolated=False)
    next(running)
    running.cancel()
    with pytest.raises(CancelledError, match="after 1 of 3 jobs"):
        next(running)
    told = []
    running = map_cells(
        double, CELL, numbers(3), isolated=False, progress=lambda *_: (told.append(1), running.cancel())
    )
    assert next(running).value == 0
    with pytest.raises(CancelledError):
        next(running)
    assert told == [1]


def test_a_forgotten_sweep_is_ended_with_a_warning(tmp_path: Path) -> None:
    running = map_cells(sleep, CELL, {"folder": str(tmp_path)}, processes=1)
    processes = pids(tmp_path, 1)
    with pytest.warns(ResourceWarning, match=r"a sweep, begun at .*test_sweep.py:\d+, was dropped"):
        del running
        gc.collect()
    await_gone(processes)
    in_place = map_cells(double, CELL, numbers(2), isolated=False)
    next(in_place)
    with pytest.warns(ResourceWarning, match="was dropped before its end"):
        del in_place
        gc.collect()


def test_an_interrupt_while_waiting_ends_the_jobs(tmp_path: Path) -> None:
    running = map_cells(sleep, CELL, {"folder": str(tmp_path)}, processes=1)
    processes = pids(tmp_path, 1)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        next(running)
    await_gone(processes)


def test_several_threads_may_take() -> None:
    running = map_cells(double, CELL, numbers(12), processes=2)
    taken: list[int] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(outcome.value for outcome in running)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(taken) == [2 * n for n in range(12)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"isolated": False, "time_limit": 1.0}, "time_limit need processes of their own"),
        ({"ahead": 0}, "ahead must be a whole number of at least 1; got 0"),
        ({"executor": 3}, r"an executor has submit\(\)"),
        ({"executor": SweepOptions, "processes": 2}, "processes=2 is for our own pool"),
        ({"colour": "red"}, "a sweep has no option colour; it has executor, processes"),
        ({"processes": 0}, "processes must be a whole number"),
        ({"time_limit": -1}, "time_limit must be a positive number"),
    ],
)
def test_bad_options(options: dict, message: str) -> None:
    with pytest.raises(InvalidSpecError, match=message):
        sweep(CELL, protocols(), **options)


def test_bad_jobs() -> None:
    with pytest.raises(InvalidSpecError, match="a cell, or several, are needed; got 3"):
        sweep(3, protocols())  # type: ignore[arg-type]
    with pytest.raises(InvalidSpecError, match="a protocol is needed; got 'x'"):
        sweep(CELL, ["x"])  # type: ignore[list-item]
    with pytest.raises(InvalidSpecError, match="a set of parameters is needed; got 3"):
        map_cells(double, CELL, [3])  # type: ignore[list-item]
    with pytest.raises(InvalidSpecError, match="a function of a live cell is needed"):
        map_cells(3, CELL)  # type: ignore[arg-type]
    with pytest.raises(InvalidSpecError, match="save_to is for sweeps of protocols"):
        map_cells(double, CELL, save_to="x")
