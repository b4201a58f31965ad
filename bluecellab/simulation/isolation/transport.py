"""Packets between processes: one pickle, and the large buffers beside it, never copied into it.

A packet is the number of frames, their lengths, and the frames. Both ends read and write in steps,
so that a side that waits for several things at once never blocks on one of them.
"""

from __future__ import annotations

import pickle
import socket
import struct
from collections.abc import Callable, Generator, Sequence

import numpy as np

__all__ = ["Frames", "Inbox", "Outbox", "out_of_band"]

Frames = Sequence[memoryview]

_COUNT = struct.Struct("<Q")
_LARGE = 1 << 16  # below this a copy is cheaper than a frame of its own
_STEP = 1 << 20


def out_of_band(buffers: list[memoryview], *, copy: bool = False) -> Callable[[pickle.PickleBuffer], bool]:
    """Return a pickle ``buffer_callback`` that puts large buffers aside.

    Parameters
    ----------
    buffers
        Where to put them.
    copy
        Whether to copy them, so that what their owner writes later does not show.
    """

    def put_aside(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < _LARGE:
            return True  # pickle it in place
        buffers.append(memoryview(bytes(raw)) if copy else raw)
        return False

    return put_aside


class Outbox:
    """A packet on its way out.

    Parameters
    ----------
    frames
        What to send.
    """

    def __init__(self, frames: Frames) -> None:
        lengths = struct.pack(f"<{len(frames)}Q", *(frame.nbytes for frame in frames))
        head = memoryview(_COUNT.pack(len(frames)) + lengths)
        self._rest = [frame for frame in (head, *frames) if frame.nbytes]

    @property
    def done(self) -> bool:
        """Whether everything has been handed to the system."""
        return not self._rest

    def write(self, wire: socket.socket) -> None:
        """Send a part: at most what the socket takes at once."""
        sent = wire.send(self._rest[0][:_STEP])
        self._rest[0] = self._rest[0][sent:]
        if not self._rest[0].nbytes:
            del self._rest[0]

    def send(self, wire: socket.socket) -> None:
        """Send all of it over a blocking socket."""
        while not self.done:
            self.write(wire)


class Inbox:
    """A packet on its way in."""

    def __init__(self) -> None:
        self.frames: list[memoryview] | None = None
        self._plan = self._arrival()
        self._gap = next(self._plan)

    def _arrival(self) -> Generator[memoryview, None, None]:
        """Yield, one after the other, the stretches of memory to be filled."""
        count = memoryview(bytearray(_COUNT.size))
        yield count
        lengths = memoryview(bytearray(_COUNT.size * _COUNT.unpack(count)[0]))
        if lengths.nbytes:
            yield lengths
        # np.empty: a bytearray would write zeros over every byte first
        frames = [np.empty(length, dtype=np.uint8).data for (length,) in _COUNT.iter_unpack(lengths)]
        for frame in frames:
            if frame.nbytes:
                yield frame
        self.frames = frames

    def read(self, wire: socket.socket) -> None:
        """Receive a part: at most what has arrived.

        Raises
        ------
        EOFError
            If the other side closed before the packet was whole.
        """
        received = wire.recv_into(self._gap)
        if not received:
            raise EOFError("the other process closed the connection in the middle of a message")
        self._gap = self._gap[received:]
        while not self._gap.nbytes and self.frames is None:
            self._gap = next(self._plan, self._gap)

    def receive(self, wire: socket.socket) -> list[memoryview]:
        """Receive all of it over a blocking socket and return the frames."""
        while self.frames is None:
            self.read(wire)
        return self.frames
