"""Stimuli against the peer: equal, or a difference that is documented in docs/migrating.md.

The peer runs in its own Python, named by the environment variable BLUECELLAB_ORACLE_PYTHON.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import stimulus as room
from bluecellab.nrn import runtime
from bluecellab.nrn.handles import Section
from bluecellab.nrn.scope import Scope
from bluecellab.stimulus import Random123, StimulusFactory
from bluecellab.stimulus.random123 import gamma
from tests.vs_bluecellulab.stimuli_cases import (
    CELL,
    EQUAL,
    FACTORY,
    FACTORY_EQUAL,
    PARAMETERS,
    PLAYED,
    SHOT,
    SIGNALS,
)

pytestmark = pytest.mark.peers

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    """Start NEURON before the first census."""
    runtime.start()


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """All answers of the peer, from one process."""
    folder = tmp_path_factory.mktemp("oracle")
    groups: dict[str, list[dict[str, Any]]] = {
        "played": [{"kind": "injector", **job} for job, _, _ in PLAYED.values()],
        "signals": [
            {"kind": "signal", "function": name, "args": args, "ids": [index, 4000000000, 77]}
            for index, (name, args) in enumerate(SIGNALS)
        ],
        "parameters": [
            {"kind": "signal", "function": "get_relative_shotnoise_params", "args": args}
            for args in PARAMETERS
        ],
        "factory": [
            {"kind": "factory", "dt": dt, "method": method, "named": named}
            for dt, method, named in FACTORY.values()
        ],
    }
    (folder / "jobs.json").write_text(json.dumps([job for jobs in groups.values() for job in jobs]))
    script = Path(__file__).parent / "oracle_stimuli.py"
    assert _PYTHON is not None
    done = subprocess.run(
        [_PYTHON, str(script), str(folder / "jobs.json"), str(folder / "results.json")],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "results.json").exists(), done.stderr
    answers = iter(json.loads((folder / "results.json").read_text()))
    return {name: [next(answers) for _ in jobs] for name, jobs in groups.items()}


@pytest.fixture
def probe() -> Iterator[Section]:
    """A section as the peer has it."""
    h = runtime.raw_h()
    scope = Scope("Cell probe")
    raw = scope.own(h.Section(name="probe"), lambda raw: h.delete_section(sec=raw))
    section = Section(raw, scope, "probe")
    section.L = section.diam = 20
    section.insert("hh")
    yield section
    scope.close()


def _trace(probe: Section) -> np.ndarray:
    h = runtime.raw_h()
    v = h.Vector().record(probe(0.5)._ref_v)
    h.dt = 0.025
    h.celsius = 6.3
    h.finitialize(-65)
    h.continuerun(40)
    return np.array(v)


def _played(name: str, probe: Section, peer: dict[str, list[Any]]) -> tuple[dict[str, Any], Any, np.ndarray]:
    _, ours, seeds = PLAYED[name]
    theirs = peer["played"][list(PLAYED).index(name)]
    assert "error" not in theirs, theirs
    live = room.play(ours, probe(0.5), probe._scope, electrical=CELL, seeds=seeds)
    v = _trace(probe)
    return theirs, live, v


@pytest.mark.parametrize("name", EQUAL)
def test_same_potential(name: str, probe: Section, peer: dict[str, list[Any]]) -> None:
    theirs, _, v = _played(name, probe, peer)
    assert len(v) == len(theirs["v"])
    assert np.abs(v - theirs["v"]).max() < 1e-9


def test_peer_lets_a_sine_grow_after_its_end(probe: Section, peer: dict[str, list[Any]]) -> None:
    theirs, live, v = _played("sine that ends", probe, peer)
    difference = np.abs(v - theirs["v"])
    end = round(18.0 / 0.025)
    assert difference[:end].max() < 1e-9
    assert difference[-1] > 10  # mV: the peer's current goes on growing
    assert live.waveform.at([18.02, 40.0]).tolist() == [0, 0]


def test_peer_lets_noise_go_on_after_its_end(probe: Section, peer: dict[str, list[Any]]) -> None:
    theirs, live, v = _played("noise that ends", probe, peer)
    difference = np.abs(v - theirs["v"])
    end = round(20.0 / 0.025)
    assert difference[: end - 20].max() < 1e-9
    assert difference[end:].max() > 1e-3
    assert live.waveform.at([20.0, 40.0]).tolist() == [0, 0]


def test_peer_injects_the_process_before_its_delay(probe: Section, peer: dict[str, list[Any]]) -> None:
    theirs, live, v = _played("late Ornstein-Uhlenbeck", probe, peer)
    assert np.abs(np.array(theirs["v"]) - v)[: round(5 / 0.025)].max() > 1
    assert live.waveform.at([0, 4.99]).tolist() == [0, 0]
    times, values = theirs["points"]
    assert times[0] == 5
    ours = live.waveform.values[1 : len(values)]
    assert np.abs(ours - np.array(values)[:-1]).max() < 1e-14


def test_peer_lets_a_conductance_set_in_before_its_delay(probe: Section, peer: dict[str, list[Any]]) -> None:
    """Its resistance falls along a line from time 0; ours jumps at the delay."""
    theirs, _, v = _played("late Ornstein-Uhlenbeck, conductance", probe, peer)
    difference = np.abs(np.array(theirs["v"]) - v)
    assert 1e-9 < difference[: round(5 / 0.025)].max() < 1e-2


@pytest.mark.parametrize("index", range(len(SIGNALS)))
def test_same_signal(index: int, peer: dict[str, list[Any]]) -> None:
    name, args = SIGNALS[index]
    stream = Random123(index, 4000000000, 77)
    theirs = peer["signals"][index]
    if name == "gamma":
        shape, scale, n = args
        ours = gamma(stream, shape, scale, int(n))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        return
    times, values = getattr(room, name)(*args, stream)
    np.testing.assert_allclose(times, theirs[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(values, theirs[1], rtol=0, atol=1e-14)


@pytest.mark.parametrize("index", range(len(PARAMETERS)))
def test_same_shot_parameters(index: int, peer: dict[str, list[Any]]) -> None:
    ours = room.get_relative_shotnoise_params(*PARAMETERS[index])
    np.testing.assert_allclose(ours, peer["parameters"][index], rtol=1e-9)


def _series(name: str, peer: dict[str, list[Any]]) -> tuple[Any, dict[str, Any]]:
    dt, method, named = FACTORY[name]
    theirs = peer["factory"][list(FACTORY).index(name)]
    return getattr(StimulusFactory(dt), method)(**named), theirs


@pytest.mark.parametrize("name", FACTORY_EQUAL)
def test_same_series(name: str, peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series(name, peer)
    assert "error" not in theirs, theirs
    assert len(ours) == len(theirs["time"])
    np.testing.assert_allclose(ours.time, theirs["time"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.current, theirs["current"], rtol=0, atol=1e-12)
    if len(np.unique(ours.time)) == len(ours.time):
        assert ours.stimulus_time == pytest.approx(theirs["stimulus_time"])
    else:  # the peer counts both samples of a jump
        assert theirs["stimulus_time"] - ours.stimulus_time == pytest.approx(FACTORY[name][0])


def test_pulse_samples_lie_dt_apart_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("pulse", peer)
    np.testing.assert_allclose(np.diff(ours.time), 0.5)
    assert np.abs(np.diff(theirs["time"]) - 0.5).max() > 0.01
    assert ours.stimulus_time == 26


def test_sinespec_counts_in_seconds_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("sinespec", peer)
    assert len(ours) == len(theirs["time"])

    def formula(t: float) -> float:
        return 0.1 * math.sin(2 * math.pi * (1 + 1 / (5.15 - (t - 0.1))) * (t - 0.1))

    for index in (3, 999, 9000):
        assert ours.current[index] == pytest.approx(formula(ours.time[index] / 1000))
        assert theirs["current"][index] == pytest.approx(formula(theirs["time"][index]))


def test_step_noise_has_a_standard_deviation_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("step_noise", peer)
    assert ours.stimulus_time == pytest.approx(26)
    assert theirs["stimulus_time"] < 20
    their_numbers = (np.array(theirs["current"][4:11]) - 0.1) / math.sqrt(0.2)
    our_numbers = (ours.current[4:46:6] - 0.1) / 0.2
    np.testing.assert_allclose(our_numbers, their_numbers, atol=1e-12)


def test_shot_noise_in_percent_has_its_own_variance_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("shot_noise percent", peer)
    assert "error" not in theirs, theirs
    assert not np.allclose(ours.current, theirs["current"])
    long = StimulusFactory(0.25).shot_noise(
        0, 0, 60_000, 0, mean_percent=50, sigma_percent=10, threshold_current=0.3, **SHOT
    )
    settled = long.current[400:-2]
    assert settled.mean() == pytest.approx(0.15, rel=0.02)
    assert settled.std() == pytest.approx(0.03, rel=0.05)


def test_seed_0_is_a_seed_here(peer: dict[str, list[Any]]) -> None:
    ours, theirs = _series("seed 0", peer)
    dt, method, named = FACTORY["seed 0"]
    default = getattr(StimulusFactory(dt), method)(**{**named, "seed": None})
    np.testing.assert_allclose(default.current, theirs["current"], atol=1e-12)
    assert not np.allclose(ours.current, default.current)


def test_no_amplitude_is_a_type_error_in_both(peer: dict[str, list[Any]]) -> None:
    dt, method, named = FACTORY["no amplitude"]
    theirs = peer["factory"][list(FACTORY).index("no amplitude")]
    assert theirs["error"].startswith("TypeError: You have to give either threshold_current or amplitude")
    with pytest.raises(TypeError, match="You have to give either threshold_current or amplitude"):
        getattr(StimulusFactory(dt), method)(**named)
