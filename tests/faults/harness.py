"""The fault drill: every line runs in a process of its own, with a time limit.

A line is a function marked with :func:`line`. It asserts its outcome itself: ``refused(...)`` for an
error of ours, plain assertions for a right answer. Afterwards the child checks that the census is as
before and that a plain simulation still gives the right numbers.
"""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

LINES: dict[str, Callable[..., None]] = {}
ROOT = Path(__file__).resolve().parents[2]


def line(function: Callable[..., None]) -> Callable[..., None]:
    """Register a line of the drill."""
    LINES[function.__name__] = function
    return function


@contextmanager
def refused(*words: str, error: type[Exception] | None = None) -> Iterator[list[Exception]]:
    """Expect an error of bluecellab's own tree whose message has all these words."""
    from bluecellab.errors import BluecellabError

    caught: list[Exception] = []
    try:
        yield caught
    except BluecellabError as problem:
        caught.append(problem)
        text = str(problem)
        assert error is None or isinstance(problem, error), f"{type(problem).__name__}: {text}"
        for word in words:
            assert word in text, f"{word!r} is not in the message: {text}"
        problem.__traceback__ = None
        return
    raise AssertionError(f"nothing was refused; expected an error with {words}")


def reference_trace() -> np.ndarray:
    """Run the embedded cell with a step, alone, and return its soma voltage."""
    from bluecellab import Simulation, create_ball_stick

    with create_ball_stick() as cell, Simulation() as simulation:
        simulation.add_cell(cell)
        cell.add_step(5, 15, 0.5)
        simulation.run(20, cvode=False)
        return cell.get_soma_voltage()


def child(module: str, name: str) -> None:
    """Run one line in this process."""
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", ResourceWarning)
    importlib.import_module(module)
    from bluecellab.nrn.census import census

    before_trace = reference_trace()
    assert before_trace.max() > -20, "the embedded cell must spike"
    before = census()
    LINES[name]()
    gc.collect()
    change = before.difference(census())
    assert not change, f"left alive in NEURON: {change}"
    assert np.array_equal(reference_trace(), before_trace), "a later simulation gives other numbers"
    print("DRILL PASSED")


def run_line(module: str, name: str, *, time_limit: float = 90.0) -> None:
    """Run one line in a process of its own and fail unless it passes."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from tests.faults.harness import child; child({module!r}, {name!r})",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=time_limit,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode or "DRILL PASSED" not in done.stdout:
        raise AssertionError(
            f"{name} ended with exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )


def lines_of(module: str) -> list[str]:
    """Return the names of the lines in a module, without starting NEURON."""
    before = set(LINES)
    importlib.import_module(module)
    return [name for name, function in LINES.items() if function.__module__ == module or name not in before]
