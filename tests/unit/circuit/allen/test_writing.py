"""Networks of the Allen dialect, written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluecellab.circuit.allen import (
    AllenEdges,
    AllenNodes,
    write_allen_network,
)
from bluecellab.errors import (
    CircuitError,
    OutputError,
)
from tests.unit.circuit.allen.networks import CELLS, FIBRES, INCOMING


def test_writing_is_reproducible(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        write_allen_network(tmp_path / name, {"fibres": FIBRES, "cells": CELLS}, {"in": INCOMING})
        contents.append({path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())})
    assert contents[0] == contents[1]
    with pytest.raises(OutputError, match="has fibres_nodes.h5, .* already"):
        write_allen_network(tmp_path / "one", {"fibres": FIBRES})


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        (AllenEdges("a", "nowhere", [0], [0], {1: {}}), "'nowhere' as target; there is a"),
        (AllenEdges("a", "a", [0, 1], [0], {1: {}}), "2 sources and 1 targets"),
        (AllenEdges("a", "a", [0], [5], {1: {}}), "targets 5 to 5 of 2 nodes"),
        (AllenEdges("a", "a", [0], [0], {1: {}, 2: {}}), "must say type_ids"),
        (AllenEdges("a", "a", [0], [0], {1: {}}, [3]), "no type 3"),
    ],
)
def test_networks_that_are_wrong(tmp_path: Path, edges: AllenEdges, says: str) -> None:
    nodes = AllenNodes({1: {"model_type": "virtual"}}, [1, 1])
    with pytest.raises(CircuitError, match=says):
        write_allen_network(tmp_path, {"a": nodes}, {"e": edges})
    assert not list(tmp_path.iterdir())
