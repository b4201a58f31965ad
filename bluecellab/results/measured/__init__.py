"""What measurements on cells give: plain values, which know their units and need no NEURON.

Names are loaded on first use: a cell needs its shape, and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bluecellab.files.late import loaded_late

if TYPE_CHECKING:
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

_HOMES = {
    "BackPropagation": "propagation",
    "BranchAttenuation": "propagation",
    "CellShape": "shapes",
    "EpspAttenuation": "propagation",
    "FICurve": "curves",
    "IVCurve": "curves",
    "Impedance": "impedance",
    "MEModelProperties": "properties",
    "SectionShape": "shapes",
    "Threshold": "curves",
    "ValidationReport": "validation",
    "ValidationResult": "validation",
}

__getattr__, __dir__ = loaded_late(__name__, _HOMES)
