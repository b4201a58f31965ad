"""The line-source formula against integrals, and where it has no value."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from bluecellab.errors import ReportError
from bluecellab.fields.line_source import CONDUCTIVITY, line_source


def integral(electrode: np.ndarray, start: np.ndarray, end: np.ndarray, points: int = 400_000) -> float:
    """The potential of many points along a segment."""
    along = (np.arange(points) + 0.5)[:, None] / points
    distances = np.linalg.norm(electrode - (start + along * (end - start)), axis=1)
    return float((1 / distances).mean() / (4 * np.pi * CONDUCTIVITY))


def published(electrode: np.ndarray, start: np.ndarray, end: np.ndarray, least: float = 0.0) -> float:
    """The formula word by word."""
    along, away = end - start, electrode - (start + end) / 2
    length = np.linalg.norm(along)
    h = abs(away @ along) / length
    beside = away @ away - h**2
    upper, lower = h + length / 2, h - length / 2
    if lower < least:
        beside = max(beside, least**2)
    ratio = (upper + np.sqrt(upper**2 + beside)) / (lower + np.sqrt(lower**2 + beside))
    return float(np.log(ratio) / length / (4 * np.pi * CONDUCTIVITY))


def test_is_the_integral_along_segments() -> None:
    draw = default_rng(1)
    starts, ends = draw.normal(size=(2, 6, 3)) * 30
    electrodes = draw.normal(size=(5, 3)) * 60
    found = line_source(electrodes, starts, ends)
    expected = [
        [integral(place, start, end) for start, end in zip(starts, ends, strict=True)] for place in electrodes
    ]
    assert found.shape == (5, 6)
    assert np.allclose(found, expected, rtol=1e-7)


@pytest.mark.parametrize("least", [None, 5.0, 60.0])
def test_is_the_published_formula(least: float | None) -> None:
    draw = default_rng(2)
    starts, ends = draw.normal(size=(2, 50, 3)) * 30
    electrodes = draw.normal(size=(20, 3)) * 60
    found = line_source(electrodes, starts, ends, minimum_distance=least)
    expected = [
        [published(place, start, end, least or 0.0) for start, end in zip(starts, ends, strict=True)]
        for place in electrodes
    ]
    assert np.allclose(found, expected, rtol=1e-11)


def test_a_minimum_for_each_segment() -> None:
    starts, ends = np.zeros((2, 3)), np.array([[10.0, 0, 0], [10, 0, 0]])
    near, far = line_source([[5, 0.1, 0]], starts, ends, minimum_distance=[0.0, 4.0])[0]
    assert far == pytest.approx(published(np.array([5, 4, 0]), starts[0], ends[0]))
    assert near == pytest.approx(published(np.array([5, 0.1, 0]), starts[0], ends[0]))


def test_segments_without_length_are_points() -> None:
    found = line_source([[3.0, 4.0, 0.0]], [[0, 0, 0]], [[0, 0, 0]])
    assert found[0, 0] == pytest.approx(1 / (4 * np.pi * CONDUCTIVITY * 5))


def test_blocks_of_electrodes(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = default_rng(3)
    starts, ends = draw.normal(size=(2, 7, 3)) * 30
    electrodes = draw.normal(size=(11, 3)) * 60
    whole = line_source(electrodes, starts, ends)
    monkeypatch.setattr("bluecellab.fields.line_source._BLOCK", 20)
    assert np.array_equal(line_source(electrodes, starts, ends), whole)


def test_mistakes() -> None:
    with pytest.raises(ReportError, match=r"electrode 1 at \[5.0, 0.0, 0.0\] um lies on a segment"):
        line_source([[5, 9, 0], [5, 0, 0]], [[0, 0, 0]], [[10, 0, 0]])
    assert np.isfinite(line_source([[5, 0, 0]], [[0, 0, 0]], [[10, 0, 0]], minimum_distance=1)).all()
    with pytest.raises(ReportError, match="all are places with three coordinates"):
        line_source([[5, 9]], [[0, 0, 0]], [[10, 0, 0]])
