"""Connections written as SONATA edges, read back by libsonata."""

from __future__ import annotations

from pathlib import Path

import h5py
import libsonata
import numpy as np
import pytest

from bluecellab.errors import OutputError, ReportError
from bluecellab.results.sonata import SavedEdges, refuse_saved_edges, write_saved_edges


def edges(count: int = 40, **changes: np.ndarray) -> SavedEdges:
    draw = np.random.default_rng(4)
    columns = {
        "sources": draw.integers(0, 5, count),
        "targets": draw.integers(0, 7, count),
        "types": np.full(count, 100),
        "sections": draw.integers(-1, 3, count),
        "positions": draw.random(count),
        "weights": draw.random(count),
        "delays": draw.random(count),
    }
    return SavedEdges("X", "Y", **{**columns, **changes})


def test_read_back(tmp_path: Path) -> None:
    table = edges()
    (path,) = write_saved_edges(tmp_path / "new", [table])
    assert path.name == "X_Y_edges.h5"
    assert [entry.name for entry in path.parent.iterdir()] == ["X_Y_edges.h5"]
    with h5py.File(path) as file:
        group = file["edges/X_Y"]
        sources, targets = group["source_node_id"][()], group["target_node_id"][()]
        assert (group["source_node_id"].attrs["node_population"], sources.dtype) == ("X", np.uint64)
        assert (np.diff(targets.astype(int)) >= 0).all()
        numbers, places = group["edge_group_id"][()], group["edge_group_index"][()]
        rows = []
        for edge, (number, place) in enumerate(zip(numbers, places, strict=True)):
            part = group[str(number)]
            section = int(part["sec_id"][place]) if number == 0 else -1
            weight, delay = float(part["syn_weight"][place]), float(part["delay"][place])
            rows.append((int(sources[edge]), int(targets[edge]), section, weight, delay))
        expected = zip(
            *(
                column.tolist()
                for column in (table.sources, table.targets, table.sections, table.weights, table.delays)
            ),
            strict=True,
        )
        assert sorted(rows) == sorted(expected)
        for side, ids in (("target_to_source", targets), ("source_to_target", sources)):
            index = group[f"indices/{side}"]
            for node, (first, last) in enumerate(index["node_id_to_range"][()].tolist()):
                found = [
                    edge
                    for begin, end in index["range_to_edge_id"][first:last].tolist()
                    for edge in range(begin, end)
                ]
                assert found == np.flatnonzero(ids == node).tolist()


def test_read_by_libsonata(tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    table = edges(sections=draw.integers(0, 3, 40))
    (path,) = write_saved_edges(tmp_path, [table])
    with h5py.File(path, "r+") as file:
        del file["edges/X_Y/1"]  # libsonata takes one group
    population = libsonata.EdgeStorage(str(path)).open_population("X_Y")
    assert (population.source, population.target, population.size) == ("X", "Y", 40)
    chosen = population.afferent_edges([3])
    assert len(chosen.flatten()) == (table.targets == 3).sum()
    weights = population.get_attribute("syn_weight", chosen)
    assert sorted(weights) == sorted(table.weights[table.targets == 3])


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="40 edges from X to Y need as many of all"):
        edges(delays=np.zeros(3))
    (path,) = write_saved_edges(tmp_path, [edges()])
    before = path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        refuse_saved_edges(tmp_path, [("X", "Y")])
    refuse_saved_edges(tmp_path, [("X", "Y")], overwrite=True)
    with pytest.raises(OutputError, match="exists already"):
        write_saved_edges(tmp_path, [edges(20)])
    assert path.read_bytes() == before
    write_saved_edges(tmp_path, [edges(20)], overwrite=True)
    assert path.read_bytes() != before
    assert write_saved_edges(tmp_path, []) == ()


def test_none(tmp_path: Path) -> None:
    (path,) = write_saved_edges(tmp_path, [edges(0)])
    with h5py.File(path) as file:
        assert file["edges/X_Y/indices/target_to_source/node_id_to_range"].shape == (0, 2)
