"""One pool of ours for many sweeps, as a server has it."""

from __future__ import annotations

import time

import pytest

from bluecellab.errors import InvalidSpecError, WorkerTimeoutError
from bluecellab.simulation.isolation import Executor, Isolation
from bluecellab.simulation.sweeping import sweep
from bluecellab.spec.cells import BallStickCell
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.recordings import VoltageRecording

CELL = BallStickCell()
SHORT = [Protocol(duration=duration) for duration in (1, 2, 3)]
ENDLESS = Protocol(duration=1e9, recordings=(VoltageRecording(interval=1e6),))


def test_sweeps_share_a_pool_and_leave_it_open() -> None:
    with Executor(2) as executor:
        first, second = (sweep(CELL, SHORT, executor=executor, ordered=False) for _ in range(2))
        assert first.results() == second.results()
        endless = sweep(CELL, [ENDLESS] * 3, executor=executor)
        endless.close()
        began = time.monotonic()
        assert len(sweep(CELL, SHORT, executor=executor).results()) == 3
        assert time.monotonic() - began < 30  # those that were closed keep nobody waiting
        assert not executor.closed


def test_its_limits_are_those_of_the_pool() -> None:
    with Executor(1, isolation=Isolation(time_limit=0.3)) as executor:
        (outcome,) = sweep(CELL, ENDLESS, executor=executor).collect()
        assert isinstance(outcome.error, WorkerTimeoutError)
        with pytest.raises(InvalidSpecError, match="time_limit of one of our pools"):
            sweep(CELL, ENDLESS, executor=executor, time_limit=1)
