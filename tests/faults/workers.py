"""How a line of the drill is run in a process of its own, and how it is seen that nothing remains of it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
import uuid
from pathlib import Path

import psutil

MARK = "BLUECELLAB_DRILL"
ROOT = Path(__file__).resolve().parents[2]

PREAMBLE = """
import ctypes, os, signal, sys, threading, time
from bluecellab.errors import *
from bluecellab.simulation.isolation import *

def refused(kind, *words, within=1.0):
    def check(function, *args, isolation=Isolation()):
        begin = time.monotonic()
        try:
            value = isolation.run(function, *args)
        except BluecellabError as error:
            took = time.monotonic() - begin
            assert isinstance(error, kind), repr(error)
            for word in words:
                assert word in str(error), (word, str(error))
            assert took < within, took
            return error
        raise AssertionError(f"returned {value!r}")
    return check

run_isolated(int)  # the pool is warm
"""


def environment(mark: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, MARK: mark, "PYTHONPATH": path}


def marked(mark: str) -> list[psutil.Process]:
    """Return the living processes that a case has started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def all_gone(mark: str, seconds: float, *, but: int = 0) -> bool:
    """Whether no process of a case, but one, is left after some time."""
    end = time.monotonic() + seconds
    while [process for process in marked(mark) if process.pid != but]:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def check_drill(code: str, tmp_path: Path, *, preamble: str = PREAMBLE, seconds: float = 60.0) -> str:
    """Run a script that must pass, and leave nothing running; return what it printed."""
    script = tmp_path / "drill.py"
    script.write_text(preamble + textwrap.dedent(code) + "\nprint('passed')\n")
    return check_command([sys.executable, str(script)], tmp_path, seconds=seconds)


def check_command(command: list[str], folder: Path, *, text: str | None = None, seconds: float = 60.0) -> str:
    mark = uuid.uuid4().hex
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment(mark),
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        assert done.stdout.rstrip().endswith("passed"), done.stdout[-4000:]
        assert all_gone(mark, 1.0), "processes are left"
    finally:
        for process in marked(mark):
            process.kill()
    return done.stdout
