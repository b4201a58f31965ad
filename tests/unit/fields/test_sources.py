"""Electrodes and fields of COMSOL, against formulas and bare NEURON scripts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import Simulation
from bluecellab.cell import Cell
from bluecellab.errors import BusyError, MissingDependencyError, StimulusError
from bluecellab.fields import LiveSources, play_field, play_sources
from bluecellab.fields.comsol import read_comsol
from bluecellab.fields.courses import stepwise
from bluecellab.fields.segments import rotation_matrix, segment_centres
from bluecellab.nrn import runtime
from bluecellab.nrn.census import census
from bluecellab.nrn.scope import Scope
from bluecellab.spec.allen import ComsolField, FieldWaveform, PointElectrodes
from bluecellab.spec.base import CellId
from bluecellab.spec.circuit_stimuli import ElectricField, SpatiallyUniformField

DT = 0.1
DC = FieldWaveform(shape="dc", amplitude=0.02, delay=2, duration=5)
ANGLES = (0.3, 0.5, -0.7)
PLACES = [((10.0, 20.0, 30.0), ANGLES), ((200.0, -50.0, 60.0), None)]


class Tree:
    """A soma and a dendrite with a bend."""

    def __init__(self) -> None:
        h: Any = runtime.raw_h()
        self.soma, self.dend = [h.Section(name="soma[0]")], [h.Section(name="dend[0]")]
        for section, points in (
            (self.soma[0], [(5, -8, 0), (5, 0, 0), (5, 8, 0)]),
            (self.dend[0], [(5, 8, 0), (5, 90, 0), (65, 90, 20)]),
        ):
            for point in points:
                section.pt3dadd(*point, 3 if section is not self.soma[0] else 16)
            section.insert("hh")
        self.dend[0].connect(self.soma[0](1))
        self.dend[0].nseg = 7

    def all(self) -> list[Any]:
        return [*self.soma, *self.dend]


@pytest.fixture
def cells() -> Iterator[list[Cell]]:
    with (
        Cell.from_python(Tree, cell_id=CellId("V1", 0)) as one,
        Cell.from_python(Tree, cell_id=CellId("V1", 1)) as other,
    ):
        yield [one, other]


@pytest.fixture
def scope() -> Iterator[Scope]:
    made = Scope("Simulation")
    yield made
    made.close()


def placed(cells: list[Cell]) -> list[tuple[Cell, Any]]:
    return list(zip(cells, PLACES, strict=True))


def table(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture
def electrodes(tmp_path: Path) -> str:
    return table(tmp_path / "pos.csv", "pos_x pos_y pos_z rotation_x rotation_y rotation_z", "0 250 40 0 0 0")


def segments_of(cell: Cell) -> list[Any]:
    return [segment for section in cell.sections.values() for segment in section.raw]


def run(
    cells: list[Cell], live: LiveSources | None, until: float = 12.0, **arguments: Any
) -> list[list[float]]:
    with Simulation(celsius=34, v_init=-65) as simulation:
        for cell in cells:
            simulation.add_cell(cell)
        if live is not None:
            simulation.attach(live)
        simulation.run(until, **{"cvode": False, "dt": DT, **arguments})
        return [cell.get_soma_voltage().tolist() for cell in cells]


def by_hand(
    cells: list[Cell], outside: Callable[[np.ndarray, float], np.ndarray], until: float = 12.0
) -> list[list[float]]:
    """Integrate step by step: what is outside is set after each step, as of then."""
    h = runtime.raw_h()
    before = h.celsius, h.dt, h.steps_per_ms
    h.celsius, h.dt, h.steps_per_ms = 34, DT, 1 / DT
    places = [segment_centres(cell, *place) for cell, place in placed(cells)]
    h.finitialize(-65)
    found = [[cell.soma(0.5).v] for cell in cells]
    for step in range(round(until / DT)):
        h.fadvance()
        for cell, centres, trace in zip(cells, places, found, strict=True):
            for segment, value in zip(segments_of(cell), outside(centres, (step + 1) * DT), strict=True):
                segment.e_extracellular = value
            trace.append(cell.soma(0.5).v)
    for cell in cells:
        for segment in segments_of(cell):
            segment.e_extracellular = 0
    h.celsius, h.dt, h.steps_per_ms = before
    return found


def of_points(points: list[tuple[float, float, float]], places: np.ndarray) -> np.ndarray:
    """mV for 1 mA in a medium of 300 ohm cm."""
    return sum(
        300 / (4 * math.pi * np.linalg.norm(places - point, axis=1)) * 0.01 * 1e6 for point in points
    ) / len(points)


def test_as_a_bare_script(cells: list[Cell], scope: Scope, electrodes: str) -> None:
    live = play_sources([PointElectrodes(positions_file=electrodes, waveform=DC)], placed(cells), scope)
    found, again = run(cells, live), run(cells, live)
    assert not any(segment.e_extracellular for cell in cells for segment in segments_of(cell))

    def outside(places: np.ndarray, time: float) -> np.ndarray:
        return of_points([(0, 250, 40)], places) * (0.02 if 2.0 < time < 7.0 else 0.0)

    expected = by_hand(cells, outside)
    assert found == again
    assert np.array(found) == pytest.approx(np.array(expected), abs=1e-9)
    assert np.ptp(found[0]) > 1
    assert found[0] != found[1]
    assert repr(live) == "<LiveSources Simulation > extracellular stimulation open, 1 sources, 2 cells>"


@pytest.mark.parametrize(
    ("waveform", "expected"),
    [
        (DC, {0: 0, 20: 0, 21: 0.02, 69: 0.02, 70: 0, 71: 0}),
        (DC.model_copy(update={"delay": 0.0}), {1: 0.02, 49: 0.02, 50: 0}),
        (
            FieldWaveform(shape="sin", amplitude=0.01, delay=2, duration=5, frequency=100),
            {20: 0, 21: -0.0096858316, 25: -0.01, 69: 0.0092977649, 70: 0},
        ),
        (
            FieldWaveform(
                shape="sin", amplitude=0.01, delay=2, duration=5, frequency=100, phase=0.3, offset=0.004
            ),
            {20: 0, 21: 0.0139881, 70: 0},
        ),
    ],
)
def test_waveforms(waveform: FieldWaveform, expected: dict[int, float]) -> None:
    course = stepwise(waveform)
    for step, value in expected.items():
        assert course(step, DT) == pytest.approx((value,), abs=1e-7)


def test_waveforms_of_files(tmp_path: Path) -> None:
    path = table(tmp_path / "w.csv", "time amplitude", "0.5 0.01", "2.0 0.02", "4.0 -0.01")
    course = stepwise(FieldWaveform(shape="file", file=path))
    found = [course(step, DT)[0] for step in (1, 5, 6, 20, 21, 40, 41)]
    assert found == pytest.approx([0.01, 0.01, 0.01 + 0.01 / 15, 0.02, 0.0185, -0.01, -0.01])
    with pytest.raises(StimulusError, match="times must ascend"):
        stepwise(FieldWaveform(shape="file", file=table(tmp_path / "x.csv", "time amplitude", "1 1", "1 2")))
    with pytest.raises(StimulusError, match="has no column 'amplitude'"):
        stepwise(FieldWaveform(shape="file", file=table(tmp_path / "x.csv", "time amp", "1 1")))
    with pytest.raises(StimulusError, match="there is no file"):
        stepwise(FieldWaveform(shape="file", file=str(tmp_path / "none.csv")))
    with pytest.raises(StimulusError, match="needs the file"):
        stepwise(FieldWaveform(shape="file"))


def outside_at(cells: list[Cell], live: LiveSources, step: int) -> np.ndarray:
    """What is outside of all segments in a step."""
    seen: list[list[float]] = []

    def look(time: float) -> None:
        seen.append([segment.e_extracellular for cell in cells for segment in segments_of(cell)])

    with Simulation() as simulation:
        for cell in cells:
            simulation.add_cell(cell)
        simulation.attach(live)
        simulation.add_hook(look, DT)
        simulation.run(step * DT, cvode=False, dt=DT)
    return np.array(seen[step - 1])  # it is there when the step before has been made


def test_meshes_are_centred_turned_and_moved(tmp_path: Path, cells: list[Cell], scope: Scope) -> None:
    points = np.array([(30.0, 0, 0), (-10, 15, 5), (0, 0, 40)])
    table(tmp_path / "m.csv", "x_pos y_pos z_pos", *(" ".join(map(str, point)) for point in points))
    positions = table(
        tmp_path / "pos.csv",
        "ip pos_x pos_y pos_z rotation_x rotation_y rotation_z electrode_mesh_file",
        "0 0.0 250.0 40.0 0.3 0.5 -0.7 m.csv",
        "1 100.0 250.0 40.0 0 0 0 NULL",
    )
    spec = PointElectrodes(positions_file=positions, waveform=DC, resistivity=150)
    live = play_sources([spec], placed(cells), scope)
    mesh = (points - points.mean(axis=0)) @ rotation_matrix(0.3, 0.5, -0.7).T + (0, 250, 40)
    centres = np.concatenate([segment_centres(cell, *place) for cell, place in placed(cells)])
    expected = 0.02 / 2 * (of_points(mesh.tolist(), centres) + of_points([(100, 250, 40)], centres))
    assert outside_at(cells, live, 40) == pytest.approx(expected, rel=1e-12)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(StimulusError, match="there is no file .*elsewhere"):
        play_sources([spec.model_copy(update={"mesh_files_dir": str(elsewhere)})], [], scope)


def comsol(path: Path, nodes: np.ndarray, columns: dict[str, np.ndarray]) -> str:
    rows = np.column_stack([nodes, *columns.values()])
    lines = [f"% Header {index}" for index in range(8)]
    lines.append("% x                 y                 z                 " + "   ".join(columns))
    lines += ["   ".join(f"{number:.15g}" for number in row) for row in rows]
    return table(path, *lines)


NODES = np.random.default_rng(1).uniform(-400, 600, (400, 3))


def linear(places: np.ndarray) -> np.ndarray:
    return places @ (0.01, -0.02, 0.003) + 1


@pytest.mark.parametrize(("unit", "factor"), [("mV", 1), ("V", 1000)])
def test_comsol_with_a_waveform(
    tmp_path: Path, cells: list[Cell], scope: Scope, unit: str, factor: float
) -> None:
    path = comsol(tmp_path / "v.txt", NODES, {f"V ({unit})": linear(NODES)})
    wave = table(tmp_path / "w.csv", "time amplitude", "0 1", "1 2", "2 4")
    live = play_sources(
        [ComsolField(files=(path,), waveforms=(wave,), amplitudes=(0.3,))], placed(cells), scope
    )
    # a period of 2 ms and one step
    amplitudes = np.interp(np.arange(21) * DT, [0, 1, 2], [1, 2, 4])

    def outside(places: np.ndarray, time: float) -> np.ndarray:
        return factor * linear(places) * 0.3 * amplitudes[(round(time / DT) - 1) % 21]

    if factor == 1:
        assert np.array(run(cells, live)) == pytest.approx(np.array(by_hand(cells, outside)), abs=1e-6)
    centres = np.concatenate([segment_centres(cell, *place) for cell, place in placed(cells)])
    assert outside_at(cells, live, 25) == pytest.approx(outside(centres, 2.5), rel=1e-9)


def test_a_waveform_of_comsol_that_begins_later(tmp_path: Path, cells: list[Cell], scope: Scope) -> None:
    path = comsol(tmp_path / "v.txt", NODES, {"V (mV)": np.ones(len(NODES))})
    wave = table(tmp_path / "w.csv", "time amplitude", "0.5 0.01", "2.0 0.02", "4.0 -0.01")
    live = play_sources([ComsolField(files=(path,), waveforms=(wave,))], placed(cells), scope)
    # measured of BioNet 1.2.0: 36 values from 0 ms on
    found = [outside_at(cells, live, step)[0] for step in (1, 6, 7, 21, 36, 37, 43)]
    assert found == pytest.approx([0.01, 0.01, 0.010667, 0.02, -0.0025, 0.01, 0.010667], abs=1e-6)


def test_comsol_outside_of_its_nodes(tmp_path: Path, cells: list[Cell], scope: Scope) -> None:
    path = comsol(tmp_path / "v.txt", NODES + np.array([5000, 0, 0]), {"V (mV)": linear(NODES)})
    wave = table(tmp_path / "w.csv", "time amplitude", "0 1", "2 4")
    live = play_sources([ComsolField(files=(path,), waveforms=(wave,))], placed(cells), scope)
    assert not outside_at(cells, live, 5).any()


def test_comsol_in_time(tmp_path: Path, cells: list[Cell], scope: Scope) -> None:
    values = linear(NODES)
    columns = {"V (mV) @ t=0": values, "V (mV) @ t=0.001": 2 * values, "V (mV) @ t=2.5E-3": 5 * values}
    spec = ComsolField(files=(comsol(tmp_path / "v.txt", NODES, columns),), amplitudes=(10,))
    live = play_sources([spec], placed(cells), scope)
    centres = np.concatenate([segment_centres(cell, *place) for cell, place in placed(cells)])
    nearest = np.linalg.norm(centres[:, None] - NODES[None], axis=-1).argmin(axis=1)
    for step, factor in ((1, 1), (2, 1.1), (6, 1.5), (11, 2), (21, 4), (25, 4.8), (26, 1), (27, 1.1)):
        expected = values[nearest] * 10 * factor
        assert outside_at(cells, live, step) == pytest.approx(expected, rel=1e-9), step


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "is no text of COMSOL"),
        (["% x y z color", "1 2 3 4"], "is no text of COMSOL"),
        (
            ["% x y z V (mV)", "1 2 3"],
            "has 3 columns of numbers; its header names x, y, z and 1 of potentials",
        ),
        (["% x y z V (mV)"], "has 0 columns of numbers"),
        (["% x y z V (mV)", "1 2 3 x"], "cannot be read"),
        (["% x y z V (mV)", "1 2 3 NaN"], "has no row of numbers alone"),
        (
            ["% x y z V (mV) @ t=0 V (mV)", "1 2 3 4 5"],
            "some columns of potentials have a time, and some have none",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_files_of_comsol_that_are_wrong(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(StimulusError, match=message):
        read_comsol(table(tmp_path / "v.txt", *lines))


def test_comsol_with_what_does_not_fit(tmp_path: Path, scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    path = comsol(tmp_path / "v.txt", NODES, {"V (mV)": linear(NODES)})
    wave = table(tmp_path / "w.csv", "time amplitude", "0 1", "1 2")
    for spec, message in (
        (ComsolField(files=(path,)), "has one potential, which does not depend on time; give a waveform"),
        (ComsolField(files=(path, path), waveforms=(wave,)), "do not go with 2 files of COMSOL"),
        (ComsolField(files=(str(tmp_path / "none"),)), "No such file"),
    ):
        with pytest.raises(StimulusError, match=message):
            play_sources([spec], [], scope)
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'bluecellab\[comsol\]'"):
        play_sources([ComsolField(files=(path,), waveforms=(wave,))], [], scope)


def test_sources_add_up(cells: list[Cell], scope: Scope, electrodes: str, tmp_path: Path) -> None:
    one = PointElectrodes(positions_file=electrodes, waveform=DC)
    path = comsol(tmp_path / "v.txt", NODES, {"V (mV)": linear(NODES)})
    wave = table(tmp_path / "w.csv", "time amplitude", "0 1", "100 1")
    other = ComsolField(files=(path,), waveforms=(wave,))
    parts = []
    for stimuli in ([one], [other], [one, other]):
        with play_sources(stimuli, placed(cells), scope) as live:
            parts.append(outside_at(cells, live, 30))
    assert parts[2] == pytest.approx(parts[0] + parts[1], rel=1e-12)


def test_what_is_refused(cells: list[Cell], scope: Scope, tmp_path: Path, electrodes: str) -> None:
    spec = PointElectrodes(positions_file=electrodes, waveform=DC)
    near = table(tmp_path / "near.csv", "pos_x pos_y pos_z", "10 21 30")
    before = census()
    with pytest.raises(StimulusError, match=r"V1/0: electrode 0 is 1 um away from the centre of a segment"):
        play_sources([spec.model_copy(update={"positions_file": near})], placed(cells), scope)
    empty = table(tmp_path / "empty.csv", "pos_x pos_y pos_z")
    with pytest.raises(StimulusError, match="has no electrodes in it"):
        play_sources([spec.model_copy(update={"positions_file": empty})], placed(cells), scope)
    with pytest.raises(StimulusError, match="there is no file"):
        play_sources([spec.model_copy(update={"positions_file": "/none"})], placed(cells), scope)
    with pytest.raises(StimulusError, match="no source of potential"):
        play_sources([], placed(cells), scope)
    assert not any(
        section.raw.has_membrane("extracellular") for cell in cells for section in cell.sections.values()
    )
    assert not before.difference(census())
    live = play_sources([spec], placed(cells), scope)
    uniform = SpatiallyUniformField(duration=10, fields=(ElectricField(Ez=10.0),))
    with pytest.raises(StimulusError, match="a field acts on Cell V1/0 already"):
        play_sources([spec], placed(cells), scope)
    with pytest.raises(StimulusError, match="cannot act in a run with CVODE"):
        run(cells, live, cvode=True)
    live.close()
    play_sources([spec], placed(cells), scope).close()
    with (
        play_field([uniform], cells[0]),
        pytest.raises(StimulusError, match="a field acts on Cell V1/0 already"),
    ):
        play_sources([spec], placed(cells), scope)
    with runtime.marked_running("a simulation"), pytest.raises(BusyError):
        play_sources([spec], placed(cells), scope)


def test_cells_that_are_gone(scope: Scope, electrodes: str) -> None:
    spec = PointElectrodes(positions_file=electrodes, waveform=DC)
    with Cell.from_python(Tree) as one:
        with Cell.from_python(Tree) as other:
            live = play_sources([spec], placed([one, other]), scope)
            both = run([one, other], live)
        assert run([one], live)[0] == pytest.approx(both[0], abs=1e-9)
        assert live.cells == [one]


def test_segments_that_were_made_finer_and_runs_continued(
    cells: list[Cell], scope: Scope, electrodes: str
) -> None:
    live = play_sources([PointElectrodes(positions_file=electrodes, waveform=DC)], placed(cells), scope)
    coarse = run(cells, live)
    cells[0].sections["dend[0]"].raw.nseg = 21
    whole = run(cells, live)
    assert whole[0] != coarse[0]
    with Simulation(celsius=34, v_init=-65) as simulation:
        for cell in cells:
            simulation.add_cell(cell)
        simulation.attach(live)
        simulation.run(3, cvode=False, dt=DT)
        simulation.continue_run(12)
        assert [cell.get_soma_voltage().tolist() for cell in cells] == whole
