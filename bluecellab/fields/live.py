"""Fields that act on a cell while it runs."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.errors import ClosedError, StimulusError
from bluecellab.fields.geometry import displacements
from bluecellab.fields.uniform import factors_of, patterns_of, terms_of
from bluecellab.nrn import clock, runtime, settings
from bluecellab.nrn.imposed import ImposedPotential, prepare_outside
from bluecellab.nrn.scope import Live
from bluecellab.recording import RunPlan
from bluecellab.recording.samples import TimeAxis
from bluecellab.spec.circuit_stimuli import SpatiallyUniformField

__all__ = ["LiveField", "play_field"]

FloatArray = npt.NDArray[np.float64]


def play_field(
    fields: Sequence[SpatiallyUniformField], cell: Cell, rotation: npt.ArrayLike | None = None
) -> LiveField:
    """Let spatially uniform electric fields act on a cell, in every run from now on.

    The mechanism ``extracellular`` is inserted into all sections, and its ``e_extracellular`` follows the
    field. ``v`` of a segment remains the potential across its membrane. With ``extracellular`` NEURON
    solves the equations of all cells together: other cells beside this one change it, by rounding alone
    (1e-13 mV), and the run takes about twice the time.

    Parameters
    ----------
    fields
        They add up. Give all that act on the cell at once.
    cell
        The cell; its sections need 3-D points, but for an axon that has been replaced.
    rotation
        From the coordinates of its morphology to those of the field, shape (3, 3); none by default.

    Returns
    -------
    LiveField
        Close it to switch the field off. ``extracellular`` stays, with nothing outside.

    Raises
    ------
    CellError
        If a section is nowhere in space.
    StimulusError
        If there is no field, another one acts on the cell, or the rotation is none.
    BusyError
        If a run is in progress.
    """
    runtime.refuse_while_running("imposing a field")
    matrix = np.eye(3) if rotation is None else np.asarray(rotation, dtype=np.float64)
    if matrix.shape != (3, 3) or not np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-6):
        raise StimulusError(
            f"a rotation is a matrix of shape (3, 3) that keeps lengths, not {matrix.tolist()}"
        )
    if not terms_of(fields):
        raise StimulusError("no field to impose; give at least one, with at least one component")
    if any(isinstance(member, LiveField) and not member.closed for member in cell.members):
        raise StimulusError(
            f"a field acts on {cell.label} already; close it, and give all fields at once: they add up"
        )
    return LiveField(fields, cell, matrix)


class LiveField(Live):
    """Fields that act on a cell; made by :func:`play_field`.

    It takes part in the runs of the cell: with a fixed step only, as NEURON cannot combine CVODE with
    ``extracellular`` and a potential that is written in every step.

    Parameters
    ----------
    fields
        They add up.
    cell
        The cell.
    rotation
        From its coordinates to those of the field, shape (3, 3).
    """

    needs_fast_imem = False

    def __init__(self, fields: Sequence[SpatiallyUniformField], cell: Cell, rotation: FloatArray) -> None:
        super().__init__("electric field", cell.scope)
        self.fields = tuple(fields)
        self._cell = weakref.ref(cell)
        self._rotation = rotation
        self._patterns: FloatArray = np.empty((0, 0))
        self._nsegs: tuple[int, ...] = ()
        self._plan: RunPlan | None = None
        self._settling = False
        self._outside = self._scope.own(_Outside(), _Outside.release)
        try:
            self._measure(cell)
            prepare_outside([section.raw for section in cell.sections.values()])
        except BaseException:
            self.close()
            raise
        cell.take_part(self)

    def _measure(self, cell: Cell) -> None:
        """Find what the field is outside of each segment, unless that is known."""
        nsegs = tuple(int(section.nseg) for section in cell.sections.values())
        if nsegs != self._nsegs:
            self._patterns = patterns_of(terms_of(self.fields), displacements(cell, self._rotation))
            self._nsegs = nsegs

    def _impose(self) -> ImposedPotential:
        """Reach the segments as they are now."""
        cell = self._cell()
        if cell is None or cell.closed:
            raise ClosedError(f"the cell of {self._scope.path()} is closed")
        self._measure(cell)
        sections = [section.raw for section in cell.sections.values()]
        self._outside.release()
        self._outside.potential = ImposedPotential(
            sections, self._patterns, factors_of(terms_of(self.fields))
        )
        return self._outside.potential

    def check(self, plan: RunPlan) -> None:
        """Raise unless the step is fixed, and one thread makes it.

        Raises
        ------
        StimulusError
            If it is not, or several do.
        """
        if (threads := int(settings.read("nthread"))) > 1:
            raise StimulusError(
                f"{self._scope.path()} cannot act in a run of {threads} threads, which are not all in the "
                "middle of a step at the same time; set h.ParallelContext().nthread(1)"
            )
        if not plan.fixed:
            raise StimulusError(
                f"{self._scope.path()} cannot act in a run with CVODE, which knows no potential outside of "
                "membranes; run with a fixed step, cvode=False"
            )

    def prepare(self, plan: RunPlan) -> None:
        """Begin with nothing outside; every field begins after 0 ms."""
        self._plan = plan
        self._settling = plan.t_start > 0
        with runtime.guard("imposing a field"):
            self._impose().write(0.0)

    def reset(self, axis: TimeAxis) -> None:  # noqa: ARG002 - it records nothing
        """Begin to act; after the model has settled, if it does."""
        if self._settling:
            self._settling = False
            return
        self._start()

    def extend(self, t_stop: float) -> None:  # noqa: ARG002 - it acts for ever
        """Go on."""
        with runtime.guard("imposing a field"):
            self._impose()
        self._start()

    def _start(self) -> None:
        if self._plan is not None and self._outside.potential is not None:
            with runtime.guard("imposing a field"):
                self._outside.potential.start(clock.now(), self._plan.dt)

    def harvest(self) -> None:
        """Do nothing: it records nothing."""

    def finish(self, *, partial: bool) -> None:  # noqa: ARG002 - either way
        """Act no more."""
        self._outside.release()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"open, {len(terms_of(self.fields))} components"
        return f"<LiveField {self._scope.path()} {state}>"


class _Outside:
    """Holds what writes in a run; nothing between runs."""

    potential: ImposedPotential | None = None

    def release(self) -> None:
        """Stop writing."""
        if self.potential is not None:
            self.potential.release()
            self.potential = None
