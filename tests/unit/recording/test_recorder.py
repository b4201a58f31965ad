"""Recorders agree bitwise with bare NEURON, whatever the chunks, and say clearly what they cannot do."""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab.errors import (
    BrokenError,
    ClosedError,
    NotRecordableError,
    NotRecordedError,
    RecordingError,
)
from bluecellab.recording import (
    Labels,
    RunPlan,
    record,
    record_reference,
    record_time,
    traces_of,
)
from tests.unit.recording.bench import Bench


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("chunks", [1, 2, 7])
@pytest.mark.parametrize("variable", ["v", "ina", "m_hh", "hh.m"])
def test_bitwise_as_bare_neuron(bench: Bench, fixed: bool, chunks: int, variable: str) -> None:
    recorder = record(bench.at(), variable, bench.scope)
    bench.run([recorder], fixed=fixed, chunks=chunks)
    trace = recorder.trace()
    pointer = bench.at().raw._ref_v if variable == "v" else None
    if pointer is None:
        pointer = getattr(bench.at().raw, f"_ref_{variable.replace('hh.m', 'm_hh')}")
    times, values = bench.bare(pointer, fixed=fixed)
    assert np.array_equal(trace.values, values)
    assert np.array_equal(trace.time, times)
    assert not trace.partial


@pytest.mark.parametrize("factor", [2, 4, 10, 400, 800])
@pytest.mark.parametrize("chunks", [1, 5])
def test_interval_keeps_the_samples_at_its_multiples(bench: Bench, factor: int, chunks: int) -> None:
    every = record(bench.at(), "v", bench.scope, name="every")
    some = record(bench.at(), "v", bench.scope, interval=factor * 0.025, name="some")
    bench.run([every, some], chunks=chunks)
    assert np.array_equal(some.trace().values, every.trace().values[::factor])
    assert np.array_equal(some.trace().time, every.trace().time[::factor])
    assert some.trace().time[-1] == pytest.approx(20.0, abs=1e-9)


def test_interval_that_does_not_divide_the_run_ends_before_it(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope, interval=6.0)
    bench.run([recorder])
    assert recorder.trace().time == pytest.approx([0, 6, 12, 18])


@pytest.mark.parametrize("chunks", [1, 6])
def test_cvode_interval_includes_the_end_and_leaves_the_integration_alone(bench: Bench, chunks: int) -> None:
    alone = record(bench.at(), "v", bench.scope, name="alone")
    bench.run([alone], fixed=False, chunks=chunks)
    before = alone.trace()
    some = record(bench.at(), "v", bench.scope, interval=0.1, name="some")
    current = record(bench.at(), "ina", bench.scope, interval=2.5, name="current")
    bench.run([alone, some, current], fixed=False, chunks=chunks)
    assert alone.trace() == before
    assert np.array_equal(some.trace().time, np.append(0.1 * np.arange(200), 20.0))
    assert some.trace().values[-1] == before.values[-1]
    assert len(current.trace()) == 9
    assert np.interp(some.trace().time, before.time, before.values) == pytest.approx(
        some.trace().values, abs=1.0
    )


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("interval", [None, 0.5, 3.0])
def test_continued_run_is_one_run(bench: Bench, fixed: bool, interval: float | None) -> None:
    recorder = record(bench.at(), "v", bench.scope, interval=interval)
    bench.run([recorder], 30.0, fixed=fixed)
    whole = recorder.trace()
    bench.start(RunPlan(fixed, 0.025, 0.0, 10.0), [recorder])
    bench.advance(10.0)
    bench.recorders.finish(partial=False)
    first = recorder.trace()
    bench.recorders.extend(30.0)
    bench.advance(30.0)
    bench.finish()
    both = recorder.trace()
    assert np.array_equal(first.values, both.values[: len(first)])
    if fixed or interval is not None:
        assert np.array_equal(both.time, whole.time)
    if fixed:
        assert both == whole
    elif interval is not None:
        # stopping under CVODE adds a step to the integration, no more
        assert both.values == pytest.approx(whole.values, abs=1.0)
    assert len(set(both.time)) == len(both.time)


def test_traces_of_one_run_share_one_time_array(bench: Bench) -> None:
    recorders = [record(bench.soma(x), "v", bench.scope) for x in (0.0, 0.5, 1.0)]
    slow = [record(bench.at(), name, bench.scope, interval=0.1, name=name) for name in ("ina", "ik")]
    bench.run([*recorders, *slow])
    traces = traces_of([*recorders, *slow])
    assert len(traces.axes) == 2
    assert traces["ina"].time is traces["ik"].time
    assert traces_of(recorders).time is recorders[0].trace().time


def test_labels(bench: Bench) -> None:
    recorder = record(bench.dend(0.3), "pas.i", bench.scope)
    bench.run([recorder], 1.0)
    trace = recorder.trace()
    assert (trace.name, trace.unit, trace.variable) == ("dend[0](0.3).pas.i", "mA/cm2", "pas.i")
    assert str(trace.site) == "dend[0](0.3)"


def test_time_reader(bench: Bench) -> None:
    time, voltage = record_time(bench.scope, "t"), record(bench.at(), "v", bench.scope)
    with pytest.raises(NotRecordedError, match="no run yet"):
        time.trace()
    bench.run([time, voltage], chunks=3)
    assert time.trace().values is voltage.trace().time
    assert len(time.trace()) == 801


def test_clamp_current(bench: Bench) -> None:
    labels = Labels("clamp", "nA", variable="i")
    recorder = record_reference(bench.clamp._ref_i, bench.scope, labels, near=bench.at())
    bench.run([recorder], 4.0)
    assert set(recorder.trace().values) == {0.0, 0.2}
    assert recorder.trace().unit == "nA"


def test_reference_that_died(bench: Bench) -> None:
    clamp = bench.h.IClamp(bench.at().raw)
    recorder = record_reference(clamp._ref_i, bench.scope, Labels("gone"))
    bench.run([recorder], 1.0)
    kept = recorder.trace()
    del clamp
    with pytest.raises(BrokenError, match="gone"):
        bench.run([recorder], 1.0)
    assert recorder.trace() == kept


@pytest.mark.parametrize("reference", [3.0, "ina", None])
def test_not_a_reference(bench: Bench, reference: object) -> None:
    with pytest.raises(RecordingError, match="not a reference"):
        record_reference(reference, bench.scope, Labels("x"))


def test_total_membrane_current(bench: Bench) -> None:
    recorder = record(bench.at(), "i_membrane_", bench.scope)
    assert recorder.needs_fast_imem
    for _ in range(2):
        bench.run([recorder], 5.0)
        trace = recorder.trace()
        assert trace.unit == "nA"
        assert np.ptp(trace.values) > 0
    bench.h.finitialize(-65)  # with the switch off again, nothing is left behind that refuses
    assert recorder.trace() == trace
    other = record(bench.at(), "v", bench.scope)
    bench.run([other], 1.0)


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("nope", "hh: el_hh"),
        ("m_hhh", "Did you mean 'm_hh'"),
        ("gnabar", "Did you mean 'hh.gnabar'"),
        ("hh.nope", "na_ion: dina_dv_"),
        ("pas.i", "there is no such variable"),
        ("cai", "k_ion"),
        ("i_membrane", "i_membrane_"),
        ("L", "no such variable"),
        ("", "no such variable"),
        ("v[0]", "no such variable"),
        ("__class__", "no such variable"),
    ],
)
def test_what_is_not_there(bench: Bench, variable: str, told: str) -> None:
    with pytest.raises(NotRecordableError) as caught:
        record(bench.at(), variable, bench.scope)
    assert told in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, AttributeError)


@pytest.mark.parametrize("interval", [0, -0.1, float("nan"), float("inf"), "x"])
def test_interval_that_is_none(bench: Bench, interval: float) -> None:
    with pytest.raises(RecordingError, match="positive number"):
        record(bench.at(), "v", bench.scope, interval=interval)


def test_interval_that_does_not_fit_leaves_old_traces(bench: Bench) -> None:
    good = record(bench.at(), "v", bench.scope)
    bench.run([good], 5.0)
    kept = good.trace()
    odd = record(bench.at(), "ina", bench.scope, interval=0.04)
    with pytest.raises(RecordingError, match=r"Nearest: 0\.025 or 0\.05 ms"):
        bench.run([good, odd], 5.0)
    long = record(bench.at(), "ina", bench.scope, interval=7.0, name="long")
    for fixed in (True, False):
        with pytest.raises(RecordingError, match="longer than the run"):
            bench.run([good, long], 5.0, fixed=fixed)
    assert good.trace() == kept


def test_before_any_run_and_after_close(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    with pytest.raises(NotRecordedError, match="no run yet"):
        recorder.trace()
    bench.run([recorder], 1.0)
    trace = recorder.trace()
    recorder.close()
    recorder.close()
    with pytest.raises(ClosedError, match=r"recording of soma\[0\]"):
        recorder.trace()
    with pytest.raises(ClosedError):
        bench.run([recorder], 1.0)
    assert len(trace) == 41


def test_owner_closed_with_recorders(bench: Bench) -> None:
    recorder = record(bench.at(), "v", bench.scope)
    bench.run([recorder], 1.0)
    bench.close()
    with pytest.raises(ClosedError):
        recorder.trace()
    with pytest.raises(ClosedError):
        record(bench.at(), "v", bench.scope)
