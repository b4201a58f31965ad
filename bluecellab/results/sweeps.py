"""Sweeps of current clamps in NWB files of the Allen cell types database."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError
from bluecellab.results.sonata.files import PathLike, opened

if TYPE_CHECKING:
    import h5py

__all__ = ["Sweep", "read_sweep"]

FloatArray = npt.NDArray[np.float64]

_PLACES = ("epochs/{}/stimulus/timeseries", "stimulus/presentation/{}")
_NANOAMPERE = 1e9  # in 1 A


class Sweep(NamedTuple):
    """What was injected in a sweep.

    Parameters
    ----------
    values
        In nA, shape (n,).
    interval
        Between samples, in ms.
    """

    values: FloatArray
    interval: float


def read_sweep(path: PathLike, sweep: int | str) -> Sweep:
    """Read the current that was injected in a sweep.

    Parameters
    ----------
    path
        A file of NWB 1, as the Allen cell types database has them.
    sweep
        Its number, or its name such as ``"Sweep_35"``.

    Raises
    ------
    ReportNotFoundError
        If there is no such file.
    ReportError
        If it is damaged or of another layout, has no such sweep, or the sweep is none of a current.
    """
    name = f"Sweep_{sweep}" if isinstance(sweep, int) or sweep.isdigit() else sweep
    with opened(path, "/") as root:
        there = _names(root)
        series = next(
            (found for place in _PLACES if (found := root.get(place.format(name))) is not None), None
        )
        if series is None:
            shown = ", ".join(there[:8]) + (f" and {len(there) - 8} more" if len(there) > 8 else "")
            raise ReportError(
                f"{path} has no sweep {name}; it has {shown or 'none, so it is another kind of file'}"
            )
        return _current(series, f"{path}: {name}")


def _names(root: h5py.Group) -> list[str]:
    """Return the names of all sweeps, in the order of their numbers."""
    groups = (root.get(place.partition("/{")[0]) for place in _PLACES)
    names = {str(name) for group in groups if group is not None for name in group}
    return sorted((name for name in names if name.startswith("Sweep_")), key=lambda name: (len(name), name))


def _current(series: h5py.Group, what: str) -> Sweep:
    import h5py

    data = series.get("data") if isinstance(series, h5py.Group) else None
    start = series.get("starting_time") if isinstance(series, h5py.Group) else None
    rate = None if start is None else start.attrs.get("rate")
    if not isinstance(data, h5py.Dataset) or data.ndim != 1 or rate is None or not float(rate) > 0:
        raise ReportError(f"{what} has no data with a rate, as sweeps of Allen cell types have them")
    unit = data.attrs.get("unit", b"")
    unit = unit.decode() if isinstance(unit, bytes) else str(unit)
    if unit.lower() in ("volt", "volts", "v"):
        raise ReportError(f"{what} is of a voltage clamp, in {unit}; a current is needed")
    # in the precision of the file, as BioNet does: currents then agree in every bit
    values: FloatArray = np.asarray(data[()] * _NANOAMPERE, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ReportError(f"{what} has samples that are NaN or infinite")
    return Sweep(values, 1000.0 / float(rate))
