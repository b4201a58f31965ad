"""Protocols: stimuli, recordings and a duration, ready to be sent to another process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, field_validator, model_validator

from bluecellab.spec.base import PositiveMillisecond, Site, Spec
from bluecellab.spec.recordings import (
    AnyRecording,
    CurrentsRecording,
    PointProcessRecording,
    VoltageRecording,
)
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import AnyStimulus, Hyperpolarizing, Step, Sum

__all__ = ["HOLDING", "VERSION", "Placed", "Protocol"]

#: Version of the format of protocols that is written and read.
VERSION: Literal[1] = 1
#: Name of the stimulus that :meth:`Placed.holding` makes.
HOLDING = "holding"

_FOREVER = 1e9  # ms


class Placed(Spec):
    """A stimulus at a site.

    Parameters
    ----------
    stimulus
        What is played. Times count from the beginning of the run; what lies beyond its end is not played.
    site
        Where; the middle of the soma by default.
    name
        What a recording of its point process refers to it by; each name once in a protocol.

    Examples
    --------
    >>> Placed.holding().stimulus.type
    'hyperpolarizing'
    """

    stimulus: AnyStimulus
    site: Site = Site()
    name: str = ""

    @classmethod
    def holding(cls, site: Site | None = None) -> Placed:
        """Return the cell's own holding current during the whole run, whatever its duration.

        Parameters
        ----------
        site
            Where; the middle of the soma by default.
        """
        return cls(stimulus=Hyperpolarizing(duration=_FOREVER), site=site or Site(), name=HOLDING)


class Protocol(Spec):
    """What is done to a cell, and what is recorded of it.

    Two protocols with the same content are equal, have one hash and one :attr:`key`.

    Parameters
    ----------
    duration
        In ms. With a fixed step that does not divide it, the run ends at the first step beyond it.
    stimuli
        Stimuli, each at its site. One that begins after the end of the run does nothing.
    recordings
        What to record, each once; the potential of the soma by default.
    conditions
        Temperature, initial potential, integrator, seeds.
    name
        A label for tables and figures.
    version
        Of this format of protocols.

    Raises
    ------
    InvalidSpecError
        If two stimuli or two recordings have one name, a recording is of a stimulus that there is not, the
        step is longer than the run, or the version is another.

    Examples
    --------
    >>> from bluecellab.spec.stimuli import Step
    >>> step = Placed(stimulus=Step(delay=20, duration=50, amplitude=0.3))
    >>> protocol = Protocol(duration=100, stimuli=(step,))
    >>> Protocol.from_json(protocol.to_json()) == protocol
    True
    """

    duration: PositiveMillisecond
    stimuli: tuple[Placed, ...] = ()
    recordings: tuple[AnyRecording, ...] = Field(default=(VoltageRecording(),))
    conditions: RunConditions = RunConditions()
    name: str = ""
    version: Literal[1] = Field(VERSION, repr=False)

    @classmethod
    def of_step(
        cls,
        amplitude: float,
        delay: float,
        duration: float,
        after: float = 0.0,
        *,
        holding: bool = False,
        site: Site | None = None,
        **fields: object,
    ) -> Protocol:
        """Return a step of current, with or without the cell's holding current during the whole run.

        Parameters
        ----------
        amplitude
            In nA, on top of the holding current.
        delay, duration, after
            Time before the step, of the step, and after it, in ms.
        holding
            Whether the cell is held with its holding current.
        site
            Of the step; the middle of the soma by default.
        fields
            Recordings, conditions and name of the protocol.

        Examples
        --------
        >>> protocol = Protocol.of_step(0.2, 100, 500, 100, holding=True)
        >>> protocol.duration, len(protocol.stimuli)
        (700.0, 2)
        """
        step = Step(delay=delay, duration=duration, amplitude=amplitude)
        placed = Placed(stimulus=step, site=site or Site())
        stimuli = (Placed.holding(), placed) if holding else (placed,)
        return cls(duration=delay + duration + after, stimuli=stimuli, **fields)

    @field_validator("version", mode="before")
    @classmethod
    def _of_this_version(cls, value: object) -> object:
        if value != VERSION or isinstance(value, bool):
            raise ValueError(
                f"this is a protocol of version {value}, and this bluecellab reads version {VERSION}; "
                "use the bluecellab that wrote it, or a newer one"
            )
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Protocol:
        placed = {item.name: item for item in self.stimuli}
        _refuse_twice("stimuli", [item.name for item in self.stimuli if item.name])
        _refuse_twice("recordings", [_name(recording) for recording in self.recordings])
        for recording in self.recordings:
            if isinstance(recording, PointProcessRecording):
                _check_target(recording, placed)
        if self.conditions.cvode is not True and self.conditions.dt > self.duration:
            raise ValueError(
                f"the step dt = {self.conditions.dt:g} ms is longer than the duration of {self.duration:g} ms"
            )
        return self


def _name(recording: AnyRecording) -> str:
    return f"{recording.site}.currents" if isinstance(recording, CurrentsRecording) else recording.name


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two {what} are called {name!r}; each needs a name of its own")
        seen.add(name)


def _check_target(recording: PointProcessRecording, placed: Mapping[str, Placed]) -> None:
    target = placed.get(recording.target) if recording.target else None
    if target is None:
        named = ", ".join(repr(name) for name in placed if name) or "none, as none has a name"
        raise ValueError(
            f"recording {recording.name!r} is of a stimulus named {recording.target!r}; there is {named}"
        )
    if isinstance(target.stimulus, Sum):
        raise ValueError(
            f"recording {recording.name!r} is of {recording.target!r}, a sum, which has a point process for "
            "each of its stimuli; place them one by one, each with a name"
        )
