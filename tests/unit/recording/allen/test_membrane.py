"""Variables of segments: the values of NEURON one step later, and everything that is written beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bluecellab import Simulation
from bluecellab.errors import BrokenError, CircuitWarning, OutputError, ReportError
from bluecellab.recording import record
from bluecellab.recording.allen import file_names, membrane_recorder
from bluecellab.results.sonata import read_report
from bluecellab.results.sonata.parts import ReportFile, Share
from bluecellab.spec.allen import MembraneReport
from bluecellab.spec.base import CellId
from tests.unit.recording.allen.cells import DT, cells, numbers, run
from tests.unit.recording.shares import share_beside

pytestmark = pytest.mark.filterwarnings("ignore::bluecellab.errors.UnaddedCellWarning")


def words(**values: Any) -> MembraneReport:
    return MembraneReport(**{"name": "r", **values})


NAMES = {"i_membrane_": "i_membrane_", "pas.g": "g_pas", "hh.m": "m_hh"}


@pytest.mark.parametrize("variable", ["v", "m_hh", "hh.m", "ina", "g_pas", "i_membrane_", "cm", "i_pas"])
def test_values_are_those_of_neuron(tmp_path: Path, variable: str) -> None:
    with cells() as made:
        recorder = membrane_recorder(words(variable_names=(variable,)), made, tmp_path / "r.h5")
        ordinary = []
        for _, cell in sorted(made.items(), key=lambda item: item[0].id):
            for section in cell.section_ids.values():
                for segment in section:
                    if variable == "i_membrane_" or hasattr(segment.raw, NAMES.get(variable, variable)):
                        ordinary.append(record(segment, NAMES.get(variable, variable), cell.scope))
        with Simulation() as simulation:
            for cell in made.values():
                simulation.add_cell(cell)
            for member in (recorder, *ordinary):
                simulation.attach(member)
            simulation.run(10, cvode=False, dt=DT)
        expected = np.array([one.trace().values for one in ordinary]).T
        found = numbers(tmp_path / "r.h5")["report/A/data"]
        assert found.dtype == np.float64
        assert np.array_equal(found, expected[1:])  # bit by bit, one step later
        recorder.close()


def test_what_is_written(tmp_path: Path) -> None:
    with cells(2) as made:
        recorder = membrane_recorder(words(), made, tmp_path / "new" / "r.h5")
        run(made, [recorder])
        recorder.close()
    found = numbers(tmp_path / "new" / "r.h5")
    mapping = {
        name.rpartition("/")[2]: values.tolist() for name, values in found.items() if "mapping" in name
    }
    fifths, thirds = [0.1, 0.3, 0.5, 0.7, 0.9], [1 / 6, 0.5, 5 / 6]
    assert mapping == {
        "node_ids": [0, 2],
        "index_pointer": [0, 9, 18],
        "element_ids": [0, 1, 1, 1, 1, 1, 2, 2, 2] * 2,
        "element_pos": pytest.approx([0.5, *fifths, *thirds] * 2),
        "seg_types": [1, 3, 3, 3, 3, 3, 4, 4, 4] * 2,
        "time": [0.0, 10.0, DT],
    }
    assert found["complete"] == 1
    with h5py.File(tmp_path / "new" / "r.h5") as file:
        data = file["report/A/data"]
        assert (data.attrs["units"], data.attrs["variable"], data.shape) == ("mV", "v", (100, 18))
        assert file["report/A/mapping/index_pointers"][()].tolist() == [0, 9, 18]
        assert int(file.attrs["magic"]) == 0x0A7A
    report = read_report(tmp_path / "new" / "r.h5")
    assert report.of_node(2).shape == (100, 9)


def test_of_the_soma_alone(tmp_path: Path) -> None:
    with cells() as made:
        plain = run(made)
        recorder = membrane_recorder(words(sections=("soma",), soma_only=True), made, tmp_path / "r.h5")
        same = run(made, [recorder])
        recorder.close()
    found = numbers(tmp_path / "r.h5")
    assert found["report/A/mapping/element_ids"].tolist() == [0, 0, 0]
    assert found["report/A/mapping/element_pos"].tolist() == [0.5] * 3
    assert "report/A/mapping/seg_types" not in found
    for column, node in enumerate((0, 2, 4)):
        assert np.array_equal(plain[CellId("A", node)], same[CellId("A", node)])
        assert np.array_equal(found["report/A/data"][:, column], plain[CellId("A", node)][1:])


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (("soma",), [0]),
        (("dend",), [1] * 5),
        (("basal",), [1] * 5),
        (("apical", "somatic"), [0, 2, 2, 2]),
        (("apic", "all"), [0, *[1] * 5, 2, 2, 2]),
    ],
)
def test_sections(tmp_path: Path, sections: tuple[str, ...], expected: list[int]) -> None:
    with cells(1) as made, membrane_recorder(words(sections=sections), made, tmp_path / "r.h5") as recorder:
        assert recorder.layouts["A"].element_ids.tolist() == expected


def test_windows(tmp_path: Path) -> None:
    wanted = {"a": (0.0, None, None), "b": (2.0, 6.0, 0.4), "c": (9.9, None, None), "d": (0.3, 1.5, 0.3)}
    with cells(1) as made:
        recorders = [
            membrane_recorder(
                words(soma_only=True, start_time=start, end_time=end, dt=dt), made, tmp_path / f"{name}.h5"
            )
            for name, (start, end, dt) in wanted.items()
        ]
        potential = next(iter(run(made, recorders).values()))
        for recorder in recorders:
            recorder.close()
    for name, (start, end, dt) in wanted.items():
        found = numbers(tmp_path / f"{name}.h5")
        stop, step = end or 10.0, dt or DT
        count = round((stop - start) / step)
        steps = np.round((start + step * np.arange(count)) / DT).astype(int) + 1
        assert np.array_equal(found["report/A/data"][:, 0], potential[steps])
        assert found["report/A/mapping/time"].tolist() == pytest.approx([start, stop, step])


def test_density_of_the_membrane_current(tmp_path: Path) -> None:
    """The same with and without the mechanism ``extracellular``, but for rounding and its tiny resistance."""
    found = []
    for extracellular in (True, False):
        with cells(1, extracellular=extracellular) as made:
            path = tmp_path / f"{extracellular}.h5"
            with membrane_recorder(words(variable_names=("i_membrane",)), made, path) as recorder:
                assert recorder.needs_fast_imem is not extracellular
                run(made, [recorder])
            with h5py.File(path) as file:
                assert file["report/A/data"].attrs["units"] == "mA/cm2"
        found.append(numbers(path)["report/A/data"])
    assert np.allclose(found[0], found[1], rtol=1e-3, atol=1e-6)
    assert np.abs(found[0]).max() > 1e-3


def test_arrays(tmp_path: Path) -> None:
    report = words(variable_names=("vext",), transform="first_element")
    with cells(1, extracellular=True) as made:
        (cell,) = made.values()
        for section in cell.raw_sections():
            section.e_extracellular = 7.0
        with pytest.raises(ReportError, match=r"vext has several values at a place; say \"transform\""):
            membrane_recorder(words(variable_names=("vext",)), made, tmp_path / "r.h5")
        with membrane_recorder(report, made, tmp_path / "r.h5") as recorder:
            run(made, [recorder])
    assert np.allclose(numbers(tmp_path / "r.h5")["report/A/data"], 7.0, atol=0.01)
    with cells(1) as made:
        with pytest.warns(CircuitWarning, match="vext is 0 at 9 segments; they lack the mechanism"):
            recorder = membrane_recorder(report, made, tmp_path / "g.h5")
        run(made, [recorder])
        recorder.close()
    assert not numbers(tmp_path / "g.h5")["report/A/data"].any()


def test_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    with cells(1) as made:
        with pytest.raises(ReportError, match=r"no variable 'cai' at soma.0.5.; there is v, i_membrane, ek"):
            membrane_recorder(words(variable_names=("cai",)), made, path)
        with pytest.raises(ReportError, match="no variable 'g_pas' at"):
            membrane_recorder(words(variable_names=("g_pas",), soma_only=True), made, path)
        with pytest.raises(ReportError, match="no sections 'dendrite'; there are all, apic, apical"):
            membrane_recorder(words(sections=("dendrite",)), made, path)
        with pytest.raises(
            ReportError, match="of the variables v, ina; each is written to a file of its own"
        ):
            membrane_recorder(words(variable_names=("v", "ina")), made, path)
        with pytest.warns(CircuitWarning, match="is empty: none of its cells has such sections"):
            membrane_recorder(words(sections=("axon",)), made, path).close()
        path.write_text("older")
        with (
            membrane_recorder(words(), made, path) as recorder,
            pytest.raises(OutputError, match="exists already, an older result"),
        ):
            run(made, [recorder])
        with (
            membrane_recorder(words(dt=0.15), made, path, overwrite=True) as recorder,
            pytest.raises(ReportError, match=r"every 0.15 ms does not fit a step of 0.1 ms.*0.1 or 0.2"),
        ):
            run(made, [recorder])
        assert path.read_text() == "older"


def test_no_frames(tmp_path: Path) -> None:
    with cells(1) as made, membrane_recorder(words(start_time=50.0), made, tmp_path / "r.h5") as recorder:
        with pytest.warns(CircuitWarning, match="'r' from 50 ms on has no frames in a run from 0 to 10 ms"):
            run(made, [recorder])
        run(made, [recorder])
    assert numbers(tmp_path / "r.h5")["report/A/data"].shape == (0, 9)


def test_a_run_that_breaks_off_leaves_its_frames(tmp_path: Path) -> None:
    with cells(1) as made, membrane_recorder(words(), made, tmp_path / "r.h5") as recorder:
        with Simulation() as simulation:
            simulation.add_cell(next(iter(made.values())))
            simulation.attach(recorder)
            simulation.add_hook(lambda time: simulation.cancel() if time > 4 else None, 1.0)
            with pytest.raises(Exception, match="cancel"):
                simulation.run(10, cvode=False, dt=DT)
        assert not (tmp_path / "r.h5").exists()
        partial = numbers(tmp_path / "r.h5.partial")
        assert 35 < len(partial["report/A/data"]) < 70
        assert partial["complete"] == 0
        run(made, [recorder])  # and the next run may replace it
        assert numbers(tmp_path / "r.h5")["complete"] == 1


def test_continued(tmp_path: Path) -> None:
    with cells(1) as made, membrane_recorder(words(), made, tmp_path / "r.h5") as recorder:
        with Simulation() as simulation:
            simulation.add_cell(next(iter(made.values())))
            simulation.attach(recorder)
            simulation.run(4, cvode=False, dt=DT)
            simulation.continue_run(10)
        cut = numbers(tmp_path / "r.h5")
        run(made, [recorder])
        whole = numbers(tmp_path / "r.h5")
    assert np.array_equal(cut["report/A/data"], whole["report/A/data"])
    assert cut["report/A/mapping/time"].tolist() == whole["report/A/mapping/time"].tolist()


def test_needs_a_fixed_step_and_the_same_segments(tmp_path: Path) -> None:
    with cells(1) as made, membrane_recorder(words(), made, tmp_path / "r.h5") as recorder:
        (cell,) = made.values()
        with Simulation() as simulation:
            simulation.add_cell(cell)
            simulation.attach(recorder)
            with pytest.raises(ReportError, match="needs a run with a fixed step"):
                simulation.run(10)
        cell.sections["dend"].raw.nseg = 7
        with pytest.raises(BrokenError, match="had 5 segments when it was made and has 7 now"):
            run(made, [recorder])


def test_several_variables_have_files_of_their_own() -> None:
    report = words(variable_names=("v", "cai"), file_name="some/out.h5")
    assert file_names(report, report.variable_names) == {"v": "some/out_v.h5", "cai": "some/out_cai.h5"}


def test_variables_that_cells_of_another_rank_have(tmp_path: Path) -> None:
    with cells(2) as made:
        (first, having), (second, lacking) = made.items()
        for section in lacking.sections.values():
            section.raw.uninsert("hh")
        report = words(variable_names=("m_hh",))

        def here(cell_id: CellId, share: Share) -> int:
            cell = {first: having, second: lacking}[cell_id]
            file = ReportFile(tmp_path / "r.h5", share=share)
            with membrane_recorder(report, {cell_id: cell}, file) as recorder:
                return sum(map(len, recorder.layouts.values()))

        with pytest.raises(ReportError, match="no variable 'm_hh'"):
            here(second, Share())
        there = share_beside(lambda share: here(first, share))
        assert here(second, there) == 0
