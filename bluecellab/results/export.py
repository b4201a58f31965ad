"""Results in the forms of other packages: pandas, xarray, Neo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecellab.errors import ResultsError
from bluecellab.results.arrays import evenly_spaced
from bluecellab.results.extras import require

if TYPE_CHECKING:
    import neo
    import pandas as pd
    import xarray

    # traces and spikes import this module: here they are known by name only
    from bluecellab.results.spikes import Spikes
    from bluecellab.results.traces import Trace, Traces

_SPELLINGS = {"megohm": "Mohm", "umho": "uS", "mho/cm2": "S/cm2"}

__all__ = ["spikes_to_pandas", "to_neo", "traces_to_pandas", "traces_to_xarray"]


def traces_to_pandas(traces: Traces, *, align: bool) -> pd.DataFrame:
    """Return a table indexed by time; see :meth:`Traces.to_pandas`."""
    import pandas as pd  # takes longer to load than the rest of the package

    if len(traces.axes) > 1 and not align:
        raise ResultsError(
            f"these {len(traces)} traces are on {len(traces.axes)} different time axes, which do not fit "
            "one table. Use to_pandas(align=True) for a table with gaps, or export them one by one."
        )
    columns = {
        trace.name: pd.Series(trace.values, index=pd.Index(trace.time, name="time"))
        for trace in traces.values()
    }
    frame: pd.DataFrame = pd.DataFrame(columns) if columns else pd.DataFrame(index=pd.Index([], name="time"))
    frame.index.name = "time"
    frame.attrs["units"] = {name: trace.unit for name, trace in traces.items()}
    frame.attrs["partial"] = traces.partial
    return frame


def spikes_to_pandas(spikes: Spikes) -> pd.DataFrame:
    """Return a table of spikes; see :meth:`Spikes.to_pandas`."""
    import pandas as pd  # see above

    sources = list(spikes)
    arrays = [spikes[source] for source in sources]
    times = np.concatenate([np.empty(0), *arrays])
    which = np.repeat(np.arange(len(sources)), [len(array) for array in arrays])
    order = np.argsort(times, kind="stable")
    labels = pd.Series([sources[index] for index in which[order]], dtype=object)
    frame: pd.DataFrame = pd.DataFrame({"time": times[order], "source": labels})
    return frame


def traces_to_xarray(traces: Traces) -> xarray.Dataset:
    """Return a dataset; see :meth:`Traces.to_xarray`."""
    xr = require("xarray", extra="xarray", doing="Traces.to_xarray()")
    dimensions = ["time" if index == 0 else f"time_{index}" for index in range(len(traces.axes))]
    taken = sorted(set(dimensions) & set(traces))
    if taken:
        raise ResultsError(f"a trace is called {taken[0]!r}, like the time axis of the dataset")
    names = {id(axis): name for axis, name in zip(traces.axes, dimensions, strict=True)}
    variables = {
        name: (names[id(trace.time)], trace.values.copy(), _attributes(trace))
        for name, trace in traces.items()
    }
    coordinates = {
        name: (name, axis.copy(), {"units": "ms", "long_name": "time"})
        for axis, name in zip(traces.axes, dimensions, strict=True)
    }
    dataset: xarray.Dataset = xr.Dataset(
        variables, coords=coordinates, attrs={"partial": int(traces.partial)}
    )
    return dataset


def _attributes(trace: Trace) -> dict[str, str | float]:
    """Return what is known of a trace as plain attributes that NetCDF can hold too."""
    attributes: dict[str, str | float] = {
        "units": trace.unit,
        "variable": trace.variable,
        "partial": int(trace.partial),
    }
    if trace.site is not None:
        attributes |= {"section": trace.site.section, "x": trace.site.x}
        if trace.site.cell is not None:
            attributes["cell"] = str(trace.site.cell)
    return attributes


def to_neo(traces: Traces | None, spikes: Spikes | None) -> neo.Block:
    """Return a block with one segment; see :meth:`Traces.to_neo`."""
    neo_module = require("neo", extra="neo", doing="to_neo()")
    block = neo_module.Block(name="bluecellab")
    segment = neo_module.Segment()
    block.segments.append(segment)
    if traces is not None:
        for trace in traces.values():
            signal = _signal(trace)
            if isinstance(signal, neo_module.AnalogSignal):
                segment.analogsignals.append(signal)
            else:
                segment.irregularlysampledsignals.append(signal)
    if spikes is not None:
        segment.spiketrains.extend(_trains(spikes))
    return block


def _trains(spikes: Spikes) -> list[Any]:
    neo_module = require("neo", extra="neo", doing="to_neo()")
    return [
        neo_module.SpikeTrain(
            # rounding may have put the last spike just beyond the end, which Neo refuses
            np.clip(times, spikes.t_start, spikes.t_stop),
            units="ms",
            t_start=spikes.t_start,
            t_stop=spikes.t_stop,
            name=str(source),
            partial=spikes.partial,
        )
        for source, times in spikes.items()
    ]


def _signal(trace: Trace) -> Any:
    neo_module = require("neo", extra="neo", doing="to_neo()")
    annotations = _attributes(trace)
    annotations["neuron_unit"] = annotations.pop("units")
    period = evenly_spaced(trace.time)
    units = _quantity_unit(trace.unit)
    if period is None:
        return neo_module.IrregularlySampledSignal(
            trace.time,
            trace.values,
            units=units,
            time_units="ms",
            name=trace.name,
            **annotations,
        )
    quantities = require("quantities", extra="neo", doing="to_neo()")
    return neo_module.AnalogSignal(
        trace.values,
        units=units,
        t_start=quantities.Quantity(trace.time[0], "ms"),
        sampling_period=quantities.Quantity(period, "ms"),
        name=trace.name,
        **annotations,
    )


def _quantity_unit(unit: str) -> str:
    """Return NEURON's spelling of a unit in that of quantities: ``mA/cm2`` is ``mA/cm**2``.

    A unit that quantities does not know becomes dimensionless; NEURON's own spelling is kept in the
    annotation ``neuron_unit``.
    """
    quantities = require("quantities", extra="neo", doing="to_neo()")
    spelled = re.sub(r"(?<=[A-Za-z])(\d)", r"**\1", _SPELLINGS.get(unit, unit)) or "dimensionless"
    spelled = f"1{spelled}" if spelled.startswith("/") else spelled
    try:
        quantities.Quantity(1.0, spelled)
    except (LookupError, SyntaxError):
        return "dimensionless"
    return spelled
