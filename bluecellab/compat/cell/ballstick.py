"""The ball-and-stick cell."""

from __future__ import annotations

from bluecellab.compat.cell.core import BALL_STICK, Cell

__all__ = ["create_ball_stick"]


def create_ball_stick() -> Cell:
    """Make a cell of a soma and a dendrite, with NEURON's own channels.

    Examples
    --------
    >>> with create_ball_stick() as cell:
    ...     [section.hname() for section in cell.somatic]
    ['soma[0]']
    """
    return Cell.from_template_parameters(BALL_STICK)
