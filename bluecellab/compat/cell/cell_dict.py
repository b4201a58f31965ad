"""Cells by their ids."""

from __future__ import annotations

from typing import TypeVar, overload

from bluecellab.cell import Cell
from bluecellab.compat.circuit.node_id import create_cell_id
from bluecellab.spec.base import CellId

__all__ = ["CellDict"]

D = TypeVar("D")
Key = CellId | tuple[str, int] | int


class CellDict(dict[CellId, Cell]):
    """A dictionary of cells whose keys may also be given as pairs or integers.

    Examples
    --------
    >>> cells = CellDict()
    >>> cells.get(3) is None
    True
    """

    def __setitem__(self, key: Key, cell: Cell) -> None:
        super().__setitem__(create_cell_id(key), cell)

    def __getitem__(self, key: Key) -> Cell:
        return super().__getitem__(create_cell_id(key))

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(create_cell_id(key))

    def __contains__(self, key: object) -> bool:
        is_key = isinstance(key, tuple) or hasattr(key, "__index__")
        return is_key and super().__contains__(create_cell_id(key))  # type: ignore[arg-type]  # checked

    @overload
    def get(self, key: Key, default: None = None) -> Cell | None: ...

    @overload
    def get(self, key: Key, default: D) -> Cell | D: ...

    def get(self, key: Key, default: D | None = None) -> Cell | D | None:
        """Return a cell, or the default if it is not there."""
        return super().get(create_cell_id(key), default)
