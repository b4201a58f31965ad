"""What a worker prints: passed on as it comes, and its end kept for messages."""

from __future__ import annotations

import os
import sys
from codecs import getincrementaldecoder
from collections import deque
from typing import Literal

__all__ = ["Echo", "Tail"]

_CHUNK = 1 << 16


class Tail:
    """The end of a text that grows.

    Parameters
    ----------
    size
        Characters to keep, at least.
    """

    def __init__(self, size: int = 16_384) -> None:
        self._size = size
        self._parts: deque[str] = deque()
        self._kept = 0

    def append(self, text: str) -> None:
        """Add to it."""
        self._parts.append(text)
        self._kept += len(text)
        while self._kept - len(self._parts[0]) >= self._size:
            self._kept -= len(self._parts.popleft())

    @property
    def text(self) -> str:
        """The end, without white space around it."""
        return "".join(self._parts).strip()


class Echo:
    """One of a worker's streams, passed on to the same stream of this process.

    Parameters
    ----------
    descriptor
        Where to read, without blocking.
    stream
        Where to write; None for nowhere.
    tail
        Where to keep the end of it.
    """

    def __init__(self, descriptor: int, stream: Literal["stdout", "stderr"] | None, tail: Tail) -> None:
        self.descriptor = descriptor
        self._stream = stream
        self._tail = tail
        self._decoder = getincrementaldecoder("utf-8")(errors="replace")

    def read(self) -> bool:
        """Pass on what is there; return False at the end of the stream.

        Raises
        ------
        BlockingIOError
            If nothing is there.
        """
        data = os.read(self.descriptor, _CHUNK)
        text = self._decoder.decode(data, final=not data)
        if text:
            self._tail.append(text)
            stream = getattr(sys, self._stream) if self._stream else None
            if stream is not None:  # some servers have closed theirs
                stream.write(text)
        return bool(data)

    def drain(self) -> None:
        """Pass on what is left, without waiting for anyone who may still write."""
        try:
            while self.read():
                pass
        except BlockingIOError:
            pass
