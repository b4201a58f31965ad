"""Searches for a current by bisection, which look at both ends of their range."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pydantic import Field, model_validator

from bluecellab.analysis.running import on_live
from bluecellab.analysis.spikes import detect_spike
from bluecellab.analysis.steady import steady_state_voltage
from bluecellab.analysis.steps import CONDITIONS, StepTimes, site_on, step_protocol
from bluecellab.cell import Cell
from bluecellab.errors import BracketError, CancelledError, SearchError
from bluecellab.recording.stopping import StopAtSpike
from bluecellab.results.measured import Threshold
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.base import Millivolt, Nanoampere, Site, Spec
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.recordings import VoltageRecording
from bluecellab.spec.simulation import RunConditions

__all__ = ["Bracket", "SpikeTest", "hyperpolarizing_current", "spikes_at", "threshold_current"]

_THRESHOLD_TIMES = StepTimes(delay=300.0, duration=700.0, post_delay=0.0)
_LOOK_AT_ENDS = 5  # halvings to one side, after which the end on the other side is looked at
_NARROWEST = 1e-9  # nA


class Bracket(Spec):
    """The range in which a current is searched for.

    Parameters
    ----------
    lower, upper
        Its ends in nA.
    precision
        Width in nA below which the search ends.
    widest
        How far the upper end may be raised in nA, when no spike comes of it; it stays where it is if None.

    Raises
    ------
    InvalidSpecError
        If the ends are not in order.
    """

    lower: Nanoampere
    upper: Nanoampere
    precision: Nanoampere = Field(0.01, gt=0)
    widest: Nanoampere | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Bracket:
        if not self.lower < self.upper:
            raise ValueError(f"the lower end {self.lower:g} nA must be below the upper, {self.upper:g} nA")
        return self


class _Trials:
    """Simulations of steps on one cell, and what came of each."""

    def __init__(self, spikes: Callable[[float], bool]) -> None:
        self._spikes = spikes
        self.tried: list[tuple[float, bool]] = []

    def __call__(self, current: float) -> bool:
        """Whether a current makes a spike."""
        answer = self._spikes(current)
        self.tried.append((current, answer))
        return answer


class SpikeTest(Spec):
    """What a spike is, and when and where it counts.

    Parameters
    ----------
    site
        Where the step is injected and the potential looked at.
    threshold
        In mV; above it is a spike.
    times
        When the step is on; only spikes within it count.
    holding_current
        At the same site, all the time, in nA.
    conditions
        Temperature, initial potential, integrator.
    """

    site: Site = Site()
    threshold: Millivolt = -20.0
    times: StepTimes = _THRESHOLD_TIMES
    holding_current: Nanoampere = 0.0
    conditions: RunConditions = CONDITIONS


@contextmanager
def _spike_trials(cell: Cell, test: SpikeTest) -> Iterator[_Trials]:
    """Yield what says whether a step makes a spike; each simulation ends at the first."""
    site = site_on(cell, test.site)
    recording = VoltageRecording(site=site)
    start, stop = test.times.delay, test.times.stop

    def spikes(current: float) -> bool:
        protocol = step_protocol(
            test.times.model_copy(update={"post_delay": 0.0}),
            current,
            holding_current=test.holding_current,
            injected=site,
            held=site,
            recordings=(recording,),
            conditions=test.conditions,
        )
        try:
            trace = run_on(cell, protocol).traces[recording.name]
        except CancelledError:
            if stopper.time is None:
                raise
        if stopper.time is not None:
            return True
        return detect_spike(trace.values[(trace.time > start) & (trace.time < stop)], test.threshold)

    with StopAtSpike(cell.at(site), cell.scope, threshold=test.threshold, start=start, stop=stop) as stopper:
        cell.take_part(stopper)
        yield _Trials(spikes)


def spikes_at(cell: Cell | AnyCell, current: float, test: SpikeTest = SpikeTest()) -> bool:  # noqa: B008
    """Whether a step of a current makes the cell fire.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one.
    current
        Of the step in nA.
    test
        What counts as a spike.
    """
    return on_live(_spikes_at, cell, current, test)


def _spikes_at(cell: Cell, current: float, test: SpikeTest) -> bool:
    with _spike_trials(cell, test) as spikes:
        return spikes(current)


def threshold_current(
    cell: Cell | AnyCell,
    bracket: Bracket,
    test: SpikeTest = SpikeTest(),  # noqa: B008 - frozen
) -> Threshold:
    """Search for the smallest step of current that makes a cell fire, by bisection.

    The upper end of the range must make a spike and the lower end must not: the upper end is tried first,
    the lower one when no smaller current than the threshold has been found silent. It assumes one threshold
    between them: a cell that stops firing at larger currents (depolarisation block) has another. Each
    simulation ends at its first spike, as nothing after it is asked for.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one.
    bracket
        The range, and the width at which to end.
    test
        When and where the step is, on top of which holding current, and what counts as a spike.

    Returns
    -------
    Threshold
        The smallest current that was found to make a spike; it is less than the precision above the
        largest one that was found to make none.

    Raises
    ------
    BracketError
        If the lower end makes a spike, or the upper end makes none.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> found = threshold_current(BallStickCell(), Bracket(lower=0, upper=1))
    >>> found.current - found.below <= 0.01
    True
    """
    return on_live(_threshold, cell, bracket, test)


def _threshold(cell: Cell, bracket: Bracket, test: SpikeTest) -> Threshold:
    with _spike_trials(cell, test) as spikes:
        lower, upper = _spiking_end(spikes, bracket)
        while abs(upper - lower) >= bracket.precision:
            middle = lower + abs(upper - lower) / 2
            if spikes(middle):
                upper = middle
            else:
                lower = middle
        if (lower, False) not in spikes.tried and spikes(lower):
            raise BracketError(
                f"a step of {lower:g} nA, the lower end of the range, on top of "
                f"{test.holding_current:g} nA makes the cell fire as well, so that its threshold is not "
                f"between {lower:g} and {bracket.upper:g} nA. Use a smaller lower end; does it fire without "
                "a step?",
                lower=lower,
                upper=bracket.upper,
            )
    return Threshold(upper, lower, bracket.precision, test.holding_current, tuple(spikes.tried))


def _spiking_end(spikes: _Trials, bracket: Bracket) -> tuple[float, float]:
    """Return the ends of a range whose upper one makes a spike."""
    lower, upper = bracket.lower, bracket.upper
    while not spikes(upper):
        if bracket.widest is None or upper >= bracket.widest:
            below = f" (nor does {spikes.tried[0][0]:g} nA)" if len(spikes.tried) > 1 else ""
            raise BracketError(
                f"a step of {upper:g} nA, the upper end of the range, makes no spike{below}, so that there "
                f"is no threshold between {bracket.lower:g} and {upper:g} nA. Use a larger upper end; can "
                "the cell fire, and is it in depolarisation block there?",
                lower=bracket.lower,
                upper=upper,
            )
        lower, upper = upper, min(upper + 2 * max(abs(upper), bracket.precision), bracket.widest)
    return lower, upper


def hyperpolarizing_current(
    cell: Cell | AnyCell,
    target_voltage: float,
    *,
    between: tuple[float, float] = (-1.0, 0.0),
    tolerance: float = 0.5,
    site: Site = Site(),  # noqa: B008 - frozen
    spike_threshold: float | None = -20.0,
    conditions: RunConditions = CONDITIONS,
) -> float:
    """Search for the current under which a cell settles at a potential, by bisection.

    It assumes that the steady potential grows with the current; see
    :func:`~bluecellab.analysis.steady_state_voltage`, with which it is measured. For the current at exactly a
    potential, :func:`~bluecellab.analysis.holding_current` needs one simulation.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one.
    target_voltage
        In mV.
    between
        Range of the search in nA.
    tolerance
        How far from the target is good enough, in mV.
    site, spike_threshold, conditions
        As for the steady potential.

    Returns
    -------
    float
        In nA.

    Raises
    ------
    BracketError
        If the target is not between the potentials at both ends.
    SearchError
        If the potential jumps across the target, so that no current leads to it.
    UnsteadyCellError
        If the cell fires.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> hyperpolarizing_current(BallStickCell(), -70.0)
    -0.1171875
    """
    Bracket(lower=between[0], upper=between[1])

    def settles_at(current: float, live: Cell) -> float:
        return steady_state_voltage(
            live, current, site=site, spike_threshold=spike_threshold, conditions=conditions
        )

    return on_live(_hyperpolarizing, cell, settles_at, target_voltage, between, tolerance)


def _hyperpolarizing(
    cell: Cell,
    settles_at: Callable[[float, Cell], float],
    target: float,
    between: tuple[float, float],
    tolerance: float,
) -> float:
    lower, upper = between
    halvings = 0
    while upper - lower > _NARROWEST:
        middle = lower + abs(lower - upper) / 2
        voltage = settles_at(middle, cell)
        if abs(voltage - target) < tolerance:
            return middle
        if voltage > target:
            upper = middle
        else:
            lower = middle
        halvings += 1
        if (
            halvings == _LOOK_AT_ENDS
            and (lower, upper) != between
            and (lower == between[0] or upper == between[1])
        ):
            end = lower if lower == between[0] else upper
            voltage = settles_at(end, cell)
            if abs(voltage - target) < tolerance:
                return end
            if (voltage > target) is (end == lower):
                raise BracketError(
                    f"with {end:g} nA, an end of the range from {between[0]:g} to {between[1]:g} nA, the "
                    f"cell settles at {voltage:g} mV, {'above' if voltage > target else 'below'} the target "
                    f"of {target:g} mV, as with all others in between. Use a wider range.",
                    lower=between[0],
                    upper=between[1],
                )
    raise SearchError(
        f"the steady potential jumps across {target:g} mV at {lower:g} nA: no current leads to a potential "
        f"within {tolerance:g} mV of it. Use a larger tolerance, or clamp the potential: holding_current()."
    )
