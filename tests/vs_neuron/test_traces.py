"""Traces of the ball and stick are bit for bit those of a hand-written NEURON script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import Simulation
from tests.vs_neuron.cases import PLAYED, STIMULI, Pair, at
from tests.vs_neuron.jobs import BALL, Arrays, Job, bare_outcome, our_outcome, same

RECORD = (("v", "soma[0]", 0.5), ("v", "dend[0]", 0.3), ("ina", "soma[0]", 0.5), ("m_hh", "dend[0]", 0.5))
SPIKES = (("soma[0]", 0.5, -20.0), ("dend[0]", 0.9, -30.0))


def job(*pairs: Pair, **fields: Any) -> Job:
    return Job(BALL, pairs, RECORD, SPIKES, **fields)


def ours(job: Job, **how: Any) -> Arrays:
    with BALL.ours() as cell, Simulation() as simulation:
        return our_outcome(job, cell, simulation, **how)


@pytest.mark.parametrize("name", list(STIMULI))
def test_fixed_step(name: str, tmp_path: Path) -> None:
    asked = job(STIMULI[name])
    here = ours(asked)
    same(here, bare_outcome(asked, tmp_path))
    assert len(here["t"]) == 1201
    assert np.ptp(here["record/0"]) > 5


@pytest.mark.parametrize("name", list(PLAYED))
def test_variable_step(name: str, tmp_path: Path) -> None:
    asked = job(PLAYED[name], cvode=True)
    same(ours(asked), bare_outcome(asked, tmp_path))


@pytest.mark.parametrize("by", ["fadvance", "continuerun", "psolve"])
@pytest.mark.parametrize("dt", [0.025, 0.1, 0.0125])
def test_however_the_script_advances(by: str, dt: float, tmp_path: Path) -> None:
    asked = job(STIMULI["step"], by=by, dt=dt)
    same(ours(asked), bare_outcome(asked, tmp_path))


def test_several_at_once(tmp_path: Path) -> None:
    asked = job(
        STIMULI["ramp"], at(STIMULI["sine"], "dend[0]", 0.7), STIMULI["waveform"], celsius=20, v_init=-70
    )
    same(ours(asked), bare_outcome(asked, tmp_path))


def test_progress_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = job(STIMULI["step"])
    here = ours(asked, show_progress=True)
    assert "30.0/30.0 ms" in capsys.readouterr().err
    same(here, bare_outcome(asked, tmp_path))


def test_progress_changes_nothing_under_cvode(tmp_path: Path) -> None:
    asked = job(PLAYED["sine"], cvode=True)
    same(ours(asked, show_progress=True), bare_outcome(asked, tmp_path))


@pytest.mark.parametrize("cuts", [(10.0,), (0.025, 3.0, 22.5, 29.975)])
def test_cut_into_pieces(cuts: tuple[float, ...], tmp_path: Path) -> None:
    asked = job(STIMULI["sine"])
    same(ours(asked, cuts=cuts), bare_outcome(asked, tmp_path))


@pytest.mark.parametrize("cuts", [(), (10.0,), (9.95, 20.025)])
def test_intervals_keep_every_so_manieth_sample(cuts: tuple[float, ...], tmp_path: Path) -> None:
    asked = job(STIMULI["step"])
    here = ours(asked, interval=0.1, cuts=cuts)
    theirs = bare_outcome(asked, tmp_path)
    same(here, {name: array if "spikes" in name else array[::4].copy() for name, array in theirs.items()})
    assert here["t"][-1] == theirs["t"][-1]


def test_other_runs_in_between_change_nothing(tmp_path: Path) -> None:
    first, second = job(STIMULI["step"]), job(PLAYED["ramp"], cvode=True, celsius=20, dt=0.05)
    theirs = bare_outcome(first, tmp_path)
    with BALL.ours() as cell, Simulation() as simulation:
        same(our_outcome(first, cell, simulation), theirs)
        our_outcome(second, cell, simulation)
        same(our_outcome(first, cell, simulation), theirs)
    with BALL.ours() as cell, BALL.ours() as other, Simulation(cell) as one, Simulation(other) as another:
        one.add_cell(other)
        another.add_cell(cell)
        same(our_outcome(first, cell, one), theirs)
        our_outcome(second, other, another)
        same(our_outcome(first, cell, one), theirs)
        same(our_outcome(first, other, another), theirs)


def test_a_step_under_cvode_agrees_with_a_clamp_of_its_own(tmp_path: Path) -> None:
    asked = job(STIMULI["step"], cvode=True)
    here, theirs = ours(asked), bare_outcome(asked, tmp_path)
    np.testing.assert_allclose(here["spikes/0"], theirs["spikes/0"], atol=0.02)
    assert len(here["spikes/0"]) > 0
