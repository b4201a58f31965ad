"""Functions of the user's that make and change cells of the Allen dialect."""

from __future__ import annotations

from typing import Any

import pytest

from bluecellab import Cell, add_cell_model, cell_model, model_processing
from bluecellab.cell.builders.allen import CellNode
from bluecellab.errors import CellError, MorphologyNotFoundError, TemplateError
from bluecellab.nrn import h
from bluecellab.spec.base import CellId
from tests.unit.cell.builders.allen.cells import FIT, Files
from tests.unit.cell.builders.allen.test_loading import COMB


class Ball:
    """A cell in Python."""

    def __init__(self, length: float = 20, name: str = "dend") -> None:
        self.soma = h.Section(name="soma", cell=self)
        self.branch = h.Section(name=name, cell=self)
        self.branch.connect(self.soma(1))
        self.branch.L = length
        self.all = [self.soma, self.branch]


# Functions -------------------------------------------------------------------------------------------


def test_function_makes_a_cell_twice(files: Files) -> None:
    told: list[Any] = []

    @cell_model(directive="python:Ball", model_type="biophysical")
    def load(cell: CellNode, template_name: str, dynamics_params: Any) -> Ball:
        told.append(
            (cell.gid, cell.node_id, cell.population_name, cell["length"], template_name, dynamics_params)
        )
        return Ball(cell["length"])

    spec = files.cell(
        "python:Ball", attributes={"length": 65.0}, dynamics_file=files.write("p.json", '{"a": 1}')
    )
    for _ in range(2):
        with Cell.from_spec(spec) as cell:
            assert list(cell.sections) == ["soma", "dend"]
            assert cell.sections["dend"].nseg == 3
            assert cell.soma.name == "soma"
            assert cell._model.ids == {0: "soma", 1: "dend"}
            assert isinstance(cell.hoc, Ball)
    assert told == [(13, 3, "bio", 65.0, "Ball", {"a": 1})] * 2


def test_cells_of_a_function_are_apart(files: Files) -> None:
    add_cell_model(lambda *_: Ball(), "python")
    spec = files.cell("python:Ball")
    with Cell.from_spec(spec) as first, Cell.from_spec(spec) as second:
        first.soma.L = 7
        assert second.soma.L != 7


def test_sections_of_one_name_are_numbered(files: Files) -> None:
    add_cell_model(lambda *_: Ball(name="soma"), "python")
    with Cell.from_spec(files.cell("python:Ball")) as cell:
        assert list(cell.sections) == ["soma", "soma#2"]


def test_full_name_before_scheme_and_type_before_any(files: Files) -> None:
    order = ["python:Ball|biophysical", "python:Ball", "python|biophysical", "python"]
    for length, key in enumerate(order, start=1):
        directive, _, kind = key.partition("|")
        add_cell_model(lambda *_, length=length: Ball(length), directive, kind or None)
    assert _length(files, "python:Ball", "biophysical") == 1
    assert _length(files, "python:Ball", "other") == 2
    assert _length(files, "python:Else", "biophysical") == 3
    assert _length(files, "python:Else", "other") == 4


def _length(files: Files, template: str, kind: str) -> float:
    with Cell.from_spec(files.cell(template, model_type=kind)) as cell:
        return float(cell.sections["dend"].L)


def test_function_that_makes_an_instance_of_a_hoc_template(files: Files) -> None:
    hoc = files.write("own.hoc", COMB.format(name="OwnComb", diameter=17, last=""))
    add_cell_model(lambda cell, name, params: getattr(h, name)(4), "hoc:OwnComb")
    spec = files.cell("hoc:OwnComb", template_files=(hoc,))
    for _ in range(2):
        with Cell.from_spec(spec) as cell:
            assert len(cell.sections) == 5
            assert cell.soma.diam == 17
    changed = files.write("own.hoc", COMB.format(name="OwnComb", diameter=170, last=""))
    with pytest.raises(TemplateError, match="another template OwnComb already"):
        Cell.from_spec(files.cell("hoc:OwnComb", template_files=(changed,)))


def _raises(*_: Any) -> None:
    h.Section(name="left")
    keep = Ball()
    raise ZeroDivisionError(f"with {keep.soma}")


def _hoc_error(*_: Any) -> None:
    keep = Ball()
    keep.soma.insert("no_such_mechanism")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_raises, r"loader of 'python:Ball' \(_raises\) for cell bio/3 raised ZeroDivisionError: with"),
        (_hoc_error, "no_such_mechanism|density mechanism"),
        (lambda *_: None, "returned nothing"),
        (lambda *_: object(), "made no section"),
        (lambda cell, *_: cell["lenght"], r"no attribute 'lenght'; there is 'length'"),
    ],
)
def test_functions_that_fail(files: Files, function: Any, message: str) -> None:
    add_cell_model(function, "python")
    with pytest.raises(CellError, match=message):
        Cell.from_spec(files.cell("python:Ball", attributes={"length": 1.0}))


def test_function_that_returns_a_cell_that_is_there(files: Files) -> None:
    shared = Ball()
    add_cell_model(lambda *_: shared, "python")
    with pytest.raises(CellError, match="was there already"):
        Cell.from_spec(files.cell("python:Ball"))
    assert shared.soma.L > 0


def test_cell_without_soma(files: Files) -> None:
    def make(*_: Any) -> Any:
        made = Ball()
        made.all = [made.branch]
        made.soma = None
        return made

    add_cell_model(make, "python")
    with pytest.raises(CellError, match="no soma"):
        Cell.from_spec(files.cell("python:Ball"))


def test_nothing_makes_it(files: Files) -> None:
    add_cell_model(lambda *_: Ball(), "python:Ball")
    with pytest.raises(CellError, match=r"'python:Bal'.*did you mean 'python:Ball'"):
        Cell.from_spec(files.cell("python:Bal"))
    with pytest.raises(CellError, match="no template 'ctdb:Biophys2'"):
        Cell.from_spec(files.cell("ctdb:Biophys2"))


def test_missing_morphology(files: Files) -> None:
    with pytest.raises(MorphologyNotFoundError):
        Cell.from_spec(files.cell("ctdb:Biophys1", morphology_path="/nowhere/x.swc"))


# Processors ------------------------------------------------------------------------------------------


def test_processors_of_the_users_in_sequence(files: Files) -> None:
    told: list[Any] = []
    kept: list[Any] = []

    @model_processing
    def thicker(hobj: Any, cell: CellNode, dynamics_params: Any) -> Any:
        for section in hobj.dend:
            section.g_pas *= 2
        told.append(dynamics_params["passive"] == FIT["passive"])
        dynamics_params.clear()  # a copy
        return hobj

    @model_processing(name="spine")
    def with_a_spine(hobj: Any, cell: CellNode, dynamics_params: Any) -> Any:
        spine = h.Section(name="spine")
        kept.append(spine)  # or it is gone when the function returns
        spine.connect(hobj.dend[0](0.5))
        hobj.all.append(spine)
        told.append(hobj.axon[0].n3d())  # shaped by now
        return hobj

    spec = files.cell("ctdb:Biophys1", "aibs_perisomatic", "thicker", "spine", dynamics_file=files.fit())
    for _ in range(2):
        with Cell.from_spec(spec) as cell:
            assert cell.sections["dend[0]"].g_pas == 4e-5
            assert list(cell.sections)[-1] == "spine"
            assert cell._model.ids[6] == "spine"
    assert told == [True, 3] * 2


@pytest.mark.parametrize(
    ("function", "message"),
    [(_raises, "processor 'own'.*ZeroDivisionError"), (lambda *_: None, "end it with 'return hobj'")],
)
def test_processors_that_fail(files: Files, function: Any, message: str) -> None:
    model_processing(name="own")(function)
    with pytest.raises(CellError, match=message):
        Cell.from_spec(files.cell("ctdb:Biophys1", "own"))


def test_processor_that_returns_something_else(files: Files) -> None:
    class Wrapped:
        def __init__(self, hobj: Any) -> None:
            self.inner, self.soma, self.all = hobj, hobj.soma, list(hobj.all)

    model_processing(name="wrap")(lambda hobj, cell, params: Wrapped(hobj))
    with Cell.from_spec(files.cell("ctdb:Biophys1", "wrap")) as cell:
        assert isinstance(cell.hoc, Wrapped)
        assert len(cell.sections) == 5


def test_node_of_functions(files: Files) -> None:
    node = CellNode(files.cell(attributes={"ei": "e", "x": 1.5}, id=CellId("bio", 3)))
    assert (node["ei"], node.node["x"], node["node_id"], node.gid) == ("e", 1.5, 3, 13)
    assert node.dynamics_params is None
    assert str(files.swc) == node.morphology_file
    assert set(node) >= {"ei", "x", "model_template"}
    assert len(node) == 6
    assert repr(node) == "<Node bio/3, ctdb:Biophys1.hoc>"
