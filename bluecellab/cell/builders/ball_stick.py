"""The embedded default cell: ball and stick, on mechanisms that NEURON brings along."""

from __future__ import annotations

import numpy as np

from bluecellab.cell.model import Model, sections_by_name
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.scope import Scope
from bluecellab.spec.cells import BallStickCell

__all__ = ["build_ball_stick"]

_PROPERTIES = BallStickCell().emodel_properties
_SODIUM_CONDUCTANCE = 0.24  # S/cm2
_RADIUS = 10.0  # um


def _diamond_soma() -> tuple[np.ndarray, np.ndarray]:
    """Return positions and diameters (um) of a diamond cut into 21 discs, as NEURON cuts a contour."""
    positions = np.linspace(-0.96 * _RADIUS, _RADIUS, 21)
    diameters = 2 * (_RADIUS - np.abs(positions))
    first, last = diameters[:2].mean(), diameters[-2:].mean()
    diameters[0], diameters[-1] = first, last
    return positions, diameters


def build_ball_stick(scope: Scope) -> Model:
    """Make a soma and a dendrite with Hodgkin-Huxley channels.

    Parameters
    ----------
    scope
        Will own the sections.
    """
    h = runtime.raw_h()
    soma = scope.own(h.Section(name="soma[0]"), objects.delete_section)
    dendrite = scope.own(h.Section(name="dend[0]"), objects.delete_section)
    for x, diameter in zip(*_diamond_soma(), strict=True):
        soma.pt3dadd(x, 0, 0, diameter)
    dendrite.connect(soma(0.5), 0)
    dendrite.pt3dadd(_RADIUS, 0, 0, 3)
    dendrite.pt3dadd(_RADIUS + 200, 0, 0, 3)
    dendrite.nseg = 200
    for section in (soma, dendrite):
        section.insert("hh")
        section.gnabar_hh = _SODIUM_CONDUCTANCE
    sections = sections_by_name([soma, dendrite])
    return Model(
        sections=sections,
        lists={"somatic": ["soma[0]"], "basal": ["dend[0]"]},
        ids={0: "soma[0]", 1: "dend[0]"},
        threshold=_PROPERTIES.threshold_current,
        holding=_PROPERTIES.holding_current,
        template_id="ball_stick",
    )
