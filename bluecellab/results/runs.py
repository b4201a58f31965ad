"""What remains of one run of a protocol on a cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue

from bluecellab.results.drawing import drawn
from bluecellab.results.spikes import Spikes
from bluecellab.results.stored import Stored
from bluecellab.results.stored_files import PathLike, read_results, write_results
from bluecellab.results.traces import Traces
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol

if TYPE_CHECKING:
    import neo
    import pandas as pd
    import xarray
    from matplotlib.figure import Figure

__all__ = ["Results"]


@dataclass(frozen=True, repr=False)
class Results:
    """What remains of a run.

    Two results are equal if traces, spikes, protocol and cell are, every number in every bit.

    Parameters
    ----------
    traces
        What was recorded, by name.
    spikes
        Spike times, by name of the detector.
    protocol
        What was done.
    cell
        Specification of the cell; None for a live cell that has none.
    provenance
        Versions, mechanisms and settings that made it, JSON-ready; no part of a comparison.

    Examples
    --------
    >>> from bluecellab import BallStickCell, Protocol, run_protocol
    >>> run_protocol(BallStickCell(), Protocol.of_step(0.3, delay=2, duration=5, after=3))
    <Results of ball_stick: 1 trace, 0 spikes, 10 ms>
    """

    traces: Traces
    spikes: Spikes
    protocol: Protocol
    cell: AnyCell | None = None
    provenance: Mapping[str, JsonValue] = field(default_factory=dict, compare=False)

    __hash__ = None  # type: ignore[assignment]  # holds arrays, compares by them

    def save(self, path: PathLike, *, overwrite: bool = False) -> None:
        """Write everything into one file, whole or not at all.

        Parameters
        ----------
        path
            Ends in ``.h5`` (HDF5; each trace with its name, unit and time axis as attributes) or ``.npz``
            (NumPy). Times are written once for each time axis, everything that is no array as JSON.
        overwrite
            Whether a file that is there may be replaced.

        Raises
        ------
        OutputError
            If there is such a file, or it cannot be written.
        ResultsError
            If the name ends otherwise.
        """
        write_results(path, self._stored(), overwrite=overwrite)

    @classmethod
    def load(cls, path: PathLike) -> Results:
        """Read what :meth:`save` has written; bitwise the same.

        Nothing in the file is executed, and a damaged one is told from a whole one before it is used.

        Parameters
        ----------
        path
            The file, whatever its name.

        Raises
        ------
        ResultsError
            If there is no such file, or it is damaged, cut off, no results of bluecellab, or of a newer
            version.
        """
        return cls(*read_results(path))

    def _stored(self) -> Stored:
        return Stored(self.traces, self.spikes, self.protocol, self.cell, self.provenance)

    def plot(self, *, title: str | None = None) -> Figure:
        """Draw the stimuli above the traces; see :func:`bluecellab.plotting.plot_response` for more.

        Raises
        ------
        ResultsError
            If nothing was recorded, or a stimulus is relative to a current that is not known.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_response", self, title=title)

    def to_pandas(self, *, align: bool = False) -> pd.DataFrame:
        """Return the traces as a table indexed by time in ms; spikes are in ``results.spikes.to_pandas()``.

        Protocol and cell are in ``frame.attrs`` as JSON. See :meth:`Traces.to_pandas`.
        """
        frame = self.traces.to_pandas(align=align)
        frame.attrs.update(self._labels())
        return frame

    def to_xarray(self) -> xarray.Dataset:
        """Return a dataset with one variable a trace; protocol, cell and provenance are attributes, as JSON.

        See :meth:`Traces.to_xarray`.

        Raises
        ------
        MissingDependencyError
            If xarray is not installed.
        """
        dataset = self.traces.to_xarray()
        dataset.attrs.update(self._labels())
        return dataset

    def to_neo(self) -> neo.Block:
        """Return a Neo block of signals and spike trains; protocol, cell and provenance are annotations.

        Raises
        ------
        MissingDependencyError
            If neo is not installed.
        """
        block = self.traces.to_neo(self.spikes)
        block.annotate(**self._labels())
        return block

    def _labels(self) -> dict[str, str]:
        return {
            "protocol": self.protocol.to_json(),
            "cell": "" if self.cell is None else self.cell.to_json(),
            "provenance": json.dumps(dict(self.provenance)),
        }

    def __repr__(self) -> str:
        name = f"{self.protocol.name!r} " if self.protocol.name else ""
        cell = "a cell" if self.cell is None else self.cell.type
        count = sum(map(len, self.spikes.values()))
        return (
            f"<Results {name}of {cell}: {_counted(len(self.traces), 'trace')}, {_counted(count, 'spike')}, "
            f"{self.protocol.duration:g} ms>"
        )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
