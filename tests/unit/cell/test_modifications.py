"""The five modifications, applied to cells."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from bluecellab import create_ball_stick, run_isolated
from bluecellab.cell import Cell
from bluecellab.cell.modifications import apply_modification
from bluecellab.circuit.access import CompartmentSet
from bluecellab.errors import (
    AssignmentError,
    BusyError,
    CircuitWarning,
    MissingMechanismError,
    SectionNotFoundError,
)
from bluecellab.nrn import runtime
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import (
    CompartmentSetModification,
    ConfigureAllSections,
    SectionListModification,
    SectionModification,
    TTXModification,
)


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick(CellId("S1", 4)) as made:
        made.sections["soma[0]"].raw.insert("pas")
        made.sections["dend[0]"].raw.nseg = 5
        yield made


def everywhere(text: str) -> ConfigureAllSections:
    return ConfigureAllSections(name="change", node_set="All", section_configure=text)


def listed(text: str) -> SectionListModification:
    return SectionListModification(name="change", node_set="All", section_configure=text)


def one(text: str) -> SectionModification:
    return SectionModification(name="change", node_set="All", section_configure=text)


def of_set(text: str) -> CompartmentSetModification:
    return CompartmentSetModification(name="change", compartment_set="places", section_configure=text)


def values(cell: Cell, section: str, name: str) -> list[float]:
    return [getattr(segment, name) for segment in cell.sections[section].raw]


def test_all_sections_that_have_the_attribute(cell: Cell) -> None:
    assert apply_modification(everywhere("%s.g_pas = 0.002"), [cell]) == 1
    assert values(cell, "soma[0]", "g_pas") == [0.002]
    assert apply_modification(everywhere("%s.gnabar_hh *= 0.5; %s.cm = 2"), [cell]) == 2
    assert values(cell, "soma[0]", "cm") == [2.0]
    assert values(cell, "dend[0]", "cm") == [2.0] * 5
    assert len(set(values(cell, "dend[0]", "gnabar_hh"))) == 1


def test_a_section_must_have_all_attributes_also_those_that_are_read(cell: Cell) -> None:
    before = values(cell, "dend[0]", "gnabar_hh")
    assert apply_modification(everywhere("%s.gnabar_hh = 0; %s.e_pas = -80"), [cell]) == 1
    assert values(cell, "soma[0]", "gnabar_hh") == [0.0]
    assert values(cell, "dend[0]", "gnabar_hh") == before
    assert apply_modification(everywhere("%s.gkbar_hh = 0 * %s.g_pas"), [cell]) == 1
    assert values(cell, "soma[0]", "gkbar_hh") == [0.0]
    assert values(cell, "dend[0]", "gkbar_hh") != [0.0] * 5


def test_assignments_follow_each_other(cell: Cell) -> None:
    apply_modification(one("soma[0].cm = 3; soma[0].Ra = soma[0].cm * 50; soma[0].Ra += 1"), [cell])
    assert cell.soma.cm == 3
    assert cell.soma.Ra == 151


@pytest.mark.parametrize("name", ["dend", "basal"])
def test_a_list_of_sections(cell: Cell, name: str) -> None:
    assert apply_modification(listed(f"{name}.cm = 2"), [cell]) == 1
    assert values(cell, "dend[0]", "cm") == [2.0] * 5
    assert values(cell, "soma[0]", "cm") == [1.0]


def test_all_lists(cell: Cell) -> None:
    assert apply_modification(listed("all.cm = 2"), [cell]) == 2
    assert apply_modification(listed("soma.cm = 3"), [cell]) == 1
    assert apply_modification(listed("somatic.nseg = 3"), [cell]) == 1
    assert cell.soma.nseg == 3


def test_one_section_and_cells_that_lack_it(cell: Cell) -> None:
    with create_ball_stick(CellId("S1", 5)) as other:
        assert apply_modification(one("dend[0].gnabar_hh = 0"), [cell, other]) == 2
        h = runtime.raw_h()
        more = h.Section(name="more")
        h.delete_section(sec=more)
        other._sections.pop("dend[0]")
        with pytest.warns(CircuitWarning, match="'change': 1 of 2 cells do not have the section"):
            assert apply_modification(one("dend[0].gnabar_hh = 0.1"), [cell, other]) == 1
        with pytest.warns(CircuitWarning) as caught:
            assert apply_modification(one("apic[3].cm = 1"), [cell]) == 0
        assert len(caught) == 1


def test_a_compartment_set_changes_each_segment_once(cell: Cell) -> None:
    places = CompartmentSet(
        "S1",
        np.array([4, 4, 4, 4, 5]),
        ("dend[0]", "dend[0]", "dend[0]", "dend[0]", "dend[0]"),
        np.array([0.0, 0.5, 0.55, 1.0, 0.5]),
    )
    assert apply_modification(of_set("cm *= 3"), [cell], places) == 3
    assert values(cell, "dend[0]", "cm") == [3.0, 1.0, 3.0, 1.0, 3.0]


def test_a_compartment_set_of_other_cells(cell: Cell) -> None:
    places = CompartmentSet("S1", np.array([5]), ("dend[0]",), np.array([0.5]))
    assert apply_modification(of_set("cm = 3"), [cell], places) == 0


def test_a_compartment_set_with_a_section_that_is_not_there(cell: Cell) -> None:
    places = CompartmentSet("S1", np.array([4]), (77,), np.array([0.5]))
    with pytest.raises(SectionNotFoundError, match="No section with id 77"):
        apply_modification(of_set("cm = 3"), [cell], places)


def test_the_profile_of_a_range_variable_is_lost_but_not_in_silence(cell: Cell) -> None:
    for index, segment in enumerate(cell.sections["dend[0]"].raw):
        segment.gnabar_hh = 0.1 * (index + 1)
    with pytest.warns(CircuitWarning, match="gnabar_hh differed between the segments of 1 sections"):
        apply_modification(everywhere("%s.gnabar_hh *= 0.5"), [cell])
    assert values(cell, "dend[0]", "gnabar_hh") == pytest.approx([0.15] * 5)
    cell.sections["dend[0]"].raw(0.1).gnabar_hh = 7
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        apply_modification(everywhere("%s.gnabar_hh = 0.5"), [cell])  # which says what it does


def test_nothing_has_it(cell: Cell) -> None:
    with pytest.warns(
        CircuitWarning, match="'change' changed nothing: none of 2 sections of 1 cells has e_ext"
    ):
        assert apply_modification(everywhere("%s.e_extracellular = 1"), [cell]) == 0
    with pytest.warns(CircuitWarning, match="none of 0 sections"):
        assert apply_modification(listed("apical.cm = 1"), [cell]) == 0


def test_no_cells_and_no_assignments(cell: Cell) -> None:
    assert apply_modification(everywhere("%s.cm = 1"), []) == 0
    assert apply_modification(everywhere(" ; "), [cell]) == 0


@pytest.mark.parametrize(
    ("modification", "message"),
    [
        (everywhere("%s.gnabar_h = 1"), "no parameter 'gnabar_h' of sections"),
        (everywhere("%s.insert = 1"), "no parameter 'insert'"),
        (everywhere("%s.celsius = 1"), "no parameter 'celsius'"),
        (everywhere("%s.cm = %s.foo"), "no parameter 'foo'"),
        (everywhere("%s.cm = nrnpython(1)"), "nothing was executed"),
        (everywhere("soma[0].cm = 1"), "must begin with"),
        (listed("apic[3].cm = 1"), "'apic\\[3\\]', which is no list of sections"),
        (listed("soma.cm = 1; dend.cm = 2"), "assigns to dend and soma"),
        (one("dend[0].cm = 1; dend[1].cm = 2"), r"assigns to dend\[0\] and dend\[1\]"),
        (one("dend[0].Ra = -1"), r"cannot be done: Ra must be > 0"),
        (one("dend[0].nseg = 2.5"), "nseg must be an integer"),
        (one("dend[0].cm = 1 / 0"), "no finite number"),
        (of_set("Ra = 1"), "belongs to a section as a whole"),
        (of_set("%s.cm = 1"), "no part of an assignment|the name of a parameter"),
    ],
)
def test_what_is_refused(cell: Cell, modification: ConfigureAllSections, message: str) -> None:
    places = CompartmentSet("S1", np.array([4]), ("dend[0]",), np.array([0.5]))
    with pytest.raises(AssignmentError, match=message) as caught:
        apply_modification(modification, [cell], places)
    assert "'change'" in str(caught.value)


def test_ttx_needs_its_mechanism() -> None:
    def refused() -> bool:
        with (
            create_ball_stick() as cell,
            pytest.raises(MissingMechanismError, match="TTXDynamicsSwitch"),
        ):
            apply_modification(TTXModification(name="quiet", node_set="All"), [cell])
        return True

    assert run_isolated(refused)  # elsewhere, because another test may have loaded the mechanism here


def test_ttx_by_the_template_itself(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Cell] = []

    def enable_ttx(self: Cell) -> None:
        asked.append(self)

    monkeypatch.setattr(Cell, "enable_ttx", enable_ttx)
    assert apply_modification(TTXModification(name="quiet", node_set="All"), [cell]) == 1
    assert asked == [cell]


def test_busy(cell: Cell) -> None:
    with runtime.marked_running("a simulation"), pytest.raises(BusyError):
        apply_modification(everywhere("%s.cm = 1"), [cell])
