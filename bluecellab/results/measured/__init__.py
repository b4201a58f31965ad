"""What measurements on cells give: plain values, which know their units and need no NEURON."""

from __future__ import annotations

from bluecellab.results.measured.curves import FICurve, IVCurve, Threshold
from bluecellab.results.measured.impedance import Impedance
from bluecellab.results.measured.propagation import BackPropagation, BranchAttenuation, EpspAttenuation
from bluecellab.results.measured.properties import MEModelProperties
from bluecellab.results.measured.shapes import CellShape, SectionShape
from bluecellab.results.measured.validation import ValidationReport, ValidationResult

__all__ = [
    "BackPropagation",
    "BranchAttenuation",
    "CellShape",
    "EpspAttenuation",
    "FICurve",
    "IVCurve",
    "Impedance",
    "MEModelProperties",
    "SectionShape",
    "Threshold",
    "ValidationReport",
    "ValidationResult",
]
