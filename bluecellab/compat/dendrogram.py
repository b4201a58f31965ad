"""Trees of cells, under the published name."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bluecellab.cell import Cell, living_cells
from bluecellab.compat.psection import PSection
from bluecellab.errors import CellError
from bluecellab.plotting import plot_dendrogram
from bluecellab.plotting.windows import show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Dendrogram"]


class Dendrogram:
    """The tree of a cell, coloured by a variable.

    It always has bars that say the scale, and colours have the range of the values.

    Parameters
    ----------
    psections
        Sections of a cell that is alive.
    variable
        Name of a range variable, such as ``"v"``; by default sections are coloured by what they are.
    active
        Whether it is drawn anew when a run of the cell ends.
    save_fig_path
        Where to save it, if at all.
    interactive, scale_bar, scale_bar_size
        Without effect.
    fig_title
        Title of the figure.
    fig_show
        Whether to show it, if there is where.

    Raises
    ------
    CellError
        If the sections are of no living cell.
    """

    def __init__(
        self,
        psections: Iterable[PSection] | Mapping[Any, PSection],
        variable: str | None = None,
        active: bool = False,
        save_fig_path: str | Path | None = None,
        interactive: bool = False,  # noqa: ARG002 - published
        scale_bar: bool = True,  # noqa: ARG002
        scale_bar_size: float = 10.0,  # noqa: ARG002
        fig_title: str | None = None,
        fig_show: bool = True,
    ) -> None:
        self.psections = list(psections.values() if isinstance(psections, Mapping) else psections)
        self.proot = self.psections[0] if self.psections else None
        self.active = active
        self._cell = weakref.ref(_owner(self.psections))
        self._variable = variable
        self._title = fig_title or ""
        self.dend_figure: Figure = self._drawn()
        if save_fig_path is not None:
            self.dend_figure.savefig(save_fig_path)
        if fig_show:
            show(self.dend_figure)

    def _drawn(self) -> Figure:
        cell = self._cell()
        if cell is None:
            raise CellError("the cell of this dendrogram is gone")
        variables = () if self._variable is None else (self._variable,)
        return plot_dendrogram(cell.shape(variables), self._variable, title=self._title)

    def redraw(self) -> None:
        """Draw it anew, as :attr:`dend_figure`, with what the variable is now."""
        self.dend_figure = self._drawn()


def _owner(psections: list[PSection]) -> Cell:
    """Return the living cell that has these sections."""
    names = {psection.name for psection in psections}
    for cell in living_cells():
        if names and names <= {str(section.hname()) for section in cell.raw_sections()}:
            return cell
    some = ", ".join(sorted(names)[:3]) or "no sections"
    raise CellError(f"no cell that is alive has {some}: make a dendrogram of cell.psections")
