"""The numbers that a model of a cell is published with."""

from __future__ import annotations

from bluecellab.analysis.rheobase import bounded_threshold, passive_properties
from bluecellab.analysis.running import on_live
from bluecellab.analysis.searches import SpikeTest
from bluecellab.analysis.steady import holding_current
from bluecellab.analysis.steps import holding_of
from bluecellab.cell import Cell
from bluecellab.results.measured import MEModelProperties
from bluecellab.spec.base import Site
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.simulation import RunConditions

__all__ = ["memodel_properties"]

_CONDITIONS = RunConditions(cvode="auto", v_init=-80.0)


def memodel_properties(
    cell: Cell | AnyCell,
    *,
    holding_voltage: float | None = None,
    spike_threshold: float = -30.0,
    conditions: RunConditions = _CONDITIONS,
) -> MEModelProperties:
    """Measure holding current, resting potential, input resistance and rheobase of a cell.

    Resting potential and input resistance (by -0.02 nA) are without the holding current, the rheobase is on
    top of it. All begin at -80 mV, by default. The cell, and the ``emodel_properties`` it was made with,
    stay as they are.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one.
    holding_voltage
        In mV: the holding current is that which a clamp needs to hold the soma there, see
        :func:`~bluecellab.analysis.holding_current`. By default it is the one that the cell's
        ``emodel_properties`` say, else 0.
    spike_threshold
        In mV.
    conditions
        Temperature, initial potential, integrator.

    Returns
    -------
    MEModelProperties
        nA, mV and Mohm.

    Raises
    ------
    UnsteadyCellError, BracketError
        If the cell fires without a step, or by no step.

    References
    ----------
    The measures follow BlueCelluLab, https://doi.org/10.21105/joss.07026

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> properties = memodel_properties(BallStickCell(), holding_voltage=-70.0)
    >>> properties.holding_current < 0 < properties.threshold_current
    True
    """
    return on_live(_properties, cell, holding_voltage, spike_threshold, conditions)


def _properties(
    cell: Cell, holding_voltage: float | None, spike_threshold: float, conditions: RunConditions
) -> MEModelProperties:
    if holding_voltage is None:
        holding = holding_of(cell, None)
    else:
        holding = holding_current(cell, holding_voltage, conditions=conditions)
    passive = passive_properties(cell, spike_threshold, Site(), conditions)
    test = SpikeTest(threshold=spike_threshold, holding_current=holding, conditions=conditions)
    return MEModelProperties(holding, *passive, bounded_threshold(cell, test, passive).current)
