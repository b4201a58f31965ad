"""What tests of validations share."""

from __future__ import annotations

from bluecellab.analysis.steps import StepTimes
from bluecellab.analysis.validation import (
    AtLeast,
    BackPropagationProtocol,
    EfelMeasurement,
    GreaterThan,
    IsFalse,
    LessThan,
    SpikeCount,
    StepProtocol,
    Suite,
    Validation,
)
from bluecellab.analysis.validation.base import Observation
from bluecellab.analysis.validation.measurements import Measured
from bluecellab.spec.base import Site

SHORT = StepTimes(delay=20, duration=20, post_delay=5)
SOMA = Site()
RHEOBASE = 0.35  # nA; far above the real one, so that every step fires


def base_of(seen: Observation) -> float:
    """Return the potential at the beginning in mV."""
    return float(seen.results().traces["soma[0](0.5).v"].values[0])


def negative(value: float) -> bool:
    """Whether it is below 0."""
    return bool(value < 0)


def noted(seen: Observation) -> Measured:
    """Return a value with notes."""
    return Measured(1.0, {"one": 1}, "it is one.")


def small_suite() -> Suite:
    """Return a suite that takes half a second."""
    step = StepProtocol(percent=100, times=SHORT, spikes=(SOMA,))
    return Suite(
        name="small",
        validations=(
            Validation(
                name="spikes", protocol=step, measurement=SpikeCount(), criterion=AtLeast(threshold=1)
            ),
            Validation(
                name="block",
                title="No block",
                protocol=StepProtocol(percent=100, times=SHORT, recorded=(SOMA, Site(section="dend[0]"))),
                measurement=EfelMeasurement(feature="depol_block_bool"),
                criterion=IsFalse(),
            ),
            Validation(
                name="rest",
                protocol=StepProtocol(percent=-20, times=SHORT),
                measurement=EfelMeasurement(feature="voltage_base"),
                criterion=LessThan(threshold=-50),
            ),
            Validation(name="mine", protocol=step, measurement=base_of, criterion=negative),
            Validation(
                name="bap",
                protocol=BackPropagationProtocol(percent=500, start=20, total=30),
                criterion=GreaterThan(threshold=0),
                measurement=noted,
            ),
        ),
        properties=("rheobase",),
    )
