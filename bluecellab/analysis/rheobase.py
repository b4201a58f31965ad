"""Rheobase: the smallest step of current, on top of the holding current, that makes a cell fire."""

from __future__ import annotations

from bluecellab.analysis.running import on_live
from bluecellab.analysis.searches import Bracket, SpikeTest, threshold_current
from bluecellab.analysis.steady import steady_state_voltage
from bluecellab.analysis.steps import CONDITIONS, StepTimes, holding_of
from bluecellab.cell import Cell
from bluecellab.errors import SearchError
from bluecellab.results.measured import Threshold
from bluecellab.spec.base import Site
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.simulation import RunConditions

__all__ = ["rheobase", "upper_bound_of_threshold"]

_DELTA = -0.02  # nA
_LARGEST_BOUND = 2.0  # nA


def upper_bound_of_threshold(
    cell: Cell | AnyCell,
    *,
    spike_threshold: float = -20.0,
    largest: float = _LARGEST_BOUND,
    site: Site = Site(),  # noqa: B008 - frozen
    conditions: RunConditions = CONDITIONS,
) -> float:
    """Return the current that would take a passive cell from rest to the threshold, by Ohm's law.

    (threshold - V(0)) / R, with the steady potential and the input resistance (of -0.02 nA) without a holding
    current. It assumes a linear membrane: an active one fires before, unless it rectifies outward.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one.
    spike_threshold
        In mV.
    largest
        No more than that is returned, in nA.
    site
        Where current is injected and the potential recorded.
    conditions
        Temperature, initial potential, integrator.

    Returns
    -------
    float
        In nA.

    Raises
    ------
    UnsteadyCellError
        If the cell fires without a step.
    SearchError
        If its input resistance is not positive.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> 0.5 < upper_bound_of_threshold(BallStickCell()) <= 2.0
    True
    """
    return on_live(_bound, cell, spike_threshold, largest, site, conditions)


def passive_properties(
    cell: Cell, threshold: float, site: Site, conditions: RunConditions
) -> tuple[float, float]:
    """Return the resting potential in mV and the input resistance of -0.02 nA in Mohm of a live cell.

    Raises
    ------
    UnsteadyCellError
        If the cell is above the threshold (mV).
    """
    rest, less = (
        steady_state_voltage(cell, current, site=site, spike_threshold=threshold, conditions=conditions)
        for current in (0.0, _DELTA)
    )
    return rest, (less - rest) / _DELTA


def _bound(cell: Cell, threshold: float, largest: float, site: Site, conditions: RunConditions) -> float:
    return ohmic_bound(passive_properties(cell, threshold, site, conditions), threshold, largest)


def ohmic_bound(passive: tuple[float, float], threshold: float, largest: float = _LARGEST_BOUND) -> float:
    """Return the current in nA that takes a passive cell to a threshold in mV, but no more than the largest.

    Raises
    ------
    SearchError
        If the input resistance is not positive.
    """
    rest, resistance = passive
    if not resistance > 0:
        raise SearchError(
            f"the input resistance is {resistance:g} Mohm: {rest:g} mV without current, "
            f"{rest + resistance * _DELTA:g} mV with {_DELTA:g} nA. No bound of the threshold can be derived "
            "from it; give threshold_current() a range."
        )
    return min((threshold - rest) / resistance, largest)


def rheobase(
    cell: Cell | AnyCell,
    *,
    holding_current: float | None = None,
    spike_threshold: float = -20.0,
    precision: float = 0.005,
    times: StepTimes = StepTimes(delay=300.0, duration=700.0, post_delay=0.0),  # noqa: B008 - frozen
    site: Site = Site(),  # noqa: B008
    widest: float = 16.0,
    conditions: RunConditions = CONDITIONS,
) -> Threshold:
    """Measure the rheobase: the smallest step that makes a cell fire, on top of its holding current.

    A bisection between the holding current (as a step; 0 if that is positive) and the bound of
    :func:`upper_bound_of_threshold`, as published, except that its ends are looked at: while the upper end
    makes no spike it is trebled, up to ``widest``. This is the ``threshold_current`` of SONATA circuits.
    It assumes one threshold in that range; see :func:`threshold_current`.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one.
    holding_current
        In nA; by default what the cell's ``emodel_properties`` say, else 0.
    spike_threshold
        In mV.
    precision
        Width of the bracket in nA at which the search ends.
    times
        When the step is on; only spikes within it count.
    site
        Where current is injected and the potential looked at.
    widest
        Largest step that is tried, in nA.
    conditions
        Temperature, initial potential, integrator.

    Returns
    -------
    Threshold
        ``float()`` of it is the rheobase in nA: at most ``precision`` above the true one.

    Raises
    ------
    UnsteadyCellError
        If the cell fires without a step.
    BracketError
        If no step makes it fire, or a hyperpolarising one does.

    References
    ----------
    The search follows BlueCelluLab, https://doi.org/10.21105/joss.07026

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> 0 < float(rheobase(BallStickCell())) < 1
    True
    """
    test = SpikeTest(site=site, threshold=spike_threshold, times=times, conditions=conditions)
    return on_live(_rheobase, cell, test, holding_current, precision, widest)


def _rheobase(
    cell: Cell, test: SpikeTest, holding_current: float | None, precision: float, widest: float
) -> Threshold:
    holding = holding_of(cell, holding_current)
    passive = passive_properties(cell, test.threshold, test.site, test.conditions)
    test = test.model_copy(update={"holding_current": holding})
    return bounded_threshold(cell, test, passive, precision=precision, widest=widest)


def bounded_threshold(
    cell: Cell,
    test: SpikeTest,
    passive: tuple[float, float],
    *,
    precision: float = 0.005,
    widest: float = 16.0,
) -> Threshold:
    """Return the threshold current of a live cell whose passive properties are known.

    Parameters
    ----------
    cell
        A live cell.
    test
        What counts as a spike, on top of which holding current.
    passive
        Resting potential (mV) and input resistance (Mohm).
    precision, widest
        As for :func:`rheobase`.
    """
    upper = ohmic_bound(passive, test.threshold)
    lower = min(test.holding_current, 0.0)
    bracket = Bracket(
        lower=lower, upper=max(upper, lower + precision), precision=precision, widest=max(widest, upper)
    )
    return threshold_current(cell, bracket, test)
