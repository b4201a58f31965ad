"""Results that several processes write together, here one after the other in this one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab.errors import OutputError, ReportNotFoundError
from bluecellab.results.sonata import (
    AllenReportWriter,
    OutputFolder,
    PotentialNwbWriter,
    PotentialWriter,
    ReportLayout,
    SegmentLayout,
    SonataReportWriter,
    frame_writer,
    read_report,
)
from bluecellab.results.sonata.frame_writer import FrameWriter
from bluecellab.results.sonata.parts import ReportFile, Share, part_path
from bluecellab.results.sonata.potential_files import PotentialFiles

COUNT = 3
Columns = Mapping[str, Sequence[tuple[int, int]]]
#: Node and element of each column, of each process: the second has none, and nodes alternate.
PARTS: list[Columns] = [
    {"B": [(0, 0), (7, 1), (7, 2)], "A": [(4, 0)]},
    {},
    {"B": [(2, 5), (2, 9), (8, 0)], "C": [(1, 1)]},
]


def share(rank: int, values: Sequence[Any] | None = None) -> Share:
    """Return a share in which others have said ``values``, or the same."""

    def gathering(value: Any, doing: str) -> list[Any]:
        del doing
        return [value] * COUNT if values is None else list(values)

    return Share(rank, COUNT, gathering, gathering)


def value(population: str, node: int, element: int, step: np.ndarray) -> np.ndarray:
    return np.asarray(1000 * ord(population) + 100 * node + element + step / 1024)


def frames(columns: Columns, steps: np.ndarray) -> np.ndarray:
    found = [value(name, *pair, steps) for name, pairs in columns.items() for pair in pairs]
    return np.stack(found, axis=1) if found else np.empty((len(steps), 0))


def plain(columns: Columns, file: ReportFile) -> FrameWriter:
    layouts = {name: ReportLayout.of_columns(*np.array(pairs).T) for name, pairs in columns.items() if pairs}
    return SonataReportWriter(file, layouts, unit="mV")


def of_allen(columns: Columns, file: ReportFile) -> FrameWriter:
    layouts = {}
    for name, pairs in columns.items():
        nodes, elements = np.array(pairs).T
        made = ReportLayout.of_columns(nodes, elements)
        layouts[name] = SegmentLayout(
            made.node_ids, made.index_pointers, made.element_ids, elements / 10, {"seg_types": nodes * 2}
        )
    return AllenReportWriter(file, layouts, variable="v", unit="mV" if columns else "")


Make = Callable[[Columns, ReportFile], FrameWriter]
WRITERS: dict[str, Make] = {"plain": plain, "allen": of_allen}


def whole_of_all() -> Columns:
    names = sorted({name for part in PARTS for name in part})
    return {name: sorted(pair for part in PARTS for pair in part.get(name, ())) for name in names}


def write(writers: Sequence[FrameWriter], columns: Sequence[Columns], sizes: Sequence[int]) -> None:
    """Write frames in blocks; then have the parts put together, the first one first."""
    done = writers[0].frames
    for size in sizes:
        for writer, own in zip(writers, columns, strict=True):
            writer.append(frames(own, np.arange(done, done + size)))
        done += size
    for writer in writers:
        writer.close(complete=True)


def content(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def note(name: str, item: h5py.Group | h5py.Dataset) -> None:
        found.update({f"{name}@{title}": np.asarray(text).tolist() for title, text in item.attrs.items()})
        if isinstance(item, h5py.Dataset):
            found[name] = (str(item.dtype), item[()].tolist())

    with h5py.File(path) as file:
        note("", file)
        file.visititems(note)
    return found


def publish(writers: Sequence[FrameWriter | PotentialFiles]) -> None:
    for writer in writers:
        writer.publish()


@pytest.mark.parametrize("kind", WRITERS)
def test_the_whole_is_what_one_process_writes(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_writer, "_BLOCK_BYTES", 8 * 8 * 100)
    monkeypatch.setattr(frame_writer, "_CHUNK_BYTES", 2048)
    make, path = WRITERS[kind], tmp_path / "r.h5"
    alone = make(whole_of_all(), ReportFile(tmp_path / "alone.h5"))
    together = [make(columns, ReportFile(path, share=share(rank))) for rank, columns in enumerate(PARTS)]
    for writer in (alone, *together):
        writer.open(5.0, 0.1)
    write([alone], [whole_of_all()], [100, 37, 200])
    write(together, PARTS, [3, 64, 128, 142])
    assert not path.exists()
    for rank in range(COUNT):
        with h5py.File(part_path(path, rank)) as file:
            assert file.attrs["complete"] == 0
    publish(together)
    assert sorted(child.name for child in tmp_path.iterdir()) == ["alone.h5", "r.h5"]
    assert content(path) == content(tmp_path / "alone.h5")
    # the run goes on
    for writer in (alone, *together):
        writer.reopen()
    assert not path.exists()
    assert len(read_report(path.with_name("r.h5.partial"), "A").times) == 337
    write([alone], [whole_of_all()], [50])
    for writer, columns in zip(together, PARTS, strict=True):
        writer.append(frames(columns, np.arange(337, 387)))
        writer.close(complete=True)
    publish(together)
    assert content(path) == content(tmp_path / "alone.h5")
    # and is run anew
    for writer in together:
        writer.open(0.0, 1.0)
    write(together, PARTS, [2])
    publish(together)
    assert read_report(path, "B").times.tolist() == [0.0, 1.0]


def test_parts_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    for rank, columns in enumerate(PARTS):
        writer = plain(columns, ReportFile(path, share=share(rank)))
        writer.open(0.0, 0.1)
        writer.append(frames(columns, np.arange(5)))
        writer.close(complete=False)
    report = read_report(part_path(path, 2), "B")
    expected = frames({"B": [(2, 5), (2, 9)]}, np.arange(5)).astype(np.float32)
    assert np.array_equal(report.of_node(2), expected)
    with pytest.raises(ReportNotFoundError, match=r"There is .*r.h5.partial-0, .*r.h5.partial-1, "):
        read_report(path, "B")
    again = plain(PARTS[1], ReportFile(path, share=share(1)))
    with pytest.raises(OutputError, match=r"partial-1 exists already, what an unfinished run"):
        again.open(0.0, 0.1)
    replaced = plain(PARTS[1], ReportFile(path, True, share(1)))
    replaced.open(0.0, 0.1)
    replaced.close(complete=False)


def test_what_cannot_be_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.h5"

    def first(values: Sequence[Any] | None = None) -> FrameWriter:
        writer = plain(PARTS[0], ReportFile(path, True, share(0, values)))
        writer.open(0.0, 0.1)
        writer.append(frames(PARTS[0], np.arange(5)))
        writer.close(complete=True)
        return writer

    with pytest.raises(OutputError, match=r"ranks have \[5, 4, 5\] frames"):
        first([5, 4, 5]).publish()
    with pytest.raises(OutputError, match=r"the part of rank 1, r.h5.partial-1, is not there"):
        first().publish()
    for rank in (1, 2):
        twice = plain(PARTS[0] if rank == 2 else {}, ReportFile(path, True, share(rank)))
        twice.open(0.0, 0.1)
        twice.append(frames(PARTS[0] if rank == 2 else {}, np.arange(5)))
        twice.close(complete=True)
    with pytest.raises(OutputError, match="node 4 of A has been made by several ranks"):
        first().publish()
    other = plain(PARTS[2], ReportFile(path, True, share(2)))
    other.open(0.0, 0.1)
    other.append(frames(PARTS[2], np.arange(5)))
    other.close(complete=True)
    writer = first()

    def full(taken: Path, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(frame_writer, "reserve_space", full)
        with pytest.raises(OutputError, match="No space left on device"):
            writer.publish()
    assert sorted(child.name for child in tmp_path.iterdir()) == [f"r.h5.partial-{k}" for k in range(3)]


def test_frames_that_could_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(taken: Path, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    writer = plain(PARTS[0], ReportFile(tmp_path / "r.h5", share=share(0)))
    writer.open(0.0, 0.1)
    monkeypatch.setattr(frame_writer, "reserve_space", full)
    with pytest.raises(OutputError, match="No space"):
        writer.append(frames(PARTS[0], np.arange(5)))
    with pytest.raises(OutputError, match="cannot be completed"):
        writer.close(complete=True)
    assert [child.name for child in tmp_path.iterdir()] == ["r.h5.partial-0"]


def test_potentials_add_up(tmp_path: Path) -> None:
    channels, positions = np.array([3, 4]), np.zeros((2, 3))
    path, nwb = tmp_path / "ecp.h5", tmp_path / "ecp.nwb"
    own = [tmp_path / f"cell{rank}.h5" for rank in range(COUNT)]
    files = [
        PotentialFiles(
            ReportFile(path, share=share(rank)),
            channels,
            [own[rank]],
            other=PotentialNwbWriter(nwb, channels, positions),
        )
        for rank in range(COUNT)
    ]
    rng = np.random.default_rng(1)
    found = rng.normal(size=(COUNT, 2, 10, 4))
    for each in files:
        each.open(1.0, 0.5)
    for block in range(2):
        for rank, each in enumerate(files):
            each.append(found[rank, block])
    for each in files:
        each.close(complete=True)
    assert not {path, nwb, *own} & set(tmp_path.iterdir())
    publish(files)
    assert {path, nwb, *own} == set(tmp_path.iterdir())
    total = found.sum(axis=0).reshape(20, 4)[:, :2]
    with h5py.File(path) as file, h5py.File(nwb) as other:
        np.testing.assert_allclose(file["ecp/data"][()], total, rtol=1e-13)
        assert np.array_equal(other["acquisition/ElectricalSeries/data"][()], file["ecp/data"][()])
        assert file["ecp/time"][()].tolist() == [1.0, 11.0, 0.5]
    with h5py.File(own[1]) as file:
        assert np.array_equal(file["ecp/data"][()], found[1].reshape(20, 4)[:, 2:])
    for each in files:
        each.reopen()
    assert not {path, nwb, *own} & set(tmp_path.iterdir())
    for rank, each in enumerate(files):
        each.append(found[rank, 0])
        each.close(complete=True)
    publish(files)
    with h5py.File(path) as file, h5py.File(nwb) as other:
        assert len(file["ecp/data"]) == len(other["acquisition/ElectricalSeries/data"]) == 30
        assert file["ecp/time"][1] == 16.0


def test_an_older_file_of_another_format_is_kept(tmp_path: Path) -> None:
    (tmp_path / "ecp.nwb").write_text("older")
    channels = np.arange(2)
    nwb = PotentialNwbWriter(tmp_path / "ecp.nwb", channels, np.zeros((2, 3)))
    files = PotentialFiles(ReportFile(tmp_path / "ecp.h5", share=share(0)), channels, other=nwb)
    with pytest.raises(OutputError, match="an older result"):
        files.open(0.0, 0.1)


def test_only_the_first_looks_at_the_folder(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("mine")
    assert OutputFolder(taken, share=share(1)).reserve(["a.h5"]) == [taken / "a.h5"]
    with pytest.raises(OutputError, match="cannot be"):
        OutputFolder(taken, share=share(0)).reserve(["a.h5"])
    assert not OutputFolder(tmp_path / "new", share=share(1)).reserve([])
    assert not (tmp_path / "new").exists()


def test_writers_of_one_process_publish_nothing(tmp_path: Path) -> None:
    writer = PotentialWriter(tmp_path / "a.h5", [0])
    writer.open(0.0, 1.0)
    writer.close(complete=True)
    writer.publish()
    assert writer.path.exists()


@pytest.mark.parametrize("columns", [1, 7, 1436, 9000])
def test_blocks_of_any_size(tmp_path: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_writer, "_BAND_BYTES", 2**17)
    monkeypatch.setattr(frame_writer, "_CHUNK_BYTES", 2**14)
    layout = ReportLayout.of_columns(np.arange(columns), np.zeros(columns))
    writer = SonataReportWriter(tmp_path / "a.h5", {"A": layout})
    rng = np.random.default_rng(2)
    made = rng.normal(size=(190, columns)).astype(np.float32)
    writer.open(0.0, 1.0)
    for begin, end in ((0, 5), (5, 8), (8, 72), (72, 73), (73, 190)):
        writer.append(made[begin:end])
    writer.close(complete=True)
    with h5py.File(writer.path) as file:
        data = file["report/A/data"]
        assert np.array_equal(data[()], made)
        rows, width = data.chunks
        assert rows.bit_count() == 1
        side_by_side = -(-columns // width)
        assert side_by_side * width - columns < side_by_side


def test_formats_that_have_no_parts(tmp_path: Path) -> None:
    nwb = PotentialNwbWriter(tmp_path / "ecp.nwb", np.arange(2), np.zeros((2, 3)))
    for function in (nwb._whole_of, nwb._frames_of):
        with pytest.raises(OutputError, match=r"ecp.nwb is written by one process, not in 2 parts"):
            function([None, None])
