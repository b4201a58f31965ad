"""Limits that a worker sets for itself before its job begins."""

from __future__ import annotations

import resource
from pathlib import Path

from bluecellab.simulation.isolation.posix import kernel_limits_memory

__all__ = ["allow_memory", "limit_memory", "no_core_file"]


def no_core_file() -> None:
    """Leave no core file behind: writing one takes seconds."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def limit_memory(extra: int) -> None:
    """Let this process hold at most ``extra`` bytes of data more than it does now (Linux).

    The limit is on private writable memory, so shared libraries and mapped files do not count.
    """
    if not kernel_limits_memory():
        return
    status = Path("/proc/self/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    limit = 1024 * int(fields["VmData"].split()[0]) + extra
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def allow_memory() -> None:
    """Lift the limit again, so that the failure can be reported."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
