"""``simulation_config.json`` of the Blue Brain / Open Brain SONATA dialect -> words."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bluecellab.circuit.config.blocks import Block, Key, blocks_of
from bluecellab.circuit.config.changes import read_modifications, read_overrides
from bluecellab.circuit.config.inputs import read_input
from bluecellab.circuit.config.places import Places
from bluecellab.circuit.config.problems import Problems, join, raise_problems
from bluecellab.circuit.config.reports import read_report
from bluecellab.circuit.config.sections import read_conditions, read_output, read_run
from bluecellab.circuit.config.text import read_object
from bluecellab.spec.base import TargetSimulator
from bluecellab.spec.simulation import (
    AnyModification,
    CircuitConditions,
    CircuitInput,
    CircuitRun,
    ConnectionOverride,
    Output,
    Report,
    Seeds,
    SimulationConfig,
)

__all__ = ["TOP", "Parts", "is_circuit_config", "parts_of", "read_obi_config", "read_parts"]

Item = TypeVar("Item")
#: Keys that a circuit alone does not have.
_SIMULATION = ("run", "simulation", "inputs", "reports", "output", "conditions")

TOP = (
    Key("version", "any"),
    Key("manifest", "any"),
    Key("network", "text"),
    Key("target_simulator", "text", choices=("NEURON", "CORENEURON")),
    Key("node_sets_file", "text"),
    Key("node_set", "text"),
    Key("compartment_sets_file", "text"),
    Key("run", "object", needed=True),
    Key("output", "object"),
    Key("conditions", "object"),
    Key("inputs", "object"),
    Key("reports", "object"),
    Key("connection_overrides", "any"),
)


@dataclass
class Parts:
    """What could be read of a configuration, whatever is wrong with the rest.

    Parameters
    ----------
    path
        The file, as an absolute path.
    problems
        What is wrong.
    confine_to
        The folder that no path may leave.
    network, node_sets_file, compartment_sets_file
        Absolute paths.
    node_set
        Which cells are simulated.
    target_simulator
        What integrates.
    run, seeds, conditions, output
        The sections.
    inputs, reports, connection_overrides, modifications
        Each with its place in the file.
    """

    path: str
    problems: Problems
    confine_to: str | None = None
    network: str | None = None
    node_sets_file: str | None = None
    compartment_sets_file: str | None = None
    node_set: str | None = None
    target_simulator: TargetSimulator = "NEURON"
    run: CircuitRun | None = None
    seeds: Seeds | None = None
    conditions: CircuitConditions | None = None
    output: Output | None = None
    inputs: list[tuple[str, CircuitInput]] = field(default_factory=list)
    reports: list[tuple[str, Report]] = field(default_factory=list)
    connection_overrides: list[tuple[str, ConnectionOverride]] = field(default_factory=list)
    modifications: list[tuple[str, AnyModification]] = field(default_factory=list)


def read_obi_config(
    path: str | os.PathLike[str], *, confine_to: str | os.PathLike[str] | None = None
) -> SimulationConfig:
    """Return what a ``simulation_config.json`` says. No file but this one is opened.

    Paths are made absolute, variables of the manifest are replaced, defaults are filled in, inputs
    stay in the order of the file. Reports that are not enabled are left out, whatever they say.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder that no path may leave, also not through links or ``..``.

    Returns
    -------
    SimulationConfig
        All of it.

    Raises
    ------
    ConfigError
        If anything is wrong; ``.problems`` has everything that is.
    ConfinementError
        If one of the problems is a path that leaves the folder.
    """
    parts = read_parts(path, confine_to=confine_to)
    raise_problems(tuple(parts.problems))
    assert parts.network is not None
    assert parts.run is not None
    assert parts.output is not None
    return SimulationConfig(
        path=parts.path,
        network=parts.network,
        node_sets_file=parts.node_sets_file,
        compartment_sets_file=parts.compartment_sets_file,
        node_set=parts.node_set,
        target_simulator=parts.target_simulator,
        run=parts.run,
        seeds=parts.seeds or Seeds(),
        conditions=parts.conditions or CircuitConditions(),
        output=parts.output,
        inputs=tuple(each for _, each in parts.inputs),
        reports=tuple(each for _, each in parts.reports),
        connection_overrides=tuple(each for _, each in parts.connection_overrides),
        modifications=tuple(each for _, each in parts.modifications),
    )


def is_circuit_config(
    path: str | os.PathLike[str], *, confine_to: str | os.PathLike[str] | None = None
) -> bool:
    """Return whether a file is the configuration of a circuit rather than of a simulation.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder that it must be in.

    Raises
    ------
    ConfigError
        If it is no JSON, or is not in the folder.
    """
    file = os.path.abspath(path)
    problems = Problems(file)
    places = Places(file, problems, None if confine_to is None else os.path.realpath(confine_to))
    values = read_object(file, problems) if places.allowed(file, "", None) else None
    raise_problems(tuple(problems))
    return values is not None and "networks" in values and not any(each in values for each in _SIMULATION)


def read_parts(path: str | os.PathLike[str], *, confine_to: str | os.PathLike[str] | None = None) -> Parts:
    """Return what can be read of a configuration, and all that is wrong with it.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder that no path may leave.
    """
    file = os.path.abspath(path)
    folder = None if confine_to is None else os.path.realpath(confine_to)
    parts = Parts(file, Problems(file), folder)
    places = Places(file, parts.problems, folder)
    if not places.allowed(file, "", None):
        return parts
    values = read_object(file, parts.problems)
    if values is None:
        return parts
    places.read_manifest(values.get("manifest"))
    top = Block(values, "", parts.problems)
    fields = top.read(TOP, ignored=("metadata", "beta_features"))
    _read_files(parts, places, fields)
    parts.node_set = _text(fields.get("node_set"))
    if fields.get("target_simulator") == "CORENEURON":
        parts.target_simulator = "CORENEURON"
    _read_sections(parts, places, top)
    _read_lists(parts, places, top)
    return parts


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _read_files(parts: Parts, places: Places, fields: Mapping[str, object]) -> None:
    parts.network = places.path(str(fields.get("network", "circuit_config.json")), "network")
    for name in ("node_sets_file", "compartment_sets_file"):
        if name in fields:
            setattr(parts, name, places.path(str(fields[name]), name))


def _read_sections(parts: Parts, places: Places, top: Block) -> None:
    run = top.inner("run")
    if run is not None:
        parts.run, parts.seeds = read_run(run)
    output = top.inner("output") or Block({}, "output", parts.problems)
    parts.output = read_output(output, places)
    conditions = top.inner("conditions")
    if conditions is not None:
        parts.conditions = read_conditions(conditions)
        if "modifications" in conditions.values:
            parts.modifications = read_modifications(conditions.values["modifications"], parts.problems)


def _read_lists(parts: Parts, places: Places, top: Block) -> None:
    directory = parts.output.directory if parts.output else None
    parts.inputs = _each(top, "inputs", lambda name, block: read_input(name, block, places))
    parts.reports = _each(top, "reports", lambda name, block: read_report(name, block, places, directory))
    if "connection_overrides" in top.values:
        parts.connection_overrides = read_overrides(top.values["connection_overrides"], parts.problems)


def _each(top: Block, name: str, read: Callable[[str, Block], Item | None]) -> list[tuple[str, Item]]:
    inner = top.inner(name)
    if inner is None:
        return []
    made = ((block.key, read(key, block)) for key, block in blocks_of(inner.values, inner.key, top.problems))
    return [(key, item) for key, item in made if item is not None]


def parts_of(config: SimulationConfig, *, confine_to: str | os.PathLike[str] | None = None) -> Parts:
    """Return the parts of a configuration that has been read, or made in Python.

    Parameters
    ----------
    config
        The configuration.
    confine_to
        A folder that no path may leave; those that do are problems.
    """
    folder = None if confine_to is None else os.path.realpath(confine_to)
    problems = Problems(config.path or "simulation")
    places = Places(config.path or os.curdir, problems, folder)
    parts = Parts(config.path, problems, folder, node_set=config.node_set, run=config.run)
    parts.seeds, parts.conditions = config.seeds, config.conditions
    for file in ("network", "node_sets_file", "compartment_sets_file"):
        path = getattr(config, file)
        if path is not None and places.allowed(path, file, path):
            setattr(parts, file, path)
    if places.allowed(config.output.directory, "output.output_dir", config.output.directory):
        parts.output = config.output
    for each in config.inputs:
        key, spikes = join("inputs", each.name), getattr(each.stimulus, "spike_file", None)
        if spikes is None or places.allowed(spikes, join(key, "spike_file"), spikes):
            parts.inputs.append((key, each))
    parts.reports = [(join("reports", each.name), each) for each in config.reports if each.enabled]
    names: list[tuple[str, str | None]] = [("output.spikes_file", config.output.spikes_file)]
    names.append(("output.log_file", config.output.log_file))
    names += [(join(key, "file_name"), report.output_name) for key, report in parts.reports]
    for key, name in names:
        if name is not None:
            places.within(name, key, config.output.directory)
    for number, override in enumerate(config.connection_overrides):
        parts.connection_overrides.append((join("connection_overrides", number), override))
    for number, modification in enumerate(config.modifications):
        parts.modifications.append((join("conditions.modifications", number), modification))
    return parts
