"""Stimuli that play, against hand-written NEURON scripts, bit for bit."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from bluecellab.errors import BusyError, ClosedError, StimulusError
from bluecellab.nrn import runtime
from bluecellab.nrn.census import census
from bluecellab.nrn.handles import Section
from bluecellab.nrn.scope import Scope
from bluecellab.spec.base import Site
from bluecellab.spec.stimuli import (
    AlphaSynapse,
    Hyperpolarizing,
    Noise,
    OrnsteinUhlenbeck,
    PulseTrain,
    Ramp,
    Sampled,
    Segments,
    ShotNoise,
    Sinusoidal,
    Step,
    Stimulus,
    VoltageClamp,
)
from bluecellab.stimulus import Electrical, NoiseStream, Seeds, play, waveform_of
from bluecellab.stimulus.clamps import resistances

CELL = Electrical(threshold_current=0.2, holding_current=-0.05, input_resistance=100.0)


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    runtime.start()


@pytest.fixture
def soma() -> Iterator[Section]:
    """A section with spikes, owned by a cell's scope."""
    h = runtime.raw_h()
    before = h.celsius, h.dt
    scope = Scope("Cell 1")
    raw = scope.own(h.Section(name="soma"), lambda raw: h.delete_section(sec=raw))
    section = Section(raw, scope, "soma[0]")
    section.L = section.diam = 20
    section.insert("hh")
    yield section
    scope.close()
    h.celsius, h.dt = before


def _run(soma: Section, until: float = 40, variable: str = "v") -> np.ndarray:
    h = runtime.raw_h()
    trace = h.Vector().record(getattr(soma.raw(0.5), f"_ref_{variable}"))
    h.celsius, h.dt = 6.3, 0.025
    h.finitialize(-65)
    h.continuerun(until)
    return np.array(trace)


def _step(h: Any, soma: Any) -> list[Any]:
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = 5, 10, 0.2
    return [clamp]


def _played(h: Any, soma: Any, times: list[float], values: list[float]) -> list[Any]:
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur = 0, 1e9
    vectors = h.Vector(values), h.Vector(times)
    vectors[0].play(clamp._ref_amp, vectors[1], 1)
    return [clamp, *vectors]


def _ramp(h: Any, soma: Any) -> list[Any]:
    return _played(h, soma, [0, 5, 5, 20, 20, 20], [0, 0, 0.1, 0.4, 0, 0])


def _sine(h: Any, soma: Any) -> list[Any]:
    times = h.Vector().indgen(5, 20, 0.025)
    values = [0.3 * np.sin(2 * np.pi * 50 * (time - 5) / 1000) for time in times]
    return _played(h, soma, [*times, 20, 20], [*values, 0, 0])


def _noise(h: Any, soma: Any) -> list[Any]:
    random = h.Random()
    random.Random123(102, 500, 304)
    random.normal(0.1, 0.02)
    values = h.Vector(31)
    values.setrand(random)
    return _played(h, soma, [*np.arange(0, 15.1, 0.5), 15, 15], [*values, 0, 0])


def _hold(h: Any, soma: Any) -> list[Any]:
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur = 3, 9.5
    vectors = h.Vector([0.1, 0.2, 0.3, 0.4]), h.Vector([3, 5, 9, 12.5])
    vectors[0].play(clamp._ref_amp, vectors[1])
    return [clamp, *vectors]


def _voltage(h: Any, soma: Any) -> list[Any]:
    clamp = h.SEClamp(soma(0.5))
    clamp.dur1, clamp.amp1, clamp.dur2, clamp.amp2, clamp.dur3, clamp.amp3 = 5, -70, 10, -50, 15, -60
    clamp.rs = 0.01
    return [clamp]


def _alpha(h: Any, soma: Any) -> list[Any]:
    synapse = h.AlphaSynapse(soma(0.5))
    synapse.onset, synapse.tau, synapse.gmax, synapse.e = 5, 2, 0.01, -10
    return [synapse]


def _conductance(h: Any, soma: Any) -> list[Any]:
    clamp = h.SEClamp(soma(0.5))
    clamp.dur1, clamp.amp1 = 15, -10
    vectors = h.Vector([1e9, 100, 100, 1e9, 1e9]), h.Vector([5, 5, 15, 15, 15])
    vectors[0].play(clamp._ref_rs, vectors[1], 1)
    return [clamp, *vectors]


def _two(h: Any, soma: Any) -> list[Any]:
    other = h.IClamp(soma(0.5))
    other.delay, other.dur, other.amp = 0, 40, -0.05
    return [*_step(h, soma), other]


Bare = Callable[[Any, Any], "list[Any]"]
PAIRS: list[tuple[Stimulus, Bare]] = [
    (Step(delay=5, duration=10, amplitude=0.2), _step),
    (Segments(delay=5, levels=(0.2,), durations=(10,)), _step),
    (PulseTrain(delay=5, duration=10, amp_start=0.2, width=20, frequency=100), _step),
    (Ramp(delay=5, duration=15, amp_start=0.1, amp_end=0.4), _ramp),
    (Sampled(times=(5, 20), values=(0.1, 0.4)), _ramp),
    (Sinusoidal(delay=5, duration=15, amp_start=0.3, frequency=50), _sine),
    (Noise(duration=15, mean=0.1, variance=0.02), _noise),
    (Sampled(times=(3, 5, 9, 12.5), values=(0.1, 0.2, 0.3, 0.4), interpolation="hold"), _hold),
    (
        VoltageClamp(duration=30, voltage=-70, duration_levels=(5, 10), voltage_levels=(-50, -60)),
        _voltage,
    ),
    (AlphaSynapse(onset=5, tau=2, gmax=0.01, e=-10), _alpha),
    (
        Step(delay=5, duration=10, amplitude=0.01, mode="conductance", reversal=-10),
        _conductance,
    ),
    (Step(delay=5, duration=10, amplitude=0.2) + Hyperpolarizing(duration=40), _two),
]


@pytest.mark.parametrize(("spec", "bare"), PAIRS, ids=lambda item: getattr(item, "type", ""))
def test_same_as_a_bare_script(spec: Stimulus, bare: Bare, soma: Section) -> None:
    kept = bare(runtime.raw_h(), soma.raw)
    theirs = _run(soma)
    kept.clear()
    live = play(spec, soma(0.5), soma._scope, electrical=CELL, seeds=Seeds(cell=4, count=2))
    ours = _run(soma)
    assert np.abs(theirs - -65).max() > 0.5
    if isinstance(spec, Sinusoidal | VoltageClamp):
        # numpy's sine, and a jump of the level half a step apart, may differ by rounding
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)
    else:
        assert np.array_equal(ours, theirs)
    assert live.spec == spec


EVERY = [pair[0] for pair in PAIRS] + [
    OrnsteinUhlenbeck(duration=30, tau=3, sigma=0.001, mean=0.002, mode="conductance"),
    ShotNoise(duration=30, rate=200, amp_mean=0.04, amp_var=0.001, rise_time=0.4, decay_time=4),
    VoltageClamp(delay=5, duration=30, voltage=-70),
]


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.type)
def test_closed_it_is_as_if_never_added(spec: Stimulus, soma: Section) -> None:
    before, alive = _run(soma), census()
    live = play(spec, soma(0.5), soma._scope, electrical=CELL)
    with_it = _run(soma)
    assert not np.array_equal(before, with_it)
    assert np.array_equal(_run(soma), with_it)
    live.close()
    live.close()
    assert live.closed
    assert alive.difference(census()) == ""
    assert np.array_equal(_run(soma), before)


def test_the_handle_can_be_dropped(soma: Section) -> None:
    with_it = _run(soma)
    live = play(Step(delay=5, duration=5, amplitude=0.3), soma(0.5), soma._scope)
    gone = weakref.ref(live)
    del live
    assert gone() is None
    assert not np.array_equal(_run(soma), with_it)


def test_the_cell_takes_it_along(soma: Section) -> None:
    live = play(
        Step(delay=5, duration=5, amplitude=0.3) + AlphaSynapse(onset=1, tau=1, gmax=1),
        soma(0.5),
        soma._scope,
    )
    first, second = live.parts
    soma._scope.close()
    assert live.closed
    assert first.closed
    assert second.closed
    with pytest.raises(ClosedError, match=r"step at soma\[0\]\(0.5\) \(owned by Cell 1 > sum"):
        _ = first.hoc
    with pytest.raises(ClosedError, match="Cell 1"):
        play(Step(duration=1, amplitude=1), soma(0.5), soma._scope)


@pytest.mark.parametrize("name", ["hoc", "ic", "tvec", "stim", "current_ref", "amp", "rs"])
def test_use_after_close(name: str, soma: Section) -> None:
    live = play(Step(duration=1, amplitude=1), soma(0.5), soma._scope)
    live.close()
    with pytest.raises(ClosedError, match="is closed"):
        getattr(live, name)
    with pytest.raises(ClosedError, match="is closed"):
        live.amp = 3


def test_what_stays_after_close(soma: Section) -> None:
    spec = Step(duration=1, amplitude=1)
    live = play(spec, soma(0.3), soma._scope)
    assert repr(live) == "<LiveStimulus Cell 1 > step at soma[0](0.3) open>"
    live.close()
    assert repr(live) == "<LiveStimulus Cell 1 > step at soma[0](0.3) closed>"
    assert live.spec == spec
    assert live.site == Site(section="soma[0]", x=0.3)
    assert live.waveform == waveform_of(spec)


def test_published_attributes(soma: Section) -> None:
    live = play(Step(delay=5, duration=5, amplitude=0.3), soma(0.5), soma._scope)
    assert list(live.tvec) == [5, 5, 10, 10, 10]
    assert list(live.stim) == [0, 0.3, 0.3, 0, 0]
    assert live.ic.hname().startswith("IClamp[")
    assert live.get_segment().x == 0.5
    assert live.parts == (live,)


def test_attributes_reach_the_point_process(soma: Section) -> None:
    clamp = play(VoltageClamp(duration=20, voltage=-70), soma(0.5), soma._scope)
    assert clamp.rs == 0.01
    clamp.rs = 2
    assert clamp.hoc.rs == 2
    with pytest.raises(StimulusError, match="plays no vector, so it has no 'tvec'"):
        _ = clamp.tvec
    with pytest.raises(AttributeError):
        _ = clamp.no_such_thing


def test_current_of_a_voltage_clamp(soma: Section) -> None:
    h = runtime.raw_h()
    clamp = play(VoltageClamp(delay=5, duration=20, voltage=-70), soma(0.5), soma._scope)
    current = h.Vector().record(clamp.current_ref)
    potential = _run(soma)
    values = np.array(current)
    assert np.abs(values[:198]).max() < 1e-6
    assert values[400] == pytest.approx((-70 - potential[400]) / 0.01, rel=1e-2)
    assert potential[600] == pytest.approx(-70, abs=0.1)
    assert (values[1010:] == 0).all()


@pytest.mark.parametrize(
    "spec",
    [
        Segments(delay=5, levels=(0.3, 0.1), durations=(10, 30)),
        OrnsteinUhlenbeck(delay=1, duration=99, tau=3, sigma=0.1, mean=0.3),
        Sampled(times=(2, 50), values=(0.3, 0.1), interpolation="hold"),
        VoltageClamp(duration=50, voltage=-65, duration_levels=(5,), voltage_levels=(-50,)),
        VoltageClamp(delay=5, duration=50, voltage=-50),
        Step(delay=5, duration=50, amplitude=0.01, mode="conductance"),
    ],
    ids=lambda spec: spec.type,
)
def test_a_run_stopped_in_the_middle_leaves_nothing_to_the_next(spec: Stimulus, soma: Section) -> None:
    """NEURON itself would record, at time 0, the current that the last run ended with."""
    h = runtime.raw_h()
    live = play(spec, soma(0.5), soma._scope)
    current = h.Vector().record(live.current_ref)
    _run(soma, 10)
    first = np.array(current)
    _run(soma, 10)
    assert np.array_equal(np.array(current), first)
    assert abs(first[0]) < 1e-6 < abs(first[-1])


def test_not_during_a_run(soma: Section) -> None:
    live = play(Step(duration=1, amplitude=1), soma(0.5), soma._scope)
    with runtime.marked_running("a simulation"):
        with pytest.raises(BusyError, match="adding a stimulus to Cell 1"):
            play(Step(duration=1, amplitude=1), soma(0.5), soma._scope)
        with pytest.raises(BusyError, match="closing Cell 1 > step"):
            live.close()
    assert not live.closed


def test_what_cannot_be_played_leaves_nothing(soma: Section) -> None:
    alive = census()
    spec = Step(duration=1, amplitude=1) + Hyperpolarizing(duration=1)
    with pytest.raises(StimulusError, match="holding current"):
        play(spec, soma(0.5), soma._scope)
    assert alive.difference(census()) == ""


def test_a_stream_of_ones_own(soma: Section) -> None:
    spec = Noise(duration=5, mean=0, variance=1)
    live = play(spec, soma(0.5), soma._scope, stream=NoiseStream(1, 2, 3))
    assert live.waveform.values[0] == NoiseStream(1, 2, 3).open().normal(2)[1]


def test_sums(soma: Section) -> None:
    live = play(Step(duration=2, amplitude=1) + Ramp(duration=2, amp_end=1), soma(0.5), soma._scope)
    assert live.waveform.at([1, 3]).tolist() == [1.5, 0]
    with pytest.raises(StimulusError, match=r"a point process for each of its \.parts"):
        _ = live.hoc
    live.close()
    assert all(part.closed for part in live.parts)


def test_with(soma: Section) -> None:
    with play(Step(duration=1, amplitude=1), soma(0.5), soma._scope) as live:
        assert not live.closed
    assert live.closed


def test_resistances() -> None:
    conductances = np.array([0.01, 0.0, -1.0, 1e-9, 1e9, 2.0])
    assert resistances(conductances).tolist() == [100, 1e9, 1e9, 1e9, 1e9, 0.5]


def test_no_cycles(soma: Section) -> None:
    """Dropping a cell frees its stimuli without the garbage collector."""
    gc.disable()
    try:
        live = play(Step(delay=1, duration=1, amplitude=1), soma(0.5), soma._scope)
        clamps = int(runtime.raw_h().List("IClamp").count())
        live.close()
        assert int(runtime.raw_h().List("IClamp").count()) == clamps - 1
    finally:
        gc.enable()
