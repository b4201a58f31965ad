"""Assignments of ``synapse_configure``, applied to many synapses at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.errors import AssignmentError
from bluecellab.nrn import runtime, synapses
from bluecellab.nrn.synapses import PointMechanism
from bluecellab.spec.assignments import Assignment

__all__ = ["Configuration", "configure"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(eq=False)
class Configuration:
    """What ``synapse_configure`` has said.

    Parameters
    ----------
    texts
        For which synapses, shape (n,), and what.
    globals
        GLOBALs of mechanisms that it sets, by NEURON's name: they are the same for all synapses of
        the process, so that whoever runs the simulation has to set them, and put them back.
    """

    texts: list[tuple[BoolArray, str]] = field(default_factory=list)
    globals: dict[str, float] = field(default_factory=dict)


def configure(
    processes: Any,
    slots: IntArray,
    mechanisms: Sequence[PointMechanism],
    mechanism: IntArray,
    blocks: Sequence[tuple[BoolArray, Sequence[Assignment]]],
) -> Configuration:
    """Apply assignments to the parameters of synapses, in order.

    Parameters
    ----------
    processes
        List of the point processes.
    slots
        Where in it each synapse is, shape (n,); -1 for those that do not exist.
    mechanisms, mechanism
        Their mechanisms, and which of them each synapse has, shape (n,).
    blocks
        Assignments, and for which synapses, shape (n,).

    Raises
    ------
    AssignmentError
        If a mechanism does not have a parameter, or a value is no number.
    """
    made = Configuration()
    for mask, assignments in blocks:
        made.texts += [(mask, assignment.text) for assignment in assignments]
        for number, known in enumerate(mechanisms):
            chosen = slots[mask & (slots >= 0) & (mechanism == number)]
            if len(chosen):
                for assignment in assignments:
                    _apply(processes, chosen, known, assignment, made)
    return made


def _apply(
    processes: Any, slots: IntArray, known: PointMechanism, assignment: Assignment, made: Configuration
) -> None:
    for name in assignment.attributes:
        if name not in known.defaults and not _is_global(name, known):
            raise AssignmentError(
                f"{assignment.text!r}: {known.name} has no parameter {name!r}; it has "
                f"{', '.join(sorted(known.defaults))}"
            )
    if assignment.attribute not in known.defaults:
        full = f"{assignment.attribute}_{known.name}"
        made.globals[full] = assignment.evaluate(lambda name: _global(name, known, made))
        return
    read = {
        name: synapses.read(processes, slots, name)
        if name in known.defaults
        else np.full(len(slots), _global(name, known, made))
        for name in assignment.reads
    }
    if assignment.constant:
        values = np.full(len(slots), assignment.evaluate(lambda _: np.nan))
    else:
        rows = [{name: column[row] for name, column in read.items()} for row in range(len(slots))]
        values = np.array([assignment.evaluate(row.__getitem__) for row in rows])
    synapses.write(processes, slots, assignment.attribute, values)


def _is_global(name: str, known: PointMechanism) -> bool:
    return isinstance(getattr(runtime.raw_h(), f"{name}_{known.name}", None), (int, float))


def _global(name: str, known: PointMechanism, made: Configuration) -> float:
    """Return the value of a GLOBAL, as assigned before."""
    full = f"{name}_{known.name}"
    if name in known.defaults or not _is_global(name, known):
        raise AssignmentError(
            f"{full} is the same for all synapses of {known.name}, and {name} is not; it cannot depend on it"
        )
    return made.globals.get(full, float(getattr(runtime.raw_h(), full)))
