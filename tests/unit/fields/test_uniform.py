"""Spatially uniform fields, against bare NEURON scripts, cable theory, and the rule itself."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bluecellab import Simulation
from bluecellab.cell import Cell
from bluecellab.errors import (
    BrokenError,
    BusyError,
    CellError,
    ClosedError,
    EngineError,
    StimulusError,
    UnsupportedByEngineError,
)
from bluecellab.fields import LiveField, displacements, local_positions, play_field, potentials
from bluecellab.fields.uniform import terms_of
from bluecellab.nrn import runtime
from bluecellab.spec.base import CellId
from bluecellab.spec.circuit_stimuli import ElectricField, SpatiallyUniformField

TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # 90 degrees about z
CONSTANT = SpatiallyUniformField(delay=2, duration=5, fields=(ElectricField(Ey=40.0, Ez=-3.0),))
WAVE = SpatiallyUniformField(
    delay=1.01,
    duration=6,
    ramp_up_time=1,
    ramp_down_time=2,
    fields=(ElectricField(Ex=100, frequency=300, phase=0.3), ElectricField(Ey=20, frequency=17)),
)


class Branching:
    """A soma, a dendrite with a bend, and an axon that has been replaced."""

    def __init__(self, extra: str = "") -> None:
        h: Any = runtime.raw_h()
        self.soma = [h.Section(name="soma[0]")]
        self.dend = [h.Section(name="dend[0]"), h.Section(name="dend[1]")]
        self.axon = [h.Section(name="axon[0]"), h.Section(name="axon[1]")]
        self.myelin = [h.Section(name="myelin[0]")]
        self.others = [h.Section(name=extra)] if extra else []
        for section, points in (
            (self.soma[0], [(10, 0, 0), (10, 10, 0), (10, 20, 0)]),
            (self.dend[0], [(10, 20, 0), (10, 100, 0), (60, 100, 10)]),
            (self.dend[1], [(60, 100, 10), (160, 100, 10)]),
        ):
            for point in points:
                section.pt3dadd(*point, 3 if section is not self.soma[0] else 15)
        for section, length in ((self.axon[0], 30), (self.axon[1], 30), (self.myelin[0], 1000)):
            section.L, section.diam = length, 2
        self.dend[0].connect(self.soma[0](1))
        self.dend[1].connect(self.dend[0](1))
        self.axon[0].connect(self.soma[0](0))
        self.axon[1].connect(self.axon[0](1))
        self.myelin[0].connect(self.axon[1](1))
        for number, section in enumerate(self.all()):
            section.nseg = 2 * number + 1
            section.insert("hh")

    def all(self) -> list[Any]:
        return [*self.soma, *self.dend, *self.axon, *self.myelin, *self.others]


@pytest.fixture
def cell() -> Iterator[Cell]:
    with Cell.from_python(Branching, cell_id=CellId("S1", 3)) as made:
        yield made


def raw_of(cell: Cell) -> list[Any]:
    return [section.raw for section in cell.sections.values()]


def run(cell: Cell, until: float = 12.0, **arguments: Any) -> np.ndarray:
    with Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(until, cvode=False, **arguments)
        return cell.get_soma_voltage().copy()


def by_hand(
    cell: Cell, fields: list[SpatiallyUniformField], vectors: np.ndarray, until: float
) -> list[float]:
    """Integrate step by step, with the potential as the rule has it in the middle of every step."""
    h = runtime.raw_h()
    segments = [segment for raw in raw_of(cell) for segment in raw]

    def impose(time: float) -> None:
        for segment, vector in zip(segments, vectors, strict=True):
            total = 0.0
            for field in fields:
                up, down = field.ramp_up_time, field.ramp_down_time
                end = field.delay + up + field.duration + down
                if not field.delay < time < end:
                    continue
                ramp = min(
                    1.0, (time - field.delay) / up if up else 1.0, (end - time) / down if down else 1.0
                )
                for part in field.fields:
                    scalar = np.dot((part.Ex, part.Ey, part.Ez), vector * 1e-6)
                    angle = 2 * math.pi * part.frequency / 1000 * (time - field.delay) + part.phase
                    total += ramp * 1000 * scalar * math.cos(angle)
            segment.e_extracellular = total

    before = h.celsius, h.dt, h.steps_per_ms
    h.celsius, h.dt, h.steps_per_ms = 34, 0.025, 40
    impose(0.0)
    h.finitialize(-65)
    found = [cell.soma(0.5).v]
    for step in range(round(until / 0.025)):
        impose((step + 0.5) * 0.025)
        h.fadvance()
        found.append(cell.soma(0.5).v)
    impose(-1.0)
    h.celsius, h.dt, h.steps_per_ms = before
    return found


def test_segments_begin_where_they_count() -> None:
    with Cell.from_python(Branching) as cell:
        positions, soma = local_positions(cell)
        assert soma.tolist() == [10, 10, 0]
        assert positions[0].tolist() == [10, 10, 0]
        assert positions[1].tolist() == [10, 20, 0]  # dend[0], three segments, bent after 80 um
        length = 80 + math.hypot(50, 10)
        assert positions[2] == pytest.approx([10, 20 + length / 3, 0])
        beyond = (2 / 3 * length - 80) / math.hypot(50, 10)
        assert positions[3] == pytest.approx([10 + 50 * beyond, 100, 10 * beyond])
        assert positions[4].tolist() == [60, 100, 10]
        assert positions[5:9, 0].tolist() == pytest.approx([80, 100, 120, 140])
        axons = positions[9 : 9 + 7 + 9]
        assert axons[:7] == pytest.approx(np.array([(10, 10 - 30 * (i + 0.5) / 7, 0) for i in range(7)]))
        assert axons[7:] == pytest.approx(
            np.array([(10, 10 - 30 * (1 + (i + 0.5) / 9), 0) for i in range(9)])
        )
        myelin = [(10, 10 - 60 - 1000 * (i + 0.5) / 11, 0) for i in range(11)]
        assert positions[25:] == pytest.approx(np.array(myelin))


def test_cells_are_turned_about_their_somata(cell: Cell) -> None:
    straight, turned = displacements(cell, np.eye(3)), displacements(cell, TURN)
    assert straight[0].tolist() == [0, 0, 0]
    assert turned == pytest.approx(np.stack([-straight[:, 1], straight[:, 0], straight[:, 2]], axis=1))


@pytest.mark.parametrize("name", ["dend[2]", "axon[2]", "myelin[1]"])
def test_sections_that_are_nowhere(name: str) -> None:
    with Cell.from_python(Branching, {"extra": name}) as cell:
        with pytest.raises(CellError, match=rf"{name[:-3]}\[.\] of .* has no 3-D points"):
            play_field([CONSTANT], cell)
        assert not any(raw.has_membrane("extracellular") for raw in raw_of(cell))
        assert cell.members == []


def test_ramps_lie_outside_of_the_duration() -> None:
    (term,) = terms_of([CONSTANT.model_copy(update={"ramp_up_time": 2.0, "ramp_down_time": 4.0})])
    assert [term.factor(time) for time in (2, 3, 4, 8.9, 9, 11, 12, 13, 14)] == [
        0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.25, 0.0, 0.0,
    ]  # fmt: skip


@pytest.mark.parametrize("fields", [[CONSTANT], [WAVE], [CONSTANT, WAVE]], ids=["constant", "wave", "both"])
def test_as_a_bare_script(cell: Cell, fields: list[SpatiallyUniformField]) -> None:
    with play_field(fields, cell, TURN):
        found = run(cell)
        again = run(cell)
    expected = by_hand(cell, fields, displacements(cell, TURN), 12.0)
    assert np.array_equal(found, again)
    assert np.ptp(found) > 0.1
    # rounding alone: sums of several fields are made in another order
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_closed_field_is_gone(cell: Cell) -> None:
    for raw in raw_of(cell):
        raw.insert("extracellular")
    before = run(cell)
    field = play_field([WAVE], cell)
    assert not np.array_equal(run(cell), before)
    field.close()
    assert np.array_equal(run(cell), before)
    assert repr(field) == "<LiveField Cell S1/3 > electric field closed>"
    with play_field([CONSTANT], cell):
        pass


def test_nothing_acts_between_runs(cell: Cell) -> None:
    with play_field([CONSTANT], cell):
        run(cell, until=4)
        assert {segment.e_extracellular for raw in raw_of(cell) for segment in raw} == {0.0}


def test_extracellular_without_a_field_changes_next_to_nothing(cell: Cell) -> None:
    before = run(cell)
    with play_field([CONSTANT.model_copy(update={"delay": 100.0})], cell):
        assert run(cell) == pytest.approx(before, abs=1e-3)


def test_a_run_that_is_continued(cell: Cell) -> None:
    with play_field([WAVE], cell):
        whole = run(cell)
        with Simulation() as simulation:
            simulation.add_cell(cell)
            simulation.run(3, cvode=False)
            simulation.continue_run(12)
            assert np.array_equal(cell.get_soma_voltage(), whole)


def test_nothing_acts_while_the_model_settles(cell: Cell) -> None:
    field = SpatiallyUniformField(duration=100, fields=(ElectricField(Ey=100),))
    late = field.model_copy(update={"delay": 4.99})
    settled = []
    for one in (field, late):
        with play_field([one], cell):
            settled.append(run(cell, forward_skip=True, forward_skip_value=5.0))
    assert np.array_equal(settled[0], settled[1])
    assert abs(settled[0][1] - settled[0][0]) > 1e-3  # the first step is in the field


def test_segments_that_were_made_finer(cell: Cell) -> None:
    with play_field([CONSTANT], cell):
        run(cell)
        cell.sections["dend[1]"].raw.nseg = 31
        found = run(cell)
    assert found == pytest.approx(by_hand(cell, [CONSTANT], displacements(cell, np.eye(3)), 12.0), abs=1e-9)


def test_a_cable_in_a_field_as_theory_has_it() -> None:
    length, diameter, resistance, leak, field = 1000.0, 2.0, 150.0, 1e-4, 5.0

    class Cable:
        def __init__(self) -> None:
            h: Any = runtime.raw_h()
            self.soma, self.dend = [h.Section(name="soma[0]")], [h.Section(name="dend[0]")]
            for section, end, nseg in ((self.soma[0], 0.1, 1), (self.dend[0], length, 401)):
                section.pt3dadd(0, 0, 0, diameter)
                section.pt3dadd(0, 0, end, diameter)
                section.nseg, section.Ra = nseg, resistance
                section.insert("pas")
                section.g_pas, section.e_pas = leak, 0.0
            self.dend[0].connect(self.soma[0](1))

    constant = SpatiallyUniformField(duration=1000, fields=(ElectricField(Ez=field),))
    with Cell.from_python(Cable) as cell, play_field([constant], cell), Simulation(v_init=0) as simulation:
        simulation.add_cell(cell)
        simulation.run(200, cvode=False, dt=0.1)
        raw = cell.sections["dend[0]"].raw
        found = np.array([segment.v for segment in raw])
        x = np.array([segment.x for segment in raw]) * length
    space = math.sqrt(diameter / 4 / (resistance * leak) * 1e-4) * 1e4  # um
    gradient = field * 1e-3  # mV/um; the potential outside grows with z, so that inside lags behind
    theory = -gradient * space * np.sinh((x - length / 2) / space) / math.cosh(length / 2 / space)
    assert np.abs(theory).max() > 1
    assert found == pytest.approx(theory, abs=0.01)


def test_no_cvode(cell: Cell) -> None:
    with play_field([CONSTANT], cell), Simulation() as simulation:
        simulation.add_cell(cell)
        with pytest.raises(StimulusError, match="cannot act in a run with CVODE"):
            simulation.run(5, cvode=True)
        simulation.run(5, cvode=False)


def test_what_is_refused(cell: Cell) -> None:
    with pytest.raises(StimulusError, match="no field to impose"):
        play_field([], cell)
    for wrong in (np.eye(2), 2 * np.eye(3)):
        with pytest.raises(StimulusError, match="rotation"):
            play_field([CONSTANT], cell, wrong)
    with play_field([CONSTANT], cell), pytest.raises(StimulusError, match="acts on Cell S1/3 already"):
        play_field([WAVE], cell)
    with runtime.marked_running("a simulation"), pytest.raises(BusyError):
        play_field([WAVE], cell)


def test_a_closed_cell() -> None:
    with Cell.from_python(Branching) as cell:
        field = play_field([CONSTANT], cell)
        run(cell, until=3)
    assert field.closed
    with pytest.raises(ClosedError):
        play_field([CONSTANT], cell)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_dropped_cell_takes_its_field_along() -> None:
    def make() -> weakref.ref[LiveField]:
        cell = Cell.from_python(Branching)
        return weakref.ref(play_field([CONSTANT], cell))

    gc.disable()
    try:
        assert make()() is None
    finally:
        gc.enable()


def test_potentials_without_neuron(cell: Cell) -> None:
    vectors = displacements(cell, np.eye(3))
    found = potentials([CONSTANT], vectors, [1.0, 3.0, 8.0])
    assert found.shape == (3, cell.n_segments)
    assert found[1] == pytest.approx((40 * vectors[:, 1] - 3 * vectors[:, 2]) * 1e-3)
    assert not found[[0, 2]].any()


def test_no_threads(cell: Cell) -> None:
    with play_field([CONSTANT], cell), pytest.raises(UnsupportedByEngineError, match="Several threads"):
        run(cell, threads=2)


def test_no_threads_afterwards(cell: Cell) -> None:
    with play_field([CONSTANT], cell):
        run(cell)
    with pytest.raises(UnsupportedByEngineError, match="any more in this process") as refused:
        run(cell, threads=2)
    assert refused.value.offenders == ("an imposed potential has been written in every step of a run",)


def test_a_section_that_is_deleted_in_the_middle_of_a_run(cell: Cell) -> None:
    def delete(time: float) -> None:
        if time > 3 and "dend[1]" in cell._model.sections:
            runtime.raw_h().delete_section(sec=cell._model.sections.pop("dend[1]"))

    with play_field([WAVE], cell) as field, Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.add_hook(delete, every=1.0)
        with pytest.raises((EngineError, BrokenError)):
            simulation.run(12, cvode=False)
        field.close()
