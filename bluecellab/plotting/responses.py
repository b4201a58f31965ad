"""What was done to a cell, above what it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bluecellab.errors import ResultsError, StimulusError
from bluecellab.plotting.stimuli import Curve, Series, plot_stimulus_and_response
from bluecellab.plotting.traces import plot_traces
from bluecellab.results import Results
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.stimuli import Stimulus, Sum
from bluecellab.stimulus.streams import Electrical, Seeds
from bluecellab.stimulus.waveform import Waveform, superpose
from bluecellab.stimulus.waveforms import waveform_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_response", "waveforms_of"]


def plot_response(
    results: Results,
    *,
    stimuli: Sequence[Curve | Series] | None = None,
    threshold_current: float | None = None,
    holding_current: float | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the stimuli of a protocol above the traces recorded under them.

    Stimuli that are relative to a cell's threshold or holding current are drawn in nA, of the currents in the
    specification of the cell (``results.cell``) or those given here: what was played, not what was written.
    Random ones are drawn as the cell played them, from the same streams.

    Parameters
    ----------
    results
        What remains of a run.
    stimuli
        Waveforms or time series to be drawn instead of the protocol's.
    threshold_current, holding_current
        Of the cell in nA, instead of those of its specification.
    title
        Title of the figure; the name of the protocol by default.

    Returns
    -------
    matplotlib.figure.Figure
        A low panel for each unit of the stimuli, one for each unit of the traces; and only these where there
        are no stimuli.

    Raises
    ------
    ResultsError
        If nothing was recorded, or a stimulus is relative to a current that is not known.
    MissingDependencyError
        If matplotlib is not installed.
    """
    name = results.protocol.name if title is None else title
    if stimuli is None:
        stimuli = waveforms_of(results, threshold_current, holding_current)
    if not stimuli:
        return plot_traces(results.traces, title=name)
    return plot_stimulus_and_response(stimuli, results.traces, title=name)


def waveforms_of(
    results: Results, threshold_current: float | None = None, holding_current: float | None = None
) -> Sequence[Curve]:
    """Return what a protocol played; see :func:`plot_response`."""
    known = _electrical(results.cell)
    electrical = Electrical(
        known.threshold_current if threshold_current is None else threshold_current,
        known.holding_current if holding_current is None else holding_current,
    )
    number = 0 if results.cell is None else results.cell.id.id
    seeds = Seeds(base_seed=results.protocol.conditions.base_seed, cell=number)
    found: list[Waveform] = []
    for placed in results.protocol.stimuli:
        try:
            played = _played(placed.stimulus, electrical, seeds)
        except StimulusError as error:
            raise ResultsError(
                f"a stimulus of protocol {results.protocol.name!r} cannot be drawn: {error} Give "
                "threshold_current= or holding_current= to draw it, or stimuli=() to draw the traces alone."
            ) from error
        found.extend(replace(waveform, label=placed.name or waveform.label) for waveform in played)
    labels = [waveform.label for waveform in found]
    return [
        waveform if labels.count(waveform.label) == 1 else replace(waveform, label=_with_size(waveform))
        for waveform in found
    ]


def _played(stimulus: Stimulus, electrical: Electrical, seeds: Seeds) -> list[Waveform]:
    """Return what a stimulus plays; currents and conductances that make a sum each by itself."""
    if not isinstance(stimulus, Sum):
        return [waveform_of(stimulus, electrical, seeds)]
    parts = [part for each in stimulus.stimuli for part in _played(each, electrical, seeds)]
    return [superpose(parts, label=stimulus.type)] if len({part.unit for part in parts}) == 1 else parts


def _with_size(waveform: Waveform) -> str:
    """Return a label that tells a stimulus from others of its kind: with its largest value."""
    largest = waveform.values[abs(waveform.values).argmax()]
    return f"{waveform.label} {largest:.3g} {waveform.unit.replace('uS', 'µS')}"


def _electrical(cell: AnyCell | None) -> Electrical:
    """Return the currents in the specification of a cell; nothing where it has none."""
    properties = getattr(cell, "emodel_properties", None)
    if properties is None:
        return Electrical()
    return Electrical(properties.threshold_current or None, properties.holding_current)
