"""The published functions that change cells and GLOBALs of mechanisms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bluecellab import load_mechanisms, run_isolated
from bluecellab.compat import create_ball_stick
from bluecellab.compat.cell import Cell, CellDict
from bluecellab.compat.circuit import SonataCircuitAccess
from bluecellab.compat.circuit.config.sections import (
    ConditionEntry,
    Conditions,
    MechanismConditions,
    ModificationCompartmentSet,
    ModificationConfigureAllSections,
    ModificationSection,
    ModificationSectionList,
    ModificationTTX,
)
from bluecellab.compat.simulation.modifications import (
    SECTION_LIST_MAP,
    apply_modifications,
    parse_section_configure,
)
from bluecellab.compat.simulation.neuron_globals import (
    set_global_condition_parameters,
    set_init_depleted_values,
    set_minis_single_vesicle_values,
)
from bluecellab.errors import AssignmentError, CircuitWarning, MechanismError, MissingMechanismError
from bluecellab.nrn import runtime
from bluecellab.spec.base import CellId
from tests.material import material
from tests.unit.simulation.circuit.small import write_network


@pytest.fixture
def access(tmp_path: Path) -> Iterator[SonataCircuitAccess]:
    path = write_network(tmp_path, compartment_sets_file="places.json")
    places = '{"places": {"population": "A", "compartment_set": [[1, 0, 0.5], [1, 1, 0.9]]}}'
    (tmp_path / "places.json").write_text(places)
    access = SonataCircuitAccess(path)
    yield access
    access.close()


@pytest.fixture
def cells() -> Iterator[CellDict]:
    cells = CellDict()
    with create_ball_stick() as first, create_ball_stick() as second:
        for number, cell in enumerate((first, second)):
            cell.cell_id = CellId("A", number)
            cell.sections["dend[0]"].nseg = 3
            cells["A", number] = cell
        yield cells


def _capacities(cell: Cell) -> list[float]:
    return [segment.cm for section in cell.sections.values() for segment in section]


def test_section_configure_is_read() -> None:
    assert parse_section_configure("%s.gbar_X = 0; %s.y *= 2 + %s.z") == (
        "sec.gbar_X = 0; sec.y *= 2 + sec.z",
        {"gbar_X", "y", "z"},
    )
    assert parse_section_configure("apical.gbar_X = 0", "apical") == ("sec.gbar_X = 0", {"gbar_X"})
    assert parse_section_configure("apic[10].g = 1e-5", "apic[10]") == ("sec.g = 1e-5", {"g"})
    assert parse_section_configure("gbar_X = 0; b*=2*c + 1e2", "") == (
        "sec.gbar_X = 0; sec.b*=2*sec.c + 1e2",
        {"gbar_X", "b", "c"},
    )
    assert parse_section_configure("") == ("", set())
    for text, placeholder in (("%s.a = 1; b = 2", "%s"), ("import os", "%s"), ("basal.a = 1", "apical")):
        with pytest.raises(ValueError, match=r"assign|section_configure"):
            parse_section_configure(text, placeholder)
    assert SECTION_LIST_MAP["dend"] == SECTION_LIST_MAP["basal"] == "basal"


def test_modifications(cells: CellDict, access: SonataCircuitAccess) -> None:
    before = _capacities(cells["A", 0])
    apply_modifications(
        cells,
        [
            ModificationConfigureAllSections("all", "Two", "%s.cm = 2"),
            ModificationSectionList("list", "Two", "basal.cm = 3"),
            ModificationSection("one", "Two", "soma[0].cm = 4"),
        ],
        access,
    )
    assert _capacities(cells["A", 0]) == before
    assert _capacities(cells["A", 1]) == [4.0, 3.0, 3.0, 3.0]
    apply_modifications(cells, [ModificationCompartmentSet("set", "places", "cm = 5")], access)
    assert _capacities(cells["A", 0]) == before
    assert _capacities(cells["A", 1]) == [5.0, 3.0, 3.0, 5.0]


def test_modifications_that_cannot_be_done(cells: CellDict, access: SonataCircuitAccess) -> None:
    with pytest.raises(KeyError, match="no node set 'Three'"):
        apply_modifications(cells, [ModificationTTX("t", "Three")], access)
    with pytest.raises(KeyError, match="no compartment set 'elsewhere'"):
        apply_modifications(cells, [ModificationCompartmentSet("t", "elsewhere", "cm = 1")], access)
    with pytest.raises(AssignmentError, match="'import os'"):
        apply_modifications(cells, [ModificationConfigureAllSections("t", "All", "import os")], access)
    with pytest.warns(CircuitWarning, match="do not have the section"):
        apply_modifications(cells, [ModificationSection("t", "All", "apic[3].cm = 1")], access)


def test_globals_of_a_mechanism_that_is_built_in() -> None:
    runtime.start()
    h = runtime.raw_h()
    before = h.usetable_hh
    try:
        set_global_condition_parameters(Conditions(mechanisms={"hh": {"usetable": 0}}))
        assert h.usetable_hh == 0
    finally:
        h.usetable_hh = before
    with pytest.raises(MechanismError, match="no such GLOBAL"):
        set_global_condition_parameters(Conditions(mechanisms={"hh": {"nonsense": 0}}))
    set_init_depleted_values(MechanismConditions(ampanmda=ConditionEntry(minis_single_vesicle=1)))
    set_minis_single_vesicle_values(MechanismConditions())


def test_globals_of_a_mechanism_that_is_not_there() -> None:
    message = run_isolated(_refused)
    assert "ProbAMPANMDA_EMS" in message


def _refused() -> str:
    with pytest.raises(MissingMechanismError) as caught:
        set_init_depleted_values(MechanismConditions(ampanmda=ConditionEntry(init_depleted=1)))
    return str(caught.value)


def _of_synapses(folder: str) -> SimpleNamespace:
    load_mechanisms(folder)
    h = runtime.raw_h()
    switches = MechanismConditions(ConditionEntry(1, 1), ConditionEntry(init_depleted=1))
    found = {}
    for name, change in (
        ("depleted", set_init_depleted_values),
        ("single", set_minis_single_vesicle_values),
    ):
        change(switches)
        found[name] = [
            getattr(h, f"{variable}_{mechanism}")
            for variable in ("init_depleted", "minis_single_vesicle")
            for mechanism in ("ProbAMPANMDA_EMS", "ProbGABAAB_EMS")
        ]
    set_global_condition_parameters(Conditions(extracellular_calcium=1.2))
    found["calcium"] = h.cao_CR_GluSynapse
    return SimpleNamespace(**found)


@pytest.mark.material
def test_globals_of_synapses() -> None:
    found = run_isolated(_of_synapses, str(material().mechanisms["sscx"]))
    assert found.depleted == [1, 1, 0, 0]
    assert found.single == [1, 1, 1, 0]
    assert found.calcium == 1.2
