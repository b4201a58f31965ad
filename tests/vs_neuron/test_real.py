"""The same of real cells, each in a process of its own: families of mechanisms exclude each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import Simulation, run_isolated
from tests.material import material
from tests.vs_neuron.cases import PLAYED, STIMULI, at
from tests.vs_neuron.jobs import Job, bare_outcome, our_outcome, real, same

pytestmark = pytest.mark.material

MODELS = [
    "sscx_v6",
    "sscx_v6_scaled",
    "sscx_v6_noisy",
    "sscx_bluepyopt",
    "l5pc_v6",
    "l5pc_bluepyopt",
    "l5pc_v5",
]
SODIUM = {"sscx": "NaTg", "l5pc": "NaTa_t"}
CURRENTS = [STIMULI["step"], at(STIMULI["sine"], "apic[3]", 0.7), at(STIMULI["ramp"], "dend[2]", 0.2)]
CLAMPS = [
    STIMULI["waveform"],
    at(STIMULI["conductance"], "apic[3]", 0.7),
    at(STIMULI["voltage clamp with levels"], "dend[2]", 0.4),
]
VARIABLE = [PLAYED["step"], at(PLAYED["ramp"], "apic[3]", 0.7)]


def check_fixed(job: Job, folder: Path) -> None:
    theirs = bare_outcome(job, folder)
    assert np.ptp(theirs["record/0"]) > 5
    with Simulation() as simulation, job.model.ours() as first:
        same(our_outcome(job, first, simulation), theirs)
        with job.model.ours() as second:  # its morphology is not read again
            same(our_outcome(job, second, simulation, show_progress=True), theirs)
            same(our_outcome(job, first, simulation), theirs)
            same(our_outcome(job, second, simulation, cuts=(3.35, 17.7)), theirs)
            here = our_outcome(job, second, simulation, interval=0.1)
            same(
                here,
                {name: values if "spikes" in name else values[::4].copy() for name, values in theirs.items()},
            )
            simulation.close()
    with job.model.ours() as third, Simulation(third) as simulation:
        same(our_outcome(job, third, simulation), theirs)


def check_variable(job: Job, folder: Path) -> None:
    theirs = bare_outcome(job, folder)
    assert np.ptp(theirs["record/0"]) > 5
    for _ in range(2):
        with job.model.ours() as cell, Simulation(cell) as simulation:
            same(our_outcome(job, cell, simulation), theirs)
            same(our_outcome(job, cell, simulation, show_progress=True), theirs)


def job(name: str, **fields: Any) -> Job:
    record = (
        ("v", "soma[0]", 0.5),
        ("v", "apic[3]", 0.9),
        ("ina", "axon[0]", 0.5),
        (f"m_{SODIUM[name[:4]]}", "axon[0]", 0.5),
        ("cai", "soma[0]", 0.5),
    )
    spikes = (("soma[0]", 0.5, -20.0), ("axon[1]", 0.5, -10.0))
    return Job(real(name), record=record, spikes=spikes, v_init=-80, **fields)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("stimuli", ["currents", "clamps"])
def test_fixed_step(name: str, stimuli: str, tmp_path: Path) -> None:
    material()
    asked = job(name, stimuli=CURRENTS if stimuli == "currents" else CLAMPS)
    run_isolated(check_fixed, asked, tmp_path)


@pytest.mark.parametrize("name", [name for name in MODELS if "noisy" not in name])
def test_variable_step(name: str, tmp_path: Path) -> None:
    material()
    run_isolated(check_variable, job(name, stimuli=VARIABLE, cvode=True, tstop=60.0), tmp_path)
