"""Validation of cells: protocols, measurements and criteria as data.

:func:`validate_cell` puts a :class:`Suite` of questions to a cell, by default those that BlueCelluLab
asks. A suite is a value, which JSON and YAML files hold; a measurement or a criterion of your own may be
any Python function.
"""

from __future__ import annotations

from bluecellab.analysis.validation.base import Observation, ValidationProtocol
from bluecellab.analysis.validation.criteria import (
    Always,
    AtLeast,
    AtMost,
    Between,
    Criterion,
    EqualTo,
    GreaterThan,
    IsFalse,
    IsTrue,
    LessThan,
)
from bluecellab.analysis.validation.curves import FIProtocol, IVProtocol
from bluecellab.analysis.validation.default import DEFAULT_SUITE
from bluecellab.analysis.validation.measurements import (
    BackPropagates,
    EfelMeasurement,
    FeatureDifference,
    FirstSpikeLag,
    Measured,
    Measurement,
    Property,
    Slope,
    SpikeCount,
)
from bluecellab.analysis.validation.protocols import (
    IDREST,
    IV,
    BackPropagationProtocol,
    Phase,
    SequenceProtocol,
    StepProtocol,
)
from bluecellab.analysis.validation.running import VALIDATION_CONDITIONS, validate_cell
from bluecellab.analysis.validation.subject import Subject
from bluecellab.analysis.validation.suite import Suite, Validation

__all__ = [
    "DEFAULT_SUITE",
    "IDREST",
    "IV",
    "VALIDATION_CONDITIONS",
    "Always",
    "AtLeast",
    "AtMost",
    "BackPropagates",
    "BackPropagationProtocol",
    "Between",
    "Criterion",
    "EfelMeasurement",
    "EqualTo",
    "FIProtocol",
    "FeatureDifference",
    "FirstSpikeLag",
    "GreaterThan",
    "IVProtocol",
    "IsFalse",
    "IsTrue",
    "LessThan",
    "Measured",
    "Measurement",
    "Observation",
    "Phase",
    "Property",
    "SequenceProtocol",
    "Slope",
    "SpikeCount",
    "StepProtocol",
    "Subject",
    "Suite",
    "Validation",
    "ValidationProtocol",
    "validate_cell",
]
