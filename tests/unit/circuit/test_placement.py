"""Positions and orientations of cells from their columns."""

from __future__ import annotations

import numpy as np
import pytest
from bluepysnap import utils

from bluecellab.circuit.access import Column
from bluecellab.circuit.placement import positions, rotations
from bluecellab.errors import CircuitError, ColumnError

ANGLES = {
    "rotation_angle_xaxis": np.array([0.3, 0.0, -1.0]),
    "rotation_angle_yaxis": np.array([0.2, 1.0, 2.0]),
    "rotation_angle_zaxis": np.array([0.1, 0.0, 3.0]),
}


def quaternion(*values: float) -> dict[str, Column]:
    return {f"orientation_{name}": np.array([value]) for name, value in zip("wxyz", values, strict=True)}


def test_angles_as_snap_has_them() -> None:
    expected = utils.euler2mat(*(ANGLES[f"rotation_angle_{axis}axis"] for axis in "zyx"))
    assert np.array(expected) == pytest.approx(rotations(ANGLES))


def test_angles_that_are_missing_are_none() -> None:
    name = "rotation_angle_yaxis"
    zero = {key: values if key == name else np.zeros(3) for key, values in ANGLES.items()}
    assert np.array_equal(rotations({name: ANGLES[name]}), rotations(zero))


def test_quaternions_as_snap_has_them() -> None:
    values = (0.5, -0.1, 0.7, 0.2)
    size = np.linalg.norm(values)
    expected = utils.quaternion2mat(*(np.array([value / size]) for value in values))
    assert np.array(expected) == pytest.approx(rotations(quaternion(*values)))
    assert rotations(quaternion(*values)) == pytest.approx(rotations(quaternion(*(3 * v for v in values))))


def test_a_quaternion_wins_over_angles() -> None:
    both = {**{name: values[:1] for name, values in ANGLES.items()}, **quaternion(1, 0, 0, 0)}
    assert rotations(both)[0].tolist() == np.eye(3).tolist()


def test_positions() -> None:
    columns = {"z": np.array([3, 6]), "x": np.array([1, 4]), "y": np.array([2, 5])}
    assert positions(columns).tolist() == [[1, 2, 3], [4, 5, 6]]
    with pytest.raises(ColumnError, match="population 'S1' has no x and no z, so its cells are nowhere"):
        positions({"y": np.array([1.0])}, "population 'S1'")


def test_orientations_that_are_wrong() -> None:
    with pytest.raises(ColumnError, match="neither orientation_w"):
        rotations({"x": np.array([1.0])})
    with pytest.raises(ColumnError, match="orientation_y but no orientation_w, orientation_x"):
        rotations({"orientation_y": np.array([1.0])})
    with pytest.raises(CircuitError, match=r"1 cells is \(0, 0, 0, 0\)"):
        rotations(quaternion(0, 0, 0, 0))
    with pytest.raises(CircuitError, match="not a number"):
        rotations({"rotation_angle_yaxis": np.array([np.nan])})
