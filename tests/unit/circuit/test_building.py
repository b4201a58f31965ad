"""Cells of a circuit can be built, by templates and artificial ones."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest

from bluecellab import Simulation
from bluecellab.cell import Cell
from bluecellab.cell.morphology.paths import Location, find
from bluecellab.circuit.obi import open_circuit
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import HocCell
from tests.faults.hocs import SWC, template, write
from tests.unit.circuit.sonata_files import write_small_circuit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_small_circuit(tmp_path)
    write(tmp_path / "hoc" / "small.hoc", template("small", biophysics="forsec all { insert hh }"))
    for name in ("m1", "m2", "m.3"):
        write(tmp_path / "morphologies" / f"{name}.swc", SWC)
    return tmp_path


def test_hoc_cells(folder: Path) -> None:
    with open_circuit(folder) as circuit, Cell.from_spec(circuit.cell(CellId("S1", 4))) as cell:
        assert cell.cell_id == ("S1", 4)
        assert len(cell.sections) >= 5
        assert (cell.threshold, cell.hypamp) == (0.5, -0.5)


def test_cells_of_a_network_that_are_all_artificial(folder: Path) -> None:
    with (
        open_circuit(folder) as circuit,
        Cell.from_spec(circuit.cell(CellId("P", 0))) as one,
        Cell.from_spec(circuit.cell(CellId("P", 2))) as two,
        Simulation() as simulation,
    ):
        assert one.artificial.tau == 5
        assert two.hocname.startswith("IntFire2")
        simulation.add_cell(one)
        simulation.add_cell(two)
        simulation.run(1, cvode=False)


def test_entries_of_containers_are_found_by_cells(folder: Path) -> None:
    with h5py.File(folder / "merged.h5", "w") as merged:
        merged.create_group("m.3")
    path = folder / "circuit_config.json"
    values = json.loads(path.read_text())
    values["components"]["alternate_morphologies"] = {"h5v1": "merged.h5"}
    path.write_text(json.dumps(values))
    with open_circuit(folder) as circuit:
        spec = circuit.cell(CellId("S1", 4))
    assert isinstance(spec, HocCell)
    assert find(spec.morphology_path) == Location(folder / "merged.h5", "m.3")
