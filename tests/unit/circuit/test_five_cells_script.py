"""What is committed of the example is what its script makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from bluecellab.circuit.obi import open_circuit
from bluecellab.results.sonata import read_spikes

ROOT = Path(__file__).resolve().parents[3]
COMMITTED = ROOT / "examples" / "five_cells"


def test_the_script_makes_what_is_committed(tmp_path: Path) -> None:
    made = tmp_path / "five_cells"
    script = ROOT / "scripts" / "make_five_cells.py"
    subprocess.run([sys.executable, str(script), "--output", str(made)], check=True, timeout=60)
    for name in ("circuit_config.json", "node_sets.json", "simulation_config.json", "hoc/Small.hoc"):
        assert (made / name).read_text() == (COMMITTED / name).read_text()
    with open_circuit(made) as new, open_circuit(COMMITTED) as old:
        for name, population in old.node_populations.items():
            assert new.node_populations[name] == population
            for column, values in old.nodes(name).items():
                np.testing.assert_array_equal(new.nodes(name)[column], values)
        for name, edges in old.edge_populations.items():
            assert new.edge_populations[name] == edges
            for target in range(5):
                one, two = new.edges(name, target), old.edges(name, target)
                np.testing.assert_array_equal(one.sources, two.sources)
                for column, values in two.columns.items():
                    np.testing.assert_array_equal(one.columns[column], values)
    one, two = (read_spikes(folder / "input_spikes.h5")["Input"] for folder in (made, COMMITTED))
    np.testing.assert_array_equal(one, two)
