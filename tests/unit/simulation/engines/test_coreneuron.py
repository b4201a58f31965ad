"""Runs by CoreNEURON leave what runs by NEURON leave, or are refused; NEURON's own mechanisms need no compiler."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from bluecellab.cell import Cell
from bluecellab.errors import SimulationError, UnsupportedByEngineError
from bluecellab.fields import play_field
from bluecellab.nrn import coreneuron, objects, runtime, settings, switches
from bluecellab.recording.report_sites import elements_of
from bluecellab.recording.reports import ReportRecorder
from bluecellab.simulation.engines import stretches
from bluecellab.spec.base import CellId
from bluecellab.spec.circuit_stimuli import SpatiallyUniformField
from bluecellab.spec.simulation import Report
from bluecellab.stimulus.live import jumps
from tests.unit.recording.test_reports import Sink
from tests.unit.simulation.engines.cells import Pair, equal, has_library, pair

pytestmark = [
    pytest.mark.skipif(not has_library(), reason="this NEURON brings no CoreNEURON along"),
    pytest.mark.threads,
]


@pytest.fixture
def two() -> Iterator[Pair]:
    with pair() as made:
        yield made


def clamped(cell: Cell) -> object:
    return cell.add_voltage_clamp(30.0, -70.0, durations=[10.0, 5.0], levels=[-60.0, -80.0])


STIMULI: dict[str, Callable[[Cell], object]] = {
    "nothing more": lambda cell: None,
    "ramp": lambda cell: cell.add_ramp(10.0, 40.0, 0.0, 0.5),
    "levels of a clamp": clamped,
    "samples that hold": lambda cell: cell.inject_current_waveform(np.arange(50.0), np.sin(np.arange(50.0))),
}


@pytest.mark.parametrize("name", STIMULI)
def test_everything_recorded_is_that_of_neuron(two: Pair, name: str) -> None:
    sender, receiver = two.cells
    STIMULI[name](receiver)
    dendrite = sender.sections["dend[0]"]
    sender.record("m_hh", dendrite(0.3))
    receiver.record("v", receiver.sections["dend[0]"](0.9), interval=1.0)
    wanted = two.run("neuron")
    assert len(wanted["spikes"]) > 3
    equal(two.run("coreneuron"), wanted)
    equal(two.run("coreneuron", threads=2), wanted)
    equal(two.run("neuron"), wanted)  # and everything is as it was


def test_membrane_currents(two: Pair) -> None:
    two.cells[0].record("i_membrane_", two.cells[0].soma(0.5), interval=0.1)
    equal(two.run("coreneuron"), two.run("neuron"))


def test_jumps() -> None:
    times, values = jumps(np.array([0.0, 1.0, 3.0]), np.array([5.0, 6.0, 7.0]))
    assert np.array_equal(np.interp([0.5, 2.9, 3.1], times, values), [5.0, 6.0, 7.0])


@pytest.mark.parametrize("most", [1, 77])
def test_stretches_change_nothing(two: Pair, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    whole = two.run("coreneuron", 20.0)
    monkeypatch.setattr(stretches, "_BYTES", most * 8 * 5)
    cut = two.run("coreneuron", 20.0)
    assert all(np.array_equal(cut[name], whole[name]) for name in whole)


def test_settling_first(two: Pair) -> None:
    options = {"forward_skip": True, "forward_skip_value": 10.0}
    equal(two.run("coreneuron", **options), two.run("neuron", **options))


def test_weights_that_change(two: Pair) -> None:
    listed = runtime.raw_h().List()
    listed.append(two.connection)
    slots, before = np.array([0]), two.run("neuron")
    switch = switches.weight_switch(
        listed, slots, np.array([0.02]), [(20.0, slots, np.array([0.0])), (33.013, slots, np.array([0.03]))]
    )
    wanted = two.run("neuron")
    assert not np.array_equal(wanted["spikes"], before["spikes"])
    equal(two.run("coreneuron"), wanted)
    del switch
    two.connection.weight[0] = 0.02
    equal(two.run("coreneuron"), before)


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_artificial_cells(two: Pair, noise: float) -> None:
    h = runtime.raw_h()
    source = h.NetStim()
    source.start, source.number, source.interval, source.noise = 3.0, 20, 4.0, noise
    connection = h.NetCon(source, two.synapse)
    connection.delay, connection.weight[0] = 1.0, 0.01
    equal(two.run("coreneuron"), two.run("neuron"))
    two.connection = connection = source = None


def test_vectors_of_hoc_are_filled(two: Pair) -> None:
    soma = two.cells[0].soma(0.5).raw
    own = objects.vector()
    own.record(soma._ref_v)
    wanted = two.run("neuron", 20.0)["0 self.soma(0.5)._ref_v"]
    assert np.array_equal(objects.values_of(own), wanted)
    two.run("coreneuron", 20.0)
    assert np.abs(objects.values_of(own) - wanted).max() < 1e-8
    assert own.play_remove()


@pytest.mark.parametrize(
    ("variable", "dt", "start"), [("v", 0.1, 0.0), ("i_membrane", 0.025, 3.0), ("m_hh", 5.0, 0.0)]
)
def test_reports(two: Pair, monkeypatch: pytest.MonkeyPatch, variable: str, dt: float, start: float) -> None:
    report = Report(name="r", dt=dt, start_time=start, end_time=20.0, sections="all", variable_name=variable)
    sink = Sink()
    cells = {CellId("A", index): cell for index, cell in enumerate(two.cells)}
    two.simulation.attach(ReportRecorder(report, elements_of(report, cells), sink, two.simulation._scope))
    two.run("neuron", 20.0)
    wanted = sink.frames
    assert wanted.shape == (round((20.0 - start) / dt), 402)
    for room in (stretches._BYTES, 60 * 8 * 402):
        monkeypatch.setattr(stretches, "_BYTES", room)
        sink.log.clear()
        two.run("coreneuron", 20.0)
        assert sink.log == ["open", "complete"]
        assert sink.frames.shape == wanted.shape
        assert np.abs(sink.frames - wanted).max() <= 2e-6 * np.abs(wanted).max()


def test_it_is_not_continued(two: Pair) -> None:
    two.run("coreneuron", 10.0)
    assert runtime.raw_h().t == 0
    with pytest.raises(SimulationError, match="cannot be continued: the engine worked on a copy"):
        two.simulation.continue_run(20.0)


def test_settings_are_put_back(two: Pair) -> None:
    names = ("nthread", "dt", "celsius", "cvode", "use_fast_imem")
    before = {name: settings.read(name) for name in names}
    two.run("coreneuron", 5.0, threads=2)
    assert {name: settings.read(name) for name in names} == before


def test_own_library_knows_its_mechanisms() -> None:
    library = coreneuron.own_library()
    assert library is not None
    known = coreneuron.known_mechanisms(library)
    assert {"hh", "pas", "ExpSyn", "Exp2Syn", "IClamp", "SEClamp", "NetStim", "PatternStim"} <= known
    assert not {"VClamp", "AlphaSynapse", "extracellular"} & known


def test_progress_is_shown(two: Pair) -> None:
    calls = itertools.count()
    two.simulation.custom_progress_function = lambda: next(calls)
    two.run("coreneuron", 20.0, show_progress=True)
    assert next(calls) == 101


class TestRefusals:
    """Nothing is dropped in silence."""

    def refused(self, two: Pair, *parts: str, **options: Any) -> UnsupportedByEngineError:
        with pytest.raises(UnsupportedByEngineError) as caught:
            two.simulation.run(10.0, engine="coreneuron", **{"cvode": False, **options})
        for part in parts:
            assert part in str(caught.value)
        assert len(caught.value.offenders) == str(caught.value).count("\n")
        return caught.value

    def test_all_offenders_are_named(self, two: Pair) -> None:
        two.simulation.add_hook(lambda now: None, 1.0)
        clamp = objects.point_process("VClamp", two.cells[0].soma(0.5).raw)
        error = self.refused(
            two,
            "a variable step (CVODE)",
            "1 hook(s)",
            "mechanism VClamp (1 times): hold potentials by",
            cvode=True,
        )
        assert len(error.offenders) == 3
        del clamp

    def test_hoc_events(self, two: Pair) -> None:
        def later() -> None:
            objects.cvode().event(5.0, "x = 1")

        handler = objects.initialize_handler(1, later)
        self.refused(two, "an event of CVode.event(): x = 1")
        del handler
        two.run("coreneuron", 5.0)

    def test_recordings_at_times_of_their_own(self, two: Pair) -> None:
        own = objects.vector()
        own.record(two.cells[0].soma(0.5).raw._ref_v, 0.1)
        self.refused(two, "a Vector that records at times of its own: record every step")
        own.play_remove()

    def test_vectors_that_play_in_steps(self, two: Pair) -> None:
        own, times = objects.vector([0.0, 1.0, 2.0]), objects.vector([0.0, 3.0, 6.0])
        own.play(two.synapse._ref_e, times)
        self.refused(two, "a Vector that plays in steps: ")
        own.play_remove()

    def test_fields(self, two: Pair) -> None:
        field = SpatiallyUniformField(
            delay=1.0, duration=5.0, fields=[{"Ex": 10.0, "Ey": 0.0, "Ez": 0.0, "frequency": 0.0}]
        )
        live = play_field([field], two.cells[0])
        self.refused(two, "mechanism extracellular (2 times)", "(LiveField): Python takes part in the steps")
        live.close()
