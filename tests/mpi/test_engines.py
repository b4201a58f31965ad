"""CoreNEURON on ranks, which hand their shares to it themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.mpi.ranked import ranked
from tests.mpi.test_reports import obi
from tests.unit.simulation.engines.cells import has_library
from tests.unit.simulation.engines.test_circuits import arrays

pytestmark = [
    pytest.mark.mpi,
    pytest.mark.skipif(not has_library(), reason="this NEURON brings no CoreNEURON along"),
]

SCRIPT = """
from bluecellab import run_sonata
result = run_sonata(os.environ["CONFIG"], engine=os.environ["ENGINE"])
tell([result.summary.engine, result.summary.ranks, result.summary.spikes])
"""
REFUSED = """
from bluecellab import CircuitSimulation
with CircuitSimulation(os.environ["CONFIG"]) as simulation:
    simulation.instantiate()
    tell(caught(lambda: simulation.run(5.0, cvode=True, engine="coreneuron")))
    simulation.run(5.0, engine="coreneuron")
    tell("ran")
"""


def simulated(folder: Path, count: int, engine: str) -> Path:
    folder.mkdir()
    config = obi(folder / "circuit")
    ran = ranked(folder, count, SCRIPT, CONFIG=str(config), ENGINE=engine)
    assert ran.code == 0, ran.err
    assert all(told[:2] == [engine, max(count, 1)] for told in ran.last)
    return config.parent / "output"


def test_ranks_write_what_one_process_writes(tmp_path: Path) -> None:
    wanted = simulated(tmp_path / "one", 0, "neuron")
    found = simulated(tmp_path / "two", 2, "coreneuron")
    names = sorted(path.name for path in wanted.glob("*.h5"))
    assert names == sorted(path.name for path in found.glob("*.h5"))
    assert len(names) > 5
    for name in names:
        columns, others = arrays(found / name), arrays(wanted / name)
        assert columns.keys() == others.keys()
        for key, values in others.items():
            if "timestamps" in key:
                assert np.array_equal(columns[key], values), name
            assert np.allclose(columns[key], values, rtol=1e-6, atol=1e-6), (name, key)


def test_a_refusal_is_one_of_all(tmp_path: Path) -> None:
    ran = ranked(tmp_path, 2, REFUSED, CONFIG=str(obi(tmp_path / "circuit")))
    assert ran.code == 0, ran.err
    for told in ran.told:
        assert told[0][0] == "UnsupportedByEngineError"
        assert told[1] == "ran"
