"""One measurement on several cells and with several parameters, and tables of what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Concatenate, TypeVar

import numpy as np

from bluecellab.cell import Cell
from bluecellab.results import Outcome, Results
from bluecellab.simulation.sweeping import Sweep, SweepKeywords, map_cells
from bluecellab.spec.base import Spec
from bluecellab.spec.cells import AnyCell

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import Unpack

__all__ = ["UNITS", "measure", "table"]

T = TypeVar("T")

#: Units of the fields of measured values, by name.
UNITS: Mapping[str, str] = {
    "current": "nA",
    "below": "nA",
    "precision": "nA",
    "holding_current": "nA",
    "threshold_current": "nA",
    "currents": "nA",
    "voltages": "mV",
    "rates": "Hz",
    "resting_potential": "mV",
    "input_resistance": "Mohm",
    "frequencies": "Hz",
    "magnitude": "Mohm",
    "phase": "rad",
    "resonance_frequency": "Hz",
    "soma_amplitude": "mV",
    "dendrite_amplitude": "mV",
    "delay": "ms",
    "seconds": "s",
}


def measure(
    function: Callable[Concatenate[Cell, ...], T] | Callable[..., T],
    cells: AnyCell | Iterable[AnyCell],
    parameters: Mapping[str, object] | Iterable[Mapping[str, object]] = ({},),
    **options: Unpack[SweepKeywords],
) -> Sweep[T]:
    """Measure something of several cells, with several sets of parameters, side by side.

    Parameters
    ----------
    function
        A measurement such as :func:`~bluecellab.analysis.rheobase`, or any function of a live cell that
        returns a value.
    cells
        Specification of a cell, or several.
    parameters
        Keyword arguments of the function, or several sets of them; each cell is measured with each.
    **options
        As for :func:`~bluecellab.simulation.sweep`: ``executor``, ``processes``, ``time_limit`` ...

    Returns
    -------
    Sweep
        Iterator of outcomes; of the first cell first. :func:`table` makes a table of them.

    Raises
    ------
    InvalidSpecError
        If something is no cell, no mapping, or no option.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> from bluecellab.analysis import steady_state_voltage
    >>> sweep = measure(steady_state_voltage, BallStickCell(), [{"current": 0.0}, {"current": -0.1}])
    >>> print(table(sweep, value="voltage")[["current", "voltage"]].round(1).to_string())
       current  voltage
    0      0.0    -63.6
    1     -0.1    -68.7
    """
    return map_cells(function, cells, parameters, **options)


def table(outcomes: Iterable[Outcome[T]], *, value: str = "value") -> pd.DataFrame:
    """Return a table of measured values, one row for each.

    Fields of a measured value become columns; fields with several values (curves) become rows, one for
    each point, with the others repeated. Fields that are neither numbers, texts nor arrays are left out.

    Parameters
    ----------
    outcomes
        What :func:`measure` gives, or a list of such.
    value
        Column of values that are plain numbers.

    Returns
    -------
    DataFrame
        ``cell``, the parameters, the fields, ``error`` where a measurement failed, in the order of the
        jobs. Units of the columns, where they are known, are in ``frame.attrs["units"]``.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> from bluecellab.results import Outcome
    >>> from bluecellab.results.measured import Threshold
    >>> found = table([Outcome(0, BallStickCell(), value=Threshold(0.3, 0.29, 0.01))])
    >>> found.loc[0, "current"], found.attrs["units"]["current"]
    (np.float64(0.3), 'nA')
    """
    import pandas as pd  # takes longer to load than the rest of the package

    rows: list[dict[str, object]] = []
    for outcome in sorted(outcomes, key=lambda outcome: outcome.index):
        head: dict[str, object] = {"cell": _name(outcome.cell), **_flat(outcome.parameters)}
        if outcome.error is not None:
            error = f"{type(outcome.error).__name__}: {outcome.error}"
            rows.append({**head, "error": error})
            continue
        rows += [{**head, **point} for point in _points(outcome.value, value)]
    frame: pd.DataFrame = pd.DataFrame(rows)
    frame.attrs["units"] = {name: UNITS[name] for name in frame.columns if name in UNITS}
    return frame


def _name(cell: AnyCell) -> str:
    population, number = cell.id
    return f"{population}/{number}" if population else str(number)


def _flat(parameters: Mapping[str, object]) -> dict[str, object]:
    """Return parameters as cells of a table: specifications as their text."""
    return {name: str(item) if isinstance(item, Spec) else item for name, item in parameters.items()}


def _points(measured: object, name: str) -> list[dict[str, object]]:
    """Return a measured value as rows: one, or one for each point of its curves."""
    if not dataclasses.is_dataclass(measured) or isinstance(measured, (type, Results)):
        fields = dict(measured) if isinstance(measured, Mapping) else {name: measured}
    else:
        fields = {field.name: getattr(measured, field.name) for field in dataclasses.fields(measured)}
    single: dict[str, object] = {
        key: item for key, item in fields.items() if isinstance(item, (int, float, str, bool))
    }
    curves = {key: item for key, item in fields.items() if isinstance(item, np.ndarray) and item.ndim == 1}
    lengths = {len(item) for item in curves.values()}
    if len(lengths) != 1:
        return [single]
    return [
        {**single, **{key: item[index].item() for key, item in curves.items()}}
        for index in range(lengths.pop())
    ]
