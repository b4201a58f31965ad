"""Gap junctions: bit for bit those of hand-written NEURON, and gone when they should be."""

from __future__ import annotations

import gc
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest

from bluecellab import Simulation, create_ball_stick, load_mechanisms
from bluecellab.circuit.access import EdgePopulation, Edges
from bluecellab.errors import CircuitWarning, ClosedError, ColumnError, SimulationError, SynapseError
from bluecellab.nrn import objects, runtime
from bluecellab.spec.base import CellId
from bluecellab.synapse import GapJunctions, Receiver
from tests.material import material
from tests.unit.synapse.making import edges as chemical

# three cells: 0 with 1 twice, 1 with 2 once
TARGETS = np.array([0, 0, 1, 1, 1, 2])
SOURCES = np.array([1, 1, 0, 0, 2, 1])
COLUMNS = {
    "conductance": np.array([5.0, 3.0, 5.0, 3.0, 4.0, 4.0]),
    "afferent_section_id": np.array([0, 1, 0, 1, 1, 0]),
    "afferent_section_pos": np.array([0.5, 0.2, 0.5, 0.9, 0.4, 0.5]),
    "afferent_junction_id": np.array([10, 11, 12, 13, 14, 15]),
    "efferent_junction_id": np.array([12, 13, 10, 11, 15, 14]),
}


def edges_to(target, **changes):
    here = TARGETS == target
    columns = {name: values[here] for name, values in (COLUMNS | changes).items()}
    population = EdgePopulation("gaps", "electrical", "A", "A", 6, tuple(columns))
    return Edges(population, target, np.arange(np.count_nonzero(here)), SOURCES[here], columns)


@pytest.fixture(autouse=True)
def _mechanisms():
    load_mechanisms(material().mechanisms["sscx"])


def receiver_of(cell, node):
    return Receiver(cell.scope, cell.label, CellId("A", node), node, dict(enumerate(cell.raw_sections())))


@contextmanager
def network(nodes=(0, 1, 2), **changes):
    """Cells, a simulation in which the first is stimulated, and their gap junctions, not yet connected."""
    with ExitStack() as stack:
        cells = [stack.enter_context(create_ball_stick()) for _ in nodes]
        simulation = stack.enter_context(Simulation())
        gaps = stack.enter_context(GapJunctions())
        for node, cell in zip(nodes, cells, strict=True):
            simulation.add_cell(cell)
            gaps.add(edges_to(node, **changes), receiver_of(cell, node))
        cells[0].add_step(2, 15, 0.3)
        simulation.attach(gaps)
        yield cells, simulation, gaps


def potentials(cells, simulation, t_stop=20.0):
    simulation.run(t_stop, cvode=False)
    return np.array([cell.get_soma_voltage() for cell in cells])


def by_hand(t_stop=20.0):
    """The same in plain NEURON."""
    h, context = runtime.raw_h(), objects.parallel_context()
    with ExitStack() as stack:
        cells = [stack.enter_context(create_ball_stick()) for _ in range(3)]
        simulation = stack.enter_context(Simulation())
        for cell in cells:
            simulation.add_cell(cell)
        cells[0].add_step(2, 15, 0.3)
        made = []
        for row in range(6):
            section = list(cells[TARGETS[row]].raw_sections())[COLUMNS["afferent_section_id"][row]]
            place = section(COLUMNS["afferent_section_pos"][row])
            gap = h.Gap(place)
            gap.g = COLUMNS["conductance"][row]
            context.source_var(place._ref_v, int(COLUMNS["afferent_junction_id"][row]), sec=section)
            context.target_var(gap, gap._ref_vgap, int(COLUMNS["efferent_junction_id"][row]))
            made.append(gap)
        context.setup_transfer()
        try:
            return potentials(cells, simulation, t_stop)
        finally:
            context.gid_clear(3)
            made.clear()


def alone(t_stop=20.0):
    with network() as (cells, simulation, _):
        return potentials(cells, simulation, t_stop)


def test_as_in_plain_neuron():
    expected = by_hand()
    with network() as (cells, simulation, gaps):
        assert gaps.connect() == len(gaps) == 6
        found = potentials(cells, simulation)
        assert np.array_equal(found, expected)
        assert np.array_equal(potentials(cells, simulation), expected)
        simulation.run(5.0, cvode=False)
        simulation.continue_run(20.0)
        assert np.array_equal([cell.get_soma_voltage() for cell in cells], expected)
        assert [gap.g for gap in gaps.processes_on(CellId("A", 1))] == [5.0, 3.0, 4.0]
        assert [gap.get_segment().x for gap in gaps.processes_on(CellId("A", 2))] == [0.5]
    assert not np.array_equal(expected, alone())


def test_two_networks_at_once_do_not_meet():
    expected, uncoupled = by_hand(), alone()
    with network() as (cells, simulation, gaps):
        gaps.connect()
        with network() as (others, _, more):
            more.connect()
            for cell in others:
                simulation.add_cell(cell)
            simulation.attach(more)
            assert np.array_equal(potentials([*cells, *others], simulation), [*expected, *expected])
            more.close()
            found = potentials([*cells, *others], simulation)
            assert np.array_equal(found, [*expected, *uncoupled])


def test_a_cell_that_goes_takes_its_junctions_along():
    with network() as (cells, simulation, gaps):
        gaps.connect()
        potentials(cells, simulation)
        simulation.cells.remove(cells[2])
        cells[2].close()
        assert len(gaps) == 4
        found = potentials(cells[:2], simulation)
    with network() as (cells, simulation, gaps):
        for node in range(2):
            gaps.add(
                edges_to(node, conductance=np.array([5.0, 3.0, 5.0, 3.0, 0.0, 0.0])),
                receiver_of(cells[node], node),
            )
        del gaps._added[:3]
        with pytest.warns(CircuitWarning, match="1 of 5 ends of gap junctions.*not simulated"):
            assert gaps.connect() == 4
        assert np.array_equal(found, potentials(cells[:2], simulation))


def test_closed_in_any_order():
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        with network() as (cells, simulation, gaps):
            gaps.connect()
            with create_ball_stick() as other:
                simulation.add_cell(other)
                for node in order:
                    simulation.run(1, cvode=False)
                    simulation.cells.remove(cells[node])
                    cells[node].close()
                simulation.run(1, cvode=False)
                simulation.cells.clear()
            assert len(gaps) == 0
    with network() as (cells, simulation, gaps):
        gaps.connect()
        gaps.close()
        simulation.run(1, cvode=False)
        with pytest.raises(ClosedError):
            gaps.processes_on(CellId("A", 0))
    gc.collect()
    assert objects.listing("Gap").count() == 0


def test_ends_that_are_not_there():
    with network(nodes=(0, 1)) as (_, _, gaps):
        with pytest.warns(
            CircuitWarning, match="1 of 5 ends of gap junctions are left out: the cells at their"
        ):
            assert gaps.connect() == 4
    with network(efferent_junction_id=np.array([12, 99, 10, 11, 15, 14])) as (_, _, gaps):
        with pytest.warns(
            CircuitWarning, match="2 of 6 ends of gap junctions are left out: their other ends"
        ):
            assert gaps.connect() == 4
    with network(nodes=(0,)) as (_, simulation, gaps):
        with pytest.warns(CircuitWarning, match="2 of 2 ends"):
            assert gaps.connect() == 0
        simulation.run(1, cvode=True)


def test_sections_that_a_cell_lacks():
    sections = np.array([0, 7, 0, 1, 1, 0])
    with pytest.warns(CircuitWarning) as said, network(afferent_section_id=sections) as (_, _, gaps):
        assert gaps.connect() == 4
    assert "afferent_section_id 7" in str(said[0].message)
    assert "1 of 5 ends" in str(said[1].message)


def test_variable_steps_are_refused():
    with network() as (_, simulation, gaps):
        gaps.connect()
        with pytest.raises(SimulationError, match="3 gap junctions, which need a fixed step"):
            simulation.run(1, cvode=True)


def test_edges_that_are_wrong():
    with create_ball_stick() as cell, GapJunctions() as gaps:
        with pytest.raises(SynapseError, match="'Exp2Syn_synapse'; gap junctions are made of electrical"):
            gaps.add(chemical(), receiver_of(cell, 0))
        with pytest.raises(SynapseError, match="negative conductance"):
            gaps.add(edges_to(0, conductance=-COLUMNS["conductance"]), receiver_of(cell, 0))
        made = edges_to(0)
        columns = {name: values for name, values in made.columns.items() if name != "efferent_junction_id"}
        with pytest.raises(ColumnError, match="efferent_junction_id"):
            gaps.add(Edges(made.population, 0, made.numbers, made.sources, columns), receiver_of(cell, 0))
    twice = np.array([10, 10, 12, 13, 14, 15])
    with network(afferent_junction_id=twice) as (_, _, gaps):
        with pytest.raises(SynapseError, match="junction 10 of node 0 of 'A' is at two places"):
            gaps.connect()
