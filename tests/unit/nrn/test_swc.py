"""Reading plain SWC files: the quick way gives what the plain one would."""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab.nrn import swc

CONTENT = b"# made by hand\n1 1 0 0 0 5 -1\n2 3 0 5 0 1 1\n 4 3 0 10.123456789 0 0.3 2\n\n7 3 1e1 3 0 1 4\n"


def _plain(values: np.ndarray) -> np.ndarray:
    """What ``"%.8g"`` makes of numbers, one by one."""
    return np.array([float(f"{value:.8g}") for value in values.ravel().tolist()]).reshape(values.shape)


@pytest.mark.parametrize("seed", range(3))
def test_printed_is_rounded_as_text_is(seed: int) -> None:
    draw = np.random.default_rng(seed)
    random = draw.uniform(-1, 1, 20_000) * 10.0 ** draw.integers(-18, 18, 20_000)
    near_halves = (draw.integers(10**7, 10**8, 20_000) + 0.5) / 10.0 ** draw.integers(0, 9, 20_000)
    read = np.round(draw.uniform(-1500, 1500, 20_000), 3).astype(np.float32).astype(np.float64)
    special = np.array(
        [0.0, -0.0, 1.0, 99_999_999.5, 9.9999999e7, 1e8, 1e-15, 1e22, 123456.785, 3e38, 1e-45, 0.5]
    )
    values = np.concatenate([random, near_halves, read, special]).reshape(-1, 4)
    found = swc._printed(list(map(tuple, values.tolist())))
    np.testing.assert_array_equal(found.view(np.int64), _plain(values).view(np.int64))


def test_read() -> None:
    points = swc._read(CONTENT)
    assert points is not None
    assert (points.types, points.parents) == ([1, 3, 3, 3], [-1, 0, 1, 2])
    radius = float(np.float32(0.3))
    assert points.rows[2] == (0.0, float(np.float32(10.123456789)), 0.0, radius * 2)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"2 3 0 5", b"2.0 3 0 5"),
        (b"0 1 1\n", b"0 1 1 ;\n"),
        (b"0 1 1\n", b"0 1\n"),
        (b"0 1 1\n 4 3", b"0 1\n1 4 3"),
        (b"1e1", b"1e39"),
        (b"1e1", b"inf"),
        (b"7 3 1e1", b"4 3 1e1"),
        (b"1 4\n", b"1 7\n"),
        (b"1 4\n", b"1 9\n"),
        (b"1 4\n", b"1 -1\n"),
        (b"5 -1", b"5 1"),
        (b"1 1 0", b"-3 1 0"),
        (b"made", b"m\xc3\xa4de"),
        (b"4 3 0 10", b"4 3 0 1_0"),
        (b"4 3 0 10", b"4 5 0 10"),
    ],
)
def test_not_plain(old: bytes, new: bytes) -> None:
    content = CONTENT.replace(old, new)
    assert content != CONTENT
    assert swc._read(content) is None
    assert not swc.is_ordered(content)


def test_a_file_is_read_once_for_its_order_and_its_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    assert swc.is_ordered(CONTENT)
    with monkeypatch.context() as patched:
        patched.setattr(swc, "_NAMES", {})  # reading it again would refuse every type
        kept = swc._read(CONTENT)
    assert kept is not None
    assert kept.types == [1, 3, 3, 3]
    assert swc._Last.read is None  # what was handed out is changed while sections are made of it
    assert swc.is_ordered(CONTENT)
    assert swc._read(CONTENT + b"8 3 9 9 9 1 7\n") is not None
    assert swc._Last.read is None
