"""Fields that act on a cell while it runs."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.cell import Cell
from bluecellab.errors import ClosedError, StimulusError
from bluecellab.fields.acting import ActingField
from bluecellab.fields.geometry import displacements
from bluecellab.fields.uniform import factors_of, patterns_of, terms_of
from bluecellab.nrn import runtime
from bluecellab.nrn.imposed import ImposedPotential, prepare_outside
from bluecellab.recording import RunPlan
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


class LiveField(ActingField):
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

    def __init__(self, fields: Sequence[SpatiallyUniformField], cell: Cell, rotation: FloatArray) -> None:
        super().__init__("electric field", cell.scope)
        self.fields = tuple(fields)
        self._cell = weakref.ref(cell)
        self._rotation = rotation
        self._patterns: FloatArray = np.empty((0, 0))
        self._nsegs: tuple[int, ...] = ()
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

    def _reach(self, plan: RunPlan) -> ImposedPotential:  # noqa: ARG002 - its factors are of any time
        cell = self._cell()
        if cell is None or cell.closed:
            raise ClosedError(f"the cell of {self._scope.path()} is closed")
        self._measure(cell)
        sections = [section.raw for section in cell.sections.values()]
        return ImposedPotential(sections, self._patterns, factors_of(terms_of(self.fields)))

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"open, {len(terms_of(self.fields))} components"
        return f"<LiveField {self._scope.path()} {state}>"
