"""Ranks as processes: how they begin and end, what they print, and the command line on several of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.mpi.ranked import ROOT, ranked
from tests.mpi.ring import RING

pytestmark = pytest.mark.mpi


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
        print("done.", end="")
        """,
        mpi4py,
    )
    assert (ran.code, ran.out, ran.err) == (0, "done.done.", "")
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
    assert ran.failed
    assert ran.err == "rank 1: my way: so there\n"


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
    assert missing.failed
    assert missing.err.count("ConfigError") == 1  # said by all, printed once
    nested = ranked(tmp_path, 2, command, "run", "missing.json", "--ranks", "2")
    assert nested.failed
    assert "was asked for by a rank of an MPI job of 2" in nested.err
    isolated = ranked(tmp_path, 2, command, "run", "missing.json", "--isolated")
    assert isolated.failed
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
