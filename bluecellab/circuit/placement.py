"""Where cells are in space, and how they are turned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess, Column, IntArray
from bluecellab.errors import CircuitError, ColumnError

__all__ = ["Placement", "placement_of", "positions", "rotation_of", "rotations"]

FloatArray = npt.NDArray[np.float64]

_POSITION = ("x", "y", "z")
_QUATERNION = ("orientation_w", "orientation_x", "orientation_y", "orientation_z")
_ANGLES = ("rotation_angle_xaxis", "rotation_angle_yaxis", "rotation_angle_zaxis")


@dataclass(frozen=True, eq=False)
class Placement:
    r"""How cells lie in a circuit: :math:`x_\mathrm{global} = R \, x_\mathrm{local} + p`.

    Parameters
    ----------
    positions
        :math:`p` of each cell in um, shape (n, 3).
    rotations
        :math:`R` of each cell, shape (n, 3, 3).
    """

    positions: FloatArray
    rotations: FloatArray


def placement_of(circuit: CircuitAccess, population: str, ids: IntArray) -> Placement:
    """Return how cells lie in their circuit.

    Parameters
    ----------
    circuit
        The circuit.
    population
        Of the cells.
    ids
        Theirs, shape (n,).

    Raises
    ------
    ColumnError
        If the population has no ``x``, ``y`` and ``z``, or says nothing of orientation.
    """
    what = f"population {population!r}"
    columns = _read(circuit, population, ids, _POSITION)
    return Placement(positions(columns, what), rotation_of(circuit, population, ids))


def rotation_of(circuit: CircuitAccess, population: str, ids: IntArray) -> FloatArray:
    """Return how cells are turned in their circuit, shape (n, 3, 3); see :func:`placement_of`."""
    columns = _read(circuit, population, ids, (*_QUATERNION, *_ANGLES))
    return rotations(columns, f"population {population!r}")


def _read(
    circuit: CircuitAccess, population: str, ids: IntArray, names: tuple[str, ...]
) -> Mapping[str, Column]:
    known = circuit.node_populations[population].columns
    wanted = [name for name in names if name in known]
    return circuit.nodes(population, ids, wanted) if wanted else {}


def _floats(columns: Mapping[str, Column], names: tuple[str, ...]) -> FloatArray:
    return np.stack([np.asarray(columns[name], dtype=np.float64) for name in names], axis=-1)


def positions(columns: Mapping[str, Column], what: str = "the population") -> FloatArray:
    """Return positions in um from the columns ``x``, ``y`` and ``z``, shape (n, 3).

    Raises
    ------
    ColumnError
        If one of them is missing.
    """
    missing = [name for name in _POSITION if name not in columns]
    if missing:
        raise ColumnError(
            f"{what} has no {' and no '.join(missing)}, so its cells are nowhere in space", missing[0]
        )
    return _floats(columns, _POSITION)


def rotations(columns: Mapping[str, Column], what: str = "the population") -> FloatArray:
    r"""Return rotation matrices from columns of orientation, shape (n, 3, 3).

    Quaternions (``orientation_w``, ``_x``, ``_y``, ``_z``) win over angles in rad
    (``rotation_angle_xaxis``, ``_yaxis``, ``_zaxis``; those that are missing count as 0), which make
    :math:`R = R_x R_y R_z`: the rotation about z comes first.

    Raises
    ------
    ColumnError
        If there is neither, or part of a quaternion is missing.
    CircuitError
        If a quaternion is zero, or a value is not a number.

    Examples
    --------
    >>> import numpy as np
    >>> rotations({"rotation_angle_zaxis": np.array([np.pi / 2])})[0].round(3) @ np.array([1.0, 0.0, 0.0])
    array([0., 1., 0.])
    """
    given = [name for name in _QUATERNION if name in columns]
    if given:
        missing = [name for name in _QUATERNION if name not in columns]
        if missing:
            raise ColumnError(f"{what} has {', '.join(given)} but no {', '.join(missing)}", missing[0])
        return _of_quaternions(_floats(columns, _QUATERNION), what)
    angles = [name for name in _ANGLES if name in columns]
    if not angles:
        raise ColumnError(
            f"{what} does not say how its cells are turned: it has neither {', '.join(_QUATERNION)} "
            f"nor any of {', '.join(_ANGLES)}",
            _QUATERNION[0],
        )
    count = len(columns[angles[0]])
    zero = np.zeros(count)
    x, y, z = (np.asarray(columns.get(name, zero), dtype=np.float64) for name in _ANGLES)
    _check(np.stack([x, y, z], axis=-1), what)
    turned: FloatArray = _about(0, x) @ _about(1, y) @ _about(2, z)
    return turned


def _check(values: FloatArray, what: str) -> None:
    wrong = np.flatnonzero(~np.isfinite(values).all(axis=-1))
    if len(wrong):
        raise CircuitError(f"{what}: the orientation of {len(wrong)} cells is not a number")


def _about(axis: int, angles: FloatArray) -> FloatArray:
    """Return right-handed rotations about one axis, shape (n, 3, 3)."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    cosine, sine = np.cos(angles), np.sin(angles)
    matrices = np.zeros((len(angles), 3, 3))
    matrices[:, axis, axis] = 1.0
    matrices[:, first, first] = matrices[:, second, second] = cosine
    matrices[:, first, second], matrices[:, second, first] = -sine, sine
    return matrices


def _of_quaternions(quaternions: FloatArray, what: str) -> FloatArray:
    _check(quaternions, what)
    sizes = np.linalg.norm(quaternions, axis=-1, keepdims=True)
    if np.any(sizes == 0):
        raise CircuitError(f"{what}: the orientation of {np.count_nonzero(sizes == 0)} cells is (0, 0, 0, 0)")
    w, x, y, z = np.moveaxis(quaternions / sizes, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), -1, 0)
