"""Protocols on live cells: bitwise as in a fresh process, in any order, and everything put back."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from bluecellab.cell import Cell, create_ball_stick
from bluecellab.errors import (
    BusyError,
    ClosedError,
    HookError,
    InvalidSpecError,
    NotRecordableError,
    RecordingError,
    SectionNotFoundError,
    SimulationError,
    StimulusError,
    UnaddedCellWarning,
)
from bluecellab.nrn import settings
from bluecellab.nrn.census import census
from bluecellab.recording import RunPlan
from bluecellab.results import Results
from bluecellab.simulation import Isolation, Simulation, integrates_with_cvode, run_here, run_on
from bluecellab.spec.base import Site
from bluecellab.spec.cells import AnyCell, BallStickCell, HocCell, PointCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.recordings import (
    CurrentsRecording,
    PointProcessRecording,
    SpikeRecording,
    VariableRecording,
    VoltageRecording,
)
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import (
    Hyperpolarizing,
    Noise,
    OrnsteinUhlenbeck,
    RelativeLinear,
    ShotNoise,
    Sinusoidal,
    Step,
    VoltageClamp,
)
from tests.material import ModelCell, material

FIXED, VARIABLE = RunConditions(), RunConditions(cvode=True)
SOMA, SPIKES = VoltageRecording(), SpikeRecording(threshold=-20)
DEND = Site(section="dend[0]")


def protocols(duration: float = 25.0) -> list[Protocol]:
    """Return protocols of every kind: either integrator, random, clamped."""
    clamp = VoltageClamp(duration=duration, voltage=-60, duration_levels=(3,), voltage_levels=(-20,))
    clamped = Placed(stimulus=clamp, name="clamp")
    process = OrnsteinUhlenbeck(duration=duration, tau=2, sigma=0.1, mean=0.4)
    noise = Placed(stimulus=Noise(duration=duration, mean=0.1, variance=0.01), site=DEND)
    shots = ShotNoise(duration=duration, rate=100, amp_mean=0.5, amp_var=0.01, rise_time=0.4, decay_time=4)
    sine = Placed(stimulus=Sinusoidal(duration=duration, amp_start=0.4, frequency=50))
    dendrite = VoltageRecording(site=DEND, interval=0.1)
    step = Protocol.of_step(0.5, 1, duration - 3, 2)
    return [
        step.replace(conditions=FIXED, recordings=(SOMA, dendrite, SPIKES)),
        step.replace(conditions=VARIABLE, recordings=(SOMA, dendrite, SPIKES, SPIKES.replace(threshold=-10))),
        step.replace(conditions=RunConditions(cvode="auto", celsius=25, v_init=-75)),
        Protocol(
            duration=duration,
            stimuli=(Placed(stimulus=process), noise),
            conditions=FIXED.replace(base_seed=3),
            recordings=(SOMA, SPIKES),
        ),
        Protocol(
            duration=duration,
            stimuli=(Placed(stimulus=shots),),
            conditions=VARIABLE.replace(stimulus_seed=7),
            recordings=(SPIKES, SOMA),
        ),
        Protocol(
            duration=duration,
            stimuli=(clamped,),
            recordings=(SOMA, PointProcessRecording(target="clamp"), CurrentsRecording()),
        ),
        Protocol(
            duration=duration,
            stimuli=(clamped,),
            conditions=VARIABLE,
            recordings=(SOMA, PointProcessRecording(target="clamp")),
        ),
        Protocol(
            duration=duration,
            stimuli=(sine,),
            conditions=FIXED.replace(dt=0.05),
            recordings=(VariableRecording(variable="i_membrane_"), SOMA),
        ),
    ]


def fresh(cell: AnyCell, chosen: list[Protocol], mechanisms: tuple[str, ...] = ()) -> list[Results]:
    """Return what a process of its own gives for each."""
    isolation = Isolation(mechanisms=mechanisms)
    return [isolation.run(run_here, cell, protocol) for protocol in chosen]


def check_any_order(cell: Cell, chosen: list[Protocol], expected: list[Results], rounds: int) -> None:
    generator = random.Random(1)
    for _ in range(rounds):
        for index in generator.sample(range(len(chosen)), len(chosen)):
            assert run_on(cell, chosen[index]) == expected[index], chosen[index]


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick() as made:
        yield made


def test_any_order_is_a_fresh_process() -> None:
    chosen = protocols()
    expected = fresh(BallStickCell(), chosen)
    with Cell.from_spec(BallStickCell()) as cell:
        check_any_order(cell, chosen, expected, rounds=2)
        cell.start_recording_spikes(None, "soma", -20)  # at the place and threshold of the protocols'
        cell.record_dt = 0.5
        check_any_order(cell, chosen, expected, rounds=1)


def hoc_cell(model: ModelCell) -> HocCell:
    return HocCell(
        template_path=str(model.template),
        morphology_path=str(model.morphology),
        template_format=model.template_format,
        emodel_properties=model.emodel_properties,
        mechanisms=str(model.mechanisms),
    )


def on_one_cell(spec: AnyCell, chosen: list[Protocol]) -> list[Results]:
    """Run each protocol on one live cell, in this process."""
    with Cell.from_spec(spec) as cell:
        assert not integrates_with_cvode(cell)
        return [run_on(cell, protocol) for protocol in chosen]


@pytest.mark.material
def test_stochastic_channels_in_any_order() -> None:
    # in processes of their own, as other tests have loaded other mechanisms of the same names
    model = material().cell("sscx_v6_noisy")
    spec = hoc_cell(model)
    first = protocols(6)[0].replace(conditions=RunConditions(v_init=-80, channel_seed=5))
    automatic = [
        protocol.replace(conditions=protocol.conditions.replace(cvode="auto", v_init=-80))
        for protocol in protocols(6)[1:6]
    ]
    reseeded = first.replace(conditions=first.conditions.replace(channel_seed=6))
    chosen = [first, *automatic, reseeded]
    isolation = Isolation(mechanisms=(str(model.mechanisms),))
    expected = [isolation.run(run_here, spec, protocol) for protocol in chosen]
    order = random.Random(2).choices(range(len(chosen)), k=12)
    kept = isolation.run(on_one_cell, spec, [chosen[index] for index in order])
    assert kept == [expected[index] for index in order]
    assert {results.provenance["integrator"] for results in expected} == {"fixed step"}
    assert expected[0].traces != expected[-1].traces


class TestPutBack:
    def test_owners_recordings_stay(self, cell: Cell) -> None:
        cell.add_recordings(["self.soma(0.5)._ref_ina"], dt=0.5)
        spikes = cell.start_recording_spikes(None, "soma", -20)
        step = cell.add_step(2, 20, 0.3)
        with Simulation() as simulation:
            simulation.add_cell(cell)
            simulation.run(20, cvode=False)
            before, times = cell.traces(), spikes.times()
            names, stimuli = list(cell.recordings), list(cell.stimuli)
            alive = census()
            results = run_on(cell, protocols()[1])
            assert not alive.difference(census())
            assert cell.traces() == before
            assert np.array_equal(spikes.times(), times)
            assert (list(cell.recordings), list(cell.stimuli)) == (names, stimuli)
            assert list(results.traces) == ["soma[0](0.5).v", "dend[0](0.5).v"]
            assert list(results.spikes) == ["spike_detector_soma_-20.0", "spike_detector_soma_-10.0"]
            with pytest.raises(SimulationError, match="no run to continue"):
                simulation.continue_run(30)
            simulation.run(20, cvode=False)
            assert cell.traces() == before
            assert np.array_equal(spikes.times(), times)
            step.close()

    def test_what_is_attached_takes_part(self, cell: Cell) -> None:
        protocol = Protocol(duration=20, recordings=(SOMA, SPIKES))
        quiet = run_on(cell, protocol)
        with cell.add_step(2, 20, 0.3):
            loud = run_on(cell, protocol)
        assert not len(quiet.spikes["spike_detector_soma_-20.0"])
        assert len(loud.spikes["spike_detector_soma_-20.0"])
        assert run_on(cell, protocol) == quiet

    def test_settings(self, cell: Cell) -> None:
        names = ("celsius", "v_init", "dt", "cvode", "cvode_atol", "random123_globalindex", "use_fast_imem")
        before = {name: settings.read(name) for name in names}
        conditions = RunConditions(
            celsius=20, v_init=-70, cvode=True, cvode_atol=1e-5, base_seed=9, globals={"usetable_hh": 0}
        )
        finer = run_on(cell, Protocol.of_step(0.3, 2, 10, recordings=(SOMA,), conditions=conditions))
        assert {name: settings.read(name) for name in names} == before
        assert settings.read("usetable_hh") == 1
        assert len(finer.traces.time) > 100
        assert finer.provenance["settings"]["globals"] == {"usetable_hh": 0.0}

    def test_foreign_settings_do_not_matter(self, cell: Cell) -> None:
        protocol = Protocol.of_step(0.3, 2, 10, conditions=VARIABLE)
        expected = run_on(cell, protocol)
        foreign = {"celsius": 6.3, "v_init": -50, "cvode_atol": 0.1, "cvode_rtol": 0.1, "cvode_maxstep": 0.1}
        with settings.applied(foreign):
            assert run_on(cell, protocol) == expected

    @pytest.mark.parametrize(
        ("change", "error", "match"),
        [
            ({"stimuli": (Placed(stimulus=RelativeLinear(duration=5, percent_start=50)),)}, StimulusError, "threshold"),
            ({"stimuli": (Placed(stimulus=Hyperpolarizing(duration=5)),)}, StimulusError, "holding current"),
            ({"recordings": (SOMA, VoltageRecording(site=Site(section="apic[3]")))}, SectionNotFoundError, "apic"),
            ({"recordings": (SOMA, VariableRecording(variable="gIh_Ih"))}, NotRecordableError, "gIh_Ih"),
            ({"recordings": (SPIKES, VoltageRecording(interval=0.03))}, RecordingError, "multiple"),
            (
                {"recordings": (VariableRecording(variable="ina"), CurrentsRecording())},
                RecordingError,
                "among all the currents",
            ),
            ({"recordings": (PointProcessRecording(target="step", variable="gmax"),)}, RecordingError, "gmax"),
            ({"conditions": RunConditions(globals={"nonsense_hh": 1})}, Exception, "nonsense_hh"),
        ],
    )  # fmt: skip
    def test_after_what_fails(self, cell: Cell, change: dict, error: type, match: str) -> None:  # type: ignore[type-arg]
        cell.threshold, cell.hypamp = 0.0, None
        named = Placed(stimulus=Step(duration=5, amplitude=0.1), name="step")
        alive, names = census(), list(cell.recordings)
        with pytest.raises(error, match=match):
            run_on(cell, Protocol(duration=10, stimuli=(named,)).replace(**{"stimuli": (named,), **change}))
        assert not alive.difference(census())
        assert list(cell.recordings) == names
        assert cell.stimuli == []

    def test_after_a_member_that_raises(self, cell: Cell) -> None:
        class Failing:
            needs_fast_imem = False
            closed = False

            def check(self, plan: RunPlan) -> None: ...
            def prepare(self, plan: RunPlan) -> None: ...
            def reset(self, axis: object) -> None:
                raise HookError("planned", time=0.0)

            def finish(self, *, partial: bool) -> None: ...

        alive, names = census(), list(cell.recordings)
        expected = run_on(cell, protocols()[0])
        member = Failing()
        cell.take_part(member)  # type: ignore[arg-type]
        with pytest.raises(HookError, match="planned"):
            run_on(cell, protocols()[0])
        member.closed = True
        assert list(cell.recordings) == names
        assert not alive.difference(census())
        assert run_on(cell, protocols()[0]) == expected

    def test_after_an_interrupt(self, cell: Cell) -> None:
        expected, alive = run_on(cell, protocols()[0]), census()
        strike = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
        strike.start()
        with pytest.raises(KeyboardInterrupt):
            run_on(cell, protocols()[1].replace(duration=1e7))
        strike.join()
        assert not alive.difference(census())
        assert run_on(cell, protocols()[0]) == expected

    def test_other_cells_keep_theirs(self, cell: Cell) -> None:
        with create_ball_stick() as other, Simulation(cell) as simulation:
            simulation.add_cell(other)
            simulation.run(5, cvode=False)
            simulation.close()
            before = other.traces()
            with pytest.warns(UnaddedCellWarning):
                run_on(cell, Protocol(duration=3))
            assert other.traces() == before

    def test_closed_or_busy(self, cell: Cell) -> None:
        failures: list[BaseException] = []

        def inside(_: float) -> None:
            try:
                run_on(cell, Protocol(duration=1))
            except BusyError as error:
                failures.append(error)

        with Simulation(cell) as simulation:
            simulation.add_hook(inside, 1)
            simulation.run(2, cvode=False)
        assert failures
        assert len(cell.get_soma_voltage()) == 81
        cell.close()
        with pytest.raises(ClosedError):
            run_on(cell, Protocol(duration=1))

    def test_point_cell(self) -> None:
        protocol = Protocol(duration=10, recordings=(SpikeRecording(),))
        with Cell.from_spec(PointCell(mechanism="IntFire1")) as cell:
            alive = census()
            assert len(run_on(cell, protocol).spikes["spike_detector_soma_-30.0"]) == 0
            assert not alive.difference(census())
            detector = cell.start_recording_spikes(None, "soma")
            with Simulation(cell) as simulation:
                simulation.run(5, cvode=False)
                simulation.close()
            assert run_on(cell, protocol).spikes.t_stop == 10
            assert detector.plan is not None
            assert detector.plan.t_stop == 5


class TestHolding:
    def test_during_the_whole_run(self, cell: Cell) -> None:
        cell.threshold, cell.hypamp = 0.2, -0.05
        recording = PointProcessRecording(target="holding")
        held = run_on(cell, Protocol.of_step(0.1, 5, 5, 5, holding=True, recordings=(SOMA, recording)))
        current = held.traces["holding.i"].values
        assert (current == -0.05).all()
        assert held.traces["holding.i"].unit == "nA"
        free = run_on(cell, Protocol.of_step(0.1, 5, 5, 5))
        assert held.traces["soma[0](0.5).v"].values[-1] < free.traces["soma[0](0.5).v"].values[-1]

    def test_percent_of_threshold(self, cell: Cell) -> None:
        cell.threshold = 0.2
        relative = Placed(stimulus=RelativeLinear(delay=2, duration=5, percent_start=150))
        step = Placed(stimulus=Step(delay=2, duration=5, amplitude=0.2 * 150 / 100))
        one, other = (run_on(cell, Protocol(duration=10, stimuli=(item,))) for item in (relative, step))
        potentials = [results.traces["soma[0](0.5).v"].values for results in (one, other)]
        np.testing.assert_allclose(*potentials, rtol=1e-9)


class TestSpec:
    @pytest.mark.parametrize("delay", [0.0, 2.0, 2.0125])
    def test_steps_are_those_of_add_stimulus(self, cell: Cell, delay: float) -> None:
        step = Step(delay=delay, duration=4.003, amplitude=0.3)
        results = run_on(cell, Protocol(duration=10, stimuli=(Placed(stimulus=step),)))
        with Simulation(cell) as simulation, cell.add_stimulus(step):
            simulation.run(10, cvode=False)
            assert np.array_equal(cell.get_soma_voltage(), results.traces["soma[0](0.5).v"].values)

    def test_random_streams_are_of_the_place_in_the_protocol(self, cell: Cell) -> None:
        noise = Placed(stimulus=Noise(duration=20, mean=0.1, variance=0.01), name="a")
        both = Protocol(
            duration=5,
            stimuli=(noise, noise.replace(name="b")),
            recordings=(PointProcessRecording(target="a"), PointProcessRecording(target="b")),
        )
        results = run_on(cell, both)
        assert not np.array_equal(results.traces["a.i"].values, results.traces["b.i"].values)
        other = run_on(cell, both.replace(conditions=both.conditions.replace(stimulus_seed=1)))
        assert not np.array_equal(results.traces["a.i"].values, other.traces["a.i"].values)

    def test_provenance(self, cell: Cell) -> None:
        facts = run_on(cell, Protocol(duration=2)).provenance
        assert facts["versions"].keys() >= {"bluecellab", "neuron", "numpy", "python"}
        assert facts["settings"]["celsius"] == 34.0
        assert facts["seeds"] == {"base_seed": 0, "channel_seed": None, "stimulus_seed": 0}
        assert facts["seconds"] > 0
        assert facts["mechanisms"][0]["key"] == "neuron"

    def test_time_limit(self, cell: Cell) -> None:
        with pytest.raises(TimeoutError):
            run_on(cell, Protocol(duration=1e7), time_limit=0.2)
        with pytest.raises(InvalidSpecError):
            Protocol(duration=-1)
