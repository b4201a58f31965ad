"""Sweeps of current clamps in NWB files of the Allen cell types database."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ReportError
from bluecellab.results.sonata.files import PathLike, opened

__all__ = ["Sweep", "read_sweep"]

FloatArray = npt.NDArray[np.float64]

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
    import h5py

    name = f"Sweep_{sweep}" if isinstance(sweep, int) or sweep.isdigit() else sweep
    with opened(path, "stimulus/presentation") as group:
        series = group.get(name)
        if not isinstance(series, h5py.Group):
            there = sorted(map(str, group))
            shown = ", ".join(there[:8]) + (f" and {len(there) - 8} more" if len(there) > 8 else "")
            raise ReportError(f"{path} has no sweep {name}; it has {shown or 'none'}")
        data, start = series.get("data"), series.get("starting_time")
        rate = None if start is None else start.attrs.get("rate")
        if not isinstance(data, h5py.Dataset) or data.ndim != 1 or rate is None or not float(rate) > 0:
            raise ReportError(
                f"{path}: {name} has no data with a rate, as sweeps of Allen cell types have them"
            )
        unit = data.attrs.get("unit", b"")
        unit = unit.decode() if isinstance(unit, bytes) else str(unit)
        if unit.lower() in ("volt", "volts", "v"):
            raise ReportError(f"{path}: {name} is of a voltage clamp, in {unit}; a current is needed")
        values = np.asarray(data[()], dtype=np.float64) * _NANOAMPERE
        if not np.isfinite(values).all():
            raise ReportError(f"{path}: some samples of {name} are NaN or infinite")
        return Sweep(values, 1000.0 / float(rate))
