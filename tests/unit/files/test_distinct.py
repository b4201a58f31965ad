"""Distinct values without ``numpy.ma``."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from bluecellab.files.distinct import common, distinct, without


@pytest.mark.parametrize(
    "values",
    [
        np.empty(0, np.int64),
        np.array([7]),
        np.array([3, 1, 3, -2, 1]),
        np.array([[2, 1], [2, 0]], np.uint64),
        np.array(["b", "a", "b", ""]),
        np.array(["b", "a", "b"], dtype=object),
    ],
)
def test_as_numpy_says(values: np.ndarray) -> None:
    expected = np.unique(values)
    found = distinct(values)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype


@pytest.mark.parametrize("others", [(), [3, 7], [1, 1, 3, -2]])
def test_sets_as_numpy_has_them(others: list[int]) -> None:
    values = np.array([3, 1, 3, -2, 1])
    np.testing.assert_array_equal(common(values, others), np.intersect1d(values, others))
    np.testing.assert_array_equal(without(values, others), np.setdiff1d(values, others))
    assert common(values, others).dtype == without(values, others).dtype == np.int64


def test_masked_arrays_are_not_loaded() -> None:
    code = (
        "import sys, numpy as np; from bluecellab.files import distinct as d; values = np.array([2, 1, 2]); "
        "d.distinct(values); d.common(values, [1]); d.without(values, [1]); "
        "assert 'numpy.ma' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
