"""Files that HDF5 itself would never return from."""

from __future__ import annotations

import mmap
from pathlib import Path

import h5py
import numpy as np
import pytest

from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.errors import CircuitFileError, ReportError
from bluecellab.files import heaps
from bluecellab.files.heaps import has_damaged_texts
from bluecellab.results.sonata import read_spikes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "texts.h5"
    with h5py.File(path, "w") as file:
        file["texts"] = np.array(
            [f"text number {i}" * (i % 40) for i in range(2000)], dtype=h5py.string_dtype()
        )
        file["texts"].attrs["more"] = "x" * 30_000
        file["numbers"] = np.arange(10)
    return path


def _zero(path: Path, object_number: int) -> None:
    """Overwrite an object of the first collection of texts, as a block that was never written would."""
    content = bytearray(path.read_bytes())
    start = content.find(b"GCOL") + 16
    for _ in range(object_number):
        start += 16 + (int.from_bytes(content[start + 8 : start + 16], "little") + 7) // 8 * 8
    content[start : start + 16] = bytes(16)
    path.write_bytes(bytes(content))


def test_whole_files(path: Path, tmp_path: Path) -> None:
    assert not has_damaged_texts(str(path))
    assert len(Hdf5File(path).texts("texts")) == 2000
    (tmp_path / "other").write_bytes(b"GCOL\x01\0\0\0" + b"\xff" * 40)
    assert not has_damaged_texts(str(tmp_path / "other"))
    (tmp_path / "other").write_bytes(b"x" * 50 + b"GCOL\x01\0\0\0")
    assert not has_damaged_texts(str(tmp_path / "other"))


@pytest.mark.parametrize("number", [0, 1, 17])
def test_texts_that_were_never_written(path: Path, number: int) -> None:
    _zero(path, number)
    assert has_damaged_texts(str(path))
    file = Hdf5File(path)
    with pytest.raises(CircuitFileError, match=r"texts\.h5: is damaged: .* Get a whole copy"):
        file.texts("texts")


def test_results_with_such_texts(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file.create_group("spikes/A")
    _zero(path, 1)
    with pytest.raises(ReportError, match=r"texts\.h5 is damaged: .* Get a whole copy"):
        read_spikes(path)


def test_large_files_are_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _zero(path, 0)
    monkeypatch.setattr(heaps, "LARGEST", mmap.PAGESIZE)
    assert not has_damaged_texts(str(path))


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.h5").touch()
    with pytest.raises(CircuitFileError, match="is no HDF5 file"):
        Hdf5File(tmp_path / "empty.h5").root()
