"""Distances between sections."""

from __future__ import annotations

from bluecellab.cell.sections import euclidean_distance
from bluecellab.compat.type_aliases import NeuronSection

__all__ = ["EuclideanSectionDistance"]


class EuclideanSectionDistance:
    """Straight distances between places of cells, in um."""

    def __call__(
        self,
        hsection1: NeuronSection,
        hsection2: NeuronSection,
        location1: float = 0.5,
        location2: float = 0.5,
        dimensions: str = "xyz",
    ) -> float:
        """Return the distance between two places, over the chosen axes."""
        return euclidean_distance(hsection1, hsection2, location1, location2, dimensions)
