"""Potentials at electrodes: NEURON's membrane currents times the formula, and cells that do not feel it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import Cell, Simulation
from bluecellab.errors import CircuitWarning, OutputError, ReportError
from bluecellab.fields.extracellular import Placement, extracellular_recorder, read_electrodes
from bluecellab.fields.line_source import line_source
from bluecellab.fields.segments import segment_ends
from bluecellab.nrn import settings
from bluecellab.recording.allen import membrane_recorder
from bluecellab.results.sonata import potential_files
from bluecellab.spec.allen import ExtracellularReport, MembraneReport
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import PointCell
from tests.unit.recording.allen.cells import DT, cells, numbers, run

TABLE = "channel x_pos y_pos z_pos\n3 10 20 30\n5 -40 8 0\n9 0 0 100\n"


@pytest.fixture
def electrodes(tmp_path: Path) -> Path:
    path = tmp_path / "electrodes.csv"
    path.write_text(TABLE)
    return path


def words(electrodes: Path, **values: Any) -> ExtracellularReport:
    return ExtracellularReport(**{"name": "e", "electrode_positions": str(electrodes), **values})


def placements(made: dict[CellId, Cell]) -> dict[CellId, Placement]:
    return {
        cell_id: ((10.0 * cell_id.id, -5.0, 3.0), (0.1 * cell_id.id, 0.2, 0.3)) for cell_id in list(made)[:-1]
    }


@pytest.mark.parametrize("least", [None, 30.0, "auto"])
def test_is_the_formula_times_currents(tmp_path: Path, electrodes: Path, least: Any) -> None:
    report = words(electrodes, minimum_distance=least)
    currents = MembraneReport(name="i", variable_names=("i_membrane_",))
    with cells() as made:
        plain = run(made)
        where = placements(made)
        files = {cell_id: tmp_path / "parts" / f"{cell_id.id}.h5" for cell_id in made}
        with (
            extracellular_recorder(report, made, where, tmp_path / "e.h5", contributions=files) as recorder,
            membrane_recorder(currents, made, tmp_path / "i.h5") as other,
        ):
            same = run(made, [recorder, other])
        assert settings.read("use_fast_imem") == 0
        assert all(np.array_equal(plain[cell_id], same[cell_id]) for cell_id in made)
        assert not any(
            section.has_membrane("extracellular") for cell in made.values() for section in cell.raw_sections()
        )
        positions, channels = read_electrodes(electrodes)
        membrane = numbers(tmp_path / "i.h5")["report/A/data"].reshape(100, 3, 9)
        parts = {}
        for cell_id, cell in made.items():
            position, rotation = where.get(cell_id, ((0, 0, 0), None))
            radii = np.array([10] + [1] * 5 + [1.5] * 3)
            matrix = line_source(
                positions,
                *segment_ends(cell, position, rotation),
                minimum_distance=radii if least == "auto" else least,
            )
            parts[cell_id] = membrane[:, cell_id.id // 2] @ matrix.T
    found = numbers(tmp_path / "e.h5")
    assert found["ecp/data"].shape == (100, 3)
    assert np.allclose(found["ecp/data"], sum(parts.values()), rtol=1e-12, atol=1e-15)
    assert np.abs(found["ecp/data"]).max() > 1e-6
    assert found["ecp/channel_id"].tolist() == channels.tolist() == [3, 5, 9]
    assert found["ecp/time"].tolist() == [0.0, 10.0, DT]
    for cell_id, path in files.items():
        single = numbers(path)
        assert np.allclose(single["ecp/data"], parts[cell_id], rtol=1e-12, atol=1e-15)
        assert single["complete"] == 1


def test_with_extracellular_inserted(tmp_path: Path, electrodes: Path) -> None:
    found = []
    for inserted in (False, True):
        path = tmp_path / f"{inserted}.h5"
        with (
            cells(2, extracellular=inserted) as made,
            extracellular_recorder(words(electrodes), made, {}, path) as recorder,
        ):
            run(made, [recorder])
        found.append(numbers(path)["ecp/data"])
    assert np.allclose(*found, rtol=1e-2, atol=1e-6)


def test_small_blocks(tmp_path: Path, electrodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cells(2) as made:
        files = {cell_id: tmp_path / "parts" / f"{cell_id.id}.h5" for cell_id in made}
        found = []
        for number in range(2):
            with extracellular_recorder(
                words(electrodes), made, {}, tmp_path / f"{number}.h5", contributions=files, overwrite=True
            ) as recorder:
                run(made, [recorder])
            found.append([numbers(path)["ecp/data"] for path in (tmp_path / f"{number}.h5", *files.values())])
            monkeypatch.setattr("bluecellab.recording.reports._BLOCK_BYTES", 18 * 8 * 5)
            monkeypatch.setattr("bluecellab.fields.extracellular._MULTIPLICATIONS", 50)
            monkeypatch.setattr(potential_files, "_BLOCK_BYTES", 3 * 8 * 20)
            monkeypatch.setattr(potential_files, "_WAITING_BYTES", 3 * 8 * 40)
    assert all(np.allclose(one, other, rtol=1e-12) for one, other in zip(*found, strict=True))


def test_times(tmp_path: Path, electrodes: Path) -> None:
    with cells(1) as made:
        with extracellular_recorder(words(electrodes), made, {}, tmp_path / "a.h5") as recorder:
            run(made, [recorder])
        report = words(electrodes, dt=0.5, start_time=2.0, end_time=7.0)
        with extracellular_recorder(report, made, {}, tmp_path / "b.h5") as recorder:
            run(made, [recorder])
    every, some = (numbers(tmp_path / f"{name}.h5") for name in "ab")
    assert np.array_equal(some["ecp/data"], every["ecp/data"][20:70:5])
    assert some["ecp/time"].tolist() == [2.0, 7.0, 0.5]


def test_a_run_that_breaks_off(tmp_path: Path, electrodes: Path) -> None:
    with cells(1) as made:
        files = dict.fromkeys(made, tmp_path / "part.h5")
        with extracellular_recorder(
            words(electrodes), made, {}, tmp_path / "e.h5", contributions=files
        ) as recorder:
            with Simulation() as simulation:
                simulation.add_cell(next(iter(made.values())))
                simulation.attach(recorder)
                simulation.add_hook(lambda time: simulation.cancel() if time > 4 else None, 1.0)
                with pytest.raises(Exception, match="cancel"):
                    simulation.run(10, cvode=False, dt=DT)
            names = {path.name for path in tmp_path.iterdir()}
            assert names == {"electrodes.csv", "e.h5.partial", "part.h5.partial"}
            for name in ("e", "part"):
                assert 35 < len(numbers(tmp_path / f"{name}.h5.partial")["ecp/data"]) < 70
            run(made, [recorder])
        assert {path.name for path in tmp_path.iterdir()} == {"electrodes.csv", "e.h5", "part.h5"}


def test_an_older_file_stays(tmp_path: Path, electrodes: Path) -> None:
    (tmp_path / "part.h5").write_text("older")
    with cells(1) as made:
        files = dict.fromkeys(made, tmp_path / "part.h5")
        with (
            extracellular_recorder(
                words(electrodes), made, {}, tmp_path / "e.h5", contributions=files
            ) as recorder,
            pytest.raises(OutputError, match="exists already, an older result"),
        ):
            run(made, [recorder])
    assert (tmp_path / "part.h5").read_text() == "older"
    assert not (tmp_path / "e.h5").exists()


def test_point_cells_have_no_membrane(tmp_path: Path, electrodes: Path) -> None:
    cell_id = CellId("P", 0)
    with Cell.from_spec(PointCell(mechanism="IntFire1", id=cell_id)) as cell:
        with pytest.warns(CircuitWarning, match="is all 0: none of its cells has a membrane"):
            recorder = extracellular_recorder(words(electrodes), {cell_id: cell}, {}, tmp_path / "e.h5")
        with recorder:
            run_point(cell, recorder)
    assert not numbers(tmp_path / "e.h5")["ecp/data"].any()


def run_point(cell: Cell, recorder: Any) -> None:
    with Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.attach(recorder)
        simulation.run(1, cvode=False, dt=DT)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x_pos y_pos\n1 2\n", "has no column 'z_pos'"),
        ("x_pos y_pos z_pos\n", "has no rows"),
        ("x_pos y_pos z_pos\n1 2 here\n", "a number is needed"),
        ("channel x_pos y_pos z_pos\n1.5 1 2 3\n", "channels that are not whole numbers"),
    ],
)
def test_wrong_tables(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "e.csv").write_text(text)
    with pytest.raises(ReportError, match=message):
        read_electrodes(tmp_path / "e.csv")


def test_tables(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("x_pos y_pos z_pos\n1 2 3\n4 5 6\n")
    positions, channels = read_electrodes(tmp_path / "e.csv")
    assert positions.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert channels.tolist() == [0, 1]
    with pytest.raises(ReportError, match="there is no file"):
        read_electrodes(tmp_path / "none.csv")
