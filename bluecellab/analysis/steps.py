"""When a step of current is on, and the protocols made of it."""

from __future__ import annotations

from bluecellab.cell import Cell
from bluecellab.spec.base import (
    NonNegativeMillisecond,
    PositiveMillisecond,
    Site,
    Spec,
)
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import AnyRecording, VoltageRecording
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Step

__all__ = ["CONDITIONS", "StepTimes", "holding_of", "site_on", "step_protocol"]

CONDITIONS = RunConditions(cvode="auto")
"""34 degC, from -65 mV, with a variable step where the mechanisms allow it."""


class StepTimes(Spec):
    """When a step begins, how long it lasts, and how long a run goes on after it.

    Parameters
    ----------
    delay, duration, post_delay
        In ms.

    Examples
    --------
    >>> StepTimes(delay=100, duration=500).stop
    600.0
    """

    delay: NonNegativeMillisecond = 100.0
    duration: PositiveMillisecond = 500.0
    post_delay: NonNegativeMillisecond = 100.0

    @property
    def stop(self) -> float:
        """When the step ends, in ms."""
        return self.delay + self.duration

    @property
    def total(self) -> float:
        """Length of a run in ms."""
        return self.stop + self.post_delay


def step_protocol(
    times: StepTimes,
    amplitude: float,
    *,
    holding_current: float = 0.0,
    injected: Site = Site(),  # noqa: B008 - frozen
    held: Site = Site(),  # noqa: B008
    recordings: tuple[AnyRecording, ...] = (VoltageRecording(),),
    conditions: RunConditions = CONDITIONS,
) -> Protocol:
    """Return a protocol: a step on top of a holding current.

    Parameters
    ----------
    times
        When the step is on, and how long the run is.
    amplitude
        Of the step in nA.
    holding_current
        On from beginning to end, in nA.
    injected, held
        Where the step and the holding current are injected.
    recordings
        What to record.
    conditions
        Temperature, initial potential, integrator.
    """
    step = Step(delay=times.delay, duration=times.duration, amplitude=amplitude)
    placed = Placed(stimulus=step, site=injected, name="step")
    holding = Step(delay=0.0, duration=times.total, amplitude=holding_current)
    return Protocol(
        duration=times.total,
        stimuli=(Placed(stimulus=holding, site=held, name="holding"), placed)
        if holding_current
        else (placed,),
        recordings=recordings,
        conditions=conditions,
        name=f"step of {amplitude:g} nA",
    )


def holding_of(cell: Cell, given: float | None) -> float:
    """Return the holding current in nA: as given, else the cell's own, else none."""
    if given is not None:
        return given
    return 0.0 if cell.hypamp is None else float(cell.hypamp)


def site_on(cell: Cell, site: Site) -> Site:
    """Return a site by the cell's own name of its soma, which cells made in Python call as they like."""
    if site.section != Site().section or site.section in cell.sections:
        return site
    return site.model_copy(update={"section": cell.at().section.name})
