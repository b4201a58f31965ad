"""What validation knows to be there is what is there: it may not ask the rooms above."""

from __future__ import annotations

from bluecellab.cell.builders.allen import loading, processing
from bluecellab.circuit.validation.allen import cells, edges
from bluecellab.synapse.allen.models import MODELS
from bluecellab.synapse.allen.texts import parsed_kinds
from bluecellab.synapse.allen.weights import WEIGHTS


def test_cells() -> None:
    assert set(cells.PROCESSORS) == set(processing.PROCESSORS)
    assert set(cells.SCHEMES) == set(loading._SCHEMES)
    assert set(cells.CTDB) == set(loading._CTDB)
    assert set(cells.HOC) == set(loading._BUILT_IN)


def test_synapses() -> None:
    assert set(edges.SYNAPSES) == set(MODELS)
    assert set(edges.WEIGHTS) == set(WEIGHTS)
    assert parsed_kinds(str(list(edges.TARGETS)), "an edge") == {1, 2, 3, 4}
