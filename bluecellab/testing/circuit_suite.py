"""What any source of circuits must do: checks that a third party runs on its own.

In one call::

    from bluecellab.testing.circuit_suite import check_circuit

    check_circuit(lambda: MyCircuit("somewhere"))

or one test for each check, with pytest::

    @pytest.mark.parametrize("check", CIRCUIT_CHECKS, ids=lambda check: check.__name__)
    def test_my_circuit(check):
        check(lambda: MyCircuit("somewhere"))

The circuit may be any, but should have something of everything: a population of cells and a virtual
one, edges, node sets. Only some nodes of a large one are looked at.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bluecellab.circuit.access import CircuitAccess, Column, EdgePopulation, Edges, NodePopulation
from bluecellab.errors import (
    BluecellabError,
    CircuitError,
    CircuitWarning,
    ClosedError,
    ColumnError,
    NodeNotFoundError,
    NodeSetError,
    PopulationNotFoundError,
)
from bluecellab.spec.base import CellId, Spec

__all__ = ["CIRCUIT_CHECKS", "Check", "CircuitFactory", "check_circuit"]

CircuitFactory = Callable[[], CircuitAccess]
"""Opens the circuit anew."""
Check = Callable[[CircuitFactory], None]
"""Raises AssertionError, with the reason, if the circuit does not do as it must."""

_SOME = 12
_NOWHERE = "no such name, certainly"


def check_circuit(factory: CircuitFactory) -> None:
    """Run all checks, and say everything that is wrong.

    Parameters
    ----------
    factory
        Opens the circuit anew; called at least once for each check.

    Raises
    ------
    AssertionError
        If a check fails; the message has a line for each that does.
    """
    failures = []
    for check in CIRCUIT_CHECKS:
        try:
            check(factory)
        except Exception as error:  # noqa: BLE001 - whatever it is, the circuit has not passed
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            failures.append(f"{check.__name__}: {kind}{error}")
    if failures:
        count = f"{len(failures)} of {len(CIRCUIT_CHECKS)} checks"
        raise AssertionError(f"the circuit fails {count}\n  " + "\n  ".join(failures))


def _must(fact: object, message: str) -> None:
    if not fact:
        raise AssertionError(message)


@contextmanager
def _opened(factory: CircuitFactory) -> Iterator[CircuitAccess]:
    circuit = factory()
    try:
        yield circuit
    finally:
        circuit.close()


@contextmanager
def _refused(kind: type[BluecellabError], what: str, name: str | None = None) -> Iterator[None]:
    """Expect an error, that has the name of what was asked for where it says so."""
    try:
        yield
    except kind as error:
        _must(str(error), f"{what}: the {type(error).__name__} says nothing")
        if name is not None:
            said = getattr(error, "name", None)
            _must(said == name, f"{what}: the error's name is {said!r}, not {name!r}")
        return
    except Exception as error:
        raise AssertionError(
            f"{what} must raise {kind.__name__}, not {type(error).__name__}: {error}"
        ) from error
    raise AssertionError(f"{what} must raise {kind.__name__}; nothing was raised")


def _some(size: int) -> list[int]:
    """Return some ids: the first, the last, and a few between."""
    return sorted({int(each) for each in np.linspace(0, size - 1, min(size, _SOME))}) if size else []


def _same(one: Column, two: Column) -> bool:
    return (
        one.shape == two.shape
        and one.dtype.kind == two.dtype.kind
        and all(a == b or a != a for a, b in zip(one.tolist(), two.tolist(), strict=True))
    )


def _check_column(values: object, length: int, what: str) -> None:
    _must(isinstance(values, np.ndarray), f"{what} is no numpy array but {type(values).__name__}")
    shape, kind = getattr(values, "shape", ()), getattr(values, "dtype", np.dtype("O")).kind
    _must(shape == (length,), f"{what} has the shape {shape}, not ({length},)")
    _must(kind in "iufbU", f"{what} is of dtype kind {kind!r}; numbers (iufb) or texts (U) are needed")


def _check_integers(values: object, length: int, what: str) -> None:
    _check_column(values, length, what)
    dtype = getattr(values, "dtype", None)
    _must(dtype == np.int64, f"{what} is of dtype {dtype}, not int64")


def _same_columns(one: Mapping[str, Column], two: Mapping[str, Column], what: str) -> None:
    _must(list(one) == list(two), f"{what}: columns {list(two)}, not {list(one)}")
    for name in one:
        _must(_same(one[name], two[name]), f"{what}: column {name!r} has other values")


def check_protocol(factory: CircuitFactory) -> None:
    """Require all members of CircuitAccess, and that it can be closed twice."""
    circuit = factory()
    _must(isinstance(circuit, CircuitAccess), f"{type(circuit).__name__} lacks members of CircuitAccess")
    circuit.close()
    circuit.close()


def check_populations(factory: CircuitFactory) -> None:
    """Require populations under their own names, and edges between populations that there are."""
    with _opened(factory) as circuit:
        nodes, edges = circuit.node_populations, circuit.edge_populations
        _must(len(nodes), "there is no population of nodes")
        for name, node in nodes.items():
            _must(isinstance(node, NodePopulation), f"node population {name!r} is {type(node).__name__}")
            _must(node.name == name, f"node population {name!r} says that its name is {node.name!r}")
            _must(node.size >= 0, f"node population {name!r} has the size {node.size}")
            _must(len(set(node.columns)) == len(node.columns), f"{name!r} has a column twice")
        for name, edge in edges.items():
            _must(isinstance(edge, EdgePopulation), f"edge population {name!r} is {type(edge).__name__}")
            _must(edge.name == name, f"edge population {name!r} says that its name is {edge.name!r}")
            _must(edge.size >= 0, f"edge population {name!r} has the size {edge.size}")
            for end in (edge.source, edge.target):
                _must(end in nodes, f"edge population {name!r} has an end {end!r} that is no node population")
        for mapping in (nodes, edges):
            _must(_NOWHERE not in mapping, "populations contain a name that does not exist")
            _must(mapping.get(_NOWHERE) is None, "populations have a value for a name that does not exist")


def check_folders(factory: CircuitFactory) -> None:
    """Require that folders of mechanisms and helpers exist."""
    with _opened(factory) as circuit:
        for folders in (circuit.mechanism_folders, circuit.helper_folders):
            _must(isinstance(folders, tuple), "folders must be a tuple")
            for folder in folders:
                _must(isinstance(folder, Path) and folder.is_dir(), f"{folder!r} is no folder's Path")


def check_nodes(factory: CircuitFactory) -> None:
    """Require attributes of nodes in columns, for the ids asked for and in their order."""
    with _opened(factory) as circuit:
        for name, population in circuit.node_populations.items():
            whole = circuit.nodes(name)
            _must(list(whole) == list(population.columns), f"{name!r} gives columns {list(whole)}")
            for column, values in whole.items():
                _check_column(values, population.size, f"nodes {name!r}, column {column!r}")
            some = _some(population.size)
            for ids in ([], some, some[::-1], some[:1] * 3, some[-1:] + some[:1]):
                array = np.array(ids, dtype=np.int64)
                found = circuit.nodes(name, array)
                expected = {column: values[array] for column, values in whole.items()}
                _same_columns(expected, found, f"nodes {name!r} {ids}")
            chosen = population.columns[::-2]
            found = circuit.nodes(name, None, chosen)
            _same_columns({column: whole[column] for column in chosen}, found, f"nodes {name!r}")
            _must(len(circuit.nodes(name, None, ())) == 0, f"nodes {name!r}: no columns were asked for")


def check_node_mistakes(factory: CircuitFactory) -> None:
    """Require the right error for nodes and columns that do not exist."""
    with _opened(factory) as circuit:
        with _refused(PopulationNotFoundError, "nodes of an unknown population", _NOWHERE):
            circuit.nodes(_NOWHERE)
        for name, population in circuit.node_populations.items():
            for wrong in (population.size, -1, 2**62):
                with _refused(NodeNotFoundError, f"node {wrong} of {population.size} of {name!r}"):
                    circuit.nodes(name, np.array([wrong]))
            with _refused(ColumnError, f"an unknown column of {name!r}", _NOWHERE):
                circuit.nodes(name, None, (_NOWHERE,))


def check_node_sets(factory: CircuitFactory) -> None:
    """Require node sets of sorted ids by population; unknown ones are refused."""
    with _opened(factory) as circuit, warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)  # of populations that lack an attribute
        names = circuit.node_set_names
        _must(isinstance(names, tuple), "node_set_names must be a tuple")
        with _refused(NodeSetError, "an unknown node set", _NOWHERE):
            circuit.node_set(_NOWHERE)
        for name in names:
            try:
                found = circuit.node_set(name)
            except NodeSetError:
                continue  # a circuit may have sets that are wrong, as long as it says so
            for population, ids in found.items():
                what = f"node set {name!r}, population {population!r}"
                _must(population in circuit.node_populations, f"{what}: there is no such population")
                _check_integers(ids, len(ids), what)
                _must(len(ids), f"{what} is empty; such populations are left out")
                _must((np.diff(ids) > 0).all(), f"{what}: ids must be sorted, each once")
                inside = ids[0] >= 0 and ids[-1] < circuit.node_populations[population].size
                _must(inside, f"{what}: ids {ids[0]} to {ids[-1]} leave the population")
            again = circuit.node_set(name)
            _same_columns(dict(found), dict(again), f"node set {name!r}, asked for again")


def check_edges(factory: CircuitFactory) -> None:
    """Require edges of a target in columns, numbered, the same each time; together they are all."""
    with _opened(factory) as circuit:
        for name, population in circuit.edge_populations.items():
            size = circuit.node_populations[population.target].size
            counted = 0
            for target in _some(size):
                edges = circuit.edges(name, target)
                counted += len(edges)
                _check_edges(circuit, population, target, edges)
            if size <= _SOME:
                message = f"edges {name!r}: targets have {counted}, the population {population.size}"
                _must(counted == population.size, message)
            _must(counted <= population.size, f"edges {name!r}: more than the population's {population.size}")


def _check_edges(circuit: CircuitAccess, population: EdgePopulation, target: int, edges: Edges) -> None:
    what = f"edges {population.name!r} of target {target}"
    count = len(edges)
    _must(edges.population == population, f"{what} say that they are of {edges.population.name!r}")
    _must(edges.target == target, f"{what} say that their target is {edges.target}")
    _check_integers(edges.numbers, count, f"{what}, numbers")
    _check_integers(edges.sources, count, f"{what}, sources")
    _must(edges.numbers.tolist() == list(range(count)), f"{what}: numbers must be 0, 1, 2, ...")
    sources = circuit.node_populations[population.source].size
    inside = not count or (edges.sources.min() >= 0 and edges.sources.max() < sources)
    _must(inside, f"{what}: sources leave their population of {sources}")
    _must(list(edges.columns) == list(population.columns), f"{what} have columns {list(edges.columns)}")
    for column, values in edges.columns.items():
        _check_column(values, count, f"{what}, column {column!r}")
    again = circuit.edges(population.name, target)
    _must(_same(edges.sources, again.sources), f"{what}: asked for again they come from other sources")
    _same_columns(edges.columns, again.columns, f"{what}, asked for again")
    chosen = population.columns[::-2]
    few = circuit.edges(population.name, target, chosen)
    _same_columns({column: edges.columns[column] for column in chosen}, few.columns, what)
    none = circuit.edges(population.name, target, ())
    _must(not none.columns, f"{what}: no columns were asked for")
    _must(_same(none.sources, edges.sources), f"{what}: without columns they come from other sources")


def check_edge_mistakes(factory: CircuitFactory) -> None:
    """Require the right error for edges and targets that do not exist."""
    with _opened(factory) as circuit:
        with _refused(PopulationNotFoundError, "edges of an unknown population", _NOWHERE):
            circuit.edges(_NOWHERE, 0)
        for name, population in circuit.edge_populations.items():
            size = circuit.node_populations[population.target].size
            for wrong in (size, -1, 2**62):
                with _refused(NodeNotFoundError, f"edges {name!r} of target {wrong} of {size}"):
                    circuit.edges(name, wrong)
            if size:
                with _refused(ColumnError, f"an unknown column of edges {name!r}", _NOWHERE):
                    circuit.edges(name, 0, (_NOWHERE,))


def check_cells(factory: CircuitFactory) -> None:
    """Require cells that are specifications with their own ids; nodes that only send spikes are none."""
    with _opened(factory) as circuit, warnings.catch_warnings():
        warnings.simplefilter("ignore", CircuitWarning)  # of currents that are missing
        with _refused(PopulationNotFoundError, "a cell of an unknown population", _NOWHERE):
            circuit.cell(CellId(_NOWHERE, 0))
        for name, population in circuit.node_populations.items():
            if population.virtual:
                if population.size:
                    with _refused(CircuitError, f"a cell of the virtual population {name!r}"):
                        circuit.cell(CellId(name, 0))
                continue
            try:
                for node in _some(population.size):
                    cell = circuit.cell(CellId(name, node))
                    _must(isinstance(cell, Spec), f"cell {name}/{node} is {type(cell).__name__}, no Spec")
                    _must(cell.id == (name, node), f"cell {name}/{node} has the id {cell.id}")
                    _must(
                        circuit.cell(CellId(name, node)) == cell, f"cell {name}/{node} is another each time"
                    )
            except CircuitError:
                continue  # of a kind that cannot be built, as it says
            with _refused(NodeNotFoundError, f"cell {population.size} of {name!r}"):
                circuit.cell(CellId(name, population.size))


def check_answers_are_copies(factory: CircuitFactory) -> None:
    """Require that whoever changes an answer does not change the circuit."""
    with _opened(factory) as circuit:
        for name in circuit.node_populations:
            before = {column: values.copy() for column, values in circuit.nodes(name).items()}
            _spoil(*circuit.nodes(name).values())
            _same_columns(before, circuit.nodes(name), f"nodes {name!r}, after an answer was changed")
        for name, population in circuit.edge_populations.items():
            for target in _some(circuit.node_populations[population.target].size)[:3]:
                edges = circuit.edges(name, target)
                kept = {column: values.copy() for column, values in edges.columns.items()}
                sources = edges.sources.copy()
                _spoil(edges.sources, *edges.columns.values())
                again = circuit.edges(name, target)
                what = f"edges {name!r}, after an answer was changed"
                _must(_same(sources, again.sources), f"{what}: other sources")
                _same_columns(kept, again.columns, what)


def _spoil(*arrays: Column) -> None:
    """Overwrite arrays, unless they are protected from it."""
    for array in arrays:
        if array.flags.writeable and len(array):
            array[:] = array[::-1].copy() if array.dtype.kind == "U" else 1


def check_two_at_once(factory: CircuitFactory) -> None:
    """Require that two open at once give the same, and that closing one leaves the other."""
    with _opened(factory) as one:
        two = factory()
        for name in one.node_populations:
            _same_columns(one.nodes(name), two.nodes(name), f"nodes {name!r} of another one")
        two.close()
        for name, population in one.edge_populations.items():
            for target in _some(one.node_populations[population.target].size)[:2]:
                one.edges(name, target)


def check_closed(factory: CircuitFactory) -> None:
    """Require that a closed one says so, or still answers."""
    circuit = factory()
    name = next(iter(circuit.node_populations))
    circuit.close()
    try:
        circuit.nodes(name)
    except ClosedError:
        return
    except Exception as error:
        kind = type(error).__name__
        raise AssertionError(
            f"a closed circuit must raise ClosedError or answer, not {kind}: {error}"
        ) from error


CIRCUIT_CHECKS: tuple[Check, ...] = (
    check_protocol,
    check_populations,
    check_folders,
    check_nodes,
    check_node_mistakes,
    check_node_sets,
    check_edges,
    check_edge_mistakes,
    check_cells,
    check_answers_are_copies,
    check_two_at_once,
    check_closed,
)
"""All checks, in order."""
