"""Shapes: values that hold a cell's form, whatever becomes of the cell."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bluecellab import Cell, CellId, Isolation, PythonCell, Simulation, create_ball_stick
from bluecellab.errors import ClosedError, NotRecordableError, ResultsError
from bluecellab.nrn import h, runtime
from bluecellab.results.measured import CellShape, SectionShape
from bluecellab.spec.cells import PointCell
from tests.material import material

VARIABLES = ("v", "gnabar_hh", "hh.gnabar", "diam")


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick(CellId("S1", 12)) as made:
        yield made


class Stylised:
    """Sections without 3-D points, made in an odd order."""

    def __init__(self) -> None:
        self.tip = h.Section(name="tip", cell=self)
        self.soma = h.Section(name="soma", cell=self)
        self.axon = h.Section(name="axon", cell=self)
        self.dend = [h.Section(name=f"dend[{index}]", cell=self) for index in range(4)]
        self.stray = h.Section(name="stray", cell=self)
        self.soma.L = self.soma.diam = 20.0
        self.axon.connect(self.soma(0.0))
        self.dend[0].connect(self.soma(1.0))
        self.dend[1].connect(self.dend[0](1.0))
        self.dend[2].connect(self.dend[0](1.0))
        self.dend[3].connect(self.dend[0](0.5))
        self.tip.connect(self.dend[1](1.0), 1.0)
        self.dend[1].nseg = 3
        for section in (*self.dend, self.tip):
            section.L, section.diam = 50.0, 2.0
        self.dend[1](0.5).diam = 4.0
        self.dend[0].insert("pas")


def stylised() -> Cell:
    return Cell.from_spec(PythonCell(factory=f"{__name__}:Stylised", id=CellId("", 3)))


def test_values(cell: Cell) -> None:
    shape = cell.shape(VARIABLES)
    soma, dend = shape
    assert (shape.name, len(shape), shape.variables) == ("Cell S1/12", 2, VARIABLES)
    assert shape.units == {"v": "mV", "gnabar_hh": "S/cm2", "hh.gnabar": "S/cm2", "diam": "um"}
    assert (soma.name, soma.kind, soma.parent) == ("soma[0]", "soma", "")
    assert (dend.name, dend.kind, dend.parent) == ("dend[0]", "basal", "soma[0]")
    assert (dend.parent_x, dend.start, dend.length) == (0.5, 0.0, 200.0)
    assert np.array_equal(dend.points, [[10, 0, 0, 3], [210, 0, 0, 3]])
    assert np.array_equal(dend.arc, [0, 200])
    assert soma.points.shape == (21, 4)
    assert np.array_equal(soma.points[:, 3], [cell.soma.diam3d(i) for i in range(21)])
    assert np.array_equal(dend.values["hh.gnabar"], np.full(200, 0.24))
    assert np.array_equal(dend.values["gnabar_hh"], dend.values["hh.gnabar"])
    assert np.array_equal(dend.values["diam"], dend.diameters)
    x = dend.positions[[0, 77, 199]]
    assert x.tolist() == [0.0025, 0.3875, 0.9975]
    assert dend.distances[[0, 77, 199]].tolist() == [cell.distance(cell.at("dend[0]", at)) for at in x]
    assert dend.at([0, 0.5, 1])[:, 0].tolist() == [10, 110, 210]
    assert dend.centres.shape == (200, 4)
    assert repr(shape) == "<CellShape Cell S1/12 2 sections, v, gnabar_hh, hh.gnabar, diam>"
    assert cell.shape("v") == cell.shape(["v"])


def test_compares_and_travels(cell: Cell) -> None:
    shape = cell.shape(["v"])
    back = pickle.loads(pickle.dumps(shape))
    assert back == shape == cell.shape(["v"])
    assert not back["dend[0]"].points.flags.writeable
    assert not back["dend[0]"].values["v"].flags.writeable
    cell.get_section("dend[0]")(0.5).v = -64.0
    changed = cell.shape(["v"])
    assert changed != shape
    assert changed != cell.shape()
    assert cell.shape() == cell.shape()
    assert shape != "shape"
    assert shape["dend[0]"] != "section"


def test_nothing_is_changed(cell: Cell) -> None:
    def run() -> np.ndarray:
        with Simulation() as simulation:
            simulation.add_cell(cell)
            simulation.run(5.0, cvode=False)
        return cell.get_soma_voltage()

    cell.add_step(1, 3, 0.3)
    before = run()
    end = cell.get_section("dend[0]")(1.0).raw
    runtime.raw_h().distance(0, end)
    shape = cell.shape(VARIABLES)
    assert runtime.raw_h().distance(end) == 0.0
    assert np.array_equal(run(), before)
    assert shape == cell.shape(VARIABLES) or shape["soma[0]"].values["v"] != cell.soma.v


def test_shapes_in_the_middle_of_a_run(cell: Cell) -> None:
    """A hook may look at the cell; the run does not notice."""

    def run(every: float) -> np.ndarray:
        with Simulation() as simulation:
            simulation.add_cell(cell)
            simulation.add_hook(lambda _: seen.append(cell.shape("v")), every)
            simulation.run(5.0, cvode=False)
        return cell.get_soma_voltage()

    cell.add_step(1, 3, 0.3)
    seen: list[CellShape] = []
    voltage = run(1.0)
    assert np.array_equal(run(100.0), voltage)
    potentials = {float(shape["soma[0]"].values["v"][0]) for shape in seen[1:5]}
    assert len(potentials) > 3
    assert potentials <= set(voltage.tolist())


def test_unknown_variables(cell: Cell) -> None:
    with pytest.raises(
        NotRecordableError, match=r"number 'gnabar_h'. Did you mean 'gnabar_hh'\? There is v, "
    ):
        cell.shape(["v", "gnabar_h"])
    for name in ("i_membrane_", "hh", "pas.g", ".v", "", "area"):
        with pytest.raises(NotRecordableError):
            cell.shape([name])
    cell.close()
    with pytest.raises(ClosedError):
        cell.shape()


def test_sections_without_points() -> None:
    with stylised() as cell:
        shape = cell.shape(["g_pas"])
        assert all(section.raw.n3d() == 0 for section in cell.sections.values())
        distances = {name: cell.distance(section(0.5)) for name, section in cell.sections.items()}
    assert [section.name for section in shape] == [
        "soma", "dend[0]", "dend[1]", "tip", "axon", "dend[2]", "dend[3]", "stray"
    ]  # fmt: skip
    assert {section.kind for section in shape} == {"soma", "axon", "basal", "other"}
    left = shape.without("axon")
    assert [section.name for section in left] == [name.name for name in shape if name.name != "axon"]
    assert [section.name for section in shape.without("basal")] == ["soma", "axon", "stray"]
    assert shape.without() == shape
    assert np.array_equal(shape["soma"].points, [[-10, 0, 0, 20], [0, 0, 0, 20], [10, 0, 0, 20]])
    assert shape["dend[0]"].points[[0, -1], :2].tolist() == [[10, 0], [60, 0]]  # goes on
    for name, sign in (("dend[1]", -1), ("dend[2]", 1)):  # over 90 degrees
        assert shape[name].points[[0, -1], :2] == pytest.approx(
            np.array([[60, 0], [60 + 50 * 0.5**0.5, sign * 50 * 0.5**0.5]])
        )
    assert shape["dend[3]"].points[[0, -1], :2] == pytest.approx(np.array([[35, 0], [35, 50]]))  # aside
    assert shape["axon"].points[[0, -1], :2] == pytest.approx(np.array([[-10, 0], [-10, -100]]))  # down
    assert shape["dend[1]"].points[:, 3].tolist() == [2, 2, 4, 2, 2]
    assert shape["dend[1]"].arc == pytest.approx([0, 50 / 6, 25, 250 / 6, 50])
    tip, trunk = shape["tip"], shape["dend[1]"]
    assert (tip.parent, tip.parent_x, tip.start) == ("dend[1]", 1.0, 1.0)
    assert tip.at(1.0) == pytest.approx(trunk.at(1.0))  # its other end is where it is connected
    assert np.linalg.norm(tip.at(0.0)[:2] - [60, 0]) == pytest.approx(100)
    assert np.isnan(shape["stray"].distances).all()
    assert shape["stray"].points[0, 1] == -100
    assert np.isfinite(shape["dend[0]"].values["g_pas"]).all()
    assert np.isnan(shape["dend[1]"].values["g_pas"]).all()
    for section in list(shape)[:-1]:
        middle = np.interp(0.5, section.positions, section.distances)
        assert middle == pytest.approx(distances[section.name])


def test_a_cell_without_sections() -> None:
    with Cell.from_spec(PointCell(mechanism="IntFire1", id=CellId("", 1))) as cell:
        assert len(cell.shape()) == 0


def section(**changes: object) -> SectionShape:
    fields: dict[str, object] = {
        "name": "soma[0]",
        "kind": "soma",
        "parent": "",
        "points": [[0, 0, 0, 1], [1, 0, 0, 1]],
        "arc": [0, 1],
        "length": 1.0,
        "positions": [0.5],
        "distances": [0.0],
        "diameters": [1.0],
    }
    return SectionShape(**(fields | changes))  # type: ignore[arg-type]


def test_wrong_shapes() -> None:
    for wrong in (
        {"points": [[0, 0, 0, 1]]},
        {"points": [[0, 0, 0], [1, 0, 0]]},
        {"arc": [0, 1, 2]},
        {"distances": [0, 1]},
        {"values": {"v": [1, 2]}},
    ):
        with pytest.raises(ResultsError, match="section soma"):
            section(**wrong)
    with pytest.raises(ResultsError, match="its parent 'soma"):
        CellShape("x", (section(name="dend", parent="soma[0]"), section()))
    with pytest.raises(ResultsError, match="name of its own"):
        CellShape("x", (section(), section()))
    with pytest.raises(ResultsError, match="no section 'dend'"):
        CellShape("x", (section(),))["dend"]


def _of_model(template: Path, morphology: Path) -> tuple[CellShape, list[str], int]:
    with Cell(template, morphology, template_format="v5") as cell:
        bare = [name for name, section in cell.sections.items() if section.raw.n3d() == 0]
        return cell.shape(["gNaTa_tbar_NaTa_t"]), bare, cell.n_segments


@pytest.mark.material
def test_a_real_cell() -> None:
    model = material().cell("l5pc_v5")
    isolation = Isolation(mechanisms=(model.mechanisms,))
    shape, bare, n_segments = isolation.run(_of_model, model.template, model.morphology)
    assert {section.kind for section in shape} >= {"soma", "axon", "basal", "apical"}
    assert sum(len(section.positions) for section in shape) == n_segments
    assert bare  # the axon that replaces the cell's own
    for name in bare:
        assert shape[name].kind in ("axon", "myelin")
        assert shape[name].points[-1, 1] < shape["soma[0]"].points[:, 1].min()
    assert np.isfinite(shape["axon[0]"].values["gNaTa_tbar_NaTa_t"]).all()
    assert np.isnan(shape["soma[0]"].values["gNaTa_tbar_NaTa_t"]).all()
    assert shape.units == {"gNaTa_tbar_NaTa_t": "S/cm2"}
