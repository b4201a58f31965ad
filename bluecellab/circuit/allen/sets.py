"""Node sets of the Allen dialect: lists of node ids, or conditions on attributes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, IntArray
from bluecellab.circuit.allen.nodes import POINT_TYPES, NodesTable
from bluecellab.circuit.config.problems import nearest, shown
from bluecellab.circuit.matching import mask_of
from bluecellab.errors import NodeSetError
from bluecellab.files.distinct import distinct

__all__ = ["PREDEFINED", "AllenNodeSets"]

PREDEFINED: Mapping[str, tuple[str, ...]] = {
    "biophysical": ("biophysical",),
    "point_neuron": POINT_TYPES,
    "virtual": ("virtual",),
}
"""Sets that are always there, beside ``all`` and one for each population: ``model_type`` of their nodes."""

_IDS = ("node_id", "node_ids")
Mask = npt.NDArray[np.bool_]


class AllenNodeSets:
    """The node sets of a circuit.

    Parameters
    ----------
    rules
        Each rule by the set's name. A list of node ids is about every population; conditions hold together,
        each a value or a list of values any of which will do, or an operator as ``{"$gt": 3}``. A list of
        names unites node sets.
    tables
        Populations of nodes by name.
    """

    def __init__(self, rules: Mapping[str, object], tables: Mapping[str, NodesTable]) -> None:
        self._rules = rules
        self._tables = tables
        self._found: dict[str, Mapping[str, IntArray]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sets: those of the configuration, then those that are always there."""
        return tuple(dict.fromkeys([*self._rules, "all", *self._tables, *PREDEFINED]))

    def resolve(self, name: str) -> Mapping[str, IntArray]:
        """Return the ids of a set, sorted, for each population in which it has any.

        Raises
        ------
        NodeSetError
            If there is none of that name, or it is cyclic or wrong.
        """
        if name not in self._found:
            self._found[name] = self._resolve(name, ())
        return {population: ids.copy() for population, ids in self._found[name].items()}

    def _resolve(self, name: str, path: tuple[str, ...]) -> Mapping[str, IntArray]:
        if name not in self._rules:
            found = self._predefined(name)
        else:
            rule = self._rules[name]
            if isinstance(rule, Mapping):
                found = self._conditions(name, rule)
            elif isinstance(rule, list | tuple) and rule and all(isinstance(each, str) for each in rule):
                found = self._united(name, rule, path)
            elif isinstance(rule, list | tuple):
                found = self._conditions(name, {"node_id": list(rule)})
            else:
                raise NodeSetError(
                    f"node set {name!r} is {shown(rule)}; it must be a list of node ids, or an object of "
                    'conditions such as {"population": "cortex", "ei": "e"}',
                    name,
                )
        return {population: ids for population, ids in found.items() if len(ids)}

    def _predefined(self, name: str) -> Mapping[str, IntArray]:
        if name == "all":
            return {
                population: table.nodes_of(table.model_types) for population, table in self._tables.items()
            }
        if name in self._tables:
            return {name: self._tables[name].nodes_of(self._tables[name].model_types)}
        if name in PREDEFINED:
            return {
                population: table.nodes_of(PREDEFINED[name]) for population, table in self._tables.items()
            }
        raise NodeSetError(f"no node set {name!r}; {nearest(str(name), self.names, 'node sets')}", str(name))

    def _united(self, name: str, members: object, path: tuple[str, ...]) -> Mapping[str, IntArray]:
        assert isinstance(members, list | tuple)
        if name in path or len(path) > 64:
            circle = " -> ".join([*path, name][-8:])
            raise NodeSetError(f"node set {path[0]!r} is made of itself: {circle}", path[0])
        parts: dict[str, list[IntArray]] = {}
        for member in members:
            if member not in self.names:
                known = nearest(member, self.names, "node sets")
                raise NodeSetError(
                    f"node set {name!r} is made of {member!r}, which does not exist; {known}", name
                )
            if member not in self._found or member == name or member in path:
                self._found[member] = self._resolve(member, (*path, name))
            for population, ids in self._found[member].items():
                parts.setdefault(population, []).append(ids)
        return {population: distinct(np.concatenate(ids)) for population, ids in parts.items()}

    def _conditions(self, name: str, rule: Mapping[str, object]) -> Mapping[str, IntArray]:
        populations = self._populations(name, rule)
        conditions = {key: value for key, value in rule.items() if key not in ("population", *_IDS)}
        for key in conditions:
            if not any(key in self._tables[population].table.names for population in populations):
                raise self._unknown(name, key, populations)
        self._check_ids(name, rule, populations)
        return {
            population: np.flatnonzero(self._mask(name, rule, conditions, population)).astype(np.int64)
            for population in populations
        }

    def _populations(self, name: str, rule: Mapping[str, object]) -> list[str]:
        """Return the populations that a rule is about, in the order of loading."""
        if "population" not in rule:
            return list(self._tables)
        wanted = rule["population"]
        listed = wanted if isinstance(wanted, list) else [wanted]
        for each in listed:
            if not isinstance(each, str) or each not in self._tables:
                known = nearest(str(each), self._tables, "populations of nodes")
                raise NodeSetError(f"node set {name!r}: no population {shown(each)}; {known}", name)
        return [each for each in self._tables if each in listed]

    def _unknown(self, name: str, key: str, populations: list[str]) -> NodeSetError:
        if key in ("gids", "gid"):
            hint = "ids within a population are given by node_id, with population"
        else:
            columns = dict.fromkeys(each for one in populations for each in self._tables[one].table.names)
            hint = nearest(key, ["population", "node_id", *columns], "attributes")
        whose = f"population {populations[0]}" if len(populations) == 1 else "any population of nodes"
        return NodeSetError(
            f"node set {name!r} asks for {key!r}, which is no attribute of {whose}; {hint}", name
        )

    def _check_ids(self, name: str, rule: Mapping[str, object], populations: list[str]) -> None:
        """Refuse ids that are none, and those beyond all populations that a rule is about."""
        size = max((self._tables[each].population.size for each in populations), default=0)
        for key in _IDS:
            if key not in rule:
                continue
            given = rule[key]
            for each in given if isinstance(given, list) else [given]:
                if isinstance(each, bool) or not isinstance(each, int):
                    raise NodeSetError(f"node set {name!r}: {shown(each)} is no node id", name)
                if not 0 <= each < size:
                    raise NodeSetError(
                        f"node set {name!r}: there is no node {shown(each)}; ids are 0 to {size - 1}", name
                    )

    def _mask(
        self, name: str, rule: Mapping[str, object], conditions: Mapping[str, object], population: str
    ) -> Mask:
        table = self._tables[population]
        chosen = np.zeros(table.population.size, np.bool_)
        chosen[table.nodes_of(table.model_types)] = True
        for key in _IDS:
            if key in rule:
                given = rule[key]
                listed = given if isinstance(given, list) else [given]
                chosen &= np.isin(np.arange(len(chosen)), np.array(listed, np.int64))
        for key, condition in conditions.items():
            if key not in table.table.names:
                return np.zeros(len(chosen), np.bool_)  # what has no such attribute is not equal to any
            try:
                chosen &= _holds(table.column(key), condition, key)
            except ValueError as error:
                raise NodeSetError(
                    f"node set {name!r} cannot be matched with population {population}: {error}", name
                ) from error
        return chosen


def _holds(values: Column, condition: object, name: str) -> Mask:
    """Return for which nodes a condition holds, shape (n,).

    Raises
    ------
    ValueError
        If it makes no sense for the values.
    """
    if isinstance(condition, Mapping):
        return mask_of({name: condition}, len(values), {name: values})
    listed = condition if isinstance(condition, list) else [condition]
    chosen = np.zeros(len(values), np.bool_)
    for each in listed:
        if values.dtype.kind == "U":
            fits, what = isinstance(each, str) and each != "", "texts"
        elif values.dtype.kind == "b":
            fits, what = isinstance(each, bool), "truth values"
        else:
            fits, what = isinstance(each, int | float) and not isinstance(each, bool), "numbers"
        if not fits:
            if _is_nothing(values):
                continue
            raise ValueError(f"{name} has {what}; {shown(each)} is none")
        chosen |= values == each
    return chosen


def _is_nothing(values: Column) -> bool:
    """Return whether no node has a value."""
    return values.dtype.kind == "f" and bool(np.isnan(values.astype(np.float64)).all())
