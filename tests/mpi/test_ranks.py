"""Simulations of cells on several ranks: the same numbers as in one process, and one end for all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.mpi.ranked import ROOT, ranked

pytestmark = pytest.mark.mpi

# Cells are made by index, every rank the ones that are its share; a ring of connections by gid when asked for.
RING = """
import hashlib
import numpy as np
from bluecellab import Simulation, create_ball_stick
from bluecellab.nrn.parallel import ranks

class Ring:
    def __init__(self, count, connected):
        self.simulation = Simulation()
        self.cells = {gid: create_ball_stick() for gid in range(ranks().id, count, ranks().count)}
        self.kept = []
        for gid, cell in self.cells.items():
            self.simulation.add_cell(cell)
            cell.add_step(2 + gid, 30, 0.1 * (gid + 1) if gid % 2 == 0 else 0.02)
        if connected:
            self.connect(count)

    def connect(self, count):
        from bluecellab.nrn import h
        context = h.ParallelContext()
        for gid, cell in self.cells.items():
            context.set_gid2node(gid, ranks().id)
            source = h.NetCon(cell.soma(0.5)._ref_v, None, sec=cell.soma)
            source.threshold = -20
            context.cell(gid, source)
            self.kept.append(source)
        for gid, cell in self.cells.items():
            synapse = h.ExpSyn(cell.soma(0.5))
            synapse.tau = 2
            incoming = context.gid_connect((gid - 1) % count, synapse)
            incoming.weight[0], incoming.delay = 0.05, 1.5
            self.kept += [synapse, incoming]

    def traces(self):
        return {gid: hashlib.sha256(cell.get_soma_voltage().tobytes()).hexdigest() for gid, cell in self.cells.items()}

    def all_traces(self):
        return dict(sorted(item for part in ranks().gathered(self.traces()) for item in part.items()))

    def close(self):
        if self.kept:
            from bluecellab.nrn import h
            self.kept.clear()
            h.ParallelContext().gid_clear()
        self.simulation.close()
        for cell in self.cells.values():
            cell.close()
"""


@pytest.mark.parametrize("how", ["alone", "connected", "cvode", "continued", "skip", "hooks"])
def test_voltages_are_those_of_one_process(tmp_path: Path, how: str) -> None:
    script = (
        RING
        + """
how = sys.argv[1]
ring = Ring(3, how != "alone" and how != "cvode")
if how == "hooks":
    ring.simulation.add_hook(lambda time: None, 0.7 + ranks().id)
if how == "skip":
    ring.simulation.run(40, cvode=False, forward_skip=True, forward_skip_value=5)
elif how == "cvode":
    ring.simulation.run(30, cvode=True)
else:
    ring.simulation.run(20 if how == "continued" else 40, cvode=False)
if how == "continued":
    ring.simulation.continue_run(40)
tell(ring.all_traces())
ring.close()
"""
    )
    several = [ranked(tmp_path, count, script, how) for count in (2, 4)]
    for ran in several:
        assert ran.code == 0, ran.err
        assert ran.out == ""  # NEURON says how many ranks there are, which is for nobody
    alone = ranked(tmp_path, 0, script, how)
    assert alone.code == 0, alone.err
    assert len(set(alone.last[0].values())) == 3  # three different cells
    if how == "cvode":  # cells of one rank share their steps, so that only a rank of one cell has its own
        assert several[0].told[0][-1].keys() == several[1].told[0][-1].keys()
        return
    for ran in several:
        assert all(last == alone.last[0] for last in ran.last)


def test_connections_matter(tmp_path: Path) -> None:
    script = RING + "ring = Ring(3, sys.argv[1] == 'connected')\nring.simulation.run(40, cvode=False)\n"
    script += "tell(ring.all_traces())\nring.close()\n"
    connected, apart = (ranked(tmp_path, 2, script, how).last[0] for how in ("connected", "apart"))
    assert any(connected[gid] != apart[gid] for gid in connected)


def test_cvode_of_ranks_with_one_cell_each(tmp_path: Path) -> None:
    script = (
        RING
        + """
ring = Ring(2, False)
ring.simulation.add_hook(lambda time: None, 2.5)
ring.simulation.run(30, cvode=True)
tell(ring.traces())
ring.close()
"""
    )
    two = ranked(tmp_path, 2, script)
    assert two.code == 0, two.err
    one = """
only = int(sys.argv[1])
class Lone(Ring):
    def __init__(self):
        super().__init__(0, False)
        self.cells = {only: create_ball_stick()}
        self.simulation.add_cell(self.cells[only])
        self.cells[only].add_step(2 + only, 30, 0.1 * (only + 1) if only % 2 == 0 else 0.02)
ring = Lone()
ring.simulation.add_hook(lambda time: None, 2.5)
ring.simulation.run(30, cvode=True)
tell(ring.traces())
ring.close()
"""
    for only in (0, 1):
        assert ranked(tmp_path, 0, RING + one, str(only)).last[0] == two.last[only]


def test_cvode_looks_and_exchanges_of_spikes_do_not_mix(tmp_path: Path) -> None:
    """Both wait for all ranks, and hooks are due just when spikes are exchanged."""
    script = (
        RING
        + """
ring = Ring(3, True)
seen = []
ring.simulation.add_hook(seen.append, 1.5)
ring.simulation.run(60, cvode=True)
peaks = [float(cell.get_soma_voltage().max()) for _, cell in sorted(ring.cells.items())]
if ranks().id == 1 and sys.argv[1] == "failing":
    ring.cells[1].soma(0.5).cm = float("nan")
if sys.argv[1] == "failing":
    tell(caught(lambda: ring.simulation.run(60, cvode=True)))
else:
    tell([len(seen), *peaks])
ring.close()
"""
    )
    ran = ranked(tmp_path, 2, script, "well")
    assert ran.code == 0, ran.err
    (hooks, first, third), (_, second) = ran.last
    assert hooks >= 39
    assert min(first, third) > 0
    assert second > -40  # which the current in the second cell alone does not reach
    failing = ranked(tmp_path, 2, script, "failing")
    assert failing.code == 1  # spikes of the failing rank would never come: the job ends
    assert "rank 1: Traceback" in failing.err
    assert "DivergedError" in failing.err


def test_exchanges(tmp_path: Path) -> None:
    ran = ranked(
        tmp_path,
        2,
        """
        import numpy as np
        from bluecellab.nrn.parallel import ranks
        all = ranks()
        me = all.id
        tell([all.gathered(me), all.told(f"of {me}"), all.collected(me), all.summed([[1.0, me], [3.0, 4.0]]).tolist()])
        tell(all.evaluated(lambda: me * 2, "doubling"))
        def failing(which, *inner):
            with all.agreed("building"):
                if me == which:
                    raise ValueError("no bricks")
                for step in inner:
                    step()
        def deeper():
            with all.agreed("going deeper"):
                all.gathered(3)
        def swallowing():
            try:
                all.gathered(4)
            except Exception:
                pass
        def lambda_of_one():
            all.gathered((lambda: 0) if me else 0)
        tell(caught(failing, 1))
        tell(caught(failing, 1, all.barrier))
        tell(caught(failing, 1, deeper))
        tell(caught(failing, 0, deeper, deeper))
        tell(caught(failing, 1, swallowing))
        tell(caught(failing, 1, lambda: 1 / 0))
        tell(caught(lambda: all.gathered(1, "going left" if me else "going right")))
        tell(caught(lambda_of_one))
        tell(caught(lambda: all.same({"dt": 0.1 + me, "tstop": 5}, "a run")))
        tell(caught(lambda: all.summed([1.0] * (me + 1))))
        tell(all.gathered(me))
        """,
    )
    assert ran.code == 0, ran.err
    first, second = ran.told
    assert first[:2] == [[[0, 1], "of 0", [0, 1], [[2, 1], [6, 8]]], [0, 2]]
    assert second[:2] == [[[0, 1], "of 0", None, [[2, 1], [6, 8]]], [0, 2]]
    other = ["RankError", "rank 1 failed while building: ValueError: no bricks"]
    own = ["ValueError", "no bricks"]
    assert first[2:5] == [other] * 3
    assert second[2:5] == [own] * 3
    assert (first[5], second[5]) == (own, [other[0], other[1].replace("rank 1", "rank 0")])
    assert (first[6], second[6]) == (
        other,
        own,
    )  # caught in between, and raised again at the end of the block
    assert (first[7][0], second[7]) == ("ZeroDivisionError", own)
    assert first[8] == second[8]
    assert first[8][0] == "ParallelError"
    assert "rank 0 is going right; rank 1 is going left" in first[8][1]
    assert "Can't pickle" in first[9][1]
    assert "cannot be sent" in second[9][1]
    assert "rank 0: dt = 0.1; rank 1: dt = 1.1" in first[10][1]
    assert first[11][0] == second[11][0] == "ParallelError"
    assert first[12] == second[12] == [0, 1]  # after all that they still understand each other


@pytest.mark.parametrize("cvode", ["fixed", "cvode"])
def test_what_stops_one_rank_stops_all(tmp_path: Path, cvode: str) -> None:
    script = (
        RING
        + """
cvode = sys.argv[1] == "cvode"
ring = Ring(2, False)
simulation = ring.simulation
me = ranks().id
def raising(time):
    raise LookupError("nothing there")
def run(hook, until=30, **more):
    simulation.hooks.clear()
    if me == 1 and hook is not None:
        simulation.add_hook(hook, 5)
    simulation.run(until, cvode=cvode, **more)
tell(caught(run, raising))
tell(caught(run, lambda time: simulation.cancel()))
tell(caught(run, lambda time: sys.exit(3)))
tell(caught(lambda: run(None, 30 + me)))
tell(caught(lambda: run(lambda time: __import__("time").sleep(1.0), 30, time_limit=0.3 if me else 1e3)))
tell(caught(lambda: simulation.continue_run(40)))
if me:
    bad = ring.cells[1].soma
    bad.nseg, bad(0.5).cm = 1, float("nan")
tell(caught(run, None))
if me:
    bad(0.5).cm = 1
tell([simulation.run(30, cvode=cvode), len(next(iter(ring.cells.values())).get_soma_voltage()) > 10])
ring.close()
"""
    )
    ran = ranked(tmp_path, 2, script, cvode)
    assert ran.code == 0, ran.err
    first, second = ran.told
    kinds = [told[0] for told in first], [told[0] for told in second]
    differ = ["ParallelError"]
    same = ["TimeLimitError", "SimulationError"]
    assert kinds[0] == ["RankError", "CancelledError", "RankError", *differ, *same, "RankError", None]
    assert kinds[1] == ["HookError", "CancelledError", "SystemExit", *differ, *same, "DivergedError", None]
    assert "LookupError at 5" in first[0][1]
    assert first[1][1].startswith("on rank 1: ")
    assert first[3][1] == second[3][1]
    assert "rank 0: tstop = 30; rank 1: tstop = 31" in first[3][1]
    assert first[-1][1]
    assert second[-1][1]


def test_a_delay_between_ranks_that_is_shorter_than_the_step(tmp_path: Path) -> None:
    script = (
        RING
        + """
ring = Ring(2, True)
for item in ring.kept:
    if hasattr(item, "delay") and ranks().id == 1:
        item.delay = 0.01
tell(caught(lambda: ring.simulation.run(5, cvode=False)))
ring.close()
"""
    )
    ran = ranked(tmp_path, 2, script)
    assert ran.code == 0, ran.err
    assert ran.last[0] == ran.last[1]
    assert ran.last[0][0] == "ParallelError"
    assert "delay of 0.01 ms, which is shorter than the step of 0.025 ms" in ran.last[0][1]


@pytest.mark.parametrize("mpi4py", ["without", "before", "after"])
def test_the_last_rank_can_finish_its_work(tmp_path: Path, mpi4py: str) -> None:
    if mpi4py != "without":
        pytest.importorskip("mpi4py")
    ran = ranked(
        tmp_path,
        2,
        """
        if sys.argv[1] == "before":
            from mpi4py import MPI
        from bluecellab.nrn.parallel import ranks
        all = ranks()
        if sys.argv[1] == "after":
            from mpi4py import MPI
        if all.id == 0:
            time.sleep(1.5)  # while the others have long come to their end
            tell("figures are drawn")
        print("out", end="")
        """,
        mpi4py,
    )
    assert (ran.code, ran.out, ran.err) == (0, "outout", "")
    assert ran.told[0] == ["figures are drawn"]


def test_one_rank_can_go_on_without_the_others(tmp_path: Path) -> None:
    ran = ranked(
        tmp_path,
        3,
        """
        from bluecellab.errors import RankError
        from bluecellab.nrn.parallel import ranks
        all = ranks()
        if all.id:
            sys.exit(0)
        try:
            all.barrier("waiting for company")
        except RankError as error:
            time.sleep(1.5)
            tell(error.rank)
        """,
    )
    assert (ran.code, ran.err) == (0, "")
    assert ran.told[0] == [1]


def test_errors_are_shown_in_the_way_of_the_script(tmp_path: Path) -> None:
    ran = ranked(
        tmp_path,
        2,
        """
        sys.excepthook = lambda kind, error, trace: print("my way:", error, file=sys.stderr)
        from bluecellab.nrn.parallel import ranks
        if ranks().id == 1:
            raise ValueError("so there")
        ranks().barrier()
        """,
    )
    assert (ran.code, ran.err) == (1, "rank 1: my way: so there\n")


def test_warnings_are_shown_once(tmp_path: Path) -> None:
    ran = ranked(
        tmp_path,
        2,
        """
        from bluecellab.nrn.parallel import ranks
        all = ranks()
        warnings.warn("everybody knows")
        if all.id == 1:
            warnings.warn("only one knows")
        all.barrier()
        if all.id == 1:
            warnings.warn("at the very end")
        """,
    )
    assert ran.code == 0
    assert ran.err.count("everybody knows") == 2  # the text, and the line of the script
    assert "rank 1: only one knows" in ran.err
    assert "rank 1: at the very end" in ran.err


def test_ranks_work_by_themselves_when_told_to(tmp_path: Path) -> None:
    script = RING + "ring = Ring(1, False)\nring.simulation.run(10, cvode=False)\n"
    script += "tell([ranks().count, list(ring.traces().values())])\nring.close()\n"
    ran = ranked(tmp_path, 2, script, BLUECELLAB_MPI="0")
    assert ran.code == 0, ran.err
    assert ran.last[0] == ran.last[1]
    assert ran.last[0][0] == 1
    assert ranked(tmp_path, 1, script).last == ran.last[:1]  # mpirun -n 1


def test_processes_that_a_rank_starts_are_no_ranks(tmp_path: Path) -> None:
    ran = ranked(
        tmp_path,
        2,
        """
        from bluecellab.nrn.parallel import ranks
        from bluecellab.simulation.isolation import Isolation
        from tests.unit.simulation.sweeping.jobs import CELL, protocols
        from bluecellab.simulation import sweep

        def counted():
            from bluecellab.nrn.parallel import ranks
            return ranks().count

        all = ranks()
        found = [outcome.unwrap() for outcome in sweep(CELL, protocols(), processes=1).collect()]
        tell([Isolation().run(counted), all.count, len(found)])
        """,
    )
    assert ran.code == 0, ran.err
    assert ran.last == [[1, 2, 5], [1, 2, 5]]


def test_command_line(tmp_path: Path) -> None:
    command = "from bluecellab.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    missing = ranked(tmp_path, 2, command, "run", "missing.json")
    assert missing.code == 1
    assert missing.err.count("ConfigError") == 1  # said by all, printed once
    nested = ranked(tmp_path, 2, command, "run", "missing.json", "--ranks", "2")
    assert nested.code == 1
    assert "was asked for by a rank of an MPI job of 2" in nested.err
    isolated = ranked(tmp_path, 2, command, "run", "missing.json", "--isolated")
    assert isolated.code == 1
    assert "cannot run in a process of its own" in isolated.err


def test_command_line_starts_ranks(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "five_cells", tmp_path / "cells")
    config = json.loads((tmp_path / "cells" / "simulation_config.json").read_text())
    config["run"]["tstop"], config["reports"] = 20.0, {}
    (tmp_path / "cells" / "short.json").write_text(json.dumps(config))
    command = "from bluecellab.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    run = ["run", "cells/short.json", "--json", "--quiet", "--overwrite"]
    two = ranked(tmp_path, 0, command, *run, "--ranks", "2")
    assert two.code == 0, two.err
    one = ranked(tmp_path, 0, command, *run)
    told = [json.loads(ran.out) for ran in (two, one)]  # and nothing else is printed
    assert [found["cells"] for found in told] == [5, 5]
    assert told[0]["spikes"] == told[1]["spikes"]
