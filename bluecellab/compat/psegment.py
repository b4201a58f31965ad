"""A segment of a section of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bluecellab.compat.type_aliases import HocObjectType

if TYPE_CHECKING:
    from bluecellab.compat.psection import PSection

__all__ = ["PSegment"]


class PSegment:
    """A segment of a :class:`~bluecellab.compat.psection.PSection`.

    Parameters
    ----------
    hsegment
        NEURON's segment.
    parentsection
        The section that it is part of.
    """

    def __init__(self, hsegment: HocObjectType, parentsection: PSection) -> None:
        self.hsegment = hsegment
        self.parentsection = parentsection

    @property
    def L(self) -> float:
        """Length in um."""
        return self.parentsection.L / int(self.parentsection.hsection.nseg)

    @property
    def diam(self) -> float:
        """Diameter in um."""
        return float(self.hsegment.diam)

    @property
    def mechanism_names(self) -> list[str]:
        """Names of the density mechanisms."""
        return [str(mechanism.name()) for mechanism in self.hsegment]

    def __repr__(self) -> str:
        return f"<PSegment {self.hsegment}>"
