"""How a script is run on several ranks: by the launcher of this Python, with a time limit, as nothing may hang."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
_ON_BUSY_MACHINES = {"MPIR_CVAR_ENABLE_HEAVY_YIELD": "1"}  # ranks that wait do so asleep
LIMIT = 90.0  # s, on a machine that does much else; what a test has in all is 120
_LATE = 60.0  # s; then ranks show what they are doing

#: Scripts say what came of them by ``tell(value)``, rank by rank, which does not mix with what others print.
PREAMBLE = """
import faulthandler, json, os, sys, time, warnings
from pathlib import Path
from bluecellab.nrn.launch import launched

faulthandler.dump_traceback_later(LATE)

def tell(value):
    rank = launched().rank if launched() else 0
    with open(Path(os.environ["TOLD"]) / f"{rank}.json", "a") as file:
        file.write(json.dumps(value) + "\\n")

def caught(function, *arguments):
    try:
        function(*arguments)
    except BaseException as error:
        return [type(error).__name__, str(error)]
    return ["nothing", ""]
""".replace("LATE", str(_LATE))


@dataclass(frozen=True)
class Ran:
    """What came of a script: exit code, what was printed, and what each rank has told."""

    code: int
    out: str
    err: str
    told: list[list[Any]]

    @property
    def failed(self) -> bool:
        """Whether it ended with exit code 1, to which hydra may add the signal that it ends the others by."""
        return self.code in (1, 1 | 9)

    @property
    def last(self) -> list[Any]:
        """What each rank has told last."""
        return [told[-1] for told in self.told]


def mpirun() -> str:
    """Return the launcher that belongs to this Python."""
    beside = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    launcher = shutil.which("mpirun", path=os.pathsep.join(beside))
    if launcher is None:
        pytest.skip("there is no mpirun; the extra mpi brings one")
    return launcher


def ranked(
    folder: Path, count: int, script: str, *arguments: str, limit: float = LIMIT, **environment: str
) -> Ran:
    """Run a script on so many ranks; 0 for none, without a launcher."""
    path = folder / "script.py"
    path.write_text(PREAMBLE + textwrap.dedent(script))
    told = Path(tempfile.mkdtemp(prefix="told", dir=folder))
    launcher = [mpirun(), "-n", str(count)] if count else []
    search = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    try:
        done = subprocess.run(
            [*launcher, sys.executable, str(path), *arguments],
            cwd=folder,
            env={**os.environ, **_ON_BUSY_MACHINES, "PYTHONPATH": search, "TOLD": str(told), **environment},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stderr or b"").decode(errors="replace")
        raise AssertionError(f"the ranks have not ended after {limit:g} s; what they said:\n{said}") from late
    files = [told / f"{rank}.json" for rank in range(max(count, 1))]
    lines = [file.read_text().splitlines() if file.is_file() else [] for file in files]
    return Ran(
        done.returncode, done.stdout, done.stderr, [[json.loads(one) for one in some] for some in lines]
    )
