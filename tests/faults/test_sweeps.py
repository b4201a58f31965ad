"""Part A of the fault drill, lines 40 to 46, through sweeps; as in ``test_workers``, which has the rest.

In a sweep, an error is an outcome: the jobs beside it go on, and their results are as ever.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
import uuid
from pathlib import Path

import psutil
import pytest

from tests.faults.sweeps import PREAMBLE
from tests.faults.workers import all_gone, check_command, check_drill, environment, marked

pytestmark = pytest.mark.faults


def test_40_worker_raises(tmp_path: Path) -> None:
    check_drill(
        """
        def inner(): raise ValueError("bad amplitude")
        def outer(cell, n): return inner() if n == 1 else n
        outcomes = map_cells(outer, BALL, [{"n": n} for n in range(4)], processes=2).collect()
        error = check(outcomes[1], RemoteError, "ValueError: bad amplitude", "in outer", "in inner")
        assert isinstance(error, ValueError) and isinstance(error.__cause__, ValueError)
        assert [outcome.value for outcome in outcomes] == [0, None, 2, 3]
        def ours(cell): raise StimulusError("no such place")
        (outcome,) = map_cells(ours, BALL)
        assert "in ours" in check(outcome, StimulusError, "no such place").__cause__.traceback
        (outcome,) = sweep(bomb(building="raise"), RUN)
        check(outcome, CellError, "bad charge")
        outcomes = sweep([bomb(fuse="raise"), BALL], RUN, processes=2).collect()
        check(outcomes[0], BluecellabError, "bad charge")
        assert outcomes[1].value == good
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


def test_40_worker_raises_or_returns_something_unpicklable(tmp_path: Path) -> None:
    check_drill(
        """
        class Odd(Exception):
            def __init__(self, one, two): super().__init__(one)
        class Lock(Exception):
            def __init__(self): super().__init__("held"); self.lock = threading.Lock()
        def job(cell, what):
            if what == "odd": raise Odd(1, 2)
            if what == "lock": raise Lock()
            return {"cell": cell, "section": cell.soma, "thread": threading.Lock(), "good": 7}[what]
        kinds = ("odd", "lock", "cell", "section", "thread", "good")
        outcomes = map_cells(job, BALL, [{"what": what} for what in kinds], processes=2).collect()
        check(outcomes[0], RemoteError, "Odd: 1", "in job")
        check(outcomes[1], RemoteError, "Lock: held", "in job")
        for outcome in outcomes[2:4]:
            check(outcome, RemoteError, "live object", "return plain values")
        check(outcomes[4], RemoteError, "cannot be pickled", "Traceback")
        assert outcomes[5].value == 7
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


def test_41_worker_dies_in_a_run(tmp_path: Path) -> None:
    check_drill(
        """
        ends = {
            "quit": "exit status 0", "quit in hoc": "exit status 0", "exit": "exit status 3",
            "abort": "SIGABRT", "segfault": "SIGSEGV", "kill": "SIGKILL",
        }
        for how, words in ends.items():
            sweep(bomb(), RUN).results()
            begin = time.monotonic()
            jobs = sweep([bomb(fuse=how), BALL, BALL, bomb(fuse=how)], RUN, processes=2, ordered=False)
            outcomes = {outcome.index: (outcome, time.monotonic() - begin) for outcome in jobs}
            assert len(outcomes) == 4 and all(took < 1.5 for _, took in outcomes.values()), outcomes
            for index in (0, 3):
                check(outcomes[index][0], WorkerCrashedError, words, *(["boom"] if how != "kill" else []))
            assert outcomes[1][0].value == outcomes[2][0].value == good
            assert gone(how)
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


def test_41_worker_dies_while_it_builds_the_cell(tmp_path: Path) -> None:
    check_drill(
        """
        ends = {
            "quit": "exit status 0", "exit": "exit status 3",
            "abort": "SIGABRT", "segfault": "SIGSEGV", "kill": "SIGKILL",
        }
        for how, words in ends.items():
            begin = time.monotonic()
            outcomes = sweep([bomb(building=how), BALL], [RUN, RUN], processes=2).collect()
            assert time.monotonic() - begin < 2.0
            for outcome in outcomes[:2]:
                check(outcome, WorkerCrashedError, words, "while it built its cell")
            assert outcomes[2].value == outcomes[3].value == good
            assert gone(how)
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


def test_41_nursery_dies(tmp_path: Path) -> None:
    check_drill(
        """
        def job(cell, n):
            if n == 3:
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(60)
            return n
        begin = time.monotonic()
        outcomes = map_cells(job, BALL, [{"n": n} for n in range(8)], processes=2).collect()
        assert time.monotonic() - begin < 2.0
        check(outcomes[3], WorkerCrashedError, "lost together with its fork server")
        lost = [outcome for outcome in outcomes if not outcome.ok]
        assert len(lost) <= 2, lost  # its own, and what ran beside it
        assert sweep(BALL, RUN).results() == [good]
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


def test_42_worker_overruns_its_limits(tmp_path: Path) -> None:
    check_drill(
        """
        limits = {"time_limit": 0.5, "memory_limit": 100_000_000}
        def endless(cell):
            from neuron import h
            open("pid endless", "w").write(str(os.getpid()))
            h.finitialize(-65)
            h.continuerun(1e9)
        sweep(bomb(), RUN).results()
        for how, kind, words in [
            ("sleep", WorkerTimeoutError, "0.5 s"),
            ("swell", WorkerMemoryError, "95 MiB"),
            ("swell in hoc", WorkerMemoryError, "95 MiB"),
        ]:
            for cell in (bomb(fuse=how), bomb(building=how)):
                begin = time.monotonic()
                outcomes = sweep([cell, BALL, BALL], RUN, processes=2, **limits).collect()
                took = time.monotonic() - begin
                check(outcomes[0], kind, words)
                assert took < 2.5, took
                assert outcomes[1].value == outcomes[2].value == good
                assert gone(how)
        begin = time.monotonic()
        (outcome,) = map_cells(endless, BALL, **limits)
        check(outcome, WorkerTimeoutError, "0.5 s", "in endless")
        assert time.monotonic() - begin < 2.0 and gone("endless")
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


INTERRUPTED = {
    "runs": "sweep([BALL, other], Protocol(duration=1e7), processes=2).collect()",
    "results": "map_cells(endless, BALL, [{'n': 0}, {'n': 1}], processes=2).results()",
    "building": "sweep([bomb(building='sleep', fuse='0'), bomb(building='sleep', fuse='1')], RUN, processes=2).collect()",
    "iteration": """
        with map_cells(endless, [BALL, other], [{'n': 0}, {'n': 1}], processes=2) as jobs:
            for outcome in jobs:
                pass
        """,
    "thread": """
        threading.Thread(target=lambda: map_cells(endless, BALL, {'n': 0}).collect(), daemon=True).start()
        map_cells(endless, other, {'n': 1}).collect()
        """,
    "asyncio": """
        import asyncio
        async def main():
            async for outcome in map_cells(endless, BALL, [{'n': 0}, {'n': 1}], processes=2):
                pass
        asyncio.run(main())
        """,
}
ENDLESS = """
from bluecellab import CellId
other = BallStickCell(id=CellId("", 1))
def endless(cell, n):
    from neuron import h
    h.finitialize(-65)
    h.continuerun(1e9)
open("begun", "w").close()
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("way", INTERRUPTED)
def test_43_interrupted_parent(way: str, sent: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "drill.py"
    script.write_text(PREAMBLE + ENDLESS + textwrap.dedent(INTERRUPTED[way]))
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment(mark),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as parent:
        try:
            end = time.monotonic() + 30
            while not (
                (tmp_path / "begun").exists() and _all_work(mark, parent.pid, 3 if way == "building" else 2)
            ):
                assert time.monotonic() < end, [p.cmdline() for p in marked(mark)]
                assert parent.poll() is None, parent.communicate()[1]
                time.sleep(0.05)
            parent.send_signal(sent)
            assert all_gone(mark, 1.0, but=parent.pid), [p.cmdline() for p in marked(mark)]
            assert all_gone(mark, 2.0)  # on a busy machine, Python takes its time to end
            _, errors = parent.communicate(timeout=5)
        finally:
            for process in marked(mark):
                process.kill()
    assert parent.returncode == -sent
    assert ("KeyboardInterrupt" in errors) == (sent == signal.SIGINT)


def _all_work(mark: str, parent: int, count: int) -> bool:
    """Whether so many processes, of those that have none below them, have been there for some time."""
    try:
        others = [process for process in marked(mark) if process.pid != parent]
        leaves = [process for process in others if not process.children()]
        return len(leaves) == count and all(time.time() - leaf.create_time() > 0.3 for leaf in leaves)
    except psutil.NoSuchProcess:
        return False


def test_44_cells_of_the_parent_are_not_there(tmp_path: Path) -> None:
    check_drill(
        """
        from bluecellab import create_ball_stick
        def look(cell):
            from neuron import h
            begin = time.process_time()
            cell.add_step(5, 15, 0.5)
            from bluecellab import Simulation
            with Simulation() as simulation:
                simulation.add_cell(cell)
                simulation.run(100, cvode=False)
            return sum(1 for _ in h.allsec()), time.process_time() - begin
        alone = map_cells(look, BALL, [{}] * 3).results()
        assert {sections for sections, _ in alone} == {2}
        cells = [create_ball_stick() for _ in range(100)]
        among = map_cells(look, BALL, [{}] * 3).results()
        assert {sections for sections, _ in among} == {2}
        fastest = [min(seconds for _, seconds in results) for results in (alone, among)]
        assert fastest[1] < 3 * fastest[0] + 0.05, fastest
        assert sweep([BALL, BALL], RUN).results() == [good, good]
        (outcome,) = map_cells(lambda cell, other: None, BALL, {"other": cells[0]})
        check(outcome, NotPicklableError, "live object", "pass a specification")
        for cell in cells:
            cell.close()
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


UNGUARDED = """
import os
from bluecellab import BallStickCell, Protocol
from bluecellab.simulation.sweeping import map_cells, sweep
offset = 4
class Point:
    def __init__(self, x): self.x = x
def job(cell, n): return Point(round(cell.soma.L) + n + offset)
points = map_cells(job, BallStickCell(), [{"n": 0}, {"n": 1}], processes=2).results()
assert all(type(point) is Point for point in points) and [point.x for point in points] == [24, 25]
assert len(sweep(BallStickCell(), [Protocol(duration=d) for d in (5, 10)]).collect()) == 2
"""


def test_45_from_a_script_without_main_guard(tmp_path: Path) -> None:
    check_drill(UNGUARDED, tmp_path, preamble="")


def test_45_from_the_command_line_and_standard_input(tmp_path: Path) -> None:
    check_command([sys.executable, "-c", UNGUARDED + "print('passed')"], tmp_path)
    check_command([sys.executable, "-"], tmp_path, text=UNGUARDED + "print('passed')\n")


def test_45_from_a_notebook(tmp_path: Path) -> None:
    """Cells of a notebook are compiled into a ``__main__`` that has no file, and run in a loop."""
    check_drill(
        f"""
        import asyncio, types
        cells = {UNGUARDED!r}
        more = "outcomes = [outcome async for outcome in map_cells(job, BallStickCell(), [dict(n=0)])]"
        sys.modules["__main__"] = main = types.ModuleType("__main__")
        async def kernel():
            import ast, inspect
            exec(compile(cells, "<ipython-input-1>", "exec"), main.__dict__)
            code = compile(more, "<ipython-input-2>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            await eval(code, main.__dict__)
        asyncio.run(kernel())
        assert main.outcomes[0].value.x == 24
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


def test_45_from_threads_that_end(tmp_path: Path) -> None:
    check_drill(
        """
        def nursery(cell): return os.getppid()
        seen = []
        for _ in range(3):
            thread = threading.Thread(target=lambda: seen.extend(map_cells(nursery, BALL).results()))
            thread.start()
            thread.join()
        assert len(seen) == 3 and len(set(seen)) == 1
        threads = [threading.Thread(target=lambda: seen.append(sweep(BALL, RUN).results())) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert seen[3:] == [[good]] * 4
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


def test_45_inside_another_worker(tmp_path: Path) -> None:
    check_drill(
        """
        def outer(cell): return sweep(BallStickCell(), RUN).results()[0]
        assert map_cells(outer, [BALL, BALL], processes=2).results() == [good, good]
        def spread(cell): return map_cells(spread, BallStickCell(), processes=2).results()
        begin = time.monotonic()
        (outcome,) = map_cells(spread, BALL)
        check(outcome, WorkerError, "3 deep is the limit")
        assert time.monotonic() - begin < 20
        def asleep(cell):
            time.sleep(60)
        def waits(cell): return map_cells(asleep, BallStickCell()).results()
        begin = time.monotonic()
        (outcome,) = map_cells(waits, BALL, time_limit=2.0)
        check(outcome, WorkerTimeoutError)
        assert time.monotonic() - begin < 5
        """,
        tmp_path,
        preamble=PREAMBLE,
    )


def test_46_globals_of_the_parent_stay_there(tmp_path: Path) -> None:
    check_drill(
        """
        from neuron import h
        from bluecellab.nrn import runtime
        runtime.start()
        def globals_there(cell):
            return h.celsius, h.v_init, h.dt, h.secondorder, h.cvode_active()
        (fresh,) = map_cells(globals_there, BALL).results()
        h.celsius, h.v_init, h.dt, h.secondorder = 21.0, -50.0, 0.1, 2
        h.cvode_active(1)
        os.environ["UNRELATED"] = "1"
        assert map_cells(globals_there, [BALL, bomb()]).results() == [fresh, fresh]
        assert sweep(BALL, RUN).results() == [good]
        def spoil(cell):
            h.celsius, h.v_init, h.dt = 21.0, -50.0, 0.1
        map_cells(spoil, BALL).results()
        assert sweep(BALL, RUN).results() == [good]
        from bluecellab.simulation.isolation import stop_servers
        stop_servers()  # also of a server that is started now
        assert sweep(BALL, RUN).results() == [good]
        """,
        tmp_path,
        preamble=PREAMBLE,
    )
