"""Windows with what is recorded of a cell, under the published name."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bluecellab.cell import Cell
from bluecellab.errors import CellError, NotRecordedError
from bluecellab.plotting.canvas import colour, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PlotWindow"]


class PlotWindow:
    """A figure of what is recorded of a cell, drawn anew when a run ends.

    Published, it is drawn every ms of the run, which costs more than the run itself.

    Parameters
    ----------
    var_list
        Names of recordings, such as ``"self.soma(0.5)._ref_v"``; what is not recorded is from now on.
    cell
        The cell.
    xlim, ylim
        Ranges of time in ms and of the values.
    title
        Title of the figure.

    Raises
    ------
    NeuronEvalError, RecordingError
        If there is no such variable.
    """

    def __init__(
        self, var_list: Sequence[str], cell: Cell, xlim: Sequence[float], ylim: Sequence[float], title: str
    ) -> None:
        self.var_list = list(var_list)
        self._cell = weakref.ref(cell)
        self._limits = (float(xlim[0]), float(xlim[1])), (float(ylim[0]), float(ylim[1]))
        self._title = title
        self.drawCount = 0
        cell.add_recordings([name for name in self.var_list if name not in cell.recordings])
        self.figure: Figure = self._drawn()

    @property
    def cell(self) -> Cell:
        """The cell.

        Raises
        ------
        CellError
            If it is gone.
        """
        cell = self._cell()
        if cell is None:
            raise CellError("the cell of this window is gone")
        return cell

    def _drawn(self) -> Figure:
        cell = self.cell
        figure = new_figure()
        axes = figure.add_subplot()
        for index, name in enumerate(self.var_list):
            try:
                trace = cell.recordings[name].trace()
            except NotRecordedError:  # before the first run there is nothing
                continue
            axes.plot(trace.time, trace.values, color=colour(index), linewidth=1.2, label=name)
        tidy(axes)
        axes.set_xlim(self._limits[0])
        axes.set_ylim(self._limits[1])
        axes.set_title(self._title)
        axes.set_xlabel("time (ms)")
        if axes.lines:
            axes.legend(frameon=False, fontsize=8, loc="upper right")
        return figure

    def redraw(self) -> None:
        """Draw it anew, as :attr:`figure`."""
        self.figure = self._drawn()
        self.drawCount += 1
