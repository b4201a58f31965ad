"""Ids of cells."""

from __future__ import annotations

from collections.abc import Iterable

from bluecellab.errors import CellError
from bluecellab.spec.base import CellId

__all__ = ["CellId", "create_cell_id", "create_cell_ids"]


def create_cell_id(cell_id: int | tuple[str, int] | CellId) -> CellId:
    """Return a cell id: of the nameless population for an integer.

    Raises
    ------
    CellError
        If it is neither an integer nor a pair of population name and integer.

    Examples
    --------
    >>> create_cell_id(3)
    CellId(population_name='', id=3)
    """
    if isinstance(cell_id, tuple) and len(cell_id) == 2:
        return CellId(*cell_id)
    if isinstance(cell_id, tuple) or not hasattr(cell_id, "__index__"):
        raise CellError(f"a cell id is an integer or (population name, integer), not {cell_id!r}")
    return CellId("", cell_id.__index__())


def create_cell_ids(cell_ids: Iterable[int | tuple[str, int] | CellId]) -> list[CellId]:
    """Return a cell id for each item, see :func:`create_cell_id`."""
    return [create_cell_id(cell_id) for cell_id in cell_ids]
