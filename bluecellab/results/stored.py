"""Results in files: what is written, apart from how HDF5 and NPZ write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import JsonValue, TypeAdapter

from bluecellab.errors import BluecellabError, ResultsError
from bluecellab.results.arrays import FloatArray
from bluecellab.results.spikes import Spikes, SpikeSource
from bluecellab.results.traces import Trace, Traces
from bluecellab.spec.base import CellId, Site
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol

__all__ = ["FORMAT", "VERSION", "Content", "Stored", "content_of", "stored_of"]

#: What the first line of every file, or its header, says.
FORMAT = "bluecellab results"
#: Version of the format that is written; older ones are read.
VERSION = 1

_CELL: TypeAdapter[AnyCell | None] = TypeAdapter(AnyCell | None)


class Stored(NamedTuple):
    """What results hold."""

    traces: Traces
    spikes: Spikes
    protocol: Protocol
    cell: AnyCell | None
    provenance: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Parameters
    ----------
    header
        Everything that is no array, ready for JSON.
    arrays
        Time axes ``axis_0`` ..., traces ``trace_0`` ... and spike times ``spikes_0`` ..., each of float64
        and shape (n,).
    """

    header: dict[str, Any]
    arrays: dict[str, FloatArray] = field(default_factory=dict)

    def header_text(self) -> bytes:
        """Return the header as JSON."""
        return json.dumps(self.header).encode()


def content_of(stored: Stored) -> Content:
    """Return what is to be written: each time axis once."""
    arrays: dict[str, FloatArray] = {}
    axes = {id(axis): index for index, axis in enumerate(stored.traces.axes)}
    for index, axis in enumerate(stored.traces.axes):
        arrays[f"axis_{index}"] = axis
    traces = []
    for index, trace in enumerate(stored.traces.values()):
        arrays[f"trace_{index}"] = trace.values
        traces.append(
            {
                "name": trace.name,
                "unit": trace.unit,
                "variable": trace.variable,
                "site": None if trace.site is None else trace.site.to_dict(),
                "partial": trace.partial,
                "axis": axes[id(trace.time)],
            }
        )
    spikes = stored.spikes
    for index, times in enumerate(spikes.values()):
        arrays[f"spikes_{index}"] = times
    header = {
        "format": FORMAT,
        "version": VERSION,
        "protocol": stored.protocol.to_dict(),
        "cell": None if stored.cell is None else stored.cell.to_dict(),
        "provenance": dict(stored.provenance),
        "traces": traces,
        "spikes": {
            "sources": [list(source) if isinstance(source, CellId) else source for source in spikes],
            "t_start": spikes.t_start,
            "t_stop": spikes.t_stop,
            "partial": spikes.partial,
        },
    }
    return Content(header, arrays)


def checked_header(text: bytes, path: str) -> dict[str, Any]:
    """Return the header of a file.

    Raises
    ------
    ResultsError
        If it is none, or of a version that this bluecellab does not know.
    """
    try:
        header = json.loads(text)
    except ValueError as error:
        raise ResultsError(f"{path} is damaged: its header is no JSON. Get a whole copy of it") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ResultsError(f"{path} holds no results of bluecellab: save them with results.save(path)")
    version = header.get("version")
    if not isinstance(version, int) or version < 1:
        raise ResultsError(f"{path} is damaged: its version is {version!r}. Get a whole copy of it")
    if version > VERSION:
        raise ResultsError(
            f"{path} is of version {version} of the format, and this bluecellab reads up to version "
            f"{VERSION}. Update bluecellab."
        )
    return header


def stored_of(content: Content, path: str) -> Stored:
    """Return what a file holds as results.

    Parameters
    ----------
    content
        What was read.
    path
        For messages.

    Raises
    ------
    ResultsError
        If something is missing or does not fit together.
    """
    header, arrays = content.header, content.arrays
    try:
        traces = Traces(
            Trace(
                row["name"],
                arrays[f"axis_{row['axis']}"],
                arrays[f"trace_{index}"],
                row["unit"],
                None if row["site"] is None else Site.from_dict(row["site"]),
                row["variable"],
                partial=row["partial"],
            )
            for index, row in enumerate(header["traces"])
        )
        spikes = _spikes(header["spikes"], arrays)
        protocol = Protocol.from_dict(header["protocol"])
        cell = _CELL.validate_python(header["cell"])
        provenance = dict(header["provenance"])
    except BluecellabError as error:
        raise ResultsError(f"{path} cannot be used: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ResultsError(f"{path} is damaged: {reason}. Get a whole copy of it") from error
    return Stored(traces, spikes, protocol, cell, provenance)


def _spikes(header: Mapping[str, Any], arrays: Mapping[str, FloatArray]) -> Spikes:
    times: dict[SpikeSource, FloatArray] = {}
    for index, source in enumerate(header["sources"]):
        times[CellId(*source) if isinstance(source, list) else source] = arrays[f"spikes_{index}"]
    return Spikes(times, t_start=header["t_start"], t_stop=header["t_stop"], partial=header["partial"])
