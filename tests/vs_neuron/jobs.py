"""Jobs that both sides do: bare NEURON in a process of its own, and bluecellab here."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab import Cell, CellId, Simulation, create_ball_stick, load_mechanisms
from bluecellab.nrn.mechanisms import build
from bluecellab.spec import stimuli as spec
from tests.material import material
from tests.vs_neuron.geometry import geometry

__all__ = ["BALL", "Job", "Model", "bare_outcome", "our_geometry", "our_outcome", "real", "same"]

Arrays = dict[str, npt.NDArray[Any]]
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Model:
    """A cell, as both sides make it; the ball and stick by default."""

    name: str = "ball"
    gid: int = 0

    def bare(self) -> dict[str, Any]:
        """What the bare script is told."""
        if self.name == "ball":
            return {"kind": "ball"}
        model = material().cell(self.name)
        folder, file = str(model.morphology.parent), model.morphology.name
        properties = model.emodel_properties
        arguments: dict[str, list[object]] = {
            "v5": [self.gid, str(model.morphology)],
            "v6": [self.gid, folder, file],
            "bluepyopt": [folder, file],
        }
        args = arguments[model.template_format]
        if "scaled" in self.name:
            assert properties is not None
            args += [properties.AIS_scaler, properties.soma_scaler]
        before = [HERE / "bare_v5.hoc"] if model.template_format == "v5" else []
        return {
            "kind": "hoc",
            "library": str(build(model.mechanisms).path),
            "files": [str(path) for path in (*before, model.template)],
            "name": model.template_name,
            "args": args,
        }

    def ours(self) -> Cell:
        """Make it with bluecellab."""
        if self.name == "ball":
            return create_ball_stick()
        model = material().cell(self.name)
        load_mechanisms(model.mechanisms)
        return Cell(
            model.template,
            model.morphology,
            CellId("", self.gid),
            template_format=model.template_format,
            emodel_properties=model.emodel_properties,
        )


BALL = Model()


def real(name: str) -> Model:
    """A model of the material."""
    return Model(name)


@dataclass(frozen=True)
class Job:
    """What is done; each stimulus in the bare script's words and, where those are not plain, in ours."""

    model: Model = BALL
    stimuli: Sequence[tuple[Mapping[str, Any], spec.Stimulus | None]] = ()
    record: Sequence[tuple[str, str, float]] = (("v", "soma[0]", 0.5),)
    spikes: Sequence[tuple[str, float, float]] = ()
    tstop: float = 30.0
    dt: float = 0.025
    cvode: bool = False
    celsius: float = 34.0
    v_init: float = -65.0
    by: str = "psolve"


def bare_outcome(job: Job, folder: Path, *, cells: int = 1, run: bool = True) -> Arrays:
    """Do a job in bare NEURON."""
    fields = {field.name: getattr(job, field.name) for field in dataclasses.fields(job)}
    fields["stimuli"] = [theirs for theirs, _ in job.stimuli]
    fields["cell"] = job.model.bare()
    fields["cells"] = cells
    how = {name: fields[name] for name in ("tstop", "dt", "cvode", "celsius", "v_init", "by")}
    fields["run"] = how if run else None
    del fields["model"]
    (folder / "job.json").write_text(json.dumps(fields), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(HERE / "bare.py"), "job.json", "out.npz"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-1000:]
    with np.load(folder / "out.npz") as arrays:
        return dict(arrays)


def _spec(stimulus: Mapping[str, Any]) -> spec.Stimulus:
    kind = stimulus["kind"]
    if kind == "step":
        return spec.Step(delay=stimulus["delay"], duration=stimulus["dur"], amplitude=stimulus["amp"])
    if kind == "hold":
        return spec.Sampled(
            times=tuple(stimulus["times"]), values=tuple(stimulus["values"]), interpolation="hold"
        )
    return spec.VoltageClamp(
        duration=stimulus["dur1"], voltage=stimulus["amp1"], series_resistance=stimulus["rs"]
    )


def our_outcome(
    job: Job,
    cell: Cell,
    simulation: Simulation,
    *,
    cuts: Sequence[float] = (),
    show_progress: bool = False,
    interval: float | None = None,
) -> Arrays:
    """Do a job with bluecellab on an open cell."""
    playing = [
        cell.add_stimulus(ours or _spec(theirs), theirs["section"], theirs["x"])
        for theirs, ours in job.stimuli
    ]
    currents = [
        cell.record_pointer(f"clamp {index}", live.current_ref, interval=interval)
        for index, live in enumerate(playing)
    ]
    recorders = [
        cell.record(variable, cell.at(section, x), interval=interval) for variable, section, x in job.record
    ]
    detectors = [
        cell.start_recording_spikes(None, f"{section}({x})", threshold)
        for section, x, threshold in job.spikes
    ]
    simulation.celsius, simulation.v_init = job.celsius, job.v_init
    if cell not in simulation.cells:
        simulation.add_cell(cell)
    until = [*cuts, job.tstop]
    simulation.run(until[0], cvode=job.cvode, dt=job.dt, show_progress=show_progress)
    for stop in until[1:]:
        simulation.continue_run(stop, show_progress=show_progress)
    out: Arrays = {"t": recorders[0].trace().time}
    for group, items in (("record", recorders), ("current", currents)):
        for index, recorder in enumerate(items):
            out[f"{group}/{index}"] = recorder.trace().values
    for index, detector in enumerate(detectors):
        out[f"spikes/{index}"] = detector.times()
    for live in playing:
        live.close()
    for name in [name for name in cell.recordings if name.startswith("clamp ")]:
        cell.recordings.pop(name).close()
    return out


def our_geometry(cell: Cell) -> Arrays:
    """The geometry of a cell of ours, looked at with the bare script's eyes."""
    return geometry({name: section.raw for name, section in cell.sections.items()})


def same(ours: Mapping[str, npt.NDArray[Any]], theirs: Mapping[str, npt.NDArray[Any]]) -> None:
    """Assert that arrays are equal bit for bit; NaN equals NaN."""
    for name, array in ours.items():
        other = theirs[name]
        assert array.shape == other.shape, f"{name}: {array.shape} here, {other.shape} in bare NEURON"
        if array.dtype.kind == "f":
            different = array.view(np.uint64) != other.view(np.uint64)
            where = np.flatnonzero(different.any(axis=1) if array.ndim > 1 else different)
            assert not where.size, (
                f"{name}: {where.size} of {len(array)} rows differ, first at {where[0]}: "
                f"{array[where[0]]!r} here, {other[where[0]]!r} in bare NEURON"
            )
        else:
            assert (array == other).all(), f"{name}: {array[array != other]} / {other[array != other]}"
