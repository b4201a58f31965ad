"""Spike times."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from bluecellab.errors import NotRecordedError, ResultsError
from bluecellab.results import export
from bluecellab.results.arrays import FloatArray, frozen, same_bits
from bluecellab.results.drawing import drawn
from bluecellab.spec.base import CellId

if TYPE_CHECKING:
    import neo
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["SpikeSource", "Spikes"]

SpikeSource = str | CellId


class Spikes(Mapping["SpikeSource", FloatArray]):
    """Spike times by source.

    A mapping from the source, a name such as ``"soma"`` or a cell, to its spike times in ms.

    Parameters
    ----------
    times
        Spike times in ms by source, each of shape (n,).
    t_start, t_stop
        Beginning and end of the run in ms.
    partial
        Whether the run ended before its end.

    Raises
    ------
    ResultsError
        If times are not one-dimensional or lie outside the run.

    Examples
    --------
    >>> spikes = Spikes({"soma": [12.5, 30.0], "axon[1]": [12.25]}, t_stop=100)
    >>> spikes
    <Spikes 3 of 2 sources, 0..100 ms>
    >>> spikes["soma"]
    array([12.5, 30. ])
    """

    __slots__ = ("_partial", "_t_start", "_t_stop", "_times")
    _times: dict[SpikeSource, FloatArray]

    def __init__(
        self,
        times: Mapping[SpikeSource, npt.ArrayLike] | Mapping[str, npt.ArrayLike],
        *,
        t_stop: float,
        t_start: float = 0.0,
        partial: bool = False,
    ) -> None:
        self._t_start, self._t_stop, self._partial = float(t_start), float(t_stop), bool(partial)
        self._times = {}
        for source, numbers in times.items():
            try:
                array = frozen(numbers)
            except ValueError as error:
                raise ResultsError(f"spikes of {source!s}: {error}") from error
            # NEURON adds up its steps: the last spike may lie beyond by their rounding
            slack = 1e-6 + 1e-9 * abs(self._t_stop)
            if len(array) and not (
                array.min() >= self._t_start - slack and array.max() <= self._t_stop + slack
            ):
                raise ResultsError(
                    f"spikes of {source!s} from {array.min():g} to {array.max():g} ms do not lie in the run, "
                    f"{self._t_start:g} to {self._t_stop:g} ms"
                )
            self._times[source] = array

    @property
    def t_start(self) -> float:
        """Beginning of the run in ms."""
        return self._t_start

    @property
    def t_stop(self) -> float:
        """End of the run in ms."""
        return self._t_stop

    @property
    def partial(self) -> bool:
        """Whether the run ended before its end."""
        return self._partial

    def __getitem__(self, source: SpikeSource) -> FloatArray:
        try:
            return self._times[source]
        except KeyError:
            there = ", ".join(str(known) for known in list(self._times)[:20]) or "none"
            more = f" and {len(self) - 20} more" if len(self) > 20 else ""
            raise NotRecordedError(f"no spikes of {source!s} were recorded; there is {there}{more}") from None

    def __iter__(self) -> Iterator[SpikeSource]:
        return iter(self._times)

    def __len__(self) -> int:
        return len(self._times)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spikes):
            return NotImplemented
        return (
            (self._t_start, self._t_stop, self._partial) == (other._t_start, other._t_stop, other._partial)
            and self._times.keys() == other._times.keys()
            and all(same_bits(array, other._times[source]) for source, array in self._times.items())
        )

    __hash__ = None  # type: ignore[assignment]  # holds arrays, compares by them

    def plot(self, *, bin_width: float | None = None, title: str = "") -> Figure:
        """Draw a row for each source; see :func:`bluecellab.plotting.plot_raster`.

        Raises
        ------
        ResultsError
            If there is nothing to draw.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_raster", self, bin_width=bin_width, title=title)

    def to_pandas(self) -> pd.DataFrame:
        """Return a table with the columns ``time`` (ms) and ``source``, one row a spike, by time."""
        return export.spikes_to_pandas(self)

    def to_neo(self) -> neo.Block:
        """Return a Neo block with one segment of spike trains.

        Raises
        ------
        MissingDependencyError
            If neo is not installed.
        """
        return export.to_neo(None, self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_spikes, (self._times, self._t_start, self._t_stop, self._partial)

    def __repr__(self) -> str:
        count = sum(map(len, self._times.values()))
        partial = ", partial" if self._partial else ""
        span = f"{self._t_start:g}..{self._t_stop:g} ms" if math.isfinite(self._t_stop) else "no end"
        return f"<Spikes {count} of {len(self)} sources, {span}{partial}>"


def _restore_spikes(
    times: Mapping[SpikeSource, FloatArray], t_start: float, t_stop: float, partial: bool
) -> Spikes:
    return Spikes(times, t_start=t_start, t_stop=t_stop, partial=partial)
