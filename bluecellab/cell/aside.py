"""Lets a cell be run for somebody else: what its owner has recorded stays, and records nothing meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from bluecellab.cell.core import Cell
from bluecellab.errors import ClosedError
from bluecellab.recording import Recorder

__all__ = ["set_aside"]

T = TypeVar("T")


@contextmanager
def set_aside(cells: Iterable[Cell]) -> Iterator[None]:
    """Let the recorders and spike detectors of cells rest for the block, whatever happens in it.

    They keep what they had recorded before, and cost the runs within the block nothing. Stimuli, synapses
    and fields of the cells go on acting. What was added to :attr:`~bluecellab.cell.Cell.recordings` within
    the block is not there after it; whoever added it closes it.

    Parameters
    ----------
    cells
        Live cells.
    """
    kept = [_Kept(cell) for cell in cells]
    try:
        yield
    finally:
        for item in reversed(kept):
            item.put_back()


class _Kept:
    """What one cell records with, taken out of it."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._recordings = dict(cell.recordings)
        self._detectors = dict(cell._detectors)
        self._events = None if cell._events is None else cell._events.memory()
        for recorder in self._recordings.values():
            if isinstance(recorder, Recorder) and not recorder.closed:
                recorder.rest()
        cell.recordings.clear()
        cell._detectors.clear()

    def put_back(self) -> None:
        cell = self._cell
        with suppress(ClosedError):  # nothing to put back into a cell that was closed in the meantime
            cell.check_open()
            _replace(cell.recordings, self._recordings)
            _replace(cell._detectors, self._detectors)
            if self._events is not None and cell._events is not None:
                cell._events.remember(self._events)


def _replace(mapping: dict[str, T], items: dict[str, T]) -> None:
    mapping.clear()
    mapping.update(items)
