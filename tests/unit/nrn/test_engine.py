"""Runtime, settings, objects, census and the door."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bluecellab.errors import BusyError, EngineError
from bluecellab.nrn import h, objects, runtime, settings
from bluecellab.nrn.census import Census, census


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_import_starts_no_neuron(tmp_path: Path) -> None:
    done = python("import sys, bluecellab, bluecellab.errors; print('neuron' in sys.modules)", tmp_path)
    assert done.stdout == "False\n", done.stderr


def test_start_is_quiet_and_changes_no_temperature(tmp_path: Path) -> None:
    code = "from bluecellab.nrn import runtime; h = runtime.start(); print(h.celsius, h.v_init)"
    done = python(code, tmp_path)
    assert done.stdout == "6.3 -65.0\n"
    assert done.stderr == ""


def test_guard_makes_an_error_of_what_neuron_printed() -> None:
    with (
        pytest.raises(EngineError, match=r"(?s)trying: .*NEURON printed:.*syntax error") as caught,
        runtime.guard("trying"),
    ):
        runtime.raw_h().execute1("this is not hoc")
        raise RuntimeError("hocobj_call error: refused")
    assert "this is not hoc" in caught.value.output


def test_guard_is_silent_about_what_went_well(capfd: pytest.CaptureFixture[str]) -> None:
    with runtime.guard("printing") as printed:
        runtime.raw_h()('print "hello"')
    assert printed.text == "hello\n"
    assert capfd.readouterr().out == ""
    runtime.raw_h()('print "aloud"')
    assert capfd.readouterr().out == "aloud\n"


def test_only_one_run() -> None:
    with (
        runtime.marked_running("one"),
        pytest.raises(BusyError, match="while one is running"),
        runtime.marked_running("two"),
    ):
        pass
    assert not runtime.running()


def test_settings_are_put_back_also_after_an_exception() -> None:
    names = settings.known_settings()
    before = {name: settings.read(name) for name in names}
    wanted = {
        "celsius": 37.0, "v_init": -71.0, "dt": 0.1, "cvode": True, "cvode_maxstep": 3.0, "cvode_atol": 1e-5,
        "use_fast_imem": True, "random123_globalindex": 9, "secondorder": 2,
    }  # fmt: skip
    with settings.applied(wanted):
        assert {name: settings.read(name) for name in wanted} == wanted
    assert {name: settings.read(name) for name in names} == before
    with pytest.raises(ZeroDivisionError), settings.applied(wanted):
        _ = 1 / 0
    assert {name: settings.read(name) for name in names} == before


@pytest.mark.parametrize("name", ["celcius", "no such", "Vector", "x.y"])
def test_unknown_setting_is_refused_before_anything_changes(name: str) -> None:
    with pytest.raises(EngineError, match="no global setting"), settings.applied({"celsius": 1.0, name: 2.0}):
        pass
    assert h.celsius == 6.3


def test_objects_are_what_neuron_makes() -> None:
    values = np.array([1.0, 2.5, -3.0])
    vector = objects.vector(values)
    assert np.array_equal(objects.values_of(vector), values)
    assert objects.values_of(objects.vector()).shape == (0,)
    assert objects.pointer_vector(3).size() == 3
    section = runtime.raw_h().Section(name="soma")
    synapse = runtime.raw_h().ExpSyn(section(0.5))
    assert objects.net_con(section(0.5), None).syn() is None
    connection = objects.net_con(section(0.5), synapse)
    assert connection.syn() == synapse
    assert connection.preseg() == section(0.5)
    objects.disconnect([section])
    assert connection.syn() is None
    del connection, synapse
    runtime.raw_h().delete_section(sec=section)
    assert objects.is_deleted(section)


def test_objects_do_not_leak() -> None:
    import tracemalloc

    section = runtime.raw_h().Section(name="soma")

    def make() -> None:
        vector = objects.vector([1.0, 2.0])
        objects.values_of(vector)
        objects.net_con(section(0.5), None)
        objects.listing("Vector")
        objects.pointer_vector(2)
        objects.initialize_handler(0, print)

    for _ in range(20):
        make()
    tracemalloc.start()
    begin = tracemalloc.get_traced_memory()[0]
    for _ in range(200):
        make()
    growth = tracemalloc.get_traced_memory()[0] - begin
    tracemalloc.stop()
    runtime.raw_h().delete_section(sec=section)
    assert growth < 200 * 80, "a hoc object made from Python would leak 96 bytes"


def test_census_counts_and_compares() -> None:
    before = census()
    section = runtime.raw_h().Section(name="soma")
    vectors = [objects.vector(), objects.vector()]
    assert before.difference(census()) == "Vector +2, sections +1"
    assert census().difference(before) == "Vector -2, sections -1"
    del section, vectors
    assert before.difference(census()) == ""
    assert Census().difference(Census({"NetCon": 1})) == "NetCon +1"


def test_door_takes_handles_and_refuses_bad_hoc() -> None:
    from bluecellab import create_ball_stick

    with create_ball_stick() as cell:
        clamp = cell.own(h.IClamp(cell.soma(0.5)))
        assert clamp.get_segment() == cell.soma(0.5).raw
        assert h.distance(cell.soma(0.5), cell.basal[0](1)) > 190
        del clamp
    with pytest.raises(EngineError, match="syntax error"):
        h("this is not hoc")
