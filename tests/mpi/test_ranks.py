"""Simulations of cells on several ranks: the same numbers as in one process, and one end for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mpi.ranked import ranked
from tests.mpi.ring import RING

pytestmark = pytest.mark.mpi


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
    assert failing.failed  # spikes of the failing rank would never come: the job ends
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
