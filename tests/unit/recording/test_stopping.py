"""Runs that end at the first spike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bluecellab.cell import Cell, create_ball_stick
from bluecellab.errors import CancelledError, ClosedError
from bluecellab.recording.stopping import StopAtSpike
from bluecellab.results import Trace
from bluecellab.simulation import Simulation

END = 30.0


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick() as live:
        live.add_step(10.0, 25.0, 0.6)
        yield live


def _run(cell: Cell, *, cvode: bool) -> Trace:
    with Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(END, cvode=cvode)
        return cell.recordings["self.soma(0.5)._ref_v"].trace()


def _watching(cell: Cell, start: float = 0.0, stop: float = END, threshold: float = -20.0) -> StopAtSpike:
    stopper = StopAtSpike(cell.at(), cell.scope, threshold=threshold, start=start, stop=stop)
    cell.take_part(stopper)
    return stopper


def test_until_it_ends_a_run_is_the_same(cell: Cell) -> None:
    whole = _run(cell, cvode=True)
    with _watching(cell) as stopper:
        short = _run(cell, cvode=True)
        count = len(short)
        assert stopper.time == short.time[-1] < 15
    first = int(np.flatnonzero(whole.values > -20)[0])
    assert count == first + 1
    assert short.values.tobytes() == whole.values[:count].tobytes()
    assert _run(cell, cvode=True) == whole


def test_with_a_fixed_step_it_raises(cell: Cell) -> None:
    whole = _run(cell, cvode=False)
    with _watching(cell) as stopper:
        with pytest.raises(CancelledError, match="ended at a spike at 1") as caught:
            _run(cell, cvode=False)
        assert caught.value.time == stopper.time
        trace = cell.recordings["self.soma(0.5)._ref_v"].trace()
        assert trace.partial
        assert trace.values.tobytes() == whole.values[: len(trace)].tobytes()
        assert trace.time[-1] < stopper.time + 1.1
    assert _run(cell, cvode=False) == whole


@pytest.mark.parametrize("cvode", [True, False])
def test_spikes_outside_of_the_window_do_not_count(cell: Cell, cvode: bool) -> None:
    with _watching(cell, stop=10.0) as stopper:
        assert _run(cell, cvode=cvode).time[-1] == pytest.approx(END)
        assert stopper.time is None


def test_a_place_that_is_taken_is_left_alone(cell: Cell) -> None:
    detector = cell.start_recording_spikes(None, "soma[0](0.5)", 0.0)
    with _watching(cell) as stopper:
        assert _run(cell, cvode=True).time[-1] == END
        assert stopper.time is None
    assert detector.threshold == 0.0
    assert len(detector.times()) > 0


def test_it_can_be_closed(cell: Cell) -> None:
    stopper = _watching(cell)
    stopper.close()
    assert _run(cell, cvode=True).time[-1] == END
    with pytest.raises(ClosedError):
        stopper.check(None)  # type: ignore[arg-type]
