"""A simulation with reports on several ranks: ``main(CONFIG, HOW)``, where HOW may be ``continued``.

Of ``full disk`` the last rank has no space left after its first frames; of ``killed`` it is killed then. Of ``no
whole`` there is no space to put parts together.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from bluecellab import CircuitSimulation, run_sonata
from bluecellab.nrn.parallel import ranks
from bluecellab.recording import reports
from bluecellab.results.sonata import frame_writer

HALF = 1  # appends of each writer that go well


def break_down(how: str) -> None:
    """Let the last rank fail in the middle of the run."""
    reports._BLOCK_BYTES = 0
    reports._WIDE_ROWS = 64
    append, put_together = frame_writer.FrameWriter.append, frame_writer.FrameWriter._put_together

    def fail(writer: frame_writer.FrameWriter, frames: npt.NDArray[np.floating]) -> None:
        if writer.frames >= HALF:
            if how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            vars(frame_writer)["reserve_space"] = full
        append(writer, frames)

    def full(path: Path, size: int) -> None:
        del path, size
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def together(writer: frame_writer.FrameWriter, parts: Sequence[h5py.File]) -> None:
        vars(frame_writer)["reserve_space"] = full
        put_together(writer, parts)

    if how == "no whole":
        frame_writer.FrameWriter._put_together = together  # type: ignore[method-assign, assignment]
    elif ranks().id == ranks().count - 1:
        frame_writer.FrameWriter.append = fail  # type: ignore[method-assign, assignment]


def main(config: str, how: str = "") -> None:
    """Simulate."""
    if how == "continued":
        with CircuitSimulation(config) as simulation:
            simulation.instantiate(reports="all")
            simulation.run(12.0)
            assert simulation._assembly is not None
            simulation._assembly.simulation.continue_run(20.0)
        return
    if how:
        break_down(how)
    result = run_sonata(config)
    if ranks().id == 0:
        print(f"rank 0 of {ranks().count}: {sorted(path.name for path in result.output.iterdir())}")
