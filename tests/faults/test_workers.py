"""Part A of the fault drill, lines 40 to 46: jobs in processes of their own.

Every case is a script in a process of its own with a time limit. A script ends with the word "passed";
whatever it leaves running is found by a variable in its environment, and fails the case.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
import uuid
from pathlib import Path

import pytest

from tests.faults.workers import (
    PREAMBLE,
    all_gone,
    check_command,
    check_drill,
    environment,
    marked,
)

pytestmark = pytest.mark.faults


def test_40_worker_raises(tmp_path: Path) -> None:
    check_drill(
        """
        def inner(): raise ValueError("bad amplitude")
        def outer(): inner()
        error = refused(RemoteError, "ValueError: bad amplitude", "in outer", "in inner")(outer)
        assert isinstance(error, ValueError) and isinstance(error.__cause__, ValueError)
        def ours(): raise StimulusError("no such place")
        error = refused(StimulusError, "no such place")(ours)
        assert "in ours" in error.__cause__.traceback
        """,
        tmp_path,
    )


def test_40_worker_raises_something_unpicklable(tmp_path: Path) -> None:
    check_drill(
        """
        class Odd(Exception):
            def __init__(self, one, two): super().__init__(one)
        class Lock(Exception):
            def __init__(self): super().__init__("held"); self.lock = threading.Lock()
        def odd(): raise Odd(1, 2)
        def lock(): raise Lock()
        refused(RemoteError, "Odd: 1", "in odd")(odd)
        refused(RemoteError, "Lock: held", "in lock")(lock)
        """,
        tmp_path,
    )


def test_40_worker_returns_something_unpicklable(tmp_path: Path) -> None:
    check_drill(
        """
        def section():
            from neuron import h
            return h.Section(name="stray")
        refused(RemoteError, "live object", "return plain values", "Traceback")(section)
        refused(RemoteError, "cannot be pickled", "Traceback")(threading.Lock)
        refused(RemoteError, "open file", "Traceback")(lambda: open(os.devnull))
        """,
        tmp_path,
    )


def test_41_worker_dies(tmp_path: Path) -> None:
    check_drill(
        """
        def quit():
            from neuron import h
            print("on my way")
            h.quit()
        def quit_in_hoc():
            from neuron import h
            h("proc leave() { quit() }")
            h.leave()
        with Executor(processes=2) as pool:
            others = [pool.submit(time.sleep, 0.01) for _ in range(4)]
            for die, words in [
                (quit, ["exit status 0", "on my way"]),
                (quit_in_hoc, ["exit status 0"]),
                (lambda: os._exit(3), ["exit status 3"]),
                (os.abort, ["SIGABRT"]),
                (lambda: ctypes.string_at(0), ["SIGSEGV", "string_at"]),
                (lambda: os.kill(os.getpid(), signal.SIGKILL), ["SIGKILL", "memory"]),
                (lambda: os.closerange(3, 1000) or os._exit(0), ["exit status 0"]),
            ]:
                begin = time.monotonic()
                try:
                    pool.submit(die).result(timeout=5)
                except WorkerCrashedError as error:
                    assert time.monotonic() - begin < 1.0
                    assert all(word in str(error) for word in words), str(error)
                else:
                    raise AssertionError(words)
                assert pool.submit(abs, -1).result(timeout=5) == 1
            for other in others:
                other.result(timeout=5)
        refused(WorkerCrashedError, "exit status 0")(quit)
        """,
        tmp_path,
    )


def test_42_worker_overruns_its_limits(tmp_path: Path) -> None:
    check_drill(
        """
        import numpy
        def slow():
            open("pid", "w").write(str(os.getpid()))
            time.sleep(60)
        def endless_run():
            from neuron import h
            section = h.Section(name="soma")
            section.insert("hh")
            h.load_file("stdrun.hoc")
            open("pid", "w").write(str(os.getpid()))
            h.finitialize(-65)
            h.continuerun(1e9)
        def swell():
            open("pid", "w").write(str(os.getpid()))
            return numpy.ones(50_000_000).sum()
        def swell_in_hoc():
            from neuron import h
            open("pid", "w").write(str(os.getpid()))
            return h.Vector(50_000_000).size()
        def gone():
            try:
                os.kill(int(open("pid").read()), 0)
            except ProcessLookupError:
                return True
            return False
        limited = Isolation(time_limit=0.5, memory_limit=100_000_000)
        for job in (slow, endless_run):
            refused(WorkerTimeoutError, "0.5 s", f"in {job.__name__}", within=1.5)(job, isolation=limited)
            assert gone()
        for job in (swell, swell_in_hoc):
            refused(WorkerMemoryError, "95 MiB", f"in {job.__name__}")(job, isolation=limited)
            assert gone()
        assert limited.run(abs, -1) == 1
        """,
        tmp_path,
    )


INTERRUPTED = {
    "executor": """
        with Executor(processes=2) as pool:
            for future in [pool.submit(job, n) for n in range(2)]:
                future.result()
        """,
    "executor without block": """
        pool = Executor(processes=2)
        for future in [pool.submit(job, n) for n in range(2)]:
            future.result()
        """,
    "map": """
        with Executor(processes=2) as pool:
            list(pool.map(job, range(2)))
        """,
    "published pool": """
        with IsolatedProcess(processes=2) as pool:
            pool.map(job, range(2))
        """,
    "function and thread": """
        threading.Thread(target=run_isolated, args=(job, 0), daemon=True).start()
        run_isolated(job, 1)
        """,
}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("way", INTERRUPTED)
def test_43_interrupted_parent(way: str, sent: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "drill.py"
    job = """
def job(number):
    from neuron import h
    section = h.Section(name="soma")
    section.insert("hh")
    h.load_file("stdrun.hoc")
    h.finitialize(-65)
    open(f"begun {number}", "w").close()
    h.continuerun(1e9)
"""
    script.write_text(PREAMBLE + job + textwrap.dedent(INTERRUPTED[way]))
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment(mark),
        stderr=subprocess.PIPE,
        text=True,
    ) as parent:
        try:
            begun = [tmp_path / f"begun {number}" for number in range(2)]
            end = time.monotonic() + 30
            while not all(path.exists() for path in begun):
                assert time.monotonic() < end
                assert parent.poll() is None, parent.communicate()[1]
                time.sleep(0.02)
            assert len(marked(mark)) == 4  # parent, server, two workers
            parent.send_signal(sent)
            assert all_gone(mark, 1.0, but=parent.pid), [p.cmdline() for p in marked(mark)]
            assert all_gone(mark, 2.0)  # on a busy machine, Python takes its time to end
            _, errors = parent.communicate(timeout=5)
        finally:
            for process in marked(mark):
                process.kill()
    assert parent.returncode == -sent
    assert ("KeyboardInterrupt" in errors) == (sent == signal.SIGINT)


def test_44_cells_of_the_parent_are_not_there(tmp_path: Path) -> None:
    check_drill(
        """
        from bluecellab import Simulation, create_ball_stick
        from bluecellab.nrn import runtime
        def simulate():
            h = runtime.raw_h()
            before = sum(1 for _ in h.allsec())
            begin = time.process_time()
            with create_ball_stick() as cell, Simulation() as simulation:
                simulation.add_cell(cell)
                cell.add_step(5, 15, 0.5)
                simulation.run(100, cvode=False)
                trace = cell.get_soma_voltage()
            return before, trace, time.process_time() - begin
        before, alone, _ = run_isolated(simulate)
        assert before == 0
        time_alone = min(run_isolated(simulate)[2] for _ in range(3))
        cells = [create_ball_stick() for _ in range(100)]
        results = [run_isolated(simulate) for _ in range(3)]
        assert all(before == 0 for before, _, _ in results)
        assert all((trace == alone).all() for _, trace, _ in results)
        with_cells = min(seconds for _, _, seconds in results)
        assert with_cells < 3 * time_alone + 0.05, (with_cells, time_alone)
        refused(NotPicklableError, "argument 1", "live object", "pass a specification")(print, cells[0])
        refused(NotPicklableError, "function", "live object")(lambda: cells[0].get_time())
        for cell in cells:
            cell.close()
        """,
        tmp_path,
    )


NOTHING = ""
UNGUARDED = """
from bluecellab.simulation.isolation import IsolatedProcess, run_isolated
import numpy
offset = 4
class Point:
    def __init__(self, x): self.x = x
def job(n): return Point(numpy.sqrt(n) + offset)
point = run_isolated(job, 9)
assert type(point) is Point and point.x == 7
with IsolatedProcess(processes=2) as pool:
    assert [p.x for p in pool.map(job, [0, 1])] == [4, 5]
"""


def test_45_from_a_script_without_main_guard(tmp_path: Path) -> None:
    check_drill(UNGUARDED, tmp_path, preamble=NOTHING)


def test_45_from_the_command_line(tmp_path: Path) -> None:
    check_command([sys.executable, "-c", UNGUARDED + "print('passed')"], tmp_path)


def test_45_from_standard_input(tmp_path: Path) -> None:
    check_command([sys.executable, "-"], tmp_path, text=UNGUARDED + "print('passed')\n")


def test_45_from_a_module_run_as_main(tmp_path: Path) -> None:
    (tmp_path / "experiment.py").write_text(UNGUARDED + "print('passed')\n")
    check_command([sys.executable, "-m", "experiment"], tmp_path)


def test_45_from_a_notebook(tmp_path: Path) -> None:
    """Cells of a notebook are compiled one by one into a ``__main__`` that has no file."""
    check_drill(
        f"""
        import types
        cells = {UNGUARDED!r}
        sys.modules["__main__"] = main = types.ModuleType("__main__")
        failed = []
        def kernel():
            try:
                exec(compile(cells, "<ipython-input-1>", "exec"), main.__dict__)
            except BaseException as error:
                failed.append(error)
        thread = threading.Thread(target=kernel)
        thread.start()
        thread.join()
        assert not failed, failed
        """,
        tmp_path,
    )


def test_45_from_threads_that_end(tmp_path: Path) -> None:
    """The server is started by a thread that is gone when the next job comes."""
    check_drill(
        """
        import asyncio
        from bluecellab.simulation.isolation import Executor, run_isolated
        import os, threading
        seen = []
        for _ in range(3):
            thread = threading.Thread(target=lambda: seen.append(run_isolated(os.getppid)))
            thread.start()
            thread.join()
        assert len(seen) == 3 and len(set(seen)) == 1
        async def main():
            with Executor(processes=2) as executor:
                loop = asyncio.get_running_loop()
                return await asyncio.gather(
                    *(loop.run_in_executor(executor, abs, -n) for n in range(5)),
                    *(asyncio.to_thread(run_isolated, abs, -n) for n in range(5)),
                )
        assert asyncio.run(main()) == [*range(5), *range(5)]
        """,
        tmp_path,
        preamble=NOTHING,
    )


def test_45_inside_another_worker(tmp_path: Path) -> None:
    check_drill(
        """
        def outer(n):
            with Executor() as pool:
                return list(pool.map(abs, range(-n, 0)))
        assert run_isolated(outer, 3) == [3, 2, 1]
        with Executor(processes=2) as pool:
            assert [len(r) for r in pool.map(outer, [1, 2])] == [1, 2]
        def bomb():
            with Executor(processes=1) as pool:
                return pool.submit(bomb).result()
        refused(WorkerError, "3 deep is the limit", within=20)(bomb)
        """,
        tmp_path,
    )


def test_45_inside_another_worker_that_is_killed(tmp_path: Path) -> None:
    check_drill(
        """
        def inner(): time.sleep(60)
        def outer(): run_isolated(inner)
        refused(WorkerTimeoutError, within=5)(outer, isolation=Isolation(time_limit=1.0))
        """,
        tmp_path,
    )


def test_46_globals_of_the_parent_stay_there(tmp_path: Path) -> None:
    check_drill(
        """
        from neuron import h
        from bluecellab import Simulation, create_ball_stick
        from bluecellab.nrn import runtime
        runtime.start()
        def globals_there():
            return h.celsius, h.v_init, h.dt, h.secondorder, h.cvode_active()
        def simulate(celsius):
            with create_ball_stick() as cell, Simulation(celsius=celsius) as simulation:
                simulation.add_cell(cell)
                cell.add_step(5, 15, 0.5)
                simulation.run(20, cvode=False)
                return cell.get_soma_voltage()
        fresh, cold, warm = run_isolated(globals_there), run_isolated(simulate, 6.3), run_isolated(simulate, 30.0)
        assert not (cold == warm).all()
        h.celsius, h.v_init, h.dt, h.secondorder = 21.0, -50.0, 0.1, 2
        h.cvode_active(1)
        os.environ["UNRELATED"] = "1"
        assert run_isolated(globals_there) == fresh
        assert (run_isolated(simulate, 6.3) == cold).all()
        assert (run_isolated(simulate, 30.0) == warm).all()
        """,
        tmp_path,
    )
