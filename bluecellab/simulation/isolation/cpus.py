"""How many workers are polite."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["available_cpus", "depth", "polite_processes"]

DEPTH_VARIABLE = "BLUECELLAB_ISOLATION_DEPTH"
"""Set in workers: how many jobs inside jobs the process is."""

_CGROUP = Path("/sys/fs/cgroup")


def depth() -> int:
    """Return how deep in isolated jobs this process is: 0 outside of any."""
    text = os.environ.get(DEPTH_VARIABLE, "0")
    return int(text) if text.isdecimal() else 0


def available_cpus() -> int:
    """Return the number of processors this process may use.

    The scheduling affinity (batch systems, ``taskset``) and the quota of the control group
    (containers) both count.
    """
    known = hasattr(os, "sched_getaffinity")  # not on macOS
    cpus = len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
    quota = _cgroup_quota(_CGROUP)
    return max(1, cpus if quota is None else min(cpus, math.ceil(quota)))


def polite_processes() -> int:
    """Return the default number of workers: all processors but one, and one inside a job."""
    return 1 if depth() else max(1, available_cpus() - 1)


def _cgroup_quota(root: Path) -> float | None:
    """Return the processors that the control group grants; None without a limit."""
    try:  # version 2
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:  # version 1
            quota = (root / "cpu" / "cpu.cfs_quota_us").read_text().strip()
            period = (root / "cpu" / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        return None  # "max"
    return share if share > 0 else None  # -1 is none
