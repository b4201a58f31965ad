"""What the operating system is asked for; each part does nothing where the system lacks it."""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import subprocess
import sys
from contextlib import suppress

from bluecellab.errors import WorkerError

__all__ = [
    "die_with_parent",
    "kernel_limits_memory",
    "kill_group",
    "require_fork",
    "resident_memory",
    "unbuffer_c_stdout",
]

_PR_SET_PDEATHSIG = 1
_IOLBF = 1
_C_STDOUT = {"linux": "stdout", "darwin": "__stdoutp"}


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)  # takes long enough to count in every worker


def require_fork() -> None:
    """Raise where processes cannot be forked.

    Raises
    ------
    WorkerError
        On Windows.
    """
    if not hasattr(os, "fork"):
        raise WorkerError(
            f"isolated jobs need a system that can fork processes, and {sys.platform} cannot; "
            "run the function directly, or use Linux, macOS or WSL"
        )


def kernel_limits_memory() -> bool:
    """Whether the kernel enforces RLIMIT_DATA; elsewhere the parent has to look from outside."""
    return sys.platform == "linux"


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent is gone (Linux)."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before we asked
        os._exit(1)


def unbuffer_c_stdout() -> None:
    """Write what C code prints line by line, so that a crash does not lose it."""
    name = _C_STDOUT.get(sys.platform)
    if name is not None:
        libc = _libc()
        stdout = ctypes.c_void_p.in_dll(libc, name)
        libc.setvbuf(stdout, None, _IOLBF, ctypes.c_size_t(0))


def resident_memory(pid: int) -> int | None:
    """Return the bytes of memory that a process occupies; None if it is gone."""
    shown = subprocess.run(  # noqa: S603 - its arguments are ours
        [  # noqa: S607 - wherever the system has it
            "ps",
            "-o",
            "rss=",
            "-p",
            str(pid),
        ],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return 1024 * int(shown) if shown.isdecimal() else None


def kill_group(pid: int) -> None:
    """Kill a process and the group it leads, as far as they are there."""
    with suppress(ProcessLookupError, PermissionError):  # gone; macOS says "not permitted"
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
