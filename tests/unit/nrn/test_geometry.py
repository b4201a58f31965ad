"""Replayed morphologies: the same as NEURON's own reader makes, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bluecellab.cell.morphology  # noqa: F401 - registers its checks with the engine room
from bluecellab.errors import MorphologyError, MorphologyNotFoundError
from bluecellab.nrn import geometry, runtime, templates
from bluecellab.nrn.arrangement import parsed
from tests.faults.hocs import ASC, SWC, template

BRANCHED = """\
("CellBody" (Color Red) (CellBody)
  (-8 0 0 0) (-4 6 0 0) (0 8 1 0) (4 6 0 0) (8 0 0 0) (4 -6 0 0) (0 -8 -1 0) (-4 -6 0 0))
((Axon) (0 -8 0 1) (0 -61.23456789 0 1)
  ((10 -80 0 0.5) (20 -120 1 0.4) | (-10 -80 0 0.5) (-20 -130 1 0.4)))
((Dendrite) (8 0 0 2) (30 5 1 1.9) (60 0 0 2)
  ((70 10 0 1.5) (90 20 0 1.4)
    ((100 30 1 1) (120 40 2 0.8) | (100 10 1 1) (120 -5 2 0.8) | (100 0 0 1) (130 0 0 0.3))
  | (90 -20 0 1.4) (140 -30 0 1)))
((Apical) (0 8 0 2) (0 60 0 1.5) ((10 80 0 0.9) (20 120 1 0.7) | (-10 80 0 0.9) (-20 130 1 0.8)))
((Dendrite) (40 40 0 2) (60 60 0 1) (70 60 0 1))
"""
ROUND = "1 1 1 2 3 8 -1\n2 3 9 2 3 1 1\n3 3 60 2 3 1 2\n4 2 1 -10 3 1 1\n5 2 1 -50 3 1 4\n"
FILES = {
    "small.swc": SWC,
    "small.asc": ASC,
    "branched.asc": BRANCHED,
    "round.swc": ROUND,
}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    geometry.forget()
    yield
    geometry.forget()


def shapes(cell: Any) -> list[tuple[object, ...]]:
    """Return everything of a cell's geometry, as exact numbers."""
    h = runtime.raw_h()
    found = []
    for section in cell.all:
        parent = section.parentseg()
        found.append(
            (
                section.hname().rpartition(".")[2],
                section.L,
                section.nseg,
                str(parent).rpartition(".")[2] if parent is not None else "",
                section.orientation(),
                h.pt3dstyle(sec=section),
                [child.hname().rpartition(".")[2] for child in section.children()],
                [
                    (p.area(), p.ri(), p.diam)
                    for p in (section(x) for x in np.linspace(0, 1, section.nseg + 2)[1:-1])
                ],
                [
                    tuple(getattr(section, f"{axis}3d")(i) for axis in ("x", "y", "z", "diam", "arc"))
                    for i in range(section.n3d())
                ],
            )
        )
    return found


def lists(cell: Any) -> dict[str, list[str]]:
    return {
        name: [section.hname().rpartition(".")[2] for section in getattr(cell, name)]
        for name in ("all", "somatic", "basal", "apical", "axonal")
    }


def voltage(cell: Any) -> np.ndarray:
    """Return 20 ms of the soma's response to a step."""
    h = runtime.raw_h()
    clamp = h.IClamp(cell.soma[0](0.5))
    clamp.delay, clamp.dur, clamp.amp = 1, 10, 0.5
    trace = h.Vector().record(cell.soma[0](0.5)._ref_v)
    h.dt = 0.025
    h.finitialize(-65)
    while h.t < 20:
        h.fadvance()
    return np.array(trace)


def load(folder: Path, name: str, *, plain: bool) -> templates.Template:
    """Return a template that uses NEURON's readers plainly, or in a way that ours cannot take over."""
    reader = "Import3d_SWC_read" if name.endswith("swc") else "Import3d_Neurolucida3"
    extra = "{ }" if plain else "nSecAll = morph.sections.count()"
    biophysics = f"""
    {extra}
    soma area(0.5)
    forsec all {{ nseg = 1 + 2*int(L/10) insert hh }}
    """
    path = folder / f"{reader}_{plain}.hoc"
    path.write_text(template("Geometry", reader=reader, biophysics=biophysics))
    loaded = templates.load(path)
    return loaded


@pytest.mark.parametrize("name", FILES)
def test_as_neuron_itself_bit_for_bit(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FILES[name])
    found = []
    for plain in (False, True, True):
        cell = load(tmp_path, name, plain=plain).create(0, str(tmp_path), name)
        found.append((shapes(cell), lists(cell), voltage(cell).tobytes()))
        order = [section.hname().rpartition(".")[2] for section in runtime.raw_h().allsec()]
        assert order == lists(cell)["all"]
        templates.release(cell)
        del cell
    original, first, second = found
    assert first == original
    assert second == original


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    read: list[str] = []
    path = tmp_path / "a.swc"
    path.write_text(SWC)
    loaded = load(tmp_path, "a.swc", plain=True)
    geometry.use_checker(read.append)
    try:
        for text in (SWC, SWC, SWC.replace("60 0 0", "70 0 0")):
            path.write_text(text)
            templates.release(loaded.create(0, str(tmp_path), "a.swc"))
    finally:
        from bluecellab.cell.morphology import check

        geometry.use_checker(check)
    assert read == [str(path), str(path)]


def test_missing_file(tmp_path: Path) -> None:
    loaded = load(tmp_path, "a.swc", plain=True)
    with pytest.raises(MorphologyNotFoundError, match=r"nowhere\.swc"):
        loaded.create(0, str(tmp_path), "nowhere.swc")


def test_messages_name_the_target_of_a_link(tmp_path: Path) -> None:
    geometry.name_link(str(tmp_path / "link.swc"), "/elsewhere/real name.swc")
    loaded = load(tmp_path, "a.swc", plain=True)
    with pytest.raises(MorphologyNotFoundError, match=r"real name\.swc"):
        loaded.create(0, str(tmp_path), "link.swc")


def test_unknown_statements_are_refused() -> None:
    with pytest.raises(MorphologyError, match="launch"):
        parsed(["~create soma[1]\n", "launch()"], [0])


def test_a_settled_file_is_read_once_and_a_changed_one_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.swc"
    path.write_text("one")
    first = geometry.content_key("swc", str(path))
    path.write_text("two")  # of the same size, within a tick of the clock of the file system
    second = geometry.content_key("swc", str(path))
    assert first != second
    with monkeypatch.context() as patched:
        patched.setattr(geometry, "_SETTLED", -1)
        assert geometry.content_key("swc", str(path)) == second
        patched.setattr(Path, "read_bytes", lambda _: pytest.fail("it is read again"))
        assert geometry.content_key("swc", str(path)) == second
    path.write_text("three")
    assert geometry.content_key("swc", str(path)) not in (first, second)
