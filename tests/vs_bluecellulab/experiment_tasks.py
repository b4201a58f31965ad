"""What both Pythons are asked to do in the comparison of experiments, and how they are run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from bluecellab.nrn.mechanisms import build
from tests.material import ModelCell, material

__all__ = ["JOBS", "run"]

SCRIPT = Path(__file__).with_name("experiments_notebook.py")

#: Jobs by family of mechanisms, which go to one process each; a part of the script, and a model.
JOBS: dict[str, tuple[str, ...]] = {
    "sscx": (
        "signatures",
        "facts sscx_v6",
        "holding",
        "steady sscx_v6",
        "steady sscx_bluepyopt",
        "spiking_steady sscx_v6",
        "hyperpolarizing sscx_v6",
        "threshold sscx_v6",
        "rheobase sscx_v6",
        "rheobase_needs sscx_bluepyopt_bare",
        "sequences sscx_v6",
        "composed sscx_v6",
        "validations sscx_v6",
    ),
    "l5pc": (
        "steady l5pc_v6",
        "rheobase l5pc_v6",
        "properties l5pc_v6",
        "stimuli l5pc_v6",
        "bpap l5pc_v6",
        "bpap l5pc_v5",
        "curves l5pc_v6",
    ),
}

SIGNATURES = {
    "tools": (
        "calculate_SS_voltage calculate_SS_voltage_subprocess calculate_input_resistance holding_current "
        "holding_current_subprocess template_accepts_cvode search_hyp_current detect_hyp_current "
        "detect_spike_step detect_spike_step_subprocess detect_spike search_threshold_current "
        "check_empty_topology calculate_max_thresh_current calculate_rheobase validate_section_and_segment "
        "resolve_source_nodes compute_memodel_properties compute_memodel_properties_v2"
    ),
    "analysis.analysis": (
        "compute_plot_iv_curve compute_plot_fi_curve BPAP BPAP.run BPAP.amplitudes BPAP.distances_to_soma "
        "BPAP.get_recordings BPAP.get_amplitudes_and_distances BPAP.fit BPAP.validate BPAP.plot_amp_vs_dist "
        "BPAP.plot_recordings"
    ),
    "analysis.inject_sequence": (
        "Recording run_stimulus run_multirecordings_stimulus apply_multiple_stimuli"
    ),
    "analysis.plotting": "plot_iv_curve plot_fi_curve",
    "analysis.utils": "exp_decay",
    "validation": (
        "TestResult StepProtocol SequenceProtocol EfelMeasurement GreaterThan EqualTo IsFalse "
        "ParametricValidation ParametricValidation.run StepProtocol.execute EfelMeasurement.extract "
        "GreaterThan.evaluate GreaterThan.describe"
    ),
    "validation.validation": (
        "run_validations spiking_test depolarization_block_test bpap_test ais_spiking_test "
        "hyperpolarization_test rin_test iv_test fi_test thumbnail_test plot_trace plot_traces"
    ),
    "graph": "build_graph plot_graph",
    "dendrogram": "Dendrogram",
    "plotwindow": "PlotWindow",
    "cell.core": (
        "Cell.add_dendrogram Cell.add_plot_window Cell.init_callbacks Cell.plot_callback "
        "Cell.weights_callback Cell.delete_plottable"
    ),
    "utils": "efel_settings",
}


def _described(cell: ModelCell, *, bare: bool = False) -> dict[str, Any]:
    properties = None if bare or cell.emodel_properties is None else cell.emodel_properties
    return {
        "template": str(cell.template),
        "morphology": str(cell.morphology),
        "format": cell.template_format,
        "properties": None if properties is None else properties.model_dump(exclude_none=True),
    }


def write(folder: Path, family: str, jobs: tuple[str, ...]) -> Path:
    """Write the task of a family into a folder of its own; return its path."""
    found = material()
    models = {name: _described(cell) for name, cell in found.cells.items()}
    models["sscx_bluepyopt_bare"] = _described(found.cell("sscx_bluepyopt"), bare=True)
    folder.mkdir(parents=True, exist_ok=True)
    for inner in ("figures", "validations"):
        (folder / inner).mkdir(exist_ok=True)
    task = {
        "jobs": jobs,
        "models": models,
        "noisy": str(found.cell("sscx_v6_noisy").template),
        "signatures": SIGNATURES,
        "figures": str(folder / "figures"),
        "validations": str(folder / "validations"),
        "answers": str(folder / "answers.json"),
    }
    if family == "sscx":
        task["circuit"] = str(found.circuit("two_cells") / "simulation_without_reports.json")
        task["circuit_cells"] = [("NodeA", 0), ("NodeB", 0)]
    path = folder / "task.json"
    path.write_text(json.dumps(task))
    return path


def run(python: str, folder: Path, family: str, *more: str, jobs: tuple[str, ...] = ()) -> dict[str, Any]:
    """Have a Python do the jobs of a family; return what came of each."""
    path = write(folder, family, jobs or JOBS[family])
    library = build(material().mechanisms[family]).path
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, str(SCRIPT), str(path), *more],
        cwd=folder,
        env={**environment, "BLUECELLULAB_MOD_LIBRARY_PATH": str(library), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=1700,
        check=False,
    )
    (folder / "printed.txt").write_text(done.stderr)
    assert done.returncode == 0, done.stderr[-5000:]
    answers: dict[str, Any] = json.loads((folder / "answers.json").read_text())
    return answers
