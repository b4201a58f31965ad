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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bluecellab.errors import CompileError, MechanismError
from bluecellab.nrn.mechanisms.sources import Sources
from bluecellab.nrn.mechanisms.toolchain import ARCHITECTURES, Toolchain

__all__ = ["LIBRARIES", "compile_into"]

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


def compile_into(sources: Sources, tools: Toolchain, target: Path) -> tuple[str, float]:
    """Compile, and copy the library into a folder.

    Parameters
    ----------
    sources
        What to compile.
    tools
        With what.
    target
        Folder to put the library into; never used to compile in, so that it may have any name.

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
    with _build_folder() as folder:
        _write(sources, folder)
        code, output = _run(tools, folder)
        library = _library(folder)
        if code or library is None:
            raise _error(sources, output, folder)
        shutil.copyfile(library, target / library.name)
    seconds = time.perf_counter() - began
    log.info("compiled %d .mod files of %s in %.1f s", len(sources.declarations), sources.origin, seconds)
    return library.name, seconds


def _write(sources: Sources, folder: Path) -> None:
    try:
        for name, content in sources.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as problem:
        raise MechanismError(
            f"The .mod files of {sources.origin} cannot be copied into the temporary folder "
            f"{folder} to be compiled: {problem.strerror}. Set TMPDIR to another folder."
        ) from problem


@contextmanager
def _build_folder() -> Iterator[Path]:
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


def _run(tools: Toolchain, folder: Path) -> tuple[int, str]:
    """Run nrnivmodl; whatever interrupts the wait also ends make and the compilers."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHONWARNINGS", "BASH_ENV"}
    }
    environment |= {"CC": tools.cc, "CXX": tools.cxx, "LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}
    # The script insists on finding libpython, which only NEURON's other translator needs.
    environment.setdefault("NMODL_PYLIB", sys.executable)
    with subprocess.Popen(  # noqa: S603 - NEURON's own script
        [*tools.nrnivmodl, "."],
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


def _library(folder: Path) -> Path | None:
    for architecture in ARCHITECTURES:
        for name in LIBRARIES:
            path = folder / architecture / name
            if path.is_file():
                return path
    return None


def _error(sources: Sources, output: str, folder: Path) -> CompileError:
    failed = sorted({name for name in _FAILED.findall(output) if f"{name}.mod" in sources.files})
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
