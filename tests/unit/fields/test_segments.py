"""Places of segments: by hand, along bent sections, turned and moved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bluecellab import Cell
from bluecellab.errors import CellError
from bluecellab.fields import segments
from bluecellab.fields.segments import (
    placement_of,
    rotation_matrix,
    segment_centres,
    segment_ends,
    segment_places,
    segment_radii,
)
from bluecellab.nrn import runtime
from tests.unit.recording.allen.cells import cells


def test_along_bent_sections() -> None:
    with cells(1) as built:
        (cell,) = built.values()
        starts, ends, centres = segment_places(cell)
        radii = segment_radii(cell)
    assert [len(array) for array in (starts, ends, centres, radii)] == [9] * 4
    assert starts[0].tolist() == [-10, 0, 0]  # the centre of the soma is at (100, 50, 0)
    assert ends[0].tolist() == [10, 0, 0]
    assert centres[0].tolist() == [0, 0, 0]
    # 40 um along x, then 80 um along y, in 5 segments of 24 um
    corners = [[10, 0], [34, 0], [50, 8], [50, 32], [50, 56], [50, 80]]
    assert np.allclose(starts[1:6, :2], corners[:-1])
    assert np.allclose(ends[1:6, :2], corners[1:])
    assert np.allclose(centres[1:6, :2], [[22, 0], [46, 0], [50, 20], [50, 44], [50, 68]])
    assert np.allclose(ends[6:, 2], [20, 40, 60])
    assert radii.tolist() == [10] + [1] * 5 + [1.5] * 3


def test_turned_and_moved() -> None:
    with cells(1) as built:
        (cell,) = built.values()
        local = segment_places(cell)
        angles = (0.3, -0.7, 1.9)
        moved = segment_places(cell, (5, 6, 7), angles)
        assert np.array_equal(segment_places(cell, (5, 6, 7), rotation_matrix(*angles)).ends, moved.ends)
        assert np.array_equal(segment_ends(cell, (5, 6, 7), angles)[0], moved.starts)
        assert np.array_equal(segment_centres(cell, (5, 6, 7), angles), moved.centres)
        again = segment_places(cell, (5, 6, 7), angles)  # turned once, however often one asks
        assert all(np.array_equal(one, other) for one, other in zip(moved, again, strict=True))
        with pytest.raises(CellError, match="a position has three numbers"):
            segment_places(cell, (5, 6))
        with pytest.raises(CellError, match="a rotation three angles or a matrix"):
            segment_places(cell, (5, 6, 7), (1.0, 2.0))
    matrix = rotation_matrix(*angles)
    assert np.allclose(matrix @ matrix.T, np.eye(3))
    assert np.allclose(moved.ends, local.ends @ matrix.T + [5, 6, 7])


def test_rotations() -> None:
    quarter = np.pi / 2
    x, y, z = np.eye(3)
    assert np.allclose(rotation_matrix(x=quarter) @ y, z)
    assert np.allclose(rotation_matrix(y=quarter) @ z, x)
    assert np.allclose(rotation_matrix(z=quarter) @ x, y)
    assert np.allclose(rotation_matrix(x=quarter, z=quarter) @ x, z)  # about z first


def test_placements() -> None:
    position, angles = placement_of({"x": 1, "y": 2.0, "z": None, "rotation_angle_zaxis": -3.6, "ei": "e"})
    assert position.tolist() == [1, 2, 0]
    assert angles.tolist() == [0, 0, -3.6]
    assert placement_of({"positions": [7, 8, 9]})[0].tolist() == [7, 8, 9]
    assert placement_of({"position": np.array([[7, 8]])})[0].tolist() == [7, 8, 0]
    assert placement_of({})[0].tolist() == [0, 0, 0]


def test_alike_cells_are_measured_once_and_changed_ones_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    segments._remembered.clear()
    measured: list[object] = []
    original = segments._measured

    def counting(*arguments: Any) -> Any:
        measured.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(segments, "_measured", counting)
    with cells(3) as built:
        first, *others = (segment_places(cell).ends for cell in built.values())
        assert all(np.array_equal(first, other) for other in others)
        assert len(measured) == 1
        cell = next(iter(built.values()))
        cell.sections["dend"].raw.nseg = 7
        assert len(segment_places(cell).ends) == 11
        cell.sections["apic"].raw.pt3dchange(1, 100, 50, 90, 3)
        assert segment_places(cell).ends[-1, 2] == 90
        assert len(measured) == 3
        measured.clear()
    assert not first.flags.writeable or first.base is None


def bare() -> SimpleNamespace:
    h = runtime.raw_h()
    soma, dend = h.Section(name="soma"), h.Section(name="dend")
    dend.connect(soma(1))
    return SimpleNamespace(soma=[soma], dend=[dend], all=[soma, dend])


def test_nowhere() -> None:
    with (
        Cell.from_python(bare) as cell,
        pytest.raises(CellError, match=r"soma, dend of .* have no 3-D points"),
    ):
        segment_places(cell)
