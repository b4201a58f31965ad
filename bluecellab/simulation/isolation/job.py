"""One job from its start to its end: a server, the cell where there is one, a worker, the answer."""

from __future__ import annotations

import socket
import threading

from bluecellab.errors import WorkerError
from bluecellab.simulation.isolation import nurseries
from bluecellab.simulation.isolation.client import Setup, lease_server
from bluecellab.simulation.isolation.flight import End, Flight, Limits, hang_up
from bluecellab.simulation.isolation.lines import Door, ServerGoneError
from bluecellab.simulation.isolation.nurseries import Resident
from bluecellab.simulation.isolation.transport import Frames

__all__ = ["End", "Job", "Limits"]


class Job:
    """A job from its start to its end.

    Parameters
    ----------
    frames
        The packet for the worker.
    setup
        What its server has loaded.
    limits
        What it may take.
    resident
        The cell that it works on, if it does.
    """

    def __init__(
        self, frames: Frames, setup: Setup, limits: Limits, resident: Resident | None = None
    ) -> None:
        self._frames = frames
        self._setup = setup
        self._resident = resident
        self.limits = limits
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._killed = False

    def kill(self) -> None:
        """End the job, from any thread, whether it has begun or not."""
        with self._lock:
            self._killed = True
            if self._line is not None:
                hang_up(self._line)

    @property
    def killed(self) -> bool:
        """Whether :meth:`kill` was called."""
        return self._killed

    def attach(self, line: socket.socket | None) -> None:
        """Take note of the line of the worker that now works for the job, which :meth:`kill` ends."""
        with self._lock:
            self._line = line
            if line is not None and self._killed:
                hang_up(line)

    def run(self) -> End:
        """Have the job run; return how it ended.

        Raises
        ------
        WorkerError
            If no worker can be had.
        """
        said = ""
        for _ in range(3):
            server = lease_server(self._setup)
            door: Door = server
            try:
                if self._resident is None:
                    return self._work(server, self.limits)
                found = nurseries.lease(server, self._resident, self)
                if isinstance(found, End):
                    return found  # the cell could not be built
                door, seconds = found
                try:
                    return self._work(door, self.limits.after(seconds))
                finally:
                    found[0].release()
            except ServerGoneError:
                door.retire()  # it died before the job began
                said = door.printed()
            finally:
                server.release()
        raise WorkerError(
            "the fork server for isolated jobs ends before it can start a worker. "
            f"It said:\n{said or '(nothing)'}",
            output=said,
        )

    def _work(self, door: Door, limits: Limits) -> End:
        """Have a worker of a server do the job."""
        lines = door.open_job()
        try:
            self.attach(lines.line)
            return Flight(lines, self._frames, limits).fly()
        finally:
            self.attach(None)
            lines.close()
