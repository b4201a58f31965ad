"""Recorded variables over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bluecellab.errors import NotRecordedError, ResultsError
from bluecellab.results import export
from bluecellab.results.arrays import FloatArray, frozen, same_bits
from bluecellab.results.drawing import drawn
from bluecellab.spec.base import Site

if TYPE_CHECKING:
    import neo
    import pandas as pd
    import xarray
    from matplotlib.figure import Figure

    from bluecellab.results.spikes import Spikes

__all__ = ["Trace", "Traces"]


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """One variable over time.

    Parameters
    ----------
    name
        What it is called among other traces, such as ``"soma[0](0.5).v"``.
    time
        Times of the samples in ms, shape (n,). Not evenly spaced under CVODE.
    values
        The samples, in ``unit``, shape (n,).
    unit
        Unit of the values, ``""`` where there is none.
    site
        Where it was recorded, where that is one place.
    variable
        NEURON's name of the variable, such as ``"v"`` or ``"m_hh"``.
    partial
        Whether the run ended before its end: it was cancelled, overran its limit or failed.

    Raises
    ------
    ResultsError
        If times and values are not one-dimensional and equally many.

    Examples
    --------
    >>> trace = Trace("v", time=[0.0, 0.025], values=[-65.0, -64.9], unit="mV")
    >>> trace
    <Trace v 2 samples, 0..0.025 ms, mV>
    >>> trace.values.max()
    np.float64(-64.9)
    """

    name: str
    time: FloatArray
    values: FloatArray
    unit: str = ""
    site: Site | None = None
    variable: str = ""
    partial: bool = field(default=False, kw_only=True)

    __hash__ = None  # type: ignore[assignment]  # holds arrays, compares by them

    def __post_init__(self) -> None:
        try:
            time, values = frozen(self.time), frozen(self.values)
        except ValueError as error:
            raise ResultsError(f"trace {self.name!r}: {error}") from error
        if len(time) != len(values):
            raise ResultsError(
                f"trace {self.name!r} has {len(values)} values at {len(time)} times; "
                "each value needs its time"
            )
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "values", values)

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        return (
            _labels(self) == _labels(other)
            and same_bits(self.time, other.time)
            and same_bits(self.values, other.values)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # through the constructor, because numpy forgets in a pickle that an array is read-only
        return _restore_trace, (self.time, self.values, _labels(self))

    def __repr__(self) -> str:
        unit = f", {self.unit}" if self.unit else ""
        partial = ", partial" if self.partial else ""
        return f"<Trace {self.name} {len(self)} samples{_span([self.time])}{unit}{partial}>"


_Labels = tuple[str, str, "Site | None", str, bool]


def _labels(trace: Trace) -> _Labels:
    return trace.name, trace.unit, trace.site, trace.variable, trace.partial


def _restore_trace(time: FloatArray, values: FloatArray, labels: _Labels) -> Trace:
    name, unit, site, variable, partial = labels
    return Trace(name, time, values, unit, site, variable, partial=partial)


def _restore_traces(axes: list[FloatArray], rows: list[tuple[int, FloatArray, _Labels]]) -> Traces:
    kept = [frozen(axis) for axis in axes]
    return Traces(_restore_trace(kept[index], values, labels) for index, values, labels in rows)


def _span(axes: Iterable[FloatArray]) -> str:
    ends = [(axis[0], axis[-1]) for axis in axes if len(axis)]
    if not ends:
        return ""
    first, last = min(start for start, _ in ends), max(stop for _, stop in ends)
    return f", {float(f'{first:.6g}'):g}..{float(f'{last:.6g}'):g} ms"


class Traces(Mapping[str, Trace]):
    """Named traces of one run.

    A mapping from names to :class:`Trace`. Traces recorded at every step share one time axis, which
    is :attr:`time`; traces with an interval of their own have their own.

    Parameters
    ----------
    traces
        The traces, each under a name of its own.

    Raises
    ------
    ResultsError
        If two traces have one name.

    Examples
    --------
    >>> traces = Traces([Trace("a", [0, 1], [-65, -64], "mV"), Trace("b", [0, 1], [-70, -69], "mV")])
    >>> traces
    <Traces 2 x 2 samples, 0..1 ms, mV>
    >>> traces["a"].values
    array([-65., -64.])
    >>> traces.time
    array([0., 1.])
    """

    __slots__ = ("_axes", "_traces")
    _axes: list[FloatArray]
    _traces: dict[str, Trace]

    def __init__(self, traces: Iterable[Trace] = ()) -> None:
        self._traces = {}
        self._axes = []
        for trace in traces:
            if trace.name in self._traces:
                raise ResultsError(f"two traces are called {trace.name!r}; give each a name of its own")
            index = self._axis_of(trace)
            if trace.time is not self._axes[index]:
                trace = _restore_trace(self._axes[index], trace.values, _labels(trace))
            self._traces[trace.name] = trace

    def _axis_of(self, trace: Trace) -> int:
        for index, axis in enumerate(self._axes):
            if same_bits(axis, trace.time):
                return index
        self._axes.append(trace.time)
        return len(self._axes) - 1

    def __getitem__(self, name: str) -> Trace:
        try:
            return self._traces[name]
        except KeyError:
            there = ", ".join(map(repr, self._traces)) or "none"
            raise NotRecordedError(f"no trace {name!r}; there is {there}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._traces)

    def __len__(self) -> int:
        return len(self._traces)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Traces):
            return NotImplemented
        return self._traces == other._traces

    __hash__ = None  # type: ignore[assignment]  # holds arrays, compares by them

    @property
    def axes(self) -> tuple[FloatArray, ...]:
        """The different time axes in ms, each of shape (n,), in order of first use."""
        return tuple(self._axes)

    @property
    def time(self) -> FloatArray:
        """Times of the samples of every trace in ms, shape (n,).

        Raises
        ------
        ResultsError
            If the traces do not share one time axis.
        """
        if len(self._axes) == 1:
            return self._axes[0]
        if not self._axes:
            raise ResultsError("there is no trace, hence no time")
        raise ResultsError(
            f"these {len(self)} traces are on {len(self._axes)} different time axes; "
            "use the .time of each trace"
        )

    @property
    def partial(self) -> bool:
        """Whether any trace ends before the end of its run."""
        return any(trace.partial for trace in self._traces.values())

    def plot(self, *, title: str = "") -> Figure:
        """Draw them over time, those of one unit together; see :func:`bluecellab.plotting.plot_traces`.

        Raises
        ------
        ResultsError
            If there is nothing to draw.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_traces", self, title=title)

    def to_pandas(self, *, align: bool = False) -> pd.DataFrame:
        """Return a table indexed by time, one column a trace.

        Units are in ``frame.attrs["units"]``, by column.

        Parameters
        ----------
        align
            Traces on different time axes are refused unless this is set; then the table has all
            times in order, and NaN where a trace has no sample.

        Raises
        ------
        ResultsError
            If the traces are on different time axes and ``align`` is not set.
        """
        return export.traces_to_pandas(self, align=align)

    def to_xarray(self) -> xarray.Dataset:
        """Return a dataset with one variable a trace, units and places in the attributes.

        The dimension is ``time``; traces on a second, third ... time axis have ``time_1``,
        ``time_2`` ...

        Raises
        ------
        MissingDependencyError
            If xarray is not installed.
        """
        return export.traces_to_xarray(self)

    def to_neo(self, spikes: Spikes | None = None) -> neo.Block:
        """Return a Neo block with one segment of signals and, if given, spike trains.

        Evenly sampled traces become ``AnalogSignal``, others (CVODE) ``IrregularlySampledSignal``.

        Parameters
        ----------
        spikes
            Spikes of the same run.

        Raises
        ------
        MissingDependencyError
            If neo is not installed.
        """
        return export.to_neo(self, spikes)

    def __reduce__(self) -> tuple[Any, ...]:
        rows = [(self._axis_of(trace), trace.values, _labels(trace)) for trace in self._traces.values()]
        return _restore_traces, (self._axes, rows)

    def __repr__(self) -> str:
        if not self._traces:
            return "<Traces none>"
        counts = [len(trace) for trace in self._traces.values()]
        samples = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)}..{max(counts)}"
        units = dict.fromkeys(trace.unit for trace in self._traces.values() if trace.unit)
        notes = [*units, *(["partial"] if self.partial else [])]
        tail = "".join(f", {note}" for note in notes)
        return f"<Traces {len(self)} x {samples} samples{_span(self._axes)}{tail}>"
