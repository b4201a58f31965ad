"""Morphology files: found, checked, and read from .h5."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from morphio import mut

from bluecellab.cell import morphology
from bluecellab.cell.morphology.contour import contour_to_discs, point_to_ring
from bluecellab.errors import MorphologyError, MorphologyNotFoundError
from bluecellab.nrn import geometry, runtime, templates
from tests.faults.hocs import ASC, SWC

TYPED = """\
("CellBody" (CellBody)
  (-8 0 2 0) (-4 6 2 0) (0 9 2 0) (4 6 2 0) (8 0 2 0) (4 -6 2 0) (0 -8 2 0) (-4 -6 2 0))
((Axon) (0 -8 2 1) (0 -60 2 1) ((10 -80 2 0.5) (20 -120 1 0.4) | (-10 -80 2 0.5) (-20 -130 1 0.4)))
((Dendrite) (8 0 2 2) (60 0 2 2) ((70 10 2 1.5) (90 20 2 1.4) | (90 -20 2 1.4) (140 -30 2 1)))
((Apical) (0 9 2 2) (0 60 2 1.5) ((10 80 2 0.9) (20 120 1 0.7) | (-10 80 2 0.9) (-20 130 1 0.8)))
"""

READER = """\
begintemplate Reader
  public getCell, soma, dend, apic, axon, all, somatic, basal, apical, axonal
  objref this, all, somatic, basal, apical, axonal
  create soma[1], dend[1], apic[1], axon[1]
  obfunc getCell() { return this }
  proc init() { localobj morph, import
    strdef name
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    apical = new SectionList()
    axonal = new SectionList()
    forall delete_section()
    if ($1) {
      sprint(name, "%s", this)
      sprint(name, "morphio_read(%s, \\"%s\\")", name, $s2)
      execute1(name)
    } else {
      morph = new Import3d_Neurolucida3()
      morph.quiet = 1
      morph.input($s2)
      import = new Import3d_GUI(morph, 0)
      import.instantiate(this)
    }
    soma area(0.5)
  }
endtemplate Reader
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder with one morphology in every form."""
    (tmp_path / "m.asc").write_text(TYPED)
    (tmp_path / "m.swc").write_text(SWC)
    mut.Morphology(str(tmp_path / "m.asc")).write(str(tmp_path / "m.h5"))
    with h5py.File(tmp_path / "many.h5", "w") as many, h5py.File(tmp_path / "m.h5") as one:
        group = many.create_group("x1.000_y0.950_-_Clone_0")
        for key in one:
            one.copy(key, group)
    return tmp_path


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[templates.Template]:
    (tmp_path / "reader.hoc").write_text(READER)
    yield templates.load(tmp_path / "reader.hoc")
    geometry.forget()


def test_files_are_found(files: Path) -> None:
    found = morphology.find(files / "m.asc")
    assert (found.file, found.entry, found.extension) == (files / "m.asc", "", ".asc")
    assert morphology.find(str(files / "m.swc")).path == str(files / "m.swc")


def test_extension_in_another_case(files: Path) -> None:
    (files / "m.swc").rename(files / "upper.SWC")
    assert morphology.find(files / "upper.swc").file == files / "upper.SWC"
    assert morphology.find(files / "upper.SWC").extension == ".swc"
    folder, name = morphology.locate(files / "upper.swc", "v6")
    assert name.endswith(".swc")
    assert Path(folder, name).read_text() == SWC


@pytest.mark.parametrize("ending", ["", ".h5", ".asc", ".swc"])
def test_entries_of_containers_are_found(files: Path, ending: str) -> None:
    found = morphology.find(f"{files}/many.h5/x1.000_y0.950_-_Clone_0{ending}")
    assert (found.file, found.entry) == (files / "many.h5", "x1.000_y0.950_-_Clone_0")
    assert morphology.locate(found.path, "v6") == (
        str(files / "many.h5"),
        "x1.000_y0.950_-_Clone_0.h5",
    )


def test_v5_takes_a_folder(files: Path) -> None:
    assert morphology.locate(files, "v5") == (str(files), "")
    with pytest.raises(MorphologyError, match="folder"):
        morphology.locate(files, "v6")


@pytest.mark.parametrize("path", ["none.asc", "none/none.swc", "m.swc/entry"])
def test_missing_files(files: Path, path: str) -> None:
    with pytest.raises(MorphologyNotFoundError, match="Couldn't find morphology file"):
        morphology.find(files / path)


def test_missing_entry(files: Path) -> None:
    with pytest.raises(MorphologyError, match="many"):
        morphology.check(files / "many.h5" / "other")


def test_unknown_extension(files: Path) -> None:
    (files / "m.txt").write_text(SWC)
    with pytest.raises(MorphologyError, match=r"'\.txt'"):
        morphology.check(files / "m.txt")


@pytest.mark.parametrize("name", ["two words.asc", "ünïcode.asc"])
def test_paths_that_hoc_cannot_read_are_linked(files: Path, name: str) -> None:
    (files / "m.asc").rename(files / name)
    folder, linked = morphology.locate(files / name, "v6")
    assert f"{folder}/{linked}".isascii()
    assert " " not in f"{folder}/{linked}"
    assert Path(folder, linked).read_text() == TYPED
    assert morphology.locate(files / name, "v6") == (folder, linked)


def test_good_files_pass(files: Path) -> None:
    for name in ("m.asc", "m.swc", "m.h5", "many.h5/x1.000_y0.950_-_Clone_0"):
        morphology.check(files / name)
        morphology.check(files / name)


def test_numbers_without_a_leading_zero_pass(tmp_path: Path) -> None:
    (tmp_path / "a.asc").write_text(ASC.replace("(8 0 0 2)", "(8 0 -.5 .75)"))
    morphology.check(tmp_path / "a.asc")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.asc", "", "empty"),
        ("cut.asc", ASC[: len(ASC) * 2 // 3], "cannot be read"),
        ("binary.asc", "\0\1\2", "binary"),
        ("none.asc", ASC[ASC.index("((Dendrite)") :], "no soma"),
        ("two.asc", ASC + ASC[: ASC.index("((Dendrite)")].replace("8 0 0 0", "98 0 0 0"), "soma"),
        ("none.swc", "1 3 0 0 0 1 -1\n2 3 50 0 0 1 1\n", "no soma"),
        ("two.swc", f"{SWC}11 1 500 0 0 8 -1\n", "soma"),
        ("order.swc", "2 1 0 0 0 8 -1\n1 3 5 0 0 1 2\n", "line 2.*[Ss]ort"),
        ("parent.swc", "1 1 0 0 0 8 -1\n2 3 5 0 0 1 3\n3 3 9 0 0 1 1\n", "line 2"),
        ("cut.swc", f"{SWC}11 3 50", "line 11"),
        ("words.swc", "1 1 0 0 0 eight -1\n", "cannot be read|line 1"),
        ("type.swc", f"{SWC}11 7 100 0 0 1 7\n12 7 200 0 0 1 11\n", "type 7"),
        ("infinite.swc", SWC.replace("140", "inf"), "finite|cannot be read"),
        ("garbage.h5", "not an HDF5 file", "cannot be read"),
    ],
)
def test_unusable_files_are_refused(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(MorphologyError, match=words) as caught:
        morphology.check(tmp_path / name)
    assert name in str(caught.value)


def test_a_changed_file_is_checked_again(tmp_path: Path) -> None:
    path = tmp_path / "a.swc"
    path.write_text(SWC)
    morphology.check(path)
    path.write_text("")
    with pytest.raises(MorphologyError, match="empty"):
        morphology.check(path)


def shapes(cell: Any) -> dict[str, tuple[float, float, str, float]]:
    found = {}
    for section in cell.all:
        parent = section.parentseg()
        where = str(parent).rpartition(".")[0].rpartition(".")[2] if parent is not None else ""
        area = sum(segment.area() for segment in section)
        found[section.hname().rpartition(".")[2]] = (section.L, section(0.5).diam, where, area)
    return found


def test_h5_makes_the_sections_of_the_asc(files: Path, reader: templates.Template) -> None:
    made = []
    for kind, name in ((0, "m.asc"), (1, "m.h5"), (1, "m.h5"), (1, "many.h5/x1.000_y0.950_-_Clone_0.h5")):
        cell = reader.create(kind, str(files / name))
        made.append(shapes(cell))
        templates.release(cell)
        del cell
    from_asc, from_h5, again, from_container = made
    assert list(from_asc) == list(from_h5)
    assert from_h5 == again == from_container
    for name, values in from_asc.items():
        length, diameter, parent, area = from_h5[name]
        assert (length, diameter, area) == pytest.approx((values[0], values[1], values[3]), rel=1e-4)
        assert parent == values[2]


def test_missing_h5_in_hoc(files: Path, reader: templates.Template) -> None:
    with pytest.raises(MorphologyNotFoundError, match="nowhere"):
        reader.create(1, str(files / "nowhere.h5"))
    assert not list(runtime.raw_h().allsec())


def test_wrapper_gives_hoc_statements(files: Path) -> None:
    statements = morphology.MorphIOWrapper(str(files / "m.h5")).morph_as_hoc()
    assert statements[:9] == [
        "create soma[1]",
        'forsec "soma" somatic.append',
        "create axon[3]",
        'forsec "axon" axonal.append',
        "create dend[3]",
        'forsec "dend" basal.append',
        "create apic[3]",
        'forsec "apic" apical.append',
        "forall all.append",
    ]
    assert statements[9].startswith("soma { pt3dadd(")
    assert "soma connect dend[0](0), 0.5" in statements
    assert "dend[0] connect dend[1](0), 1" in statements


def test_the_bare_module_is_there() -> None:
    assert hasattr(sys.modules["morphio_wrapper"], "MorphIOWrapper")


def test_discs_of_a_circle() -> None:
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    outline = 10 * np.column_stack([1.001 * np.cos(angles), np.sin(angles), 0.1 + 0 * angles])
    discs = contour_to_discs(outline)
    assert discs.shape == (21, 4)
    middle = discs[10]
    assert middle[3] == pytest.approx(20, rel=0.02)
    assert np.ptp(discs[:, 0]) == pytest.approx(20, rel=0.05)
    assert discs[:, 2] == pytest.approx(1.0)


def test_outline_without_area() -> None:
    line = np.column_stack([np.zeros(5), np.zeros(5), np.arange(5.0)])
    with pytest.raises(MorphologyError):
        contour_to_discs(line)


def test_ring_of_a_point() -> None:
    ring = point_to_ring(np.array([1.0, 2.0, 3.0]), 10.0)
    assert ring[0] == pytest.approx([6, 2, 3, 5])
    assert ring[19] == pytest.approx(ring[0])
