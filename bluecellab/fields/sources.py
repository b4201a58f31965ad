"""Sources of potential that act on all cells of a simulation: electrodes, and fields that COMSOL computed."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bluecellab.cell import Cell
from bluecellab.errors import StimulusError
from bluecellab.fields.acting import ActingField
from bluecellab.fields.comsol import comsol_sources
from bluecellab.fields.courses import FloatArray, Source, factors_in_steps
from bluecellab.fields.electrodes import electrode_source
from bluecellab.fields.segments import ordered_sections, segment_centres
from bluecellab.nrn import runtime
from bluecellab.nrn.imposed import ImposedPotential, prepare_outside
from bluecellab.nrn.scope import Scope
from bluecellab.recording import RunPlan
from bluecellab.spec.allen import ComsolField, PointElectrodes

if TYPE_CHECKING:
    from bluecellab.fields.extracellular import Placement  # with the reports, which are not needed here

__all__ = ["AnySource", "LiveSources", "play_sources"]

AnySource = PointElectrodes | ComsolField

_acted: weakref.WeakKeyDictionary[Cell, weakref.ref[LiveSources]] = weakref.WeakKeyDictionary()


def play_sources(
    stimuli: Sequence[AnySource], cells: Iterable[tuple[Cell, Placement]], owner: Scope
) -> LiveSources:
    """Let electrodes and fields of COMSOL act on cells, in every run that it is attached to.

    The mechanism ``extracellular`` is inserted into all sections of these cells, and its ``e_extracellular``
    follows the sum of all sources; between runs it is 0. ``v`` of a segment remains the potential across its
    membrane.

    Parameters
    ----------
    stimuli
        They add up. Give all that act on the cells at once.
    cells
        Each with its position and rotation. Artificial cells feel nothing, and are left out.
    owner
        The scope that owns it.

    Returns
    -------
    LiveSources
        To be attached to a simulation: ``simulation.attach(...)``.

    Raises
    ------
    StimulusError
        If a file cannot be read or is wrong, an electrode is nearer than 10 um to the centre of a segment, or
        other fields act on a cell.
    CellError
        If a section is nowhere in space.
    MissingDependencyError
        If scipy is needed and not installed.
    BusyError
        If a run is in progress.
    """
    runtime.refuse_while_running("imposing a field")
    if not stimuli:
        raise StimulusError("no source of potential to play; give at least one")
    chosen = [(cell, placement) for cell, placement in cells if cell.artificial is None]
    for cell, _ in chosen:
        other = _acted.get(cell)
        acting = [*cell.members, other and other()]
        if any(isinstance(member, ActingField) and not member.closed for member in acting):
            raise StimulusError(
                f"a field acts on {cell.label} already; close it, and give all sources at once: they add up"
            )
    return LiveSources(stimuli, chosen, owner)


def _sources_of(stimulus: AnySource) -> list[Source]:
    return [electrode_source(stimulus)] if isinstance(stimulus, PointElectrodes) else comsol_sources(stimulus)


class _Reached:
    """A cell that sources act on, and what they are there."""

    def __init__(self, cell: Cell, placement: Placement) -> None:
        self._cell = weakref.ref(cell)
        self._placement = placement
        self._nsegs: tuple[int, ...] = ()
        self._patterns: FloatArray = np.empty((0, 0))

    @property
    def cell(self) -> Cell | None:
        """The cell; None when it is gone."""
        cell = self._cell()
        return None if cell is None or cell.closed else cell

    def patterns(self, cell: Cell, sources: Sequence[Source]) -> FloatArray:
        """Return the patterns of all sources at its segments, shape (k, n), found when they change."""
        nsegs = tuple(int(section.nseg) for section in ordered_sections(cell))
        if nsegs != self._nsegs:
            places = segment_centres(cell, *self._placement)
            try:
                parts = [source.patterns(places) for source in sources]
            except StimulusError as error:
                raise StimulusError(f"{cell.label}: {error}") from error
            self._patterns, self._nsegs = np.concatenate(parts), nsegs
        return self._patterns


class LiveSources(ActingField):
    """Sources of potential that act on cells; made by :func:`play_sources`.

    Parameters
    ----------
    stimuli
        They add up.
    cells
        Each with its position and rotation.
    owner
        The scope that owns it.
    """

    def __init__(
        self, stimuli: Sequence[AnySource], cells: Sequence[tuple[Cell, Placement]], owner: Scope
    ) -> None:
        super().__init__("extracellular stimulation", owner)
        self.stimuli = tuple(stimuli)
        self._reached = self._scope.own([_Reached(*pair) for pair in cells], list.clear)
        try:
            self._sources = [source for stimulus in stimuli for source in _sources_of(stimulus)]
            for reached, (cell, _) in zip(self._reached, cells, strict=True):
                reached.patterns(cell, self._sources)
            for cell, _ in cells:
                prepare_outside([section.raw for section in cell.sections.values()])
                _acted[cell] = weakref.ref(self)
        except BaseException:
            self.close()
            raise
        nowhere = np.zeros((1, 3)) + 1e9
        self._counts = [len(source.patterns(nowhere)) for source in self._sources]

    def _reach(self, plan: RunPlan) -> ImposedPotential | None:
        there = [(reached, cell) for reached in self._reached if (cell := reached.cell) is not None]
        if not there:
            return None
        patterns = np.concatenate([reached.patterns(cell, self._sources) for reached, cell in there], axis=1)
        factors = factors_in_steps([source.course for source in self._sources], self._counts, plan.dt)
        sections = [section for _, cell in there for section in ordered_sections(cell)]
        return ImposedPotential(sections, np.ascontiguousarray(patterns), factors)

    @property
    def cells(self) -> list[Cell]:
        """The cells that it acts on; those that have been closed are not among them."""
        return [cell for reached in self._reached if (cell := reached.cell) is not None]

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"open, {len(self.stimuli)} sources, {len(self.cells)} cells"
        return f"<LiveSources {self._scope.path()} {state}>"
