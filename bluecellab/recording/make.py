"""Making recorders."""

from __future__ import annotations

from typing import Any

from bluecellab.errors import RecordingError
from bluecellab.nrn.handles import Segment
from bluecellab.nrn.scope import Scope
from bluecellab.recording.probes import Labels, ReferenceProbe, SegmentProbe, live_pointer
from bluecellab.recording.recorder import Recorder, TimeReader
from bluecellab.recording.variables import FAST_IMEM, pointer_to, unit_of_variable
from bluecellab.spec.base import CellId, Site

__all__ = ["record", "record_reference", "record_time"]


def record(
    at: Segment,
    variable: str,
    owner: Scope,
    *,
    interval: float | None = None,
    name: str = "",
    cell: CellId | None = None,
) -> Recorder:
    """Record a range variable.

    Parameters
    ----------
    at
        Where.
    variable
        ``"v"``; of an ion ``"ina"``, ``"cai"``, ``"ek"``; of a mechanism ``"gIh_Ih"`` or ``"hh.m"``;
        ``"i_membrane_"``, the total current through the membrane of the segment in nA.
    owner
        The scope that owns the recorder, usually a cell's.
    interval
        Time between samples in ms; every step when left out.
    name
        Name of the trace; ``"soma[0](0.5).v"`` when left out.
    cell
        The cell, to be named in the trace.

    Returns
    -------
    Recorder
        Records in every run from now on.

    Raises
    ------
    NotRecordableError
        If there is no such variable there; lists what there is.
    RecordingError
        If the interval is not a positive number.
    """
    if variable != FAST_IMEM:
        pointer_to(at, variable)  # raises now rather than at the run
    labels = Labels(
        name or f"{at}.{variable}",
        unit_of_variable(variable),
        Site(section=at.section.name, x=at.x, cell=cell),
        variable,
    )
    return Recorder(SegmentProbe(at, variable), owner, labels, interval=interval)


def record_reference(
    reference: Any,
    owner: Scope,
    labels: Labels,
    *,
    near: Segment | None = None,
    interval: float | None = None,
) -> Recorder:
    """Record whatever a reference of NEURON's points to, such as ``clamp._ref_i``.

    Parameters
    ----------
    reference
        NEURON's reference. It does not keep alive what it points to.
    owner
        The scope that owns the recorder, usually that of the point process.
    labels
        Name, unit and place.
    near
        A segment of the cell, for references that belong to no section.
    interval
        Time between samples in ms; every step when left out.

    Returns
    -------
    Recorder
        Records in every run from now on.

    Raises
    ------
    RecordingError
        If it is not a reference, or the interval is not a positive number.
    BrokenError
        If what it points to was deleted.
    """
    if not hasattr(reference, "__getitem__") or isinstance(reference, (str, bytes)):
        raise RecordingError(
            f"{labels.name}: {reference!r} is not a reference of NEURON's; pass something like clamp._ref_i"
        )
    live_pointer(reference, labels.name)
    return Recorder(ReferenceProbe(reference, near), owner, labels, interval=interval)


def record_time(owner: Scope, name: str) -> TimeReader:
    """Read the times of the samples as a trace of their own.

    Parameters
    ----------
    owner
        The scope that owns the recorder.
    name
        Name of the trace.
    """
    return TimeReader(owner, name)
