"""Spike detectors give NEURON's own times bitwise, also where NEURON has no room for a second one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bluecellab.errors import ClosedError, NotRecordedError, RecordingError, SiteError
from bluecellab.nrn import runtime
from bluecellab.recording import RunPlan, SpikeDetector, detect_spikes, locate, spikes_of
from bluecellab.recording.tape import Tape
from tests.unit.recording.bench import Bench

THRESHOLDS = (-64.9, -50.0, -30.0, 0.0, 20.0, 60.0)


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("chunks", [1, 4])
@pytest.mark.parametrize("v_init", [-65.0, -40.0, 0.0])
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_bitwise_as_bare_neuron(
    bench: Bench, fixed: bool, chunks: int, v_init: float, threshold: float
) -> None:
    expected = bench.bare_spikes(threshold, fixed=fixed, v_init=v_init)
    detector = detect_spikes(bench.at(), bench.scope, threshold=threshold)
    bench.run([detector], fixed=fixed, chunks=chunks, v_init=v_init)
    assert np.array_equal(detector.times(), expected)


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("chunks", [1, 4])
@pytest.mark.parametrize("v_init", [-65.0, 0.0])
def test_several_at_one_place(bench: Bench, fixed: bool, chunks: int, v_init: float) -> None:
    expected = [bench.bare_spikes(value, fixed=fixed, v_init=v_init) for value in THRESHOLDS]
    detectors = [
        detect_spikes(bench.at(), bench.scope, threshold=value, name=f"{value}")
        for value in (*THRESHOLDS, THRESHOLDS[0])
    ]
    bench.run(detectors, fixed=fixed, chunks=chunks, v_init=v_init)
    for detector, times in zip(detectors, [*expected, expected[0]], strict=True):
        assert np.array_equal(detector.times(), times), detector
    assert sum(map(len, expected)) >= 8


def test_no_potential_is_recorded_where_neuron_detects(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded: list[object] = []
    every_step = Tape.run_every_step

    def noted(tape: Tape, pointer: object, *more: object) -> None:
        recorded.append(pointer)
        every_step(tape, pointer, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Tape, "run_every_step", noted)
    for _ in range(2):
        bench.run([detect_spikes(bench.at(), bench.scope, threshold=-30.0)])
    assert (
        recorded.count(runtime.raw_h()._ref_t) == len(recorded) - 1 == 2
    )  # the second finds the place taken


def test_a_foreign_netcon_changes_nothing(bench: Bench) -> None:
    expected = bench.bare_spikes(-30.0)
    detector = detect_spikes(bench.at(), bench.scope, threshold=-30.0)
    bench.run([detector])
    foreign = bench.h.NetCon(bench.at().raw._ref_v, None, sec=bench.soma.raw)
    foreign.threshold = 10  # of the source, hence of every NetCon on it
    stolen = bench.h.Vector()
    foreign.record(stolen)
    bench.run([detector])
    assert np.array_equal(detector.times(), expected)
    assert np.array_equal(np.array(stolen), bench.bare_spikes(10.0))
    assert foreign.threshold == 10
    del foreign, stolen


def test_a_detector_leaves_foreign_netcons_alone(bench: Bench) -> None:
    foreign = bench.h.NetCon(bench.at().raw._ref_v, None, sec=bench.soma.raw)
    foreign.threshold = 10
    detector = detect_spikes(bench.at(), bench.scope, threshold=-30.0)
    assert foreign.threshold == 10
    bench.run([detector])
    assert np.array_equal(detector.times(), bench.bare_spikes(-30.0))
    del foreign


def test_target(bench: Bench) -> None:
    synapse = bench.h.ExpSyn(bench.dend(0.5).raw)
    detector = detect_spikes(bench.at(), bench.scope, threshold=-20, target=synapse)
    detector.netcon.weight[0] = 0.01
    assert detector.netcon.postseg() == bench.dend(0.5).raw
    with pytest.raises(RecordingError, match="already detected at -20 mV"):
        detect_spikes(bench.at(), bench.scope, threshold=-10, target=synapse)
    bench.run([detector])
    assert len(detector.times()) > 0
    assert synapse.g > 0
    detector.close()
    del synapse


def test_continued(bench: Bench) -> None:
    detectors = [
        detect_spikes(bench.at(), bench.scope, threshold=value, name=f"{value}") for value in (-30.0, 0.0)
    ]
    bench.run(detectors, 40.0)
    whole = [detector.times() for detector in detectors]
    bench.start(RunPlan(True, 0.025, 0.0, 11.0), detectors)
    bench.advance(11.0)
    bench.recorders.finish(partial=False)
    bench.recorders.extend(40.0)
    bench.advance(40.0, 3)
    bench.finish()
    for detector, times in zip(detectors, whole, strict=True):
        assert np.array_equal(detector.times(), times)


def test_results(bench: Bench) -> None:
    first = detect_spikes(bench.at(), bench.scope, threshold=-30, name="a")
    second = detect_spikes(bench.dend(1.0), bench.scope, threshold=50, name="b")
    with pytest.raises(NotRecordedError, match="no run yet"):
        spikes_of([first, second])
    bench.run([first, second])
    spikes = spikes_of([first, second])
    assert list(spikes) == ["a", "b"]
    assert len(spikes["a"]) > 0
    assert len(spikes["b"]) == 0
    assert (spikes.t_start, spikes.t_stop, spikes.partial) == (0.0, 20.0, False)
    with pytest.raises(ValueError, match="read-only"):
        spikes["a"][0] = 0
    bench.start(RunPlan(True, 0.025, 0.0, 20.0), [first])
    bench.advance(10.0)
    bench.finish(partial=True)
    assert spikes_of([first]).partial
    assert str(first.site) == "soma[0](0.5)"


def test_reading_in_the_middle(bench: Bench) -> None:
    detectors = [
        detect_spikes(bench.at(), bench.scope, threshold=value, name=f"{value}") for value in (-30.0, 0.0)
    ]
    bench.run(detectors)
    whole = [detector.times() for detector in detectors]
    bench.start(RunPlan(True, 0.025, 0.0, 20.0), detectors)
    bench.h.ParallelContext().psolve(10)
    for detector, times in zip(detectors, whole, strict=True):
        assert detector.partial
        assert np.array_equal(detector.times(), times[times < 10])
    bench.advance(20.0)
    bench.finish()
    for detector, times in zip(detectors, whole, strict=True):
        assert np.array_equal(detector.times(), times)


def test_searching_cannot_interpolate(bench: Bench) -> None:
    detectors = [
        detect_spikes(bench.at(), bench.scope, threshold=value, name=f"{value}") for value in (-30.0, 0.0)
    ]
    bench.h.CVode().condition_order(2)
    try:
        with pytest.raises(RecordingError, match="condition_order"):
            bench.run(detectors, fixed=False)
    finally:
        bench.h.CVode().condition_order(1)
        bench.h.CVode().active(0)
        bench.h.dt = 0.025


def test_closed(bench: Bench) -> None:
    detector = detect_spikes(bench.at(), bench.scope)
    assert repr(detector) == ("<SpikeDetector spikes at soma[0](0.5), -30 mV at soma[0](0.5), -30 mV>")
    bench.run([detector])
    kept = detector.times()
    detector.close()
    for use in (detector.times, lambda: detector.netcon, lambda: bench.run([detector])):
        with pytest.raises(ClosedError, match="spike detector"):
            use()
    assert len(kept) > 0
    again = detect_spikes(bench.at(), bench.scope)
    bench.run([again])
    assert np.array_equal(again.times(), kept)
    with pytest.raises(ClosedError):
        SpikeDetector(_closed_place(bench), bench.scope, threshold=0, name="x")


def _closed_place(bench: Bench) -> object:
    place = bench.at()
    bench.close()
    return place


def test_section_deleted_by_others(bench: Bench) -> None:
    """The source of the NetCon is gone: no abort of the process, which reading its threshold is."""
    detector = detect_spikes(bench.dend(0.5), bench.scope)
    bench.run([detector], 1.0)
    bench.h.delete_section(sec=bench.dend.raw)
    with pytest.raises(Exception, match="dend"):
        bench.run([detector], 1.0)
    detector.close()


@pytest.mark.parametrize(
    ("location", "section", "x"),
    [("soma", "soma[0]", 1.0), ("dend", "dend[0]", 0.5), ("dend[0](1)", "dend[0]", 1.0)],
)
def test_locate(bench: Bench, location: str, section: str, x: float) -> None:
    sections = {"soma[0]": bench.soma, "dend[0]": bench.dend}
    place = locate(location, sections)
    assert (place.section.name, place.x) == (section, x)


@pytest.mark.parametrize("location", ["AIS", "dend[7](0.5)", "x", "soma(2)"])
def test_locate_nowhere(bench: Bench, location: str) -> None:
    with pytest.raises(SiteError, match="Invalid spike detection location"):
        locate(location, {"soma[0]": bench.soma, "dend[0]": bench.dend})


def test_detectors_come_and_go_between_integrators() -> None:
    """Bare NEURON 9.0.2 crashes within a few hundred turns; hence a process of its own."""
    code = (
        "from bluecellab.recording import detect_spikes, record\n"
        "from tests.unit.recording.bench import Bench\n"
        "bench = Bench()\n"
        "for turn in range(600):\n"
        "    members = [detect_spikes(bench.soma(x), bench.scope, name=f'{x}') for x in (0.1, 0.5, 0.9)]\n"
        "    members.append(record(bench.at(), 'v', bench.scope))\n"
        "    bench.run(members, 0.5, fixed=turn % 2 == 0)\n"
        "    for member in members: member.close()\n"
        "bench.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False)
    assert done.returncode == 0
