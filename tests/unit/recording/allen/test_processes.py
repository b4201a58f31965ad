"""Variables of synapses, currents of clamps, and connections saved as edges."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import Cell
from bluecellab.errors import CircuitWarning, ReportError
from bluecellab.nrn import objects
from bluecellab.recording.allen import clamp_recorder, connections_of, netcon_recorder, saved_edges
from bluecellab.results.sonata import write_saved_edges
from bluecellab.spec.allen import ClampReport, SynapseReport
from bluecellab.spec.base import CellId
from bluecellab.spec.synapses import Exp2Syn, ExpSyn
from bluecellab.synapse import SynapseGroup
from tests.unit.recording.allen.cells import cells, numbers, run

Groups = dict[CellId, list[SynapseGroup]]


def words(**values: Any) -> SynapseReport:
    return SynapseReport(**{"name": "s", "variable_names": ("g",), **values})


@contextmanager
def connected() -> Iterator[tuple[dict[CellId, Cell], Groups]]:
    """Cells with three driven synapses each, and one that nothing drives."""
    with cells(2) as made:
        groups: Groups = {}
        for cell_id, cell in made.items():
            groups[cell_id] = [
                cell.add_synapse(
                    Exp2Syn(conductance="1 nS", delay=0.5), "dend", 0.5, spikes=[2, 4 + cell_id.id]
                ).group,
                cell.add_synapse(ExpSyn(conductance="3 nS", delay=1.0), "soma", 0.5, spikes=[3]).group,
                cell.add_synapse(Exp2Syn(conductance="2 nS", delay=0.7), "apic", 0.9, spikes=[1]).group,
                cell.add_synapse(Exp2Syn(conductance="9 nS"), "dend", 0.1).group,
            ]
        yield made, groups


def traces_of(made: dict[CellId, Cell], groups: Groups, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Record Exp2Syns by hand; return their variable, one step late, and the potentials."""
    vectors = []
    for cell_id in sorted(made, key=lambda cell_id: cell_id.id):
        for index in (0, 2):
            vector = objects.vector()
            vector.record(getattr(groups[cell_id][index].synapse(0).hsynapse, f"_ref_{name}"))
            vectors.append(vector)
    potentials = np.array(list(run(made).values()))
    return np.array([objects.values_of(vector) for vector in vectors]).T[1:], potentials


@pytest.mark.parametrize("name", ["g", "i"])
def test_values_are_those_of_neuron(tmp_path: Path, name: str) -> None:
    with connected() as (made, groups):
        expected, plain = traces_of(made, groups, name)
        report = words(variable_names=(name,))
        offsets = {"A": 100}
        with netcon_recorder(report, made, groups, tmp_path / "s.h5", offsets=offsets) as recorder:
            with_report = np.array(list(run(made, [recorder]).values()))
    found = numbers(tmp_path / "s.h5")
    assert np.array_equal(found["report/A/data"], expected)
    assert np.abs(expected).max() > 0
    assert np.array_equal(plain, with_report)
    assert found["report/A/mapping/element_ids"].tolist() == [1, 2, 1, 2]
    assert found["report/A/mapping/element_pos"].tolist() == pytest.approx([0.5, 5 / 6] * 2)
    assert found["report/A/mapping/src_ids"].tolist() == [-1] * 4
    assert found["report/A/mapping/trg_ids"].tolist() == [100, 100, 102, 102]


def test_types(tmp_path: Path) -> None:
    with connected() as (made, groups):
        for kind, count in ((None, 6), ("Exp", 6), ("ExpSyn", 2), ("Exp2", 4)):
            with netcon_recorder(words(syn_type=kind), made, groups, tmp_path / "s.h5") as recorder:
                assert len(recorder.layouts["A"]) == count
        with pytest.raises(ReportError, match="has a synapse of type 'Alpha'; there are Exp2Syn, ExpSyn"):
            netcon_recorder(words(syn_type="Alpha"), made, groups, tmp_path / "s.h5")
        with pytest.raises(ReportError, match="Exp2Syn on A/0 has no variable 'u'"):
            netcon_recorder(words(variable_names=("u",)), made, groups, tmp_path / "s.h5")
        with pytest.warns(CircuitWarning, match="none of its cells has a connection"):
            netcon_recorder(words(), made, {}, tmp_path / "s.h5").close()


def test_merged_synapses_cannot_be_told_apart(tmp_path: Path) -> None:
    with connected() as (made, groups):
        group = groups[CellId("A", 0)][0]
        group.made = dataclasses.replace(group.made, shared=True)
        with pytest.raises(ReportError, match="on A/0 are one point process; run without merge_synapses"):
            netcon_recorder(words(), made, groups, tmp_path / "s.h5")


def test_clamps(tmp_path: Path) -> None:
    report = ClampReport(name="c", variable_name="ic")
    with cells(2) as made:
        clamps = {cell_id: [live._rig.clamp for live in cell.stimuli] for cell_id, cell in made.items()}
        with clamp_recorder(report, made, clamps, tmp_path / "c.h5") as recorder:
            run(made, [recorder])
        found = numbers(tmp_path / "c.h5")
        with pytest.warns(CircuitWarning, match="none of its cells has a clamp of that kind, 'ic'"):
            clamp_recorder(report, made, {}, tmp_path / "d.h5").close()
    current = found["report/A/data"]
    times = 0.1 * (1 + np.arange(100))
    for column, start in enumerate((1, 2)):
        inside = (times > start + 0.05) & (times < 7.95)
        outside = (times < start - 0.05) | (times > 8.05)
        assert (current[inside, column] == 1.0).all()
        assert (current[outside, column] == 0.0).all()
    assert found["report/A/mapping/element_ids"].tolist() == [0, 0]


def test_saved(tmp_path: Path) -> None:
    with connected() as (made, groups):
        first = connections_of(groups[CellId("A", 0)])
        assert [len(part) for part in first] == [1, 1, 1]
        groups[CellId("A", 0)][0].connections_of(0)[0].set_netcon_weight(0.25)
        edges = saved_edges(made, groups)
        (path,) = write_saved_edges(tmp_path / "new", edges)
    source = first[0].source
    assert path.name == f"{source}_A_edges.h5"
    found = {name.rpartition("/")[2]: values for name, values in numbers_of_edges(path).items()}
    assert found["target_node_id"].tolist() == [0, 0, 0, 2, 2, 2]
    assert found["sec_id"].tolist() == [1, 0, 2] * 2
    assert found["sec_x"].tolist() == pytest.approx([0.5, 0.5, 5 / 6] * 2)
    assert found["syn_weight"].tolist() == [0.25, 0.003, 0.002, 0.001, 0.003, 0.002]
    assert found["delay"].tolist() == pytest.approx([0.5, 1.0, 0.7] * 2)


def numbers_of_edges(path: Path) -> dict[str, Any]:
    import h5py

    found: dict[str, Any] = {}
    with h5py.File(path) as file:

        def keep(name: str, item: Any) -> None:
            if hasattr(item, "shape") and "/1/" not in name:
                found[name] = item[()]

        file.visititems(keep)
    return found
