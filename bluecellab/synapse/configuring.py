"""Assignments of ``synapse_configure``, applied to many synapses at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.errors import AssignmentError, CircuitWarning, SynapseError, warn
from bluecellab.nrn import runtime, synapses
from bluecellab.nrn.mechanisms.variables import global_names
from bluecellab.nrn.synapses import PointMechanism
from bluecellab.spec.assignments import Assignment

__all__ = ["Configuration", "configure", "shared_globals"]

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
    unasked
        How many synapses of the mechanism are changed by each of these without having been meant.
    """

    texts: list[tuple[BoolArray, str]] = field(default_factory=list)
    globals: dict[str, float] = field(default_factory=dict)
    unasked: dict[str, int] = field(default_factory=dict)


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
    SynapseError
        If synapses want different values of a GLOBAL.
    """
    made = Configuration()
    wanted: dict[str, FloatArray] = {}
    for mask, assignments in blocks:
        made.texts += [(mask, assignment.text) for assignment in assignments]
        for number, known in enumerate(mechanisms):
            here = mask & (slots >= 0) & (mechanism == number)
            for assignment in assignments if here.any() else ():
                _apply(processes, slots[here], known, assignment, made)
                name = f"{assignment.attribute}_{known.name}"
                if name in made.globals and assignment.attribute not in known.defaults:
                    wanted.setdefault(name, np.full(len(slots), np.nan))[here] = made.globals[name]
    for name, values in wanted.items():
        alike = [number for number, known in enumerate(mechanisms) if name.endswith(f"_{known.name}")]
        of_mechanism = (slots >= 0) & np.isin(mechanism, alike)
        made.unasked[name] = int(np.count_nonzero(np.isnan(values[of_mechanism])))
        for value in np.unique(values[~np.isnan(values)]).tolist():
            _agree(name, value, made.globals)
    return made


def _agree(name: str, value: float, known: Mapping[str, float]) -> None:
    if known.get(name, value) != value:
        low, high = sorted((value, known[name]))
        raise SynapseError(
            f"connection overrides set {name} to {low:g} for some synapses and to {high:g} for others, but "
            "it is a GLOBAL, one variable for all synapses of its mechanism. Let all blocks say the same."
        )


def shared_globals(groups: Iterable[tuple[Sequence[str], Configuration]]) -> dict[str, float]:
    """Return the GLOBALs of mechanisms that ``synapse_configure`` sets anywhere, by NEURON's name.

    Parameters
    ----------
    groups
        The mechanisms of each group of synapses, and what was said of the group.

    Raises
    ------
    SynapseError
        If synapses want different values of one.

    Warns
    -----
    CircuitWarning
        If synapses are changed that were not meant.
    """
    known = list(groups)
    found: dict[str, float] = {}
    for _, configuration in known:
        for name, value in configuration.globals.items():
            _agree(name, value, found)
            found[name] = value
    for name, value in found.items():
        if any(
            configuration.unasked.get(name)
            or (
                name not in configuration.globals
                and any(name.endswith(f"_{mechanism}") for mechanism in mechanisms)
            )
            for mechanisms, configuration in known
        ):
            warn(
                f"synapse_configure sets {name} = {value:g}, which is a GLOBAL: it changes for all synapses "
                "of its mechanism, not only for those between the source and the target of the override",
                CircuitWarning,
            )
    return found


def _apply(
    processes: Any, slots: IntArray, known: PointMechanism, assignment: Assignment, made: Configuration
) -> None:
    for name in assignment.attributes:
        if name not in known.defaults and not _is_global(name, known):
            raise AssignmentError(
                f"{assignment.text!r}: {known.name} has no parameter {name!r}; it has "
                f"{', '.join(sorted({*known.defaults, *_globals_of(known)}))}"
            )
    if assignment.attribute not in known.defaults:
        full = f"{assignment.attribute}_{known.name}"
        if not assignment.constant:
            raise AssignmentError(
                f"{assignment.text!r}: {full} is a GLOBAL, one variable for all synapses of {known.name}, "
                "and cannot be computed from parameters of each of them; write a number"
            )
        made.globals[full] = assignment.evaluate(lambda _: np.nan)
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


def _globals_of(known: PointMechanism) -> list[str]:
    return [name.removesuffix(f"_{known.name}") for name in global_names(known.name)]


def _global(name: str, known: PointMechanism, made: Configuration) -> float:
    """Return the value of a GLOBAL, as assigned before."""
    full = f"{name}_{known.name}"
    return made.globals.get(full, float(getattr(runtime.raw_h(), full)))
