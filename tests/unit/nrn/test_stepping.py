"""Steps and samples in one loop of NEURON's: the values of recordings, whoever samples when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from bluecellab.errors import BrokenError, EngineError
from bluecellab.nrn import clock, objects, runtime
from bluecellab.nrn.pointers import Frames, Pointers
from bluecellab.nrn.stepping import Reader, Sampler, Schedule, Stepper

DT = 0.025


@dataclass
class Watched:
    """A reader of the potential along a section."""

    section: Any
    schedule: Schedule | None
    rows: int = 5
    places: tuple[float, ...] = (0.1, 0.5, 0.9)
    blocks: list[np.ndarray] = field(default_factory=list)
    failure: Exception | None = None

    def __post_init__(self) -> None:
        self.pointers = Pointers(len(self.places))
        if self.places:
            self.pointers.at(0, self.section, self.places, "v")
        self.frames = Frames(len(self.places), self.rows)

    def took(self, count: int) -> None:
        assert self.schedule is not None
        first, stride, left = self.schedule.first, self.schedule.stride, self.schedule.count - count
        self.schedule = Schedule(first + count * stride, stride, left) if left else None
        if self.frames.count == self.rows:
            self.blocks.append(self.frames.take())

    def failed(self, error: RuntimeError) -> Exception:
        self.failure = BrokenError("it is gone")
        self.failure.__cause__ = error
        return self.failure

    def complain(self) -> None:
        """Nothing to say."""

    @property
    def values(self) -> np.ndarray:
        return np.concatenate([*self.blocks, self.frames.take()])


@dataclass
class Called:
    """A sampler in Python, which changes the model."""

    clamp: Any
    schedule: Schedule | None
    times: list[float] = field(default_factory=list)

    def sample(self) -> None:
        assert self.schedule is not None
        self.times.append(clock.now())
        self.clamp.amp += 0.01
        self.schedule = Schedule(self.schedule.first + self.schedule.stride, self.schedule.stride, 10**6)


@dataclass
class All:
    samplers: list[Any]
    steps_before: int = 0

    @property
    def due(self) -> float:
        return float(min(each.schedule.first for each in self.samplers if each.schedule is not None))

    def sample(self) -> float:
        """As the recorders of a simulation: whoever is due, in order."""
        step = self.due
        for each in self.samplers:
            if each.schedule is not None and each.schedule.first == step:
                if isinstance(each, Called):
                    each.sample()
                else:
                    each.frames.add(each.pointers)
                    each.took(1)
        return self.due


class Model:
    """A section with a clamp."""

    def __init__(self) -> None:
        h = runtime.raw_h()
        self.section = h.Section(name="stepped")
        self.section.L, self.section.diam, self.section.nseg = 100, 2, 3
        self.section.insert("hh")
        self.clamp = objects.point_process("IClamp", self.section(0.1))
        self.clamp.delay, self.clamp.dur, self.clamp.amp = 0.1, 100, 0.1
        h.dt = DT
        clock.initialise(-65.0)

    def recorded(self, steps: int) -> np.ndarray:
        """Return what NEURON itself records at each step."""
        h = runtime.raw_h()
        vectors = [objects.vector().record(self.section(x)._ref_v) for x in (0.1, 0.5, 0.9)]
        clock.initialise(-65.0)
        objects.parallel_context().psolve((steps + 0.25) * DT)
        found = np.stack([objects.values_of(vector) for vector in vectors], axis=1)
        del vectors
        clock.initialise(-65.0)
        assert h.t == 0
        return found


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    yield made
    made.clamp = None
    objects.delete_section(made.section)


@pytest.mark.parametrize("alone", [True, False])
def test_readers_of_different_times(model: Model, alone: bool) -> None:
    expected = model.recorded(100)
    every = Watched(model.section, Schedule(1, 1, 100))
    third = Watched(model.section, Schedule(2, 3, 1000), rows=7)
    late = Watched(model.section, Schedule(50, 20, 2), rows=1)
    empty = Watched(model.section, Schedule(4, 4, 1000), places=())
    never = Watched(model.section, None)
    assert all(isinstance(each, Reader) for each in (every, third, late, empty, never))
    stepper = Stepper(DT, All([every, third, late, empty, never]))
    stepper._alone = alone
    for taken, count in ((0, 1), (1, 30), (31, 69)):
        stepper.take(taken, count)
        assert clock.now() == pytest.approx((taken + count) * DT)
    assert np.array_equal(every.values, expected[1:])
    assert np.array_equal(third.values, expected[2::3])
    assert np.array_equal(late.values, expected[[50, 70]])
    assert empty.values.shape == (25, 0)
    assert never.values.shape == (0, 3)
    assert [len(block) for block in every.blocks] == [5] * 20


def test_after_other_steps(model: Model) -> None:
    expected = model.recorded(40)
    reader = Watched(model.section, Schedule(1010, 10, 3))
    Stepper(DT, All([reader], steps_before=1000)).take(0, 40)
    assert np.array_equal(reader.values, expected[[10, 20, 30]])


def test_python_takes_part_in_the_order_of_samplers(model: Model) -> None:
    reader = Watched(model.section, Schedule(1, 1, 40))
    called = Called(model.clamp, Schedule(8, 8, 100))
    sampling = All([reader, called])
    Stepper(DT, sampling, sampling.sample).take(0, 40)
    assert called.times == pytest.approx(np.arange(8, 41, 8) * DT)
    found = reader.values
    model.clamp.amp = 0.1
    clock.initialise(-65.0)
    expected = []
    for step in range(1, 41):
        runtime.raw_h().fadvance()
        expected.append([model.section(x).v for x in (0.1, 0.5, 0.9)])
        if step % 8 == 0:
            model.clamp.amp += 0.01
    assert np.array_equal(found, expected)


def test_without_samples(model: Model) -> None:
    Stepper(DT, None).take(0, 40)
    assert clock.now() == pytest.approx(40 * DT)
    assert not isinstance(Called(model.clamp, None), Reader)
    sampler: Sampler = Called(model.clamp, None)
    assert sampler.schedule is None


def test_what_is_gone(model: Model) -> None:
    h = runtime.raw_h()
    other = h.Section(name="other")
    process = objects.point_process("IClamp", other(0.5))
    reader, broken = Watched(model.section, Schedule(1, 1, 40)), Watched(model.section, Schedule(2, 2, 40))
    broken.pointers.at_process(1, process, "amp")
    del process
    objects.delete_section(other)
    clock.initialise(-65.0)
    with pytest.raises(BrokenError, match="it is gone") as caught:
        Stepper(DT, All([reader, broken])).take(0, 40)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert caught.value is broken.failure
    assert reader.frames.count == 1


def test_one_of_several_ranks_goes_on_until_all_meet(model: Model) -> None:
    h = runtime.raw_h()
    other = h.Section(name="other")
    process = objects.point_process("IClamp", other(0.5))
    reader, broken = Watched(model.section, Schedule(1, 1, 40)), Watched(model.section, Schedule(2, 20, 2))
    broken.pointers.at_process(1, process, "amp")
    del process
    objects.delete_section(other)
    clock.initialise(-65.0)
    stepper = Stepper(DT, All([reader, broken]))
    stepper._alone = False
    stepper.take(0, 40)
    assert clock.now() == pytest.approx(40 * DT)
    assert isinstance(broken.failure, BrokenError)
    assert reader.frames.count == 1


def test_an_error_of_neuron(model: Model) -> None:
    def fail() -> None:
        raise ValueError("mine")

    reader = Watched(model.section, Schedule(1, 1, 40), rows=50)
    objects.cvode().event(10.5 * DT, fail)
    with pytest.raises(EngineError, match="mine"):
        Stepper(DT, All([reader])).take(0, 40)
    assert reader.frames.count in (10, 11)
    clock.initialise(-65.0)


@pytest.mark.parametrize(
    ("schedule", "begin", "end", "expected"),
    [
        (Schedule(0, 1, 3), 0, 10, [1, 2]),
        (Schedule(5, 2, 10), 5, 9, [7, 9]),
        (Schedule(5, 2, 10), 0, 4, []),
        (Schedule(5, 2, 1), 0, 100, [5]),
        (Schedule(5, 2, 1), 5, 100, []),
        (Schedule(-7, 5, 100), 0, 8, [3, 8]),
    ],
)
def test_schedules(schedule: Schedule, begin: int, end: int, expected: list[int]) -> None:
    assert schedule.within(begin, end).tolist() == expected
