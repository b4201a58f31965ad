"""Point cells under the published names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluecellab.compat.cell import Cell
from bluecellab.compat.cell.point_process import HocPointProcessCell, mechanism_name_from_model_template
from bluecellab.compat.circuit import CellId
from bluecellab.compat.simulation import Simulation
from bluecellab.errors import BluecellabError, TemplateNotFoundError

WRAPPER = """
begintemplate Published
public pointcell, number
objref pointcell
proc init() {
    number = $1
    pointcell = new IntFire1()
}
endtemplate Published
"""


def test_by_mechanism() -> None:
    name = mechanism_name_from_model_template(None, "nrn:IntFire1")
    assert name == mechanism_name_from_model_template("nowhere.hoc", "IntFire1") == "IntFire1"
    with (
        HocPointProcessCell(CellId("P", 3), name) as cell,
        HocPointProcessCell(CellId("P", 4), name, 0.0) as other,
        Simulation() as simulation,
    ):
        assert isinstance(cell, Cell)
        assert (cell.hypamp, cell.threshold, cell.soma) == (0, 0, None)
        for each in (cell, other):
            simulation.add_cell(each)
        connection = cell.create_netcon_spikedetector(other.pointcell, "pointcell", -20)
        simulation.run(10, cvode=False)
        assert cell.get_recorded_spikes("pointcell", threshold=-20) == cell.get_spike_times() == []
        del connection


def test_by_template(tmp_path: Path) -> None:
    path = tmp_path / "Published.hoc"
    path.write_text(WRAPPER)
    name = mechanism_name_from_model_template(path, "hoc:Published")
    with HocPointProcessCell(CellId("P", 5), name) as cell:
        assert cell.hoc.number == 5
        assert cell.pointcell.hname().startswith("IntFire1")


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a cell_id"):
        HocPointProcessCell(None, "IntFire1")
    with pytest.raises(BluecellabError, match="IntFire9"):
        HocPointProcessCell(CellId("P", 0), "IntFire9")
    with pytest.raises(TemplateNotFoundError):
        mechanism_name_from_model_template(tmp_path / "gone.hoc", "hoc:gone")
