"""Whole cells against the peer: the same potential within 1e-9 mV, or a documented bug of the peer.

The peer runs in its own Python, named by the environment variable BLUECELLAB_ORACLE_PYTHON.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import Cell, CellId, Simulation, create_ball_stick, load_mechanisms, run_isolated
from bluecellab.nrn.mechanisms import build
from bluecellab.spec import stimuli as spec
from bluecellab.stimulus import Seeds, waveform_of
from tests.material import material
from tests.vs_bluecellulab.cases import CASES, DIFFERENT, EQUAL, RELATIVE, TSTOP

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]

_PYTHON = os.environ.get("BLUECELLAB_ORACLE_PYTHON")
if not _PYTHON:
    pytest.skip(
        "BLUECELLAB_ORACLE_PYTHON does not name a Python that has bluecellulab", allow_module_level=True
    )

MODELS = ["ball", "sscx_v6", "sscx_bluepyopt"]
V_INIT = {"ball": -65.0}
CELL_ID = 7
Arrays = dict[str, Any]


def job(model: str, name: str, *, cvode: bool = False) -> dict[str, Any]:
    case = CASES[name]
    return {
        "method": case.method,
        "args": list(case.args),
        "named": dict(case.named),
        "definition": case.definition,
        "before": [["add_step", 5, 15, 0.1]] if name == "two steps" else [],
        "cell_id": CELL_ID,
        "celsius": 34.0,
        "v_init": V_INIT.get(model, -80.0),
        "tstop": TSTOP,
        "cvode": cvode,
    }


def ask(model: str, jobs: list[dict[str, Any]], folder: Path) -> list[Arrays]:
    """Have the peer do jobs on a model, all in one process."""
    environment = dict(os.environ)
    described = None
    if model != "ball":
        found = material().cell(model)
        environment["BLUECELLULAB_MOD_LIBRARY_PATH"] = str(build(found.mechanisms).path)
        described = {
            "template": str(found.template),
            "morphology": str(found.morphology),
            "format": found.template_format,
            "properties": found.emodel_properties.model_dump() if found.emodel_properties else None,
        }
    (folder / "task.json").write_text(json.dumps({"model": described, "jobs": jobs}))
    script = Path(__file__).parent / "oracle_traces.py"
    assert _PYTHON is not None
    done = subprocess.run(
        [_PYTHON, str(script), "task.json", "results.npz"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(folder / "results.npz") as arrays:
        return [
            {key.partition("/")[2]: arrays[key] for key in arrays.files if key.startswith(f"{index}/")}
            for index in range(len(jobs))
        ]


def make(model: str) -> Cell:
    if model == "ball":
        return create_ball_stick(CellId("", CELL_ID))
    found = material().cell(model)
    load_mechanisms(found.mechanisms)
    return Cell(
        found.template,
        found.morphology,
        CellId("", CELL_ID),
        template_format=found.template_format,
        emodel_properties=found.emodel_properties,
    )


def do(model: str, name: str, *, cvode: bool = False, instead: spec.Stimulus | None = None) -> Arrays:
    """Do the same here."""
    case, asked = CASES[name], job(model, name)
    with (
        make(model) as cell,
        Simulation(cell, celsius=asked["celsius"], v_init=asked["v_init"]) as simulation,
    ):

        def real(value: Any) -> Any:
            if isinstance(value, str) and value.startswith("@"):
                return case.ours if value == "@stimulus" else cell.sections[value[1:]]
            return value

        cell.add_voltage_recording(cell.sections["dend[0]"], 0.5)
        for method in asked["before"]:
            getattr(cell, method[0])(*method[1:])
        if instead is not None:
            cell.add_stimulus(instead)
        else:
            named = {key: real(value) for key, value in case.named.items()}
            getattr(cell, case.method)(*map(real, case.args), **named)
        simulation.run(TSTOP, cvode=cvode, dt=0.025)
        found = {
            "t": cell.get_time(),
            "soma": cell.get_soma_voltage(),
            "dend": cell.get_voltage_recording(cell.sections["dend[0]"], 0.5),
        }
        if "current_record_name" in case.named:
            found["current"] = cell.get_recording(case.named["current_record_name"])
        return found


@pytest.fixture(scope="module", params=MODELS)
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Arrays]:
    """All answers of the peer on one model."""
    model = request.param
    names = [name for name in CASES if _possible(model, name)]
    return model, dict(
        zip(
            names,
            ask(model, [job(model, name) for name in names], tmp_path_factory.mktemp("peer")),
            strict=True,
        )
    )


def _possible(model: str, name: str) -> bool:
    """Whether the peer knows the currents that a relative stimulus needs: in this format it does not."""
    return not (model.endswith("bluepyopt") and name in RELATIVE)


@pytest.mark.parametrize("name", EQUAL)
def test_same_potential(peer: tuple[str, Arrays], name: str) -> None:
    model, answers = peer
    if not _possible(model, name):
        pytest.skip("the peer has no threshold current in this format")
    theirs = answers[name]
    assert "error" not in theirs, theirs["error"]
    ours = do(model, name)
    assert np.ptp(ours["soma"]) > 1
    for key, values in ours.items():
        assert values.shape == theirs[key].shape
        assert np.abs(values - theirs[key]).max() <= 1e-9, key


def _as_the_peer(name: str) -> spec.Stimulus:
    """The documented bug, spelt out with stimuli of ours."""
    case = CASES[name]
    if name == "late seclamp":  # it ignores the delay
        assert case.ours is not None
        return case.ours.model_copy(update={"delay": 0.0})
    late = TSTOP + 1
    if name == "sine that ends":  # it goes to 0 one step after its last sample, and on along that line
        amplitude, delay, duration, frequency = case.args
        sine = waveform_of(
            spec.Sinusoidal(delay=delay, duration=duration, amp_start=amplitude, frequency=frequency)
        )
        times, values = sine.times[:-3], sine.values[:-3]
        end = times[-1] + 0.025
        beyond = -values[-1] / 0.025 * (late - end)
        return spec.Sampled(times=(*times, end, late), values=(*values, 0.0, beyond))
    if name.startswith("noise that ends"):
        noise = waveform_of(
            spec.Noise(delay=5, duration=20, mean=0.2, variance=0.05), seeds=Seeds(cell=CELL_ID)
        )
        times, values = noise.times[:-2], noise.values[:-2]
        if "first" in name:  # a stray last point at (0, 0) makes it go on along the line through there
            return spec.Sampled(times=(*times, late), values=(*values, values[-1] * late / times[-1]))
        # the peer knows from the run before that this run is longer, and makes the last sample 0
        return spec.Sampled(times=times, values=(*values[:-1], 0.0))
    waveform = waveform_of(case.ours, seeds=Seeds(cell=CELL_ID))
    times, values = waveform.times[1:], waveform.values[1:]  # without the 0 at the delay
    before = 0.0 if waveform.unit == "uS" else values[0]  # it plays the first value from the start
    return spec.Sampled(
        times=(0.0, *times),
        values=(before, *values),
        mode="conductance" if waveform.unit == "uS" else "current",
        reversal=getattr(case.ours, "reversal", 0.0),
    )


#: From when on (ms) the peer differs, and by how many mV at least.
WRONG = {
    "sine that ends": (21.675, 1.0),
    "noise that ends, first of its process": (25.0, 0.1),
    "noise that ends": (24.5, 0.01),
    "late Ornstein-Uhlenbeck": (0.0, 1.0),
    "late Ornstein-Uhlenbeck, conductance": (0.0, 1e-6),
    "late seclamp": (0.0, 1.0),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_documented_difference(peer: tuple[str, Arrays], name: str) -> None:
    """The peer is wrong as documented: ours is right, and with the bug spelt out the same."""
    model, answers = peer
    theirs = answers[name]
    assert "error" not in theirs, theirs["error"]
    ours = do(model, name)
    difference = np.abs(ours["soma"] - theirs["soma"])
    start, least = WRONG[name]
    wrong = ours["t"] >= start
    assert difference[~wrong].max(initial=0) <= 1e-9
    assert difference[wrong].max() > least
    copied = do(model, name, instead=_as_the_peer(name))
    assert np.abs(copied["soma"] - theirs["soma"]).max() <= 1e-9


@pytest.mark.parametrize("name", ["step", "ramp", "hyperpolarizing", "voltage clamp"])
def test_variable_step(peer: tuple[str, Arrays], name: str, tmp_path: Path) -> None:
    """CVODE takes the same steps on both sides."""
    model, _ = peer
    if not _possible(model, name):
        pytest.skip("the peer has no holding current in this format")
    (theirs,) = ask(model, [job(model, name, cvode=True)], tmp_path)
    assert "error" not in theirs, theirs["error"]
    ours = do(model, name, cvode=True)
    assert len(ours["t"]) == len(theirs["t"])
    assert np.abs(ours["soma"] - theirs["soma"]).max() <= 1e-6


FEW = ["step", "voltage clamp", "noise", "shot noise, conductance", "Ornstein-Uhlenbeck"]


def _do_all(model: str, names: list[str]) -> list[Arrays]:
    return [do(model, name) for name in names]


@pytest.mark.parametrize("model", ["l5pc_v6", "l5pc_bluepyopt", "l5pc_v5"])
def test_layer_5(model: str, tmp_path: Path) -> None:
    """In a process of its own, as its mechanisms have the names of the other family's."""
    material()
    names = FEW + [name for name in RELATIVE if model == "l5pc_v6"]
    answers = ask(model, [job(model, name) for name in names], tmp_path)
    for name, ours, theirs in zip(names, run_isolated(_do_all, model, names), answers, strict=True):
        assert "error" not in theirs, theirs["error"]
        for key, values in ours.items():
            assert np.abs(values - theirs[key]).max() <= 1e-9, (name, key)
