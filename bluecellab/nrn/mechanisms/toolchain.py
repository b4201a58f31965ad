"""The tools that compile mechanisms: NEURON's own script, make, and a C++ compiler."""

from __future__ import annotations

import functools
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from bluecellab.errors import MechanismError, NoCompilerError

__all__ = ["ARCHITECTURES", "Toolchain", "architecture", "find_toolchain", "neuron_version"]

#: Names of the folder into which nrnivmodl compiles, over the machines that it runs on.
ARCHITECTURES = ("x86_64", "arm64", "aarch64")

_DISTRIBUTIONS = ("neuron", "neuron-nightly")
_HINT = (
    "Install what is missing (Debian, Ubuntu: apt-get install g++ make; Fedora: dnf install "
    "gcc-c++ make; macOS: xcode-select --install), or load a library that was compiled elsewhere "
    "for the same NEURON and kind of machine: load_mechanisms('.../libnrnmech.so')."
)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What compiles mechanisms here.

    Parameters
    ----------
    nrnivmodl
        Command that begins with the interpreter if it is a Python script.
    cc, cxx
        Compilers, as commands.
    compiler
        What the C++ compiler says of itself.
    """

    nrnivmodl: tuple[str, ...]
    cc: str
    cxx: str
    compiler: str


def architecture() -> str:
    """Return what a compiled library depends on in the machine, such as ``"linux-x86_64"``."""
    return f"{sys.platform}-{platform.machine()}"


def neuron_version() -> str:
    """Return the version of the NEURON that is installed, without starting it.

    Raises
    ------
    MechanismError
        If there is none.
    """
    found = _distribution()
    if found is not None:
        return found.version
    if util.find_spec("neuron") is None:
        raise MechanismError(
            "NEURON is not installed in this Python, so there is nothing to compile mechanisms "
            "for: pip install neuron"
        )
    return "unknown"


def _distribution() -> metadata.Distribution | None:
    return next((one for name in _DISTRIBUTIONS for one in metadata.distributions(name=name)), None)


def find_toolchain() -> Toolchain:
    """Find the tools.

    Raises
    ------
    NoCompilerError
        If one of them is missing; the message says which and how to install it.
    """
    return _find(*(os.environ.get(name) for name in ("PATH", "CXX", "CC")))


@functools.lru_cache(maxsize=8)
def _find(*environment: str | None) -> Toolchain:
    """Find the tools once for each environment; looking through what is installed takes time."""
    missing = []
    cxx = _compiler("CXX", ("g++", "c++", "clang++"))
    if cxx is None:
        missing.append("C++ compiler (g++)")
    missing += [tool for tool in ("make", "bash") if shutil.which(tool) is None]
    script = _nrnivmodl()
    if script is None:
        missing.append("nrnivmodl (part of NEURON)")
    if cxx is None or script is None or missing:
        raise NoCompilerError(
            f"Mechanisms cannot be compiled: this machine has no {', no '.join(missing)} on PATH "
            f"({environment[0]!r}). {_HINT}"
        )
    cc = _compiler("CC", ("gcc", "cc", "clang")) or cxx
    return Toolchain(_command(script), cc, cxx, _describe(cxx))


def _compiler(variable: str, usual: tuple[str, ...]) -> str | None:
    """Return the compiler of the environment, the one that built Python, or a usual one.

    Some Pythons name a compiler that only existed where they were built.
    """
    asked = os.environ.get(variable)
    if asked:
        return asked if shutil.which(shlex.split(asked)[0]) else None
    built_with = sysconfig.get_config_var(variable)
    for command in (str(built_with or ""), *usual):
        if command and shutil.which(shlex.split(command)[0]):
            return command
    return None


def _describe(cxx: str) -> str:
    """Return the first line of what the compiler says of its version."""
    done = subprocess.run(  # noqa: S603 - the compiler of the user's own environment
        [*shlex.split(cxx), "--version"],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    first = (done.stdout.strip().splitlines() or [""])[0]
    if done.returncode or not first:
        raise NoCompilerError(
            f"The C++ compiler {cxx!r} does not work: {done.stderr.strip() or done.returncode}. {_HINT}"
        )
    return first


def _nrnivmodl() -> Path | None:
    """Find the script; it lies beside the interpreter, which need not be on PATH."""
    return next((path for path in _candidates() if path.is_file()), None)


def _candidates() -> Iterator[Path]:
    found = _distribution()
    for file in (found.files if found else None) or ():
        if file.name == "nrnivmodl" and ".data" not in file.parts:
            yield Path(str(file.locate())).resolve()
    yield Path(sysconfig.get_path("scripts")) / "nrnivmodl"
    yield Path(sys.executable).parent / "nrnivmodl"
    on_path = shutil.which("nrnivmodl")
    if on_path:
        yield Path(on_path)


def _command(script: Path) -> tuple[str, ...]:
    """Return how to run the script: with this Python, since a #! line cannot hold a space."""
    with script.open("rb") as file:
        first = file.readline()
    if b"python" in first:
        return (sys.executable, str(script))
    return (str(script),)
