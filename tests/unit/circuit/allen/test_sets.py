"""Node sets of the Allen dialect."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluecellab.circuit.allen import (
    AllenCircuit,
    open_allen,
)
from bluecellab.errors import (
    NodeSetError,
)


def test_node_sets(circuit: AllenCircuit) -> None:
    def ids(name: str) -> dict[str, list[int]]:
        return {population: found.tolist() for population, found in circuit.node_set(name).items()}

    assert set(circuit.node_set_names) == {
        *("excited", "some", "near", "both"),
        *("all", "fibres", "cells", "biophysical", "point_neuron", "virtual"),
    }
    assert ids("all") == {"fibres": [0, 1, 2, 3], "cells": [0, 1, 2, 3, 4]}
    assert ids("cells") == {"cells": [0, 1, 2, 3, 4]}
    assert ids("biophysical") == {"cells": [0, 1, 3]}
    assert ids("point_neuron") == {"cells": [2, 4]}
    assert ids("virtual") == {"fibres": [0, 1, 2, 3]}
    assert ids("excited") == {"cells": [0, 1]}
    assert ids("some") == {"fibres": [0, 3], "cells": [0, 3]}
    assert ids("near") == {"cells": [0, 1]}
    assert ids("both") == {"cells": [0, 1, 3], "fibres": [0, 3]}


def _with_set(circuit: AllenCircuit, rule: object) -> AllenCircuit:
    return AllenCircuit(circuit.layout.model_copy(update={"node_sets": {"set": rule}}))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"population": "cells", "node_id": [4, 0]}, {"cells": [0, 4]}),
        ({"population": ["cells"], "node_ids": [1], "ei": "e"}, {"cells": [1]}),
        ({"layer": [4, 5]}, {"cells": [0, 1, 3]}),
        ({"layer": 5.0, "ei": ["e", "i"]}, {"cells": [0, 1]}),
        ({"tuning_angle": 0.0}, {"cells": [0, 4]}),
        ({"node_type_id": [102, 7]}, {"fibres": [0, 1, 2, 3], "cells": [3]}),
        ({"model_type": "virtual"}, {"fibres": [0, 1, 2, 3]}),
        ({"pop_name": "some fibres"}, {"fibres": [0, 1, 2, 3]}),
        ({"ei": "x"}, {}),
        ({"morphology": {"$regex": "^pyr"}}, {"cells": [0, 1]}),
        ([], {}),
        ({}, {"fibres": [0, 1, 2, 3], "cells": [0, 1, 2, 3, 4]}),
    ],
)
def test_rules(circuit: AllenCircuit, rule: object, expected: dict[str, list[int]]) -> None:
    found = _with_set(circuit, rule).node_set("set")
    assert {population: ids.tolist() for population, ids in found.items()} == expected


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"eii": "e"}, r"'eii', which is no attribute of any population of nodes; did you mean 'ei'"),
        ({"population": "cells", "pop_name": "x"}, r"no attribute of population cells"),
        ({"gids": [0, 1]}, "node_id"),
        ({"population": "cell"}, "did you mean 'cells'"),
        ({"node_id": [5]}, "there is no node 5; ids are 0 to 4"),
        ({"node_id": [True]}, "no node id"),
        ({"node_id": "0"}, "no node id"),
        ([-1], "there is no node -1"),
        ([0.5], "no node id"),
        ({"ei": 5}, "ei has texts; 5 is none"),
        ({"layer": "5"}, "layer has numbers"),
        ({"ei": {"$gt": 3}}, "can be compared by"),
        (["nothing"], "is made of 'nothing', which does not exist"),
        (["set"], "is made of itself: set -> set"),
        ("cells", "must be a list of node ids"),
        (None, "must be a list of node ids"),
    ],
)
def test_rules_that_are_wrong(circuit: AllenCircuit, rule: object, says: str) -> None:
    with pytest.raises(NodeSetError, match=says):
        _with_set(circuit, rule).node_set("set")


def test_own_node_sets_count(config: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text('{"excited": {"ei": "i"}, "new": [1]}', encoding="utf-8")
    circuit = open_allen(config, node_sets_file=own)
    assert circuit.node_set("excited")["cells"].tolist() == [2, 3, 4]
    assert circuit.node_set("new")["fibres"].tolist() == [1]
