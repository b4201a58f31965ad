"""Spikes of traces; several cells at once; tables."""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab.analysis import (
    StepTimes,
    count_spikes,
    detect_spike,
    measure,
    on_live,
    rheobase,
    run_all,
    spike_times,
    steady_state_voltage,
    table,
)
from bluecellab.cell import Cell, create_ball_stick
from bluecellab.errors import NotRecordableError, UnsteadyCellError
from bluecellab.results import Outcome
from bluecellab.results.measured import FICurve
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import BallStickCell
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.recordings import VariableRecording
from bluecellab.spec.simulation import RunConditions

SHORT = StepTimes(delay=20.0, duration=60.0, post_delay=0.0)


def test_spikes_are_upward_crossings() -> None:
    time, voltage = np.arange(6.0), [-10, -65, -20, -19, 30, -65]
    assert spike_times(time, voltage).tolist() == [0.0, 3.0]
    assert count_spikes(voltage) == 2
    assert count_spikes(voltage, threshold=20) == 1
    assert count_spikes([]) == 0
    assert detect_spike(voltage, 29.9)
    assert not detect_spike(voltage, 30)
    assert not detect_spike([])


def test_protocols_run_on_live_cells_and_specifications_alike() -> None:
    protocols = [Protocol.of_step(level, 5, 10, 5) for level in (0.0, 0.5)]
    with Cell.from_spec(BallStickCell()) as cell:
        live = run_all(cell, protocols)
    elsewhere = run_all(BallStickCell(), protocols, processes=2)
    assert [results.traces for results in live] == [results.traces for results in elsewhere]
    wrong = Protocol(duration=1, recordings=(VariableRecording(variable="nothing"),))
    with pytest.raises(NotRecordableError):
        run_all(BallStickCell(), [protocols[0], wrong])


def test_functions_get_a_live_cell() -> None:
    def name_of(cell: Cell, before: str, *, after: str) -> str:
        return before + cell.cell_id.population_name + after

    cell = BallStickCell(id=CellId("ball", 3))
    assert on_live(name_of, cell, "<", after=">") == "<ball>"
    with create_ball_stick(CellId("stick", 1)) as live:
        assert on_live(name_of, live, "<", after=">") == "<stick>"


def test_several_cells_and_parameters_at_once() -> None:
    cells = [BallStickCell(id=CellId("one", index)) for index in range(2)]
    slow = RunConditions(cvode=True, celsius=18)
    currents = [{"current": level, "conditions": slow} for level in (0.0, 0.6)]
    outcomes = measure(steady_state_voltage, cells, currents, processes=2).collect()
    assert [outcome.ok for outcome in outcomes] == [True, False] * 2
    assert isinstance(outcomes[1].error, UnsteadyCellError)
    frame = table(outcomes, value="voltage")
    assert list(frame["cell"]) == ["one/0"] * 2 + ["one/1"] * 2
    assert frame["voltage"].isna().tolist() == [False, True] * 2
    assert frame.loc[1, "error"].startswith("UnsteadyCellError: the potential at one/0 soma[0](0.5) is above")
    assert frame.loc[0, "voltage"] == steady_state_voltage(cells[0], conditions=slow)


def test_tables_have_the_fields_of_what_was_measured() -> None:
    outcomes = measure(rheobase, BallStickCell(), {"times": SHORT}).collect()
    frame = table(outcomes)
    assert frame.loc[0, "current"] == outcomes[0].unwrap().current
    assert "tried" not in frame
    assert frame.loc[0, "times"] == str(SHORT)
    assert frame.attrs["units"]["holding_current"] == "nA"


def test_curves_become_rows() -> None:
    curve = FICurve([0.1, 0.2], [0, 5], [0.0, 10.0])
    frame = table([Outcome(1, BallStickCell(), value=3.5), Outcome(0, BallStickCell(), value=curve)])
    assert frame["currents"].tolist()[:2] == [0.1, 0.2]
    assert frame["rates"].tolist()[:2] == [0.0, 10.0]
    assert frame["value"].tolist()[2] == 3.5
    assert frame.attrs["units"] == {"currents": "nA", "rates": "Hz", "holding_current": "nA"}
    assert table([]).empty
