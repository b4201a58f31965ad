r"""Currents of electrodes in a homogeneous medium.

.. math:: V = \frac{\rho I(t)}{4 \pi} \sum_e \frac{1}{n_e} \sum_{p \in e} \frac{1}{|r - r_p|}

where an electrode *e* is one point, or a mesh of :math:`n_e` of them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bluecellab.errors import BluecellabError, StimulusError
from bluecellab.fields.courses import FloatArray, Source, stepwise
from bluecellab.fields.segments import rotation_matrix
from bluecellab.files.columns import read_columns, read_numbers
from bluecellab.spec.allen import PointElectrodes

__all__ = ["electrode_points", "electrode_source", "transfer"]

_POSITION = ("pos_x", "pos_y", "pos_z")
_ROTATION = ("rotation_x", "rotation_y", "rotation_z")
_MESH_FILE = "electrode_mesh_file"
_MESH = ("x_pos", "y_pos", "z_pos")
_NO_MESH = frozenset({"", "na", "nan", "null", "none"})
_LEAST_DISTANCE = 10.0  # um
_MILLIVOLT = 1e4  # of (ohm cm) mA / um
_AT_ONCE = 2**20  # distances


def electrode_source(spec: PointElectrodes) -> Source:
    """Return the potential of point electrodes.

    Raises
    ------
    StimulusError
        If a file cannot be read, or is wrong.
    """
    try:
        electrodes = electrode_points(spec)
    except StimulusError:
        raise
    except BluecellabError as error:
        raise StimulusError(str(error)) from error
    return Source(lambda places: transfer(electrodes, places, spec.resistivity), stepwise(spec.waveform))


def electrode_points(spec: PointElectrodes) -> tuple[FloatArray, ...]:
    """Return the points of each electrode in um, shape (m, 3).

    The points of a mesh count from their mean; they are turned by the matrix *Rx Ry Rz*, and moved to where
    the electrode is.

    Raises
    ------
    CircuitFileError
        If a file cannot be read, or is wrong.
    StimulusError
        If there is no electrode.
    """
    path = spec.positions_file
    columns = read_numbers(path, (*_POSITION, *_ROTATION), optional=dict.fromkeys(_ROTATION, 0.0))
    positions = np.stack([columns[name] for name in _POSITION], axis=-1)
    angles = np.stack([columns[name] for name in _ROTATION], axis=-1)
    if not len(positions):
        raise StimulusError(f"{path} has no electrodes in it")
    meshes = read_columns(path, (_MESH_FILE,), optional=(_MESH_FILE,)).get(_MESH_FILE, [""] * len(positions))
    folder = Path(spec.mesh_files_dir or Path(path).parent)
    return tuple(
        position + _mesh(folder / mesh) @ rotation_matrix(*turn).T
        if mesh.lower() not in _NO_MESH
        else position[None]
        for position, turn, mesh in zip(positions, angles, meshes, strict=True)
    )


def _mesh(path: Path) -> FloatArray:
    columns = read_numbers(path, _MESH)
    points = np.stack([columns[name] for name in _MESH], axis=-1)
    if not len(points):
        raise StimulusError(f"{path} has no points in it")
    centred: FloatArray = points - points.mean(axis=0)
    return centred


def transfer(electrodes: tuple[FloatArray, ...], places: FloatArray, resistivity: float) -> FloatArray:
    """Return the potential that 1 mA of each electrode makes at places, in mV, shape (1, n).

    Parameters
    ----------
    electrodes
        Points of each in um, shape (m, 3).
    places
        In um, shape (n, 3).
    resistivity
        Of the medium in ohm cm.

    Raises
    ------
    StimulusError
        If a point is less than 10 um away from a place.

    Examples
    --------
    >>> transfer((np.array([[0.0, 0.0, 0.0]]),), np.array([[100.0, 0.0, 0.0]]), 300.0).round(2)
    array([[2387.32]])
    """
    total = np.zeros(len(places))
    for number, points in enumerate(electrodes):
        block = max(_AT_ONCE // len(points), 1)
        for first in range(0, len(places), block):
            some = places[first : first + block]
            distances = np.linalg.norm(some[:, None] - points[None], axis=-1)
            if len(some) and distances.min() < _LEAST_DISTANCE:
                raise StimulusError(
                    f"electrode {number} is {distances.min():.3g} um away from the centre of a segment; it "
                    f"must be {_LEAST_DISTANCE:g} um at least, as a point is no model of one nearby"
                )
            total[first : first + block] += (1.0 / distances).mean(axis=1)
    return (resistivity / (4.0 * np.pi) * _MILLIVOLT * total)[None]
