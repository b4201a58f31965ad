"""Configurations of the Allen dialect -> words."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bluecellab.circuit.config.allen.inputs import read_input
from bluecellab.circuit.config.allen.network import Laid, lay_out
from bluecellab.circuit.config.allen.reports import read_report
from bluecellab.circuit.config.allen.sections import read_conditions, read_output, read_run
from bluecellab.circuit.config.allen.sources import Sources, read_sources
from bluecellab.circuit.config.allen.values import InlineSets, cleaned, each_enabled
from bluecellab.circuit.config.allen.wanted import Wanted
from bluecellab.circuit.config.problems import Problems, nearest, raise_problems
from bluecellab.errors import CircuitFileError
from bluecellab.spec.allen import (
    AllenConditions,
    AllenConfig,
    AllenInput,
    AllenLayout,
    AllenOutput,
    AllenRun,
    AnyAllenReport,
)
from bluecellab.spec.base import TargetSimulator

__all__ = ["AllenParts", "Placed", "read_allen_config", "read_allen_layout", "read_allen_parts"]

Item = TypeVar("Item")
PathLike = str | os.PathLike[str]

_log = logging.getLogger("bluecellab")

_TOP = (
    "manifest",
    "network",
    "simulation",
    "run",
    "conditions",
    "components",
    "networks",
    "node_sets",
    "node_sets_file",
    "inputs",
    "reports",
    "output",
    "gid_mapping_file",
)
#: Known and without meaning here; the last two stand in the copies that BioNet writes.
_TOP_IGNORED = (
    "target_simulator",
    "version",
    "network_name",
    "validate",
    "calc_ecp",
    "description",
    "comment",
    "comments",
    "metadata",
    "config_path",
    "config_dir",
)


@dataclass(frozen=True)
class Placed(Generic[Item]):
    """A word, and where it is from.

    Parameters
    ----------
    item
        The word.
    key
        Its place.
    problems
        Those of its file.
    """

    item: Item
    key: str
    problems: Problems


@dataclass
class AllenParts:
    """What could be read of a configuration, whatever is wrong with the rest.

    Parameters
    ----------
    sources
        The files, and what is wrong with them.
    laid
        The files of the circuit.
    inline
        Node sets that stand in the middle of the configuration.
    run, conditions, output
        The sections.
    inputs, reports
        Those that are enabled.
    """

    sources: Sources
    laid: Laid
    inline: InlineSets = field(default_factory=InlineSets)
    run: AllenRun | None = None
    conditions: AllenConditions | None = None
    output: AllenOutput | None = None
    inputs: list[Placed[AllenInput]] = field(default_factory=list)
    reports: list[Placed[AnyAllenReport]] = field(default_factory=list)


def read_allen_config(path: PathLike, *, confine_to: PathLike | None = None) -> AllenConfig:
    """Return what a configuration of the Allen dialect says, from one file or several.

    Paths are made absolute, variables replaced, defaults filled in; inputs and reports stay in the order
    of the file, without those that are not enabled. A relative path is taken from the folder of the
    file, and from the working directory if there is nothing there; the log says which.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder that no path may leave, also not through links or ``..``.

    Raises
    ------
    ConfigError
        If anything is wrong; ``.problems`` has everything that is.
    ConfinementError
        If one of the problems is a path that leaves the folder.
    """
    parts = read_allen_parts(path, confine_to=confine_to)
    raise_problems(parts.sources.found())
    assert parts.run is not None
    assert parts.conditions is not None
    assert parts.output is not None
    return AllenConfig(
        path=parts.sources.path,
        circuit=parts.laid.layout(parts.inline),
        target_simulator=_simulator(parts.sources),
        run=parts.run,
        conditions=parts.conditions,
        output=parts.output,
        inputs=tuple(each.item for each in parts.inputs),
        reports=tuple(each.item for each in parts.reports),
    )


def _simulator(sources: Sources) -> TargetSimulator:
    """Return what integrates; other simulators than these two cannot do it anyway."""
    return "CORENEURON" if sources.at("target_simulator").value == "CORENEURON" else "NEURON"


def read_allen_layout(path: PathLike, *, confine_to: PathLike | None = None) -> AllenLayout:
    """Return which files a circuit of the Allen dialect is made of, and its node sets.

    Parameters
    ----------
    path
        The configuration of the circuit; or of a simulation, of which nothing else is looked at.
    confine_to
        A folder that no path may leave.

    Raises
    ------
    CircuitFileError
        If it is missing or wrong; the message says everything that is.
    ConfinementError
        If a path leaves the folder.
    """
    sources = read_sources(path, confine_to=confine_to)
    laid = lay_out(sources)
    found = sources.found()
    if any(problem.outside for problem in found):
        raise_problems(found)
    if found:
        lines = [str(problem) for problem in found]
        text = (
            lines[0] if len(lines) == 1 else f"{sources.path}: {len(lines)} problems\n  " + "\n  ".join(lines)
        )
        raise CircuitFileError(text, sources.path)
    return laid.layout()


def read_allen_parts(path: PathLike, *, confine_to: PathLike | None = None) -> AllenParts:
    """Return what can be read of a configuration, and all that is wrong with it.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder that no path may leave.
    """
    sources = read_sources(path, confine_to=confine_to)
    if not sources.readable or not sources.top:
        if sources.readable:
            sources.problems[0].add("", None, "holds nothing; run, conditions and networks are needed")
        return AllenParts(sources, Laid(sources.path))
    _log.info("%s: relative paths are those in %s", sources.path, os.path.dirname(sources.path))  # noqa: PTH120
    known = (*_TOP, *_TOP_IGNORED)
    for name, source in sources.top.items():
        if name not in known and not name.startswith("_"):
            source.problems.add(name, source.value, f"no such key; {nearest(name, _TOP, 'keys here')}")
    parts = AllenParts(sources, lay_out(sources))
    parts.run = read_run(sources)
    parts.conditions = read_conditions(sources)
    parts.output = read_output(sources)
    parts.inputs = _each(parts, "inputs", read_input)
    parts.reports = _each(parts, "reports", read_report)
    return parts


def _each(parts: AllenParts, name: str, read: Callable[[Wanted], Item | None]) -> list[Placed[Item]]:
    places = parts.sources.at(name).places
    directory = None if parts.output is None else parts.output.directory
    made: list[Placed[Item]] = []
    for key, block in each_enabled(parts.sources.block(name)):
        nulls = frozenset(each for each, value in block.values.items() if value is None)
        wanted = Wanted(key, cleaned(block), places, parts.inline, directory, nulls)
        item = read(wanted)
        if item is not None:
            made.append(Placed(item, block.key, block.problems))
    return made
