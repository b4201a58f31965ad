"""What is done to a cell, under the published names."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any, Literal

import numpy as np

from bluecellab.compat.analysis.inject_sequence import Recording, run_stimulus
from bluecellab.spec.cells import TemplateParams
from bluecellab.stimulus.factory import IDRestTimings, StimulusFactory
from bluecellab.stimulus.series import Flat, Stimulus

__all__ = ["Protocol", "SequenceProtocol", "StepProtocol"]


def _number(name: str, value: Any) -> float:
    """Return a number.

    Raises
    ------
    TypeError
        If it is none.
    ValueError
        If it is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{name} must be a number, not {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, not {value!r}")
    return float(value)


def _time(name: str, value: Any, *, positive: bool = False) -> float:
    """Return a time in ms; raises as :func:`_number`, and ValueError if it is negative."""
    number = _number(name, value)
    if number < 0 or (positive and number == 0):
        raise ValueError(f"{name} must be {'above' if positive else 'at least'} 0 ms, not {value!r}")
    return number


def _on_grid(duration: float, dt: float) -> float:
    """Return how long a piece of that duration lasts in samples."""
    return math.ceil(duration / dt) * dt


class Protocol(ABC):
    """Base of protocols."""

    @property
    @abstractmethod
    def stim_start(self) -> float:
        """When what is measured begins, in ms."""

    @property
    @abstractmethod
    def stim_end(self) -> float:
        """When what is measured ends, in ms."""

    @abstractmethod
    def execute(self, template_params: TemplateParams, rheobase: float) -> Recording:
        """Do it to a cell that is built for it, and return what was recorded.

        Parameters
        ----------
        template_params
            What the cell is built from.
        rheobase
            In nA.
        """


@dataclass
class StepProtocol(Protocol):
    """A step with the times of IDRest.

    Parameters
    ----------
    threshold_percentage
        Amplitude in percent of the rheobase.
    amplitude
        In nA; wins.
    dt
        Interval of the samples of the stimulus in ms.
    section, segment
        Where it is played, and recorded.
    add_hypamp
        Whether the cell's holding current is on all the time.

    Raises
    ------
    TypeError, ValueError
        If ``dt`` is no number of ms, or not above 0.
    """

    threshold_percentage: float = 130.0
    amplitude: float | None = None
    dt: float = 1.0
    section: str = "soma[0]"
    segment: float = 0.5
    add_hypamp: bool = True

    def __post_init__(self) -> None:
        _time("dt", self.dt, positive=True)

    @property
    def stim_start(self) -> float:
        """When the step begins, in ms."""
        return _on_grid(IDRestTimings.PRE_DELAY.value, self.dt)

    @property
    def stim_end(self) -> float:
        """When the step ends, in ms."""
        return self.stim_start + _on_grid(IDRestTimings.DURATION.value, self.dt)

    def execute(self, template_params: TemplateParams, rheobase: float) -> Recording:
        """Play the step."""
        stimulus = StimulusFactory(dt=self.dt).idrest(
            threshold_current=rheobase,
            threshold_percentage=self.threshold_percentage,
            amplitude=self.amplitude,
        )
        return _played(self, template_params, stimulus)


@dataclass
class SequenceProtocol(Protocol):
    """Pieces of constant current, one after the other.

    Parameters
    ----------
    phases
        Duration in ms and amplitude of each.
    pre_delay, post_delay
        Before and after them, in ms.
    dt
        Interval of the samples of the stimulus in ms; each piece is rounded up to it.
    section, segment
        Where it is played, and recorded.
    add_hypamp
        Whether the cell's holding current is on all the time.
    amplitude_mode
        ``"threshold_percentage"``: amplitudes are in percent of the rheobase; ``"amplitude"``: in nA.
    measurement_phase
        Which of the phases is measured, from 0; all of them by default.

    Raises
    ------
    TypeError, ValueError, IndexError
        If something is no number, makes no sense, or there is no such phase.
    """

    phases: list[tuple[float, float]] = field(default_factory=lambda: [(1350.0, 130.0)])
    pre_delay: float = 250.0
    post_delay: float = 250.0
    dt: float = 1.0
    section: str = "soma[0]"
    segment: float = 0.5
    add_hypamp: bool = True
    amplitude_mode: Literal["threshold_percentage", "amplitude"] = "threshold_percentage"
    measurement_phase: int | None = None

    def __post_init__(self) -> None:
        _time("dt", self.dt, positive=True)
        _time("pre_delay", self.pre_delay)
        _time("post_delay", self.post_delay)
        if not self.phases:
            raise ValueError("a sequence needs at least one phase")
        for phase in self.phases:
            if len(phase) != 2:
                raise ValueError(f"a phase is (duration, amplitude), not {phase!r}")
            _time("duration of a phase", phase[0], positive=True)
            _number("amplitude of a phase", phase[1])
        if self.amplitude_mode not in ("threshold_percentage", "amplitude"):
            raise ValueError(
                f"amplitude_mode is 'threshold_percentage' or 'amplitude', not {self.amplitude_mode!r}"
            )
        self._check_phase()

    def _check_phase(self) -> None:
        number: Any = self.measurement_phase
        if number is None:
            return
        if isinstance(number, bool) or not isinstance(number, int | np.integer):
            raise ValueError(f"measurement_phase is the number of a phase, not {number!r}")
        if not 0 <= number < len(self.phases):
            raise IndexError(f"measurement_phase is {number}; there are {len(self.phases)} phases, from 0")

    def _edges(self) -> list[float]:
        """Return when phases begin, and the last one ends, in ms."""
        edges = [_on_grid(self.pre_delay, self.dt)]
        for duration, _ in self.phases:
            edges.append(edges[-1] + _on_grid(duration, self.dt))
        return edges

    @property
    def stim_start(self) -> float:
        """When what is measured begins, in ms."""
        return self._edges()[self.measurement_phase or 0]

    @property
    def stim_end(self) -> float:
        """When what is measured ends, in ms."""
        return self._edges()[-1 if self.measurement_phase is None else self.measurement_phase + 1]

    def execute(self, template_params: TemplateParams, rheobase: float) -> Recording:
        """Play the phases."""
        scale = rheobase / 100.0 if self.amplitude_mode == "threshold_percentage" else 1.0
        pieces = [(self.pre_delay, 0.0), *self.phases, (self.post_delay, 0.0)]
        stimulus = reduce(add, (Flat(self.dt, duration, level * scale) for duration, level in pieces))
        return _played(self, template_params, stimulus)


def _played(
    protocol: StepProtocol | SequenceProtocol, template_params: TemplateParams, stimulus: Stimulus
) -> Recording:
    return run_stimulus(
        template_params,
        stimulus,
        protocol.section,
        protocol.segment,
        add_hypamp=protocol.add_hypamp,
        recording_section=protocol.section,
        recording_segment=protocol.segment,
    )
