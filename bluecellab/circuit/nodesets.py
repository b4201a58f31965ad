"""Node sets: libsonata matches the attributes; what is made of several sets is put together here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from bluecellab.circuit.access import Column, IntArray, NodePopulation
from bluecellab.circuit.config.problems import Problems, nearest, raise_problems, shown
from bluecellab.circuit.config.text import read_object
from bluecellab.errors import CircuitFileError, CircuitWarning, ConfigError, NodeSetError, warn
from bluecellab.files.distinct import distinct

__all__ = ["NodeSets", "NodeSource", "read_node_sets"]


class NodeSource(Protocol):
    """What node sets must know of a circuit."""

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations by name."""

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        """Return attributes of nodes."""

    def matching(self, name: str, rule: Mapping[str, object], population: str) -> Column:
        """Return the ids of the nodes of a population that the rule of a set is about.

        Raises
        ------
        NodeSetError
            If it cannot be matched.
        """


def read_node_sets(path: str) -> dict[str, object]:
    """Return the rules of a file of node sets by name.

    Raises
    ------
    CircuitFileError
        If the file is missing or no JSON object.
    """
    problems = Problems(path)
    found = read_object(path, problems)
    try:
        raise_problems(list(problems))
    except ConfigError as error:
        raise CircuitFileError(str(error), path) from error
    return dict(found or {})


class NodeSets:
    """Node sets of a circuit and of a simulation.

    Parameters
    ----------
    rules
        Each rule by the set's name; of sets of one name the last is given.
    source
        The circuit.
    """

    def __init__(self, rules: Mapping[str, object], source: NodeSource) -> None:
        self._rules = rules
        self._source = source
        self._warned: set[str] = set()
        self._checked: set[tuple[str, str]] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sets."""
        return tuple(self._rules)

    def resolve(self, name: str) -> dict[str, IntArray]:
        """Return the ids of a set, sorted, for each population in which it has any.

        Raises
        ------
        NodeSetError
            If there is none of that name, or it is cyclic or wrong.
        """
        if name not in self._rules:
            known = nearest(str(name), self._rules, "node sets")
            raise NodeSetError(f"no node set {name!r}; {known}", str(name))
        found: dict[str, list[IntArray]] = {}
        for simple in self._parts(name):
            for population, ids in self._resolve_simple(simple).items():
                found.setdefault(population, []).append(ids)
        united = {population: distinct(np.concatenate(ids)) for population, ids in sorted(found.items())}
        return {population: ids for population, ids in united.items() if len(ids)}

    def _parts(self, name: str) -> list[str]:
        """Return the names of the simple sets that a set is made of, each once.

        Every set is visited once, however many others are made of it.
        """
        simple: list[str] = []
        done: set[str] = set()
        path: dict[str, Iterator[str]] = {name: self._members(name)}  # from the set asked for downward
        while path:
            here, members = next(reversed(path.items()))
            part = next(members, None)
            if part is None:
                done.add(here)
                del path[here]
                if not isinstance(self._rules[here], list):
                    simple.append(here)
            elif part in path:
                circle = " -> ".join([*path, part][-8:])
                raise NodeSetError(f"node set {name!r} is made of itself: {circle}", name)
            elif part not in done:
                path[part] = self._members(part)
        return simple

    def _members(self, name: str) -> Iterator[str]:
        """Give the names that a list is made of; none of a simple set."""
        rule = self._rules[name]
        for part in rule if isinstance(rule, list) else ():
            if not isinstance(part, str):
                raise NodeSetError(
                    f"node set {name!r}: a list holds names of node sets, not {shown(part)}", name
                )
            if part not in self._rules:
                known = nearest(part, self._rules, "node sets")
                raise NodeSetError(
                    f"node set {name!r} is made of {part!r}, which does not exist; {known}", name
                )
            yield part

    def _resolve_simple(self, name: str) -> dict[str, IntArray]:
        rule = self._rules[name]
        if not isinstance(rule, dict) or not rule:
            raise NodeSetError(
                f"node set {name!r} is {shown(rule)}; it must be an object of attributes and values, such as "
                '{"layer": ["2", "3"]}, or a list of names of node sets',
                name,
            )
        populations = self._populations(name, rule)
        lacking = {
            population: missing
            for population in populations
            if (missing := _lacking(rule, self._source.node_populations[population]))
        }
        if populations and len(lacking) == len(populations):
            missing = sorted({each for names in lacking.values() for each in names})
            raise NodeSetError(
                f"node set {name!r} asks for {', '.join(missing)}, which no population of nodes has", name
            )
        self._warn_of_skipped(name, lacking)
        return {
            population: self._match(name, rule, population)
            for population in populations
            if population not in lacking
        }

    def _populations(self, name: str, rule: Mapping[str, object]) -> list[str]:
        """Return the populations that a simple set is about."""
        everything = list(self._source.node_populations)
        if "population" not in rule:
            return everything
        wanted = rule["population"]
        names = wanted if isinstance(wanted, list) else [wanted]
        for each in names:
            if each not in everything:
                known = nearest(str(each), everything, "populations of nodes")
                raise NodeSetError(f"node set {name!r}: no population {shown(each)}; {known}", name)
        return [each for each in everything if each in names]

    def _warn_of_skipped(self, name: str, lacking: Mapping[str, Sequence[str]]) -> None:
        if lacking and name not in self._warned:
            self._warned.add(name)
            which = "; ".join(
                f"{population} has no {', '.join(names)}" for population, names in lacking.items()
            )
            warn(
                f"node set {name!r} has no nodes of {len(lacking)} populations that lack its attributes: "
                f'{which}. Name those that are meant by "population".',
                CircuitWarning,
            )

    def _match(self, name: str, rule: Mapping[str, object], population: str) -> IntArray:
        size = self._source.node_populations[population].size
        self._check_ids(name, rule, size)
        self._check_columns(rule, population)
        return distinct(self._source.matching(name, rule, population)).astype(np.int64)

    def _check_columns(self, rule: Mapping[str, object], population: str) -> None:
        """Read the attributes of a rule with our own reader: libsonata crashes on some that are damaged."""
        for name in rule:
            if name not in ("population", "node_id") and (population, name) not in self._checked:
                self._source.nodes(population, None, [name])
                self._checked.add((population, name))

    def _check_ids(self, name: str, rule: Mapping[str, object], size: int) -> None:
        """Refuse ids beyond a population that the rule names, or beyond every one if it names none."""
        ids = rule.get("node_id")
        listed = ids if isinstance(ids, list) else [ids]
        largest = max((each for each in listed if isinstance(each, int)), default=-1)
        if "population" not in rule:
            size = max(each.size for each in self._source.node_populations.values())
        if largest >= size:
            raise NodeSetError(
                f"node set {name!r}: there is no node {shown(largest)}; ids are 0 to {size - 1}", name
            )


def _lacking(rule: Mapping[str, object], population: NodePopulation) -> list[str]:
    there = {"population", "node_id", *population.columns}
    return [name for name in rule if name not in there]
