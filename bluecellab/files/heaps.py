"""The texts of an HDF5 file, checked before HDF5 reads them: it never returns from some that are damaged."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

__all__ = ["LARGEST", "has_damaged_texts"]

LARGEST = 256 * 2**20
"""Size in bytes up to which files are checked; larger ones would take more than a moment."""

_SIGNATURE = b"GCOL\x01"  # HDF5 does not look at the three reserved bytes that follow
_HEAD = struct.Struct("<8sQ")
_OBJECT = struct.Struct("<HHIQ")


def has_damaged_texts(path: str) -> bool:
    """Return whether HDF5 would go round in circles in a file.

    HDF5 keeps texts of variable length in collections of objects, each with its size. An object that
    is marked as free space and has the size 0, as blocks that were never written have, is one that
    HDF5 1.14 steps over for ever; so may be one that is larger than its collection.

    Parameters
    ----------
    path
        The file.

    References
    ----------
    HDF5 File Format Specification, section III.E, "Disk Format: Level 1E - Global Heap".
    """
    with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if len(content) > LARGEST:
            return False
        start = content.find(_SIGNATURE)
        while start >= 0:
            if _is_endless(content, start):
                return True
            start = content.find(_SIGNATURE, start + len(_SIGNATURE))
    return False


def _is_endless(content: mmap.mmap, start: int) -> bool:
    """Return whether a walk through the collection that begins there would never end."""
    if start + _HEAD.size > len(content):
        return False
    _, size = _HEAD.unpack_from(content, start)
    here, end = start + _HEAD.size, start + size
    if end > len(content):
        return False  # HDF5 sees by itself that it is cut off
    while here + _OBJECT.size <= end:
        number, _, _, length = _OBJECT.unpack_from(content, here)
        free = number == 0  # such an object's size is with its head
        if (free and length == 0) or length > end - here - (0 if free else _OBJECT.size):
            return True
        here += (0 if free else _OBJECT.size) + (length + 7) // 8 * 8
    return False
