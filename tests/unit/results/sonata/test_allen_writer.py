"""Reports as BioNet lays them out, and potentials: what goes into their files."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.errors import ClosedError, OutputError, ReportError
from bluecellab.results.sonata import AllenReportWriter, PotentialWriter, SegmentLayout, read_report
from bluecellab.results.sonata.potential_files import PotentialFiles


def layout(nodes: list[int]) -> SegmentLayout:
    count = len(nodes)
    pointers = np.arange(count + 1)
    columns = {"seg_types": np.full(count, 3)}
    return SegmentLayout(np.array(nodes), pointers, np.zeros(count, int), np.full(count, 0.5), columns)


def test_populations_side_by_side(tmp_path: Path) -> None:
    writer = AllenReportWriter(
        tmp_path / "r.h5", {"A": layout([1, 4]), "B": layout([0])}, variable="cai", unit="mM"
    )
    frames = np.random.default_rng(1).random((9, 3))
    writer.open(start=2.0, dt=0.5)
    writer.append(frames[:4])
    writer.append(frames[4:])
    assert read_report(tmp_path / "r.h5.partial", "B").complete is False
    writer.close(complete=True)
    with h5py.File(tmp_path / "r.h5") as file:
        assert np.array_equal(file["report/A/data"], frames[:, :2])  # no digit is lost
        assert np.array_equal(file["report/B/data"], frames[:, 2:])
        for name in "AB":
            mapping = file[f"report/{name}/mapping"]
            assert mapping["time"][()].tolist() == [2.0, 6.5, 0.5]
            assert mapping["index_pointer"] == mapping["index_pointers"]
            assert set(mapping["seg_types"]) == {3}
            assert dict(file[f"report/{name}/data"].attrs) == {"units": "mM", "variable": "cai"}


def test_reports_of_bmtk_are_read(tmp_path: Path) -> None:
    """They have ``index_pointer`` alone, and no units."""
    with AllenReportWriter(tmp_path / "r.h5", {"A": layout([1, 4])}, variable="v") as writer:
        writer.open(0.0, 0.1)
        writer.append(np.ones((5, 2)))
    with h5py.File(tmp_path / "r.h5", "r+") as file:
        del file["report/A/mapping/index_pointers"]
        del file["report/A/data"].attrs["units"]
    report = read_report(tmp_path / "r.h5")
    assert report.of_node(4).tolist() == [[1.0]] * 5
    assert (report.data.dtype, report.unit) == (np.float64, "")


def test_layouts_that_do_not_fit() -> None:
    one = np.zeros(1, int)
    with pytest.raises(ReportError, match=r"1 elements need as many positions, not \(2,\)"):
        SegmentLayout(one, np.array([0, 1]), one, np.zeros(2))
    with pytest.raises(ReportError, match="as many seg_types"):
        SegmentLayout(one, np.array([0, 1]), one, np.zeros(1), {"seg_types": np.zeros(3, int)})


def test_suspended(tmp_path: Path) -> None:
    writer = PotentialWriter(tmp_path / "e.h5", [0, 1])
    writer.open(0.0, 0.1)
    writer.suspend()
    with pytest.raises(ClosedError, match="not being written"):
        writer.append(np.ones((1, 2)))
    writer.resume()
    writer.append(np.ones((3, 2)))
    writer.suspend()
    writer.suspend()
    (tmp_path / "e.h5.partial").rename(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="cannot write"):
        writer.resume()


def test_no_file_is_complete_unless_all_are(tmp_path: Path) -> None:
    files = PotentialFiles(tmp_path / "e.h5", [0], [tmp_path / "one.h5", tmp_path / "two.h5"])
    files.open(0.0, 0.1)
    files.append(np.ones((3, 3)))
    (tmp_path / "two.h5.partial").unlink()
    with pytest.raises(OutputError, match="two.h5"):
        files.close(complete=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.h5.partial", "one.h5.partial"]


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Refuse files beyond a size, as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk(tmp_path: Path) -> None:
    writer = AllenReportWriter(tmp_path / "r.h5", {"A": layout([1, 4])}, variable="v")
    block = np.random.default_rng(1).random((20_000, 2))
    with full_disk(2_500_000):
        writer.open(0, 0.1)
        with pytest.raises(OutputError, match=r"cannot write .*r\.h5.*space left"):
            for _ in range(10):
                writer.append(block)
        with pytest.raises(OutputError):
            writer.close(complete=True)
    assert [path.name for path in tmp_path.iterdir()] == ["r.h5.partial"]
    report = read_report(tmp_path / "r.h5.partial")
    assert np.array_equal(report.data[:20_000], block)
    assert len(report.data) == writer.frames


def test_a_full_disk_for_potentials(tmp_path: Path) -> None:
    files = PotentialFiles(tmp_path / "e.h5", [0, 1], [tmp_path / "one.h5"])
    block = np.random.default_rng(1).random((20_000, 4))
    with full_disk(2_500_000):
        files.open(0, 0.1)
        with pytest.raises(OutputError, match=r"cannot write .*e\.h5.*space left"):
            for _ in range(10):
                files.append(block)
        with pytest.raises(OutputError):
            files.close(complete=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.h5.partial", "one.h5.partial"]
    with h5py.File(tmp_path / "e.h5.partial") as file:
        count = round(file["ecp/time"][1] / 0.1)
        assert count == files.total.frames > 0
        assert np.array_equal(file["ecp/data"][:20_000], block[:, :2])
