"""Run nrnivmodl in a folder of its own and make sense of what it says."""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bluecellab.errors import CompileError, MechanismError
from bluecellab.nrn.mechanisms import cache
from bluecellab.nrn.mechanisms.sources import Sources
from bluecellab.nrn.mechanisms.toolchain import ARCHITECTURES, Toolchain

__all__ = ["LIBRARIES", "build_folder", "compile_into", "failed_in", "find_made", "run", "write_sources"]

log = logging.getLogger(__name__)

#: Names of the compiled library, over the systems that NEURON runs on.
LIBRARIES = ("libnrnmech.so", "libnrnmech.dylib")

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FAILED = re.compile(r"^make.*\*\*\* \[.*?([\w.]+)\.(?:o|cpp)\] Error", re.MULTILINE)
_CHATTER = re.compile(
    r"^(Traceback \(most recent|subprocess\.|  File \".*nrnivmodl|    subprocess\.|  File \".*"
    r"subprocess\.py|    raise CalledProcessError|Thread Safe|Translating |Notice: |INCLUDEing |"
    r"Mod files:|cfiles|Creating '|MODOBJS=|NOTE: If you are encountering|refer to the C\+\+ "
    r"migration| -> | => |make: \*\*\* Waiting|/\S*$|\s*$)"
)
_LONGEST = 80


def compile_into(
    sources: Sources, tools: Toolchain, target: Path, flags: tuple[str, ...] = ()
) -> tuple[str, float]:
    """Compile, and copy the library into a folder.

    Parameters
    ----------
    sources
        What to compile.
    tools
        With what.
    target
        Folder to put the library into; never used to compile in, so that it may have any name.
    flags
        Of the compiler, on top of the usual ones.

    Returns
    -------
    tuple of str and float
        File name of the library, and the wall time it took in s.

    Raises
    ------
    CompileError
        If a .mod file does not compile; ``output`` is what the translator or compiler said.
    """
    began = time.perf_counter()
    log.info("compiling %d .mod files of %s", len(sources.declarations), sources.origin)
    with build_folder() as folder:
        write_sources(sources, folder)
        command = [*tools.nrnivmodl, *(("-incflags", " ".join(flags)) if flags else ()), "."]
        code, output = run(command, tools, folder)
        library = find_made(folder, LIBRARIES)
        if code or library is None:
            raise _error(sources, output, folder)
        cache.put(library, target)
    seconds = time.perf_counter() - began
    log.info("compiled %d .mod files of %s in %.1f s", len(sources.declarations), sources.origin, seconds)
    return library.name, seconds


def write_sources(sources: Sources, folder: Path) -> None:
    """Write the files to a folder.

    Raises
    ------
    MechanismError
        If that is not possible.
    """
    try:
        for name, content in sources.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as problem:
        raise MechanismError(
            f"The .mod files of {sources.origin} cannot be copied into the folder "
            f"{folder} to be compiled: {problem.strerror}. Make room, or set TMPDIR "
            "(BLUECELLAB_CACHE_DIR for the cache) to another folder."
        ) from problem


@contextmanager
def build_folder() -> Iterator[Path]:
    """Make a temporary folder whose path make and the shell can bear, if there is one."""
    bearable = re.compile(r"[A-Za-z0-9_./+-]+")
    roots = [tempfile.gettempdir(), "/tmp", "/var/tmp"]  # noqa: S108 - mkdtemp makes it private
    root = next((one for one in roots if bearable.fullmatch(one) and os.access(one, os.W_OK)), roots[0])
    try:
        folder = Path(tempfile.mkdtemp(prefix="bluecellab-mechanisms-", dir=root))
    except OSError as problem:
        raise MechanismError(
            f"No temporary folder can be made in {root} to compile mechanisms in: "
            f"{problem.strerror}. Set TMPDIR to a folder that can be written to."
        ) from problem
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # what is left there is nobody's loss


def run(command: Sequence[str], tools: Toolchain, folder: Path, **variables: str) -> tuple[int, str]:
    """Run one of NEURON's scripts in a folder; whatever interrupts the wait also ends make and the compilers.

    Parameters
    ----------
    command
        The script and its arguments.
    tools
        What it compiles with.
    folder
        Where.
    **variables
        Of the environment, on top.

    Returns
    -------
    tuple of int and str
        What it exits with, and what it says.
    """
    # NMODLHOME is what `import neuron.nmodl` has set for itself; the script knows better
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHONWARNINGS", "BASH_ENV", "NMODLHOME"}
    }
    environment |= {"CC": tools.cc, "CXX": tools.cxx, "LC_ALL": "C", "PYTHONIOENCODING": "utf-8", **variables}
    # The script insists on finding libpython, which only NEURON's other translator needs.
    environment.setdefault("NMODL_PYLIB", sys.executable)
    with subprocess.Popen(  # noqa: S603 - NEURON's own script
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, _COLOUR.sub("", output.decode("utf-8", errors="replace"))


def find_made(folder: Path, names: Iterable[str]) -> Path | None:
    """Return the library of one of these names that a script has left in its folder for this machine."""
    for architecture in ARCHITECTURES:
        for name in names:
            path = folder / architecture / name
            if path.is_file():
                return path
    return None


def failed_in(output: str) -> set[str]:
    """Return the files, without ending, that make says it could not translate or compile."""
    return set(_FAILED.findall(output))


def _error(sources: Sources, output: str, folder: Path) -> CompileError:
    failed = sorted(name for name in failed_in(output) if f"{name}.mod" in sources.files)
    lines = [
        line.replace(f"{folder}/", "") for line in output.splitlines() if not _CHATTER.match(line)
    ] or output.splitlines()
    if len(lines) > _LONGEST:
        lines = [*lines[:_LONGEST], f"... and {len(lines) - _LONGEST} more lines"]
    which = ", ".join(f"{name}.mod" for name in failed) or "the library"
    return CompileError(
        f"{which} of {sources.origin} cannot be compiled for NEURON; see the compiler's message "
        "below. NEURON 9 compiles C++: VERBATIM blocks written for NEURON 8 may need changes.",
        "\n".join(lines),
    )
