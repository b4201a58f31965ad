"""Lines 30 and 35 to 37: mechanisms."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.harness import ROOT, line, refused
from tests.faults.hocs import SWC, template, write

LEAK = """\
NEURON {{ SUFFIX {name} NONSPECIFIC_CURRENT i RANGE g, e }}
PARAMETER {{ g = {g} (S/cm2) e = -70 (mV) }}
ASSIGNED {{ v (mV) i (mA/cm2) }}
BREAKPOINT {{ i = g*(v - e) }}
"""

FIXED_STEP_ONLY = """\
NEURON { SUFFIX drillfixed NONSPECIFIC_CURRENT i }
ASSIGNED { v (mV) i (mA/cm2) count }
INITIAL { count = 0 }
BREAKPOINT { SOLVE states i = 0 }
PROCEDURE states() { count = count + 1 }
"""

COUNTING = """\
NEURON { SUFFIX drillcounting NONSPECIFIC_CURRENT i RANGE n }
ASSIGNED { v (mV) i (mA/cm2) n }
BREAKPOINT {
VERBATIM
    static int calls = 0;
    n = ++calls;
ENDVERBATIM
    i = 0
}
"""

SHARING = """\
NEURON { SUFFIX drillsharing NONSPECIFIC_CURRENT i GLOBAL m }
ASSIGNED { v (mV) i (mA/cm2) m }
BREAKPOINT { rates(v) i = m }
PROCEDURE rates(v (mV)) { m = 1e-6*(v + 65) }
"""


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as path:
        before = os.environ.get("BLUECELLAB_CACHE_DIR")
        os.environ["BLUECELLAB_CACHE_DIR"] = f"{path}/cache"
        try:
            yield Path(path).resolve()
        finally:
            if before is None:
                del os.environ["BLUECELLAB_CACHE_DIR"]
            else:
                os.environ["BLUECELLAB_CACHE_DIR"] = before


def leak(name: str, g: float = 1e-4) -> str:
    return LEAK.format(name=name, g=g)


@line
def line_30_cvode_with_a_mechanism_that_cannot() -> None:
    from bluecellab import Simulation, create_ball_stick, load_mechanisms
    from bluecellab.errors import EngineError

    with folder() as here:
        write(here / "mods" / "drillfixed.mod", FIXED_STEP_ONLY)
        load_mechanisms(here / "mods")
        with create_ball_stick() as cell, Simulation() as simulation:
            simulation.add_cell(cell)
            cell.soma.insert("drillfixed")
            with refused("drillfixed", error=EngineError):
                simulation.run(5, cvode=True)
            simulation.run(5, cvode=False)
            assert len(cell.get_time()) == 201


@line
def line_30_threads_with_a_mechanism_that_cannot() -> None:
    from bluecellab import Simulation, create_ball_stick, load_mechanisms
    from bluecellab.errors import UnsupportedByEngineError

    with folder() as here:
        write(here / "mods" / "drillcounting.mod", COUNTING)
        write(here / "mods" / "drillsharing.mod", SHARING)
        library = load_mechanisms(here / "mods")
        assert library.changes == ("drillsharing: declared THREADSAFE",)
        with create_ball_stick() as one, create_ball_stick() as other, Simulation() as simulation:
            for cell in (one, other):
                simulation.add_cell(cell)
                cell.add_step(1, 3, 0.4)
                cell.soma.insert("drillsharing")
            simulation.run(5, cvode=False)
            alone = [cell.get_soma_voltage() for cell in (one, other)]
            simulation.run(5, cvode=False, threads=2)
            for cell, voltage in zip((one, other), alone, strict=True):
                assert (cell.get_soma_voltage() == voltage).all()
            one.soma.insert("drillcounting")
            with refused(
                "drillcounting: its C++ has a variable", "threads=1", error=UnsupportedByEngineError
            ):
                simulation.run(5, cvode=False, threads=2)
            simulation.run(5, cvode=False)
            assert (one.get_soma_voltage() == alone[0]).all()


@line
def line_35_mechanism_not_loaded() -> None:
    from bluecellab import Cell, EmodelProperties
    from bluecellab.errors import MissingMechanismError

    with folder() as here:
        morphology = write(here / "good.swc", SWC)
        hoc = write(here / "needs.hoc", template("Needs", biophysics="forsec all { insert NoSuchChannel }"))
        with refused("NoSuchChannel", "load_mechanisms", error=MissingMechanismError):
            Cell(
                hoc,
                morphology,
                template_format="v6",
                emodel_properties=EmodelProperties(threshold_current=0.2, holding_current=0.0),
            )


_BUILD = "import sys; from bluecellab.nrn.mechanisms import build; print(build(sys.argv[1]).path)"


@line
def line_36_two_libraries() -> None:
    from bluecellab import load_mechanisms
    from bluecellab.errors import MechanismConflictError
    from bluecellab.nrn import h

    with folder() as here:
        write(here / "one" / "a.mod", leak("drillone"))
        write(here / "two" / "a.mod", leak("drillone", 2e-4))
        write(here / "builtin" / "pas.mod", leak("pas"))
        builders = [
            subprocess.Popen(
                [sys.executable, "-c", _BUILD, str(here / "one")],
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            for _ in range(2)
        ]
        paths = [builder.communicate(timeout=80)[0].strip() for builder in builders]
        assert [builder.returncode for builder in builders] == [0, 0]
        assert paths[0] == paths[1] != ""
        failures: list[BaseException] = []

        def load(path: Path) -> None:
            try:
                load_mechanisms(path)
            except BaseException as failure:
                failures.append(failure)

        (here / "again").symlink_to(here / "one", target_is_directory=True)
        threads = [threading.Thread(target=load, args=(path,)) for path in (here / "one", here / "again")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures
        load_mechanisms(here / "one")
        assert hasattr(h, "drillone")
        with refused("drillone", error=MechanismConflictError):
            load_mechanisms(here / "two")
        with refused("pas", error=MechanismConflictError):
            load_mechanisms(here / "builtin")


@line
def line_37_what_does_not_compile() -> None:
    from bluecellab import load_mechanisms
    from bluecellab.errors import CompileError, MechanismError, NoCompilerError
    from bluecellab.nrn import h

    with folder() as here:
        broken = write(
            here / "broken" / "bad.mod",
            "NEURON { SUFFIX drillbad }\nBREAKPOINT { x = nonsense( }\n",
        )
        with refused("bad", error=CompileError):
            load_mechanisms(broken.parent)
        with refused("no_such_folder", error=MechanismError):
            load_mechanisms(here / "no_such_folder")
        (here / "empty").mkdir()
        with refused(error=MechanismError):
            load_mechanisms(here / "empty")
        write(here / "fine" / "fine.mod", leak("drillfine"))
        path = os.environ["PATH"]
        os.environ["PATH"] = str(here / "empty")
        try:
            with refused("g++", error=NoCompilerError):
                load_mechanisms(here / "fine")
        finally:
            os.environ["PATH"] = path
        write(here / "not_a_folder", "")
        cache = os.environ["BLUECELLAB_CACHE_DIR"]
        os.environ["BLUECELLAB_CACHE_DIR"] = str(here / "not_a_folder" / "cache")
        try:
            with refused("cache", error=MechanismError):
                load_mechanisms(here / "fine")
        finally:
            os.environ["BLUECELLAB_CACHE_DIR"] = cache
        from bluecellab.nrn.mechanisms import build

        library = build(here / "fine")
        library.path.write_bytes(b"corrupted")
        load_mechanisms(here / "fine")
        assert hasattr(h, "drillfine")
