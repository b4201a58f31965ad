"""What the two ends of the connections to a fork server agree on."""

from __future__ import annotations

import struct

__all__ = ["ABORT", "BEGUN", "DESCRIPTORS", "ENDED", "NEW_JOB"]

NEW_JOB = b"J"
"""On ``control``, with the descriptors of wire, line, standard output, standard error and trace."""

DESCRIPTORS = 5

ABORT = b"A"
"""Up the line: end the worker so that it says where it is. Closing the line kills it."""

BEGUN = struct.Struct("<q")
"""Down the line: the worker's process id, or an error number made negative."""

ENDED = struct.Struct("<qq")
"""Down the line: the worker's wait status and its peak memory in bytes."""
