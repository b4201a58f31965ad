"""Compartment sets: lists of places on cells, by name, in a JSON file."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from itertools import pairwise
from typing import cast

import numpy as np

from bluecellab.circuit.access import CompartmentSet
from bluecellab.circuit.config.problems import Problems, join, raise_problems
from bluecellab.circuit.config.text import read_object
from bluecellab.errors import CircuitFileError, ConfigError

__all__ = ["read_compartment_sets"]

Place = tuple[int, int | str, float]


def read_compartment_sets(path: str | os.PathLike[str]) -> Mapping[str, CompartmentSet]:
    """Read a file of compartment sets.

    Each is ``{"population": name, "compartment_set": [[node id, section id or name, offset], ...]}``,
    the places in ascending order, each once, and the sections of a set either all ids or all names.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Mapping
        By name, in the order of the file.

    Raises
    ------
    CircuitFileError
        If the file is missing or wrong; the message says everything that is.
    """
    problems = Problems(os.fspath(path))
    values = read_object(os.fspath(path), problems) or {}
    found = {name: _read_set(value, name, problems) for name, value in values.items()}
    try:
        raise_problems(list(problems))
    except ConfigError as error:
        raise CircuitFileError(str(error), os.fspath(path)) from error
    return {name: made for name, made in found.items() if made is not None}


def _read_set(value: object, name: str, problems: Problems) -> CompartmentSet | None:
    key = join("", name)
    if not isinstance(value, dict):
        problems.add(key, value, 'an object {"population": ..., "compartment_set": [...]} is needed')
        return None
    population, listed = value.get("population"), value.get("compartment_set")
    if not isinstance(population, str) or not population:
        problems.add(join(key, "population"), population, "the name of a population of nodes is needed")
    if not isinstance(listed, list):
        message = "a list of places [node id, section, offset] is needed"
        problems.add(join(key, "compartment_set"), listed, message)
        return None
    places = [_read_place(place, join(key, "compartment_set", i), problems) for i, place in enumerate(listed)]
    good = [place for place in places if place is not None]
    if not isinstance(population, str) or len(good) < len(places):
        return None
    _check_order(good, join(key, "compartment_set"), problems)
    return CompartmentSet(
        population,
        np.array([node for node, _, _ in good], dtype=np.int64),
        tuple(section for _, section, _ in good),
        np.array([offset for _, _, offset in good], dtype=np.float64),
    )


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _read_place(place: object, key: str, problems: Problems) -> Place | None:
    if not isinstance(place, list) or len(place) != 3:
        problems.add(key, place, "a place [node id, section, offset] is needed")
        return None
    node, section, offset = place
    before = len(problems)
    if not _is_id(node):
        problems.add(join(key, 0), node, "a node id, 0 or more, is needed")
    if not (_is_id(section) or (isinstance(section, str) and section)):
        problems.add(join(key, 1), section, "the id of a section, 0 or more, or its name is needed")
    is_number = isinstance(offset, int | float) and not isinstance(offset, bool)
    if not (is_number and math.isfinite(offset) and 0 <= offset <= 1):
        problems.add(join(key, 2), offset, "an offset from 0 to 1 is needed")
    return None if len(problems) > before else (node, section, float(offset))


def _check_order(places: list[Place], key: str, problems: Problems) -> None:
    """Report names beside ids, and places that are not in ascending order."""
    if len({isinstance(section, str) for _, section, _ in places}) > 1:
        problems.add(key, None, "some sections are given by id and others by name; use one of the two")
        return
    for number, (one, two) in enumerate(pairwise(places), start=1):
        # Sections are all ids or all names here, so that the places can be compared.
        one, two = cast("tuple[int, int, float]", one), cast("tuple[int, int, float]", two)
        if one >= two:
            what = "is there twice" if one == two else "must come before the one above it; sort the list"
            problems.add(join(key, number), list(two), f"the place {what}")
            return
