"""Artificial cells: no sections, events in and out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluecellab import Simulation, create_ball_stick
from bluecellab.cell import Cell
from bluecellab.errors import (
    CellError,
    ClosedError,
    InvalidSpecError,
    MissingMechanismError,
    NotRecordedError,
    SectionNotFoundError,
    TemplateError,
    TemplateNotFoundError,
)
from bluecellab.nrn import artificial, objects
from bluecellab.nrn.census import census
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import PointCell

FIRE = PointCell(mechanism="IntFire1", parameters={"tau": 10.0, "refrac": 2.0}, id=CellId("P", 1))
WRAPPER = """
begintemplate Wrapped
public pointcell, number
objref pointcell
proc init() {
    number = $1
    pointcell = new IntFire1()
    pointcell.refrac = 3
}
endtemplate Wrapped
"""


def connect(source: Cell, target: Cell, weight: float, delay: float) -> object:
    connection = source.create_netcon_spikedetector(target.artificial, "soma", -20)
    connection.weight[0], connection.delay = weight, delay
    return connection


def test_it_has_no_sections_and_says_so() -> None:
    with Cell.from_spec(FIRE) as cell:
        assert cell.cell_id == ("P", 1)
        assert len(cell.sections) == cell.n_segments == cell.area() == 0
        assert (cell.threshold, cell.hypamp) == (0.0, 0.0)
        assert cell.artificial.tau == 10
        assert cell.hoc.refrac == 2
        for use in (lambda: cell.soma, lambda: cell.add_step(0, 1, 1), lambda: cell.record("v")):
            with pytest.raises(SectionNotFoundError, match="no soma.*no sections at all"):
                use()
        with pytest.raises(NotRecordedError):
            cell.get_soma_voltage()
    with pytest.raises(ClosedError):
        _ = cell.artificial


def test_it_receives_and_sends_events() -> None:
    with create_ball_stick() as stick, Cell.from_spec(FIRE) as cell, Simulation() as simulation:
        simulation.add_cell(stick)
        simulation.add_cell(cell)
        stick.add_step(5, 20, 0.5)
        connection = connect(stick, cell, 1.5, 1.0)
        stick.start_recording_spikes(None, "soma", -20)
        cell.start_recording_spikes(None, "soma", -30)
        cell.start_recording_spikes(None, "AIS", -10)
        with pytest.raises(NotRecordedError):
            cell.get_recorded_spikes("soma", -30)
        for cvode in (False, True, False):
            simulation.run(30, cvode=cvode)
            sent = np.array(stick.get_recorded_spikes("soma", -20))
            assert cell.get_recorded_spikes("soma", -30)[0] == pytest.approx(sent[0] + 1)
            assert len(cell.spikes()) == 2
            assert cell.get_recorded_spikes("AIS", -10) == cell.get_recorded_spikes("soma", -30)
        assert len(cell.get_time()) == 1201
        del connection


def test_artificial_cells_alone() -> None:
    with Cell.from_spec(FIRE) as one, Cell.from_spec(FIRE) as two, Simulation() as simulation:
        simulation.add_cell(one)
        simulation.add_cell(two)
        there, back = connect(one, two, 2.0, 3.0), connect(two, one, 2.0, 4.0)
        two.start_recording_spikes(None, "soma", 0)
        one.start_recording_spikes(None, "soma", 0)
        simulation.run(20, cvode=False)
        assert one.get_recorded_spikes("soma", 0) == []
        simulation.run(20, cvode=False)
        assert len(two.get_time()) == 801
        del there, back


def test_made_by_a_template(tmp_path: Path) -> None:
    path = tmp_path / "Wrapped.hoc"
    path.write_text(WRAPPER)
    spec = PointCell(mechanism="Wrapped", template_path=path, id=CellId("P", 7))
    with Cell.from_spec(spec) as cell:
        assert cell.hoc.number == 7
        assert cell.artificial.refrac == 3


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(MissingMechanismError, match="IntFire9.*IntFire"):
        Cell.from_spec(PointCell(mechanism="IntFire9"))
    with pytest.raises(CellError, match="ExpSyn is no artificial cell"):
        Cell.from_spec(PointCell(mechanism="ExpSyn"))
    with pytest.raises(CellError, match="IntFire1 has no parameter 'taux'"):
        Cell.from_spec(PointCell(mechanism="IntFire1", parameters={"taux": 3}))
    with pytest.raises(InvalidSpecError):
        PointCell(mechanism="IntFire1() quit")
    with pytest.raises(TemplateNotFoundError):
        Cell.from_spec(PointCell(mechanism="X", template_path=tmp_path / "X.hoc"))
    for name, text in {
        "empty": "begintemplate Empty\npublic pointcell\nobjref pointcell\nendtemplate Empty\n",
        "fails": WRAPPER.replace("pointcell.refrac = 3", 'execerror("no", "")').replace("Wrapped", "Fails"),
    }.items():
        (tmp_path / f"{name}.hoc").write_text(text)
        with pytest.raises(TemplateError):
            Cell.from_spec(PointCell(mechanism="X", template_path=tmp_path / f"{name}.hoc"))


def test_a_cell_that_is_closed_before_those_that_talk_to_it() -> None:
    with create_ball_stick() as stick, Simulation() as simulation:
        simulation.add_cell(stick)
        stick.add_step(2, 20, 0.5)
        cell = Cell.from_spec(FIRE)
        connection = connect(stick, cell, 1.5, 1.0)
        cell.close()
        simulation.run(10, cvode=False)
        assert stick.get_soma_voltage().max() > -10
        del connection


def test_as_a_source_with_a_gid() -> None:
    context = objects.parallel_context()
    with Cell.from_spec(FIRE) as cell, Cell.from_spec(FIRE) as other, Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.add_cell(other)
        source = cell.create_netcon_spikedetector(None, "soma", 0)
        context.set_gid2node(4711, 0)
        context.cell(4711, source)
        connection = context.gid_connect(4711, other.artificial)
        connection.weight[0], connection.delay = 2, 1
        simulation.run(5, cvode=False)
        del source, connection
    assert not context.gid_exists(4711)


def test_many_leave_nothing() -> None:
    before = census()
    for _ in range(20):
        with Cell.from_spec(FIRE) as cell:
            cell.start_recording_spikes(None, "soma", 0)
    assert not before.difference(census())


def test_parameters_are_checked_one_by_one() -> None:
    made = artificial.make("IntFire2")
    artificial.set_parameters(made, {"taum": 12.0})
    assert made.taum == 12


def test_json() -> None:
    assert PointCell.from_json(FIRE.to_json()) == FIRE
    assert hash(FIRE) == hash(PointCell.from_json(FIRE.to_json()))
