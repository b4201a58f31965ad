"""What clients send: the specifications of bluecellab, within the limits of the server."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bluecellab.spec.base import Spec
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.recordings import CurrentsRecording, SpikeRecording
from bluecellab.spec.stimuli import Step, parts_of

from .settings import Settings

__all__ = ["OverLimitError", "RunRequest", "check"]

_CURRENTS = 16  # traces that a recording of all currents counts as


class RunRequest(Spec):
    """What to run.

    Parameters
    ----------
    cell
        Name of a cell that the server offers. Specifications of cells are not taken from clients: they name
        files and Python functions.
    protocols
        What to do to it, each on its own.
    points
        Samples of a trace that are sent at most: the smallest and the largest of each stretch, so that no
        spike is lost. The run itself is not touched.
    """

    cell: str
    protocols: Annotated[tuple[Protocol, ...], Field(min_length=1)]
    points: Annotated[int, Field(ge=10, le=20_000)] = 1000


class OverLimitError(ValueError):
    """A request that is well formed, but asks for more than this server does."""


def check(request: RunRequest, settings: Settings) -> None:
    """Refuse what would keep the server busy for others.

    Raises
    ------
    OverLimitError
        If the cell is not on offer, or the request goes over a limit.
    """
    if request.cell not in settings.cells:
        raise OverLimitError(f"cell: there is no {request.cell!r}; there is {', '.join(settings.cells)}")
    _at_most("protocols", "protocols", len(request.protocols), settings.max_protocols)
    for index, protocol in enumerate(request.protocols):
        _check_protocol(f"protocols.{index}", protocol, settings)


def _check_protocol(place: str, protocol: Protocol, settings: Settings) -> None:
    _at_most(f"{place}.duration", "ms", protocol.duration, settings.max_duration)
    _at_most(f"{place}.recordings", "recordings", len(protocol.recordings), settings.max_stimuli)
    parts = [part for placed in protocol.stimuli for part in parts_of(placed.stimulus)]
    _at_most(f"{place}.stimuli", "stimuli", len(parts), settings.max_stimuli)
    steps = protocol.duration / protocol.conditions.dt
    samples = 0.0
    for recording in protocol.recordings:
        if not isinstance(recording, SpikeRecording):
            traces = _CURRENTS if isinstance(recording, CurrentsRecording) else 1
            samples += traces * protocol.duration / (recording.interval or protocol.conditions.dt)
    for part in parts:  # a waveform is sampled, too
        if not isinstance(part, Step):
            samples += protocol.duration / getattr(part, "dt", protocol.conditions.dt)
    _at_most(place, "steps and samples", max(steps, samples), settings.max_samples)


def _at_most(place: str, what: str, asked: float, limit: float) -> None:
    if asked > limit:
        raise OverLimitError(f"{place}: {asked:g} {what} asked for; this server does {limit:g} at most")
