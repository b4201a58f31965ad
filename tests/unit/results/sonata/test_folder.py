"""The output folder: decided before a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bluecellab.errors import OutputError
from bluecellab.results.sonata import OutputFolder


def test_a_new_folder(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "a" / "b")
    assert folder.reserve(["soma.h5", "sub/x.h5"]) == [tmp_path / "a/b/soma.h5", tmp_path / "a/b/sub/x.h5"]
    assert [entry.name for entry in (tmp_path / "a" / "b").iterdir()] == ["sub"]
    assert repr(folder) == f"OutputFolder('{tmp_path}/a/b', overwrite=False)"


def test_an_older_result(tmp_path: Path) -> None:
    for name in ("c", "a", "b", "f", "e", "d"):
        (tmp_path / name).write_text(name)
    with pytest.raises(OutputError, match=r"is not empty; it has a, b, c, d, e and 1 more\. Choose another"):
        OutputFolder(tmp_path).reserve(["a"])
    assert OutputFolder(tmp_path, overwrite=True).reserve(["a", "z"]) == [tmp_path / "a", tmp_path / "z"]
    assert (tmp_path / "a").read_text() == "a"  # still there: its successor has yet to be written
    assert len(list(tmp_path.iterdir())) == 6


def test_names(tmp_path: Path) -> None:
    for name in ("../x.h5", "/etc/x.h5", ".", "a/../../x.h5", ""):
        with pytest.raises(OutputError, match="does not lie in the output folder"):
            OutputFolder(tmp_path).reserve([name])
    with pytest.raises(OutputError, match=r"two results would be written to .*a\.h5"):
        OutputFolder(tmp_path).reserve(["a.h5", "./a.h5"])
    (tmp_path / "a.h5").mkdir()
    with pytest.raises(OutputError, match=r"a\.h5 is a folder"):
        OutputFolder(tmp_path, overwrite=True).reserve(["a.h5"])
    (tmp_path / "b.h5.partial").mkdir()
    with pytest.raises(OutputError, match=r"b\.h5\.partial is a folder"):
        OutputFolder(tmp_path, overwrite=True).reserve(["b.h5"])


def test_folders_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="cannot be written to"):
            OutputFolder(path).reserve(["a.h5"])
    if os.geteuid() != 0:  # root may write everywhere
        (tmp_path / "closed").mkdir(mode=0o500)
        with pytest.raises(OutputError, match="Permission denied"):
            OutputFolder(tmp_path / "closed").reserve(["a.h5"])
    if Path("/proc/self").is_dir():
        with pytest.raises(OutputError, match="cannot be written to"):
            OutputFolder("/proc/bluecellab").reserve(["a.h5"])


def test_a_folder_may_be_named_by_way_of_another(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "elsewhere" / ".." / "output")
    assert folder.reserve(["a.h5", "parts/b.h5"]) == [
        tmp_path / "output" / "a.h5",
        tmp_path / "output" / "parts" / "b.h5",
    ]
