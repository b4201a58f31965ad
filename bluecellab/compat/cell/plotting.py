"""What a cell shows of itself, under the published name."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path

from bluecellab.cell import Cell as AnyLiveCell
from bluecellab.compat.dendrogram import Dendrogram
from bluecellab.compat.plotwindow import PlotWindow
from bluecellab.compat.psection import PSection
from bluecellab.nrn import runtime
from bluecellab.nrn.scope import Live, Scope
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.samples import TimeAxis

__all__ = ["PlottableMixin"]


class _Redrawing(Live):
    """Takes part in the runs of a cell, and draws its windows anew when one has ended."""

    needs_fast_imem = False

    def __init__(self, cell: PlottableMixin, owner: Scope) -> None:
        super().__init__("redrawing", owner)
        self._cell = weakref.ref(cell)

    def check(self, plan: RunPlan) -> None:
        """Nothing to check."""
        del plan

    def prepare(self, plan: RunPlan) -> None:
        """Nothing to do."""
        del plan

    def reset(self, axis: TimeAxis) -> None:
        """Nothing to do."""
        del axis

    def extend(self, t_stop: float) -> None:
        """Nothing to do."""
        del t_stop

    def harvest(self) -> None:
        """Nothing to do."""

    def finish(self, *, partial: bool) -> None:
        """Draw: the run has ended."""
        del partial
        cell = self._cell()
        if cell is not None:
            cell.plot_callback()


class PlottableMixin(AnyLiveCell):
    """Windows and dendrograms of a cell."""

    def _begin_plotting(self) -> None:
        """Begin without any."""
        self.plot_windows: list[PlotWindow] = []
        self.cell_dendrograms: list[Dendrogram] = []
        self._redrawing: _Redrawing | None = None

    def add_plot_window(
        self,
        var_list: Sequence[str],
        xlim: Sequence[float] | None = None,
        ylim: Sequence[float] | None = None,
        title: str = "",
    ) -> None:
        """Add a window to :attr:`plot_windows` that is drawn anew whenever a run ends.

        Parameters
        ----------
        var_list
            Names of recordings, such as ``"self.soma(0.5)._ref_v"``.
        xlim, ylim
            Ranges of time in ms, 0 to 1000 by default, and of the values, -100 to 100 by default.
        title
            Title of the figure.
        """
        window = PlotWindow(var_list, self, xlim or (0, 1000), ylim or (-100, 100), title)
        self.plot_windows.append(window)
        self.init_callbacks()

    def add_dendrogram(
        self,
        variable: str | None = None,
        active: bool = False,
        save_fig_path: str | Path | None = None,
        interactive: bool = False,
        scale_bar: bool = True,
        scale_bar_size: float = 10.0,
        fig_title: str | None = None,
    ) -> None:
        """Add a dendrogram to :attr:`cell_dendrograms`.

        Parameters
        ----------
        variable, active, save_fig_path, interactive, scale_bar, scale_bar_size, fig_title
            See :class:`~bluecellab.compat.dendrogram.Dendrogram`.
        """
        found = Dendrogram(
            [PSection(section) for section in self.raw_sections()],
            variable,
            active,
            save_fig_path,
            interactive,
            scale_bar,
            scale_bar_size,
            fig_title,
        )
        self.cell_dendrograms.append(found)
        if active:
            self.init_callbacks()

    def init_callbacks(self) -> None:
        """Draw windows and active dendrograms anew whenever a run ends; adding one does this."""
        if self._redrawing is None or self._redrawing.closed:
            runtime.refuse_while_running("adding a window")
            self._redrawing = _Redrawing(self, self.scope)
            self.take_part(self._redrawing)

    def plot_callback(self) -> None:
        """Draw windows and active dendrograms anew."""
        for window in self.plot_windows:
            window.redraw()
        for dendrogram in self.cell_dendrograms:
            if dendrogram.active:
                dendrogram.redraw()

    def weights_callback(self) -> None:
        """Do nothing: delayed weights set themselves, in every run."""

    def delete_plottable(self) -> None:
        """Let windows and dendrograms go."""
        self.plot_windows.clear()
        self.cell_dendrograms.clear()
        if self._redrawing is not None:
            self._redrawing.close()
