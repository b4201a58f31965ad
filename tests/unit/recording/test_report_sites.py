"""From the words of a report to its elements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from bluecellab.circuit.access import CompartmentSet
from bluecellab.errors import CircuitWarning, ReportError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.handles import Section
from bluecellab.nrn.scope import Scope
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.report_elements import ReportElements
from bluecellab.recording.report_sites import elements_of
from bluecellab.recording.reports import ReportRecorder
from bluecellab.recording.samples import TimeAxis
from bluecellab.results.sonata.parts import Share
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Report
from tests.unit.recording.shares import share_beside

LISTS = {"soma": "somatic", "axon": "axonal", "dend": "basal", "apic": "apical"}
ONE, TWO = CellId("A", 1), CellId("A", 2)


@dataclass
class MadeCell:
    """Just what a report needs to know of a cell."""

    scope: Scope
    sections: dict[str, Section] = field(default_factory=dict)
    section_ids: dict[int, Section] = field(default_factory=dict)

    def add(self, name: str, number: int | None, nseg: int = 1, mechanism: str = "") -> Section:
        h = runtime.raw_h()
        raw = h.Section(name=f"{self.scope.name}_{name}")
        self.scope.own(raw, objects.delete_section)
        raw.nseg, raw.L, raw.diam = nseg, 100, 2
        if mechanism:
            raw.insert(mechanism)
        section = Section(raw, self.scope, name)
        self.sections[name] = section
        if number is not None:
            self.section_ids[number] = section
        return section

    def listed(self, name: str) -> Sequence[Section]:
        return [section for key, section in self.sections.items() if key.startswith(name)]

    @property
    def somatic(self) -> Sequence[Section]:
        return self.listed("soma")

    @property
    def axonal(self) -> Sequence[Section]:
        return self.listed("axon")

    @property
    def basal(self) -> Sequence[Section]:
        return self.listed("dend")

    @property
    def apical(self) -> Sequence[Section]:
        return self.listed("apic")


class Cells(dict[CellId, MadeCell]):
    """A cell with everything, and one with a soma and a dendrite."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = Scope("cells")
        two = self[TWO] = MadeCell(self.scope.child("two"))
        one = self[ONE] = MadeCell(self.scope.child("one"))
        one.add("soma[0]", 0, 1, "hh")
        one.add("apic[0]", 7, 2, "pas")
        one.add("dend[1]", 6, 3, "pas")
        one.add("dend[0]", 5, 3, "hh")
        one.add("axon[0]", 1, 1, "hh")
        one.add("myelin[0]", None, 1)
        two.add("soma[0]", 0, 1, "hh")
        two.add("dend[0]", 1, 2, "pas")

    def process(self, cell: CellId, section: str, x: float, kind: str, **values: float) -> Any:
        made = getattr(runtime.raw_h(), kind)(self[cell].sections[section].raw(x))
        for name, value in values.items():
            setattr(made, name, value)
        return self.scope.own(made)


@pytest.fixture
def cells() -> Iterator[Cells]:
    made = Cells()
    yield made
    made.scope.close()


def words(**values: Any) -> Report:
    return Report(**{"name": "r", "dt": 0.1, "end_time": 10.0, **values})


def ids(elements: ReportElements, population: str = "A") -> list[tuple[int, int]]:
    layout = elements.layouts[population]
    return list(zip(layout.nodes.tolist(), layout.element_ids.tolist(), strict=True))


class Sink:
    frames = np.empty(0)

    def open(self, start: float, dt: float) -> None:
        del start, dt

    def append(self, frames: np.ndarray) -> None:
        self.frames = frames

    def close(self, *, complete: bool) -> None:
        del complete

    def reopen(self) -> None:
        pass


def now(report: Report, elements: ReportElements) -> list[float]:
    """Return the values of the elements as they are now."""
    sink = Sink()
    with ReportRecorder(report, elements, sink) as recorder:
        recorder.prepare(RunPlan(True, 0.1, 0.0, 0.1))
        recorder.reset(TimeAxis(lambda: None))
        recorder.sample()
        recorder.finish(partial=False)
    return [float(value) for value in sink.frames[0]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [(1, 0), (2, 0)]),
        ({"compartments": "all"}, [(1, 0), (2, 0)]),
        ({"sections": "axon"}, [(1, 1)]),
        ({"sections": "dend"}, [(1, 5)] * 3 + [(1, 6)] * 3 + [(2, 1)] * 2),
        ({"sections": "dend", "compartments": "center"}, [(1, 5), (1, 6), (2, 1)]),
        ({"sections": "apic"}, [(1, 7)] * 2),
        (
            {"sections": "all"},
            [(1, 0), (1, 1)] + [(1, 5)] * 3 + [(1, 6)] * 3 + [(1, 7)] * 2 + [(1, 8), (2, 0), (2, 1), (2, 1)],
        ),
        ({"sections": "all", "variable_name": "hh.m"}, [(1, 0), (1, 1)] + [(1, 5)] * 3 + [(2, 0)]),
        ({"sections": "dend", "variable_name": "i_pas"}, [(1, 6)] * 3 + [(2, 1)] * 2),
    ],
)
def test_compartments(cells: Cells, values: dict[str, Any], expected: list[tuple[int, int]]) -> None:
    assert ids(elements_of(words(**values), cells)) == expected


def test_columns_are_where_they_are_said_to_be(cells: Cells) -> None:
    expected = []
    for cell_id in (ONE, TWO):
        numbers = {section.name: number for number, section in cells[cell_id].section_ids.items()}
        for section in sorted(cells[cell_id].sections.values(), key=lambda item: numbers.get(item.name, 99)):
            for segment in section.raw:
                segment.v = len(expected) + segment.x
                expected.append(segment.v)
    report = words(sections="all")
    assert now(report, elements_of(report, cells)) == [float(np.float32(value)) for value in expected]


def test_variables_that_are_missing(cells: Cells) -> None:
    with pytest.raises(
        ReportError, match=r"'r': no variable 'cai' at one_soma\[0\]\(0\.5\); there is v, i_membrane, .*hh\.m"
    ):
        elements_of(words(variable_name="cai"), cells)
    cells[TWO].sections["soma[0]"].raw.uninsert("hh")
    with pytest.raises(ReportError, match="at two_soma"):
        elements_of(words(variable_name="hh.m"), cells)
    for sections in ("all", "dend"):
        with pytest.raises(ReportError, match="no variable 'cai' at"):
            elements_of(words(sections=sections, variable_name="cai"), cells)
    for name in ("x", "hh", "hh.x", "area", "pas.m", "none.m", "v.m"):
        with pytest.raises(ReportError, match="no variable"):
            elements_of(words(variable_name=name), cells)
    for name in ("", " ", "v;", "v.m.n", "3", "v()", "&v", "hh.m[0]"):
        with pytest.raises(ReportError, match="is no variable"):
            elements_of(words(variable_name=name or " "), cells)
    with pytest.raises(ReportError, match="2 variables; only a summation has several"):
        elements_of(words(variable_name="v, ina"), cells)


def test_sections_that_no_cell_has(cells: Cells) -> None:
    del cells[ONE]
    with pytest.warns(CircuitWarning, match="'r' is empty: none of its cells has anything of section apic"):
        assert len(elements_of(words(sections="apic"), cells)) == 0
    with pytest.warns(CircuitWarning, match="is empty"):
        assert len(elements_of(words(sections="axon", type="summation"), cells)) == 0
    assert len(elements_of(words(sections="apic"), {})) == 0


def places(*entries: tuple[int, int | str, float], population: str = "A") -> CompartmentSet:
    nodes, sections, offsets = zip(*entries, strict=True)
    return CompartmentSet(population, np.array(nodes), tuple(sections), np.array(offsets))


def test_compartment_sets(cells: Cells) -> None:
    report = words(type="compartment_set", compartment_set="places")
    listed = places((2, 1, 0.75), (1, "soma[0]", 0.5), (1, 6, 0.0), (1, 5, 1.0), (1, 5, 0.1), (9, 0, 0.5))
    elements = elements_of(report, cells, compartments=listed)
    assert ids(elements) == [(1, 0), (1, 5), (1, 5), (1, 6), (2, 1)]
    dend, other = cells[ONE].sections["dend[0]"].raw, cells[ONE].sections["dend[1]"].raw
    dend(0.1).v, dend(1).v, other(0).v, other(0.1).v = 1, 2, 3, 4
    cells[TWO].sections["dend[0]"].raw(0.75).v = 5
    cells[ONE].sections["soma[0]"].raw(0.5).v = 0
    assert now(report, elements) == [0, 1, 2, 3, 5]
    ends = words(type="compartment_set", compartment_set="places", variable_name="m_hh")
    dend(0.9).m_hh = 0.25
    assert now(ends, elements_of(ends, cells, compartments=places((1, 5, 1.0)))) == [0.25]
    with pytest.raises(ReportError, match="no variable 'm_hh' at one_dend"):
        elements_of(ends, cells, compartments=places((1, 6, 0.5)))
    with pytest.raises(
        ReportError, match="has no section 4, which compartment set 'places' lists; it has soma"
    ):
        elements_of(report, cells, compartments=places((1, 4, 0.5)))
    with pytest.raises(ReportError, match=r"has no section 'dend\[9\]'"):
        elements_of(report, cells, compartments=places((1, "dend[9]", 0.5)))
    with pytest.raises(ReportError, match="needs the compartment set 'places'"):
        elements_of(report, cells)
    with pytest.warns(CircuitWarning, match="anything of places"):
        elements_of(report, cells, compartments=places((1, 0, 0.5), population="B"))


def test_summation_over_cells(cells: Cells) -> None:
    report = words(type="summation", variable_name="ina, hh.il")
    elements = elements_of(report, cells)
    assert ids(elements) == [(1, 0), (2, 0)]
    expected = {ONE: 0.0, TWO: 0.0}
    for cell_id, cell in cells.items():
        for section in cell.sections.values():
            for segment in section.raw:
                if hasattr(segment, "hh"):
                    segment.ina, segment.hh.il = 0.5 + segment.x, 0.25
                    expected[cell_id] += (0.75 + segment.x) * segment.area() / 100
    assert now(report, elements) == pytest.approx(list(expected.values()), rel=1e-6)
    plain = words(type="summation", variable_name="ina", scaling="none")
    assert now(plain, elements_of(plain, cells))[1] == pytest.approx(1.0)


def test_summation_over_compartments(cells: Cells) -> None:
    report = words(type="summation", variable_name="ina", sections="dend")
    elements = elements_of(report, cells)
    assert ids(elements) == [(1, 5)] * 3 + [(1, 6)] * 3 + [(2, 1)] * 2
    areas = []
    for segment in cells[ONE].sections["dend[0]"].raw:
        segment.ina = segment.x
        areas.append(segment.x * segment.area() / 100)
    assert now(report, elements) == pytest.approx([*areas, 0, 0, 0, 0, 0], rel=1e-6)


def test_currents_of_point_processes(cells: Cells) -> None:
    for place, amplitude in ((0.1, 2.0), (0.9, 3.0)):
        cells.process(ONE, "dend[0]", place, "IClamp", amp=amplitude, dur=1e9)
        cells.process(ONE, "dend[0]", place, "ExpSyn")
    cells.process(TWO, "soma[0]", 0.5, "SEClamp", dur1=1e9, amp1=-60, rs=1)
    report = words(type="summation", variable_name="IClamp,ExpSyn,SEClamp", sections="all")
    elements = elements_of(report, cells)
    for process in cells.scope._items.values():
        if hasattr(process[0], "hname") and str(process[0].hname()).startswith("IClamp"):
            process[0].i = process[0].amp
        elif hasattr(process[0], "hname") and str(process[0].hname()).startswith("ExpSyn"):
            process[0].i = 10
    found = dict(zip(range(14), now(report, elements), strict=True))
    assert {column: value for column, value in found.items() if value} == {2: 10 - 2.0, 4: 10 - 3.0}
    named = words(type="summation", variable_name="IClamp.amp")
    assert now(named, elements_of(named, cells)) == [5.0, 0.0]
    pas = words(type="summation", variable_name="pas", scaling="none")
    cells[TWO].sections["dend[0]"].raw(0.25).i_pas = 4
    assert now(pas, elements_of(pas, cells))[1] == 4
    for name in ("AlphaSynapse", "ExpSyn.none", "x", "none"):
        with pytest.raises(ReportError, match=f"no variable '{name}'"):
            elements_of(words(type="summation", variable_name=f"ina, {name}"), cells)


def test_units_decide_about_scaling(cells: Cells) -> None:
    for name in ("v", "ena", "i_membrane_", "nai"):
        elements = elements_of(words(type="summation", variable_name=name), cells)
        assert {factor for group in elements.places for factor in group.factors} == {1.0}, name
    for name in ("ina", "hh.gna", "pas.i", "hh.m"):
        elements = elements_of(words(type="summation", variable_name=name), cells)
        assert 1.0 not in {factor for group in elements.places for factor in group.factors}, name
    assert elements_of(words(variable_name="i_membrane"), cells).places[0].name == "i_membrane_"


@dataclass
class MadeSynapse:
    syn_id: tuple[str, int]
    hsynapse: Any


def test_synapses(cells: Cells) -> None:
    found = {
        ONE: [
            MadeSynapse(("e", 5), cells.process(ONE, "dend[0]", 0.1, "ExpSyn", g=5)),
            MadeSynapse(("e", 2), cells.process(ONE, "soma[0]", 0.5, "ExpSyn", g=2)),
            MadeSynapse(("e", 3), cells.process(ONE, "dend[1]", 0.5, "Exp2Syn")),
            MadeSynapse(("e", 4), cells.process(ONE, "dend[1]", 0.5, "ExpSyn", g=4)),
        ],
        TWO: [MadeSynapse(("e", 0), cells.process(TWO, "dend[0]", 0.5, "ExpSyn", g=7))],
    }
    everywhere = words(type="synapse", variable_name="ExpSyn.g", sections="all")
    elements = elements_of(everywhere, cells, synapses=found)
    assert ids(elements) == [(1, 2), (1, 4), (1, 5), (2, 0)]
    assert now(everywhere, elements) == [2, 4, 5, 7]
    some = words(type="synapse", variable_name="ExpSyn.g", sections="dend")
    assert ids(elements_of(some, cells, synapses=found)) == [(1, 4), (1, 5), (2, 0)]
    with pytest.raises(
        ReportError, match="no synapse of its cells is of the mechanism 'Exp3Syn'; there are Exp2Syn, ExpSyn"
    ):
        elements_of(words(type="synapse", variable_name="Exp3Syn.g"), cells, synapses=found)
    with pytest.raises(ReportError, match="ExpSyn has no variable 'none'"):
        elements_of(words(type="synapse", variable_name="ExpSyn.none"), cells, synapses=found)
    with pytest.raises(ReportError, match="is written with their mechanism"):
        elements_of(words(type="synapse", variable_name="g"), cells, synapses=found)
    with pytest.raises(ReportError, match="is of synapses; pass them"):
        elements_of(everywhere, cells)
    assert len(elements_of(everywhere, cells, synapses={})) == 0


@pytest.mark.parametrize(
    "values",
    [
        {"sections": "apic"},
        {"sections": "dend", "variable_name": "m_hh"},
        {"type": "summation", "sections": "apic"},
        {"type": "summation", "sections": "all", "variable_name": "pas.i,hh.il,IClamp"},
    ],
)
def test_what_another_rank_has_is_there(cells: Cells, values: dict[str, Any]) -> None:
    cells.process(ONE, "soma[0]", 0.5, "IClamp")
    report = words(**values)

    def there(share: Share) -> ReportElements:
        return elements_of(report, {ONE: cells[ONE]}, share=share)

    assert len(there(share_beside(there)))
    here = elements_of(report, {TWO: cells[TWO]}, share=share_beside(there))
    assert len(here) == (3 if "IClamp" in report.variable_name else 0)
    assert len(elements_of(report, {}, share=share_beside(there))) == 0


def test_what_no_rank_has(cells: Cells) -> None:
    report = words(sections="apic")

    def nothing(share: Share) -> ReportElements:
        return elements_of(report, {TWO: cells[TWO]}, share=share)

    with pytest.warns(CircuitWarning, match="section apic"):
        nothing(share_beside(nothing, rank=0))
    assert len(nothing(share_beside(nothing))) == 0  # the first one has said so


def test_synapses_of_another_rank(cells: Cells) -> None:
    report = words(type="synapse", sections="all", variable_name="ExpSyn.g")
    made = {
        cell: [Synapse(("E", 0), cells.process(cell, "soma[0]", 0.5, kind))]
        for cell, kind in ((ONE, "ExpSyn"), (TWO, "Exp2Syn"))
    }

    def of(cell: CellId, share: Share) -> ReportElements:
        return elements_of(report, {cell: cells[cell]}, synapses=made, share=share)

    assert len(of(TWO, share_beside(lambda share: of(ONE, share)))) == 0
    with pytest.raises(ReportError, match="no synapse of its cells is of the mechanism 'ExpSyn'"):
        of(TWO, Share())


@dataclass
class Synapse:
    syn_id: tuple[str, int]
    hsynapse: Any
