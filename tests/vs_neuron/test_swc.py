"""What is made of SWC files here is, number for number, what NEURON's Import3d makes of them."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from bluecellab.nrn import biophysical, geometry, runtime, swc
from bluecellab.nrn.arrangement import Arrangement
from tests.faults.hocs import SWC
from tests.material import material

WHEEL = "bmtk/bmtk/utils/scripts/bionet/morphologies"


def of_import3d(path: Path, monkeypatch: pytest.MonkeyPatch) -> Arrangement:
    geometry.forget()
    with monkeypatch.context() as patched:
        patched.setattr(swc, "arranged", lambda content: None)
        patched.setattr(geometry._State, "checker", None)
        cell = runtime.raw_h().bluecellab_biophysical()
        with geometry.collected_failure(), runtime.guard("reading"):
            cell.load("swc", str(path))
        biophysical.release(cell)
    found = geometry.remembered("swc", str(path))
    geometry.forget()
    return found


def same(ours: Arrangement, theirs: Arrangement) -> None:
    assert ours.structure == theirs.structure
    for one, other in zip(ours.sections, theirs.sections, strict=True):
        assert (one.name, one.parent, one.parent_x) == (other.name, other.parent, other.parent_x)
        assert (one.style, one.number) == (other.style, other.number)
        np.testing.assert_array_equal(one.points, other.points)


def number(draw: random.Random) -> str:
    return f"{draw.uniform(-1500, 1500):.{draw.choice([0, 1, 3, 6, 9])}f}"


def soma(draw: random.Random) -> list[tuple[int, list[str], str]]:
    """Return parent, coordinates and radius of the points of a soma: one, a line, three, or a tree of them."""
    kind = draw.choice(["one", "line", "three", "tree"])
    radius = draw.choice(["5", "7.123456789", "6.5"])
    count = {"one": 1, "line": draw.randint(2, 5), "three": 3, "tree": draw.randint(3, 7)}[kind]
    found = []
    for index in range(count):
        parent = {"line": index - 1, "tree": draw.randint(0, max(0, index - 1))}.get(kind, 0) if index else -1
        place = [number(draw) for _ in range(3)]
        if kind == "three" and draw.random() < 0.8:
            place = ["0", str((0, -1, 1)[index] * float(radius)), "0"]
        found.append((parent, place, radius if kind == "three" or draw.random() < 0.8 else "4"))
    return found


def text(draw: random.Random) -> str:
    """Return an SWC file of a random tree."""
    points = [(1, *point) for point in soma(draw)]
    for index in range(len(points), len(points) + draw.randint(2, 40)):
        parent = draw.randint(0, index - 1) if draw.random() < 0.35 else index - 1
        above = points[parent][0]
        kind = above if above != 1 and draw.random() < 0.93 else draw.choice([2, 3, 3, 4])
        place = [number(draw) for _ in range(3)]
        if draw.random() < 0.02:
            place = points[parent][2]
        points.append((kind, parent, place, f"{draw.uniform(0.1, 3):g}"))
    ids = [1]
    while len(ids) < len(points):
        ids.append(ids[-1] + (1 if draw.random() < 0.8 else draw.randint(1, 3)))
    lines = [
        " ".join([str(ids[index]), str(kind), *place, radius, str(ids[parent] if parent >= 0 else -1)])
        for index, (kind, parent, place, radius) in enumerate(points)
    ]
    return "# made at random\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(6))
def test_random_trees(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    compared = 0
    for index in range(60):
        path = tmp_path / f"{index}.swc"
        path.write_text(text(draw))
        ours = swc.arranged(path.read_bytes())
        if ours is not None:
            same(ours, of_import3d(path, monkeypatch))
            compared += 1
    assert compared > 8


def test_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.swc"
    path.write_text(SWC)
    ours = swc.arranged(SWC.encode())
    assert ours is not None
    same(ours, of_import3d(path, monkeypatch))


@pytest.mark.material
def test_real(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in sorted((material().packages / WHEEL).glob("*.swc")):
        ours = swc.arranged(path.read_bytes())
        assert ours is not None
        same(ours, of_import3d(path, monkeypatch))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "1 1 0 0 0 5 -1\n",
        SWC.replace("\n", "\r\n"),
        SWC.rstrip("\n"),
        SWC + "11 3 1 2\n",
        SWC + "11 3 1 2 3 4 99\n",
        SWC + "11 7 1 2 3 4 9\n",
        SWC + "11 3 1 2 nan 4 9\n",
        SWC + "11 3 1 2 3 4 9 8\n",
        SWC + "11 3 1 2_0 3 4 9\n",
        SWC + "11 3 1 2 3 4 -1\n",
        SWC + "3 3 1 2 3 4 1\n",
        SWC.replace("1 1 ", "1 3 ", 1),
        SWC + "11 3 140 -30 0 1 10\n12 2 140 -30 0 1 11\n",
    ],
)
def test_what_is_left_to_neuron(content: str) -> None:
    assert swc.arranged(content.encode()) is None
