"""ctdb: cells and their processors."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from bluecellab import Cell
from bluecellab.errors import CellError, CircuitWarning, MissingMechanismError, MorphologyNotFoundError
from bluecellab.nrn.biophysical import shaped_together
from tests.unit.cell.builders.allen.cells import ACTIVE, FIT, Files


def sections(cell: Cell) -> dict[str, Any]:
    return dict(cell.sections)


def shape(cell: Cell) -> list[object]:
    found: list[object] = []
    for raw in cell.raw_sections():
        points = [
            (raw.x3d(index), raw.y3d(index), raw.z3d(index), raw.diam3d(index), raw.arc3d(index))
            for index in range(raw.n3d())
        ]
        parent = raw.parentseg()
        where = None if parent is None else (str(parent.sec).rpartition(".")[2], parent.x)
        segments = [(one.x, one.diam, one.area(), one.ri()) for one in raw]
        found.append((str(raw).rpartition(".")[2], raw.L, raw.nseg, points, where, segments))
    return found


def test_without_processor(files: Files) -> None:
    with Cell.from_spec(files.cell()) as cell:
        assert list(cell.sections) == ["soma[0]", "axon[0]", "dend[0]", "dend[1]", "dend[2]"]
        assert cell._model.ids == dict(enumerate(cell.sections))
        assert cell._model.lists["basal"] == ["dend[0]", "dend[1]", "dend[2]"]
        assert [one.name for one in cell.axonal] == ["axon[0]"]
        assert cell.sections["dend[2]"].nseg == 1 + 2 * int(cell.sections["dend[2]"].L / 40) == 5


@pytest.mark.parametrize("template", ["ctdb:Biophys1", "ctdb:Biophys1.hoc"])
def test_perisomatic(files: Files, template: str) -> None:
    spec = files.cell(template, "aibs_perisomatic", dynamics_file=files.fit())
    with Cell.from_spec(spec) as cell:
        found = sections(cell)
        assert list(found) == ["soma[0]", "dend[0]", "dend[1]", "dend[2]", "axon[0]", "axon[1]"]
        for name in ("axon[0]", "axon[1]"):
            assert (found[name].L, found[name].diam, found[name].nseg) == (30, 1, 1)
        assert found["axon[0]"].parentseg().x == 0.5
        assert found["axon[1]"].parentseg().section == found["axon[0]"]
        assert {one.Ra for one in found.values()} == {120.5}
        assert {one.e_pas for one in found.values()} == {-71.25}
        assert [one.cm for one in found.values()] == [1, 2, 2, 2, 1.25, 1.25]
        assert (found["soma[0]"].ena, found["soma[0]"].ek) == (53, -107)
        assert (found["soma[0]"].gnabar_hh, found["soma[0]"].g_pas) == (0.3, 0.0003)
        assert found["dend[1]"].g_pas == 2e-5
        assert not found["axon[0]"].has_membrane("hh")


def test_perisomatic_without_parameters_does_nothing(files: Files) -> None:
    with Cell.from_spec(files.cell("ctdb:Biophys1", "aibs_perisomatic")) as cell:
        assert "dend[2]" in cell.sections
        assert not cell.soma.has_membrane("pas")


def test_allactive(files: Files) -> None:
    with Cell.from_spec(files.cell()) as cell:
        thickness = cell.sections["axon[0]"].diam
    spec = files.cell("ctdb:Biophys1", "aibs_allactive", dynamics_file=files.fit(ACTIVE))
    with Cell.from_spec(spec) as cell:
        found = sections(cell)
        assert found["axon[0]"].diam == found["axon[1]"].diam == thickness
        assert found["axon[0]"].parentseg().x == 1.0
        assert {one.Ra for one in found.values()} == {100}
        assert found["dend[0]"].cm == 1  # not in the fit
        assert found["soma[0]"].gnabar_hh == 0.25
        assert found["soma[0]"].ena == 53
        assert not found["dend[0]"].has_membrane("na_ion")


@pytest.mark.parametrize("kind", ["perisomatic", "allactive"])
def test_directed(files: Files, kind: str) -> None:
    content = FIT if kind == "perisomatic" else ACTIVE
    spec = files.cell("ctdb:Biophys1", f"aibs_{kind}_directed", dynamics_file=files.fit(content))
    with Cell.from_spec(spec) as cell:
        axon = [cell.sections[f"axon[{index}]"].raw for index in (0, 1)]
        ends = np.array([[one.x3d(i), one.y3d(i), one.z3d(i)] for one in axon for i in (0, one.n3d() - 1)])
        assert axon[0].L == pytest.approx(30)
        assert np.linalg.norm(ends[3] - ends[0]) == pytest.approx(60, rel=1e-6)
        assert ends[3, 1] - ends[0, 1] == pytest.approx(-60, rel=1e-3)  # the axon of the file goes down
        assert [one.name for one in cell.axonal] == ["axon[0]", "axon[1]"]


@pytest.mark.parametrize("name", ["extracellular", "set_extracellular"])
def test_several_processors(files: Files, name: str) -> None:
    with Cell.from_spec(
        files.cell("ctdb:Biophys1", "aibs_perisomatic", name, dynamics_file=files.fit())
    ) as cell:
        assert all(one.has_membrane("extracellular") for one in cell.sections.values())
        assert cell.sections["axon[1]"].has_membrane("pas")


@pytest.mark.parametrize(
    "processing",
    [
        (),
        ("aibs_perisomatic",),
        ("aibs_perisomatic_directed",),
        ("aibs_allactive",),
        ("aibs_allactive_directed",),
    ],
)
@pytest.mark.parametrize("longest", [20.0, 5.0])
def test_later_cells_are_like_the_first(files: Files, processing: tuple[str, ...], longest: float) -> None:
    files.swc.write_text(files.swc.read_text() + f"# {processing} {longest}\n")  # unlike any before
    spec = files.cell("ctdb:Biophys1", *processing, dynamics_file=files.fit(), max_segment_length=longest)
    with Cell.from_spec(spec) as first:
        expected = shape(first)
        with Cell.from_spec(spec) as second:
            assert shape(second) == expected
        with shaped_together(), Cell.from_spec(spec) as third:
            pass
        assert third.closed
        with shaped_together():
            fourth = Cell.from_spec(spec)
        with fourth:
            assert shape(fourth) == expected
        assert shape(first) == expected


def test_segments_left_alone(files: Files) -> None:
    with Cell.from_spec(files.cell(max_segment_length=None)) as cell:
        assert {one.nseg for one in cell.sections.values()} == {1}


def broken(change: Any, base: dict[str, Any] = FIT) -> dict[str, Any]:
    content = copy.deepcopy(base)
    change(content)
    return content


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda fit: fit.pop("passive"), "has no 'passive'"),
        (lambda fit: fit.pop("genome"), "has no 'genome'"),
        (lambda fit: fit.pop("conditions"), "has no 'conditions'"),
        (lambda fit: fit["conditions"][0].pop("erev"), "has no 'erev'"),
        (lambda fit: fit["passive"].clear(), "'passive' is an empty list"),
        (lambda fit: fit["passive"][0].pop("ra"), "has no 'ra'"),
        (lambda fit: fit["passive"][0].pop("e_pas"), "has no 'e_pas'"),
        (lambda fit: fit["passive"][0].pop("cm"), "has no 'cm'"),
        (lambda fit: fit["passive"][0]["cm"].pop(), "has nothing for 'dend' sections"),
        (lambda fit: fit["genome"][0].pop("name"), r"genome\[0\] has no 'name'"),
        (lambda fit: fit["genome"][0].update(value="much"), r"genome\[0\]: 'value' must be a number"),
        (lambda fit: fit["genome"][0].update(section="tuft"), "no sections 'tuft'"),
        (lambda fit: fit["genome"][0].update(name="gnabar_hx"), "sets gnabar_hx in soma"),
        (lambda fit: fit["genome"][0].update(mechanism="IClamp"), "no density mechanism"),
        (lambda fit: fit["conditions"][0]["erev"][0].update(section="dend"), "sets ena in dend"),
        (lambda fit: fit.update(genome={"section": "soma"}), "must be a list of objects"),
    ],
)
def test_fits_that_lack_something(files: Files, change: Any, message: str) -> None:
    spec = files.cell("ctdb:Biophys1", "aibs_perisomatic", dynamics_file=files.fit(broken(change)))
    with pytest.raises(CellError, match=message):
        Cell.from_spec(spec)


def test_mechanism_that_is_not_loaded(files: Files) -> None:
    content = broken(lambda fit: fit["genome"][0].update(mechanism="Kv7_unknown"))
    spec = files.cell("ctdb:Biophys1", "aibs_perisomatic", dynamics_file=files.fit(content))
    with pytest.raises(MissingMechanismError, match="Kv7_unknown"):
        Cell.from_spec(spec)


def test_glob_is_left_out_with_a_warning(files: Files) -> None:
    content = broken(lambda fit: fit["genome"][0].update(section="glob"), ACTIVE)
    spec = files.cell("ctdb:Biophys1", "aibs_allactive", dynamics_file=files.fit(content))
    with pytest.warns(CircuitWarning, match="'glob'"), Cell.from_spec(spec) as cell:
        assert not cell.soma.has_membrane("hh")


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"morphology_path": "/nowhere/a.swc"}, MorphologyNotFoundError, "/nowhere/a.swc"),
        ({"morphology_path": None}, CellError, "no 'morphology'"),
        ({"dynamics_file": "/nowhere/fit.json"}, CellError, "/nowhere/fit.json cannot be read"),
    ],
)
def test_missing_files(files: Files, fields: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Cell.from_spec(files.cell("ctdb:Biophys1", "aibs_perisomatic", **fields))


@pytest.mark.parametrize(("content", "message"), [("{", "as JSON"), ("[1]", "holds a list")])
def test_parameters_that_are_no_object(files: Files, content: str, message: str) -> None:
    spec = files.cell("ctdb:Biophys1", "aibs_perisomatic", dynamics_file=files.write("fit.json", content))
    with pytest.raises(CellError, match=message):
        Cell.from_spec(spec)


def test_unknown_processor_names_the_nearest(files: Files) -> None:
    with pytest.raises(CellError, match=r"'aibs_persomatic'.*did you mean 'aibs_perisomatic'"):
        Cell.from_spec(files.cell("ctdb:Biophys1", "aibs_persomatic"))


def test_allactive_needs_parameters(files: Files) -> None:
    with pytest.raises(CellError, match="needs dynamics_params"):
        Cell.from_spec(files.cell("ctdb:Biophys1", "aibs_allactive"))


def test_axon_that_is_not_there(files: Files) -> None:
    lines = [line for line in files.swc.read_text().splitlines() if line.split()[1] != "2"]
    files.swc.write_text("\n".join(lines) + "\n")
    spec = files.cell("ctdb:Biophys1", "aibs_allactive", dynamics_file=files.fit(ACTIVE))
    with pytest.raises(CellError, match=r"after that of the morphology, and .*cell\.swc has none"):
        Cell.from_spec(spec)


def test_damaged_morphology(files: Files) -> None:
    files.swc.write_text("1 1 0 0\n")
    with pytest.raises(ValueError, match=r"cell\.swc"):
        Cell.from_spec(files.cell())
