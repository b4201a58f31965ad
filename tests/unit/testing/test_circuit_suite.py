"""The suite passes circuits that are right, and fails those that are not, for the right reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bluecellab.circuit.access import Column, Edges, IntArray
from bluecellab.circuit.obi import ObiCircuit, open_circuit
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell, BallStickCell
from bluecellab.testing.circuit_suite import CIRCUIT_CHECKS, Check, check_circuit
from tests.unit.circuit.sonata_files import write_small_circuit

by_check = pytest.mark.parametrize("check", CIRCUIT_CHECKS, ids=lambda check: check.__name__)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("circuit")
    write_small_circuit(path)
    return path


@by_check
def test_circuits_of_files(check: Check, folder: Path) -> None:
    check(lambda: open_circuit(folder))


@by_check
def test_confined_circuits(check: Check, folder: Path) -> None:
    check(lambda: open_circuit(folder, confine_to=folder))


def test_in_one_call(folder: Path) -> None:
    check_circuit(lambda: open_circuit(folder))


class Reversed(ObiCircuit):
    """Gives nodes in another order than asked for."""

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        found = super().nodes(population, ids, columns)
        return found if ids is None else {name: values[::-1] for name, values in found.items()}


class Lenient(ObiCircuit):
    """Takes any id."""

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        if ids is not None:
            ids = np.clip(ids, 0, self.node_populations[population].size - 1)
        return super().nodes(population, ids, columns)


class Unsorted(ObiCircuit):
    """Gives node sets in any order."""

    def node_set(self, name: str) -> Mapping[str, IntArray]:
        return {population: ids[::-1] for population, ids in super().node_set(name).items()}


class Forgetful(ObiCircuit):
    """Loses an edge."""

    def edges(self, population: str, target: int, columns: Sequence[str] | None = None) -> Edges:
        found = super().edges(population, target, columns)
        return found.take(found.numbers > 0)


class Shared(ObiCircuit):
    """Hands out its own arrays."""

    _own: Mapping[str, Column] | None = None

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        if population != "P" or ids is not None or columns is not None:
            return super().nodes(population, ids, columns)
        self._own = self._own or super().nodes(population, ids, columns)
        return self._own


class Misnamed(ObiCircuit):
    """Gives cells without their ids, and of virtual populations too."""

    def cell(self, cell_id: CellId) -> AnyCell:
        self.nodes(cell_id[0], np.array([cell_id[1]]), ())
        return BallStickCell()


class KeyErrors(ObiCircuit):
    """Raises builtin errors."""

    def edges(self, population: str, target: int, columns: Sequence[str] | None = None) -> Edges:
        raise KeyError(population)


class Renumbered(ObiCircuit):
    """Numbers edges from one."""

    def edges(self, population: str, target: int, columns: Sequence[str] | None = None) -> Edges:
        found = super().edges(population, target, columns)
        return replace(found, numbers=found.numbers + 1)


@pytest.mark.parametrize(
    ("kind", "failing", "words"),
    [
        (Reversed, "check_nodes", "column 'layer' has other values"),
        (Lenient, "check_node_mistakes", "must raise NodeNotFoundError; nothing was raised"),
        (Unsorted, "check_node_sets", "ids must be sorted"),
        (Forgetful, "check_edges", "numbers must be 0, 1, 2"),
        (Shared, "check_answers_are_copies", "after an answer was changed"),
        (Misnamed, "check_cells", "has the id"),
        (KeyErrors, "check_edge_mistakes", "must raise PopulationNotFoundError, not KeyError"),
        (Renumbered, "check_edges", "numbers must be 0, 1, 2"),
    ],
)
def test_circuits_that_are_wrong(
    folder: Path, kind: Callable[[Path], ObiCircuit], failing: str, words: str
) -> None:
    with pytest.raises(AssertionError, match=words) as caught:
        check_circuit(lambda: kind(folder / "circuit_config.json"))
    assert failing in str(caught.value)
    assert f"of {len(CIRCUIT_CHECKS)} checks" in str(caught.value)


def test_something_that_is_no_circuit() -> None:
    class Nothing:
        def close(self) -> None:
            pass

    with pytest.raises(AssertionError, match="lacks members of CircuitAccess"):
        check_circuit(Nothing)  # type: ignore[arg-type]
