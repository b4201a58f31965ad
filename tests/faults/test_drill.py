"""The fault drill, part A, lines 1 to 39, and part B; the workers' lines 40 to 46 are in test_workers.py."""

from __future__ import annotations

import pytest

from tests.faults.harness import lines_of, run_line

pytestmark = pytest.mark.faults

MODULES = [
    "tests.faults.lines_after_close",
    "tests.faults.lines_one_after_another",
    "tests.faults.lines_runs",
    "tests.faults.lines_creation",
    "tests.faults.lines_mechanisms",
    "tests.faults.lines_circuit_files",
    "tests.faults.lines_circuit_config",
    "tests.faults.lines_circuit_simulation",
    "tests.faults.lines_circuit_inputs",
    "tests.faults.lines_circuit_synapses",
    "tests.faults.lines_circuit_reports",
    "tests.faults.lines_circuit_configure",
    "tests.faults.lines_allen_config",
    "tests.faults.lines_allen_edges",
    "tests.faults.lines_allen_files",
    "tests.faults.lines_allen_simulation",
]
CASES = [(module, name) for module in MODULES for name in lines_of(module)]


@pytest.mark.parametrize(("module", "name"), CASES, ids=[name for _, name in CASES])
def test_line(module: str, name: str) -> None:
    run_line(module, name)
    assert name in lines_of(module)
