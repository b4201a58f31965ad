"""Validations put together of parts, under the published names."""

from __future__ import annotations

from bluecellab.compat.validation.base import TestResult, ValidationTest
from bluecellab.compat.validation.criterion import Criterion, EqualTo, GreaterThan, IsFalse
from bluecellab.compat.validation.measurement import EfelMeasurement, Measurement
from bluecellab.compat.validation.parametric_validation import ParametricValidation
from bluecellab.compat.validation.protocol import Protocol, SequenceProtocol, StepProtocol

__all__ = [
    "Criterion",
    "EfelMeasurement",
    "EqualTo",
    "GreaterThan",
    "IsFalse",
    "Measurement",
    "ParametricValidation",
    "Protocol",
    "SequenceProtocol",
    "StepProtocol",
    "TestResult",
    "ValidationTest",
]
