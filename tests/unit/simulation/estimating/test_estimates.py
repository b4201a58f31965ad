"""What is estimated of a simulation is what comes out when it is built."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bluecellab.circuit.config import read_config
from bluecellab.errors import CircuitWarning, SimulationError
from bluecellab.simulation import CircuitSimulation, Summary, run_isolated
from bluecellab.simulation.circuit.request import AnyConfig
from bluecellab.simulation.estimating import BUILT_IN, Estimate, estimate
from bluecellab.simulation.estimating.bench import LEAST, Sample, resident_bytes, sample_circuit
from bluecellab.simulation.sizing.cells import Sizes
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AllenCell, AnyCell, BallStickCell, PointCell, PythonCell
from tests.material import material

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
CONFIGS = {
    "five": EXAMPLES / "five_cells" / "simulation_config.json",
    "allen": EXAMPLES / "allen_network" / "simulation_config.json",
}


def built(config: AnyConfig, output: str) -> tuple[Summary, float, Mapping[str, int], float]:
    """Build and run a simulation; return its numbers, memory, bytes of its reports, CPU seconds of the run."""
    warnings.simplefilter("ignore", CircuitWarning)  # of synapses that are left out, which is looked at
    with CircuitSimulation(config) as simulation:
        simulation.dialect = simulation.dialect.changed(
            dt=None, base_seed=None, seeds="neurodamus", directory=output
        )
        simulation.instantiate(reports="all")
        began = time.process_time()
        simulation.run()
        seconds = time.process_time() - began
        sizes = {path.name: path.stat().st_size for path in simulation.reports.values()}
        return simulation.summary, resident_bytes(), sizes, seconds


def check(found: Estimate, summary: Summary, memory: float, sizes: Mapping[str, int], seconds: float) -> None:
    """Numbers are exact; memory and files are near; times are of the order."""
    low, high = found.run_seconds
    assert low / 5 < seconds < high * 5 + 0.1
    assert sum(found.cells.values()) == summary.cells
    assert (found.sections, found.segments) == (summary.sections, summary.segments)
    assert dict(found.synapses) == dict(summary.synapses)
    assert (found.skipped, found.connections) == (summary.skipped, summary.connections)
    assert memory / 1.5 < found.memory < memory * 1.5
    assert set(sizes) == set(found.reports) - {"spikes"}
    for name, size in sizes.items():
        assert abs(found.reports[name] - size) < 0.3 * size + 2**18, (name, size)


@pytest.mark.parametrize("name", CONFIGS)
def test_examples(name: str, tmp_path: Path) -> None:
    config = read_config(CONFIGS[name])
    check(estimate(config), *run_isolated(built, config, str(tmp_path / "output")))


def test_real_cells(tmp_path: Path) -> None:
    config = read_config(material().circuit("ten_cells") / "simulation_config.json")
    config = config.model_copy(update={"run": config.run.model_copy(update={"tstop": 2.0})})
    measured = run_isolated(built, config, str(tmp_path / "output"))
    assert measured[0].skipped
    check(estimate(config), *measured)


def test_neuron_is_not_started() -> None:
    code = (
        "import sys; from bluecellab.simulation.estimating import estimate; "
        "estimate(sys.argv[1], ranks=2); print('neuron' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(CONFIGS["five"])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_shares_of_ranks_add_up() -> None:
    one, two = (estimate(CONFIGS["five"], ranks=ranks) for ranks in (1, 2))
    assert [rank.cells for rank in two.per_rank] == [2, 3]
    for name in ("cells", "segments", "synapses"):
        assert sum(getattr(rank, name) for rank in two.per_rank) == getattr(one.per_rank[0], name)
    assert 1.0 < two.imbalance < 1.5
    assert one.imbalance == 1.0
    assert two.run_seconds[1] < one.run_seconds[1] < two.run_seconds[1] * 2
    assert two.memory < one.memory < two.total_memory


def test_more_ranks_than_cells() -> None:
    found = estimate(CONFIGS["five"], ranks=7)
    assert [rank.cells for rank in found.per_rank].count(0) == 2
    assert found.imbalance > 1.4


def test_threads_and_engines_make_it_faster() -> None:
    plain, threaded = estimate(CONFIGS["five"]), estimate(CONFIGS["five"], threads=2)
    assert threaded.run_seconds[0] < plain.run_seconds[0]
    other = estimate(CONFIGS["five"], engine="coreneuron")
    assert other.run_seconds[0] < plain.run_seconds[0]
    assert plain.memory < other.memory < plain.memory * 1.1
    assert threaded.memory == plain.memory


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ranks": 0}, "ranks is a positive whole number, not 0"),
        ({"threads": 1.5}, "threads is a positive whole number, not 1.5"),
        ({"look_at": 0}, "look_at is a positive whole number, not 0"),
        ({"ranks": True}, "ranks is a positive whole number, not True"),
        ({"engine": "arbor"}, "engine is one of neuron, coreneuron, not 'arbor'"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: Any, said: str) -> None:
    with pytest.raises(SimulationError, match=said):
        estimate(CONFIGS["five"], **wrong)


def test_plain_values() -> None:
    found = estimate(CONFIGS["allen"], ranks=2)
    told = json.loads(json.dumps(found.to_dict()))
    assert told["segments"] == found.segments
    assert [rank["cells"] for rank in told["per_rank"]] == [rank.cells for rank in found.per_rank]
    assert told["disk"] == sum(told["reports"].values())
    assert told["calibration"] == found.calibration
    assert "on the largest rank" in "\n".join(found.lines())


def test_costs_that_are_given_are_taken() -> None:
    slow = replace(BUILT_IN, run=100.0, low=1.0, high=1.0, source="mine")
    found = estimate(CONFIGS["five"], costs=slow)
    assert found.run_seconds[0] == found.run_seconds[1] > 5
    assert found.lines()[10] == "costs        mine"


def test_some_cells_stand_for_many() -> None:
    whole, some = estimate(CONFIGS["five"], ranks=2), estimate(CONFIGS["five"], ranks=2, look_at=3)
    assert (whole.exact, some.exact) == (True, False)
    assert some.assumed[0] == "3 of 5 cells were looked at, and the others are like them"
    assert dict(some.cells) == dict(whole.cells)
    assert sum(rank.cells for rank in some.per_rank) == 5
    for name in ("segments", "connections", "variables", "total_memory"):
        assert getattr(some, name) == pytest.approx(getattr(whole, name), rel=0.3), name
    assert sum(some.synapses.values()) == pytest.approx(sum(whole.synapses.values()), rel=0.3)


@pytest.mark.parametrize("sample", [LEAST, Sample(cells=2, branches=4, chunk=10.0), Sample(cells=1)])
def test_circuits_of_the_calibration(sample: Sample, tmp_path: Path) -> None:
    sizes, circuit = Sizes(), sample_circuit(sample, tmp_path)
    found = [sizes.of(circuit.cell(CellId("cells", node))) for node in range(sample.cells)]
    assert sum(each.sections for each in found) == sample.sections
    assert sum(each.segments for each in found) == sample.segments
    assert not sizes.assumed


@pytest.mark.parametrize(
    ("spec", "sections", "segments"),
    [
        (BallStickCell(), 2, 201),
        (PointCell(mechanism="IntFire1"), 0, 0),
        (AllenCell(template="nrn:IntFire1", model_type="point_neuron"), 0, 0),
    ],
)
def test_cells_without_files(spec: AnyCell, sections: int, segments: int) -> None:
    sizes = Sizes()
    found = sizes.of(spec)
    assert (found.sections, found.segments, found.exact) == (sections, segments, True)
    assert not sizes.assumed


def test_what_a_function_makes_is_assumed() -> None:
    sizes = Sizes()
    spec = PythonCell(factory="somewhere:cell")
    assert not sizes.of(spec).exact
    sizes.of(spec)
    assert list(sizes.assumed.values()) == [2]
