"""``circuit_config.json``: which populations a circuit has, in which files, and where their models are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bluecellab.circuit.config.places import Places
from bluecellab.circuit.config.problems import Problems, join, raise_problems
from bluecellab.circuit.config.text import read_object
from bluecellab.errors import CircuitFileError

__all__ = ["Layout", "PopulationFile", "lay_out", "read_layout"]

_KINDS = {"nodes": "biophysical", "edges": "chemical"}
_FOLDERS = (
    "morphologies_dir",
    "biophysical_neuron_models_dir",
    "point_neuron_models_dir",
    "mechanisms_dir",
)
_ALTERNATE = "alternate_morphologies"


@dataclass(frozen=True)
class PopulationFile:
    """Where a population is.

    Parameters
    ----------
    name
        Its name.
    kind
        Its ``type``.
    file
        The HDF5 file.
    folders
        Folders, or containers, by the key that names them: ``"morphologies_dir"``, ...
    alternates
        Folders of morphologies by format: ``"neurolucida-asc"``, ``"h5v1"``.
    key
        Where the configuration names the file.
    """

    name: str
    kind: str
    file: str
    folders: Mapping[str, str] = field(default_factory=dict)
    alternates: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class Layout:
    """What a ``circuit_config.json`` says.

    Parameters
    ----------
    path
        The file.
    nodes, edges
        Populations by name.
    node_sets_file
        File of node sets, where there is one.
    folders
        Those of all components together, by key, each once.
    """

    path: str
    nodes: Mapping[str, PopulationFile]
    edges: Mapping[str, PopulationFile]
    node_sets_file: str | None
    folders: Mapping[str, tuple[str, ...]]


def read_layout(path: str, *, confine_to: str | None = None) -> Layout:
    """Read a ``circuit_config.json``; no other file is opened.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder that no path may leave.

    Raises
    ------
    CircuitFileError
        If it is missing, is no JSON, or is not a circuit's; the message has all that is wrong.
    ConfinementError
        If a path leaves the folder.
    """
    problems = Problems(path)
    places = Places(path, problems, confine_to)
    layout = lay_out(path, places)
    if any(problem.outside for problem in problems):
        raise_problems(list(problems))
    if len(problems) or layout is None:
        lines = [str(problem) for problem in problems]
        text = lines[0] if len(lines) == 1 else f"{path}: {len(lines)} problems\n  " + "\n  ".join(lines)
        raise CircuitFileError(text, path)
    return layout


def lay_out(path: str, places: Places) -> Layout | None:
    """Return what can be read of a ``circuit_config.json``; what is wrong becomes problems of the places."""
    if not places.allowed(path, "", None):
        return None
    values = read_object(path, places.problems)
    if values is None:
        return None
    places.read_manifest(values.get("manifest"))
    given = _object(values.get("components", {}), "components", places)
    shared = PopulationFile(
        "", "", "", _folders(given, "components", places), _alternates(given, "components", places)
    )
    if "network" in values and "networks" not in values:
        message = "this is the configuration of a simulation; the circuit's is the file that is named here"
        places.problems.add("network", values["network"], message)
        return None
    networks = _object(values.get("networks"), "networks", places)
    nodes = _populations(networks, "nodes", shared, places)
    edges = _populations(networks, "edges", shared, places)
    node_sets = values.get("node_sets_file")
    every = (*nodes.values(), *edges.values())
    return Layout(
        path,
        nodes,
        edges,
        _path(node_sets, "node_sets_file", places) if node_sets else None,
        {
            key: tuple(dict.fromkeys(each.folders[key] for each in every if key in each.folders))
            for key in _FOLDERS
        },
    )


def _populations(
    networks: Mapping[str, object], kind: str, shared: PopulationFile, places: Places
) -> dict[str, PopulationFile]:
    """Return the populations of nodes, or of edges; their own components win over the shared ones."""
    made: dict[str, PopulationFile] = {}
    entries = networks.get(kind)
    if not isinstance(entries, list):
        places.problems.add(f"networks.{kind}", entries, f"a list [...] of files of {kind} is needed")
        return made
    for number, entry in enumerate(entries):
        key = join(f"networks.{kind}", number)
        block = _object(entry, key, places)
        file = _path(block.get(f"{kind}_file"), join(key, f"{kind}_file"), places)
        if "populations" not in block:
            message = (
                'its populations must be named, as {"name": {"type": "..."}}; Allen circuits do not do so'
            )
            places.problems.add(join(key, "populations"), None, message)
            continue
        listed = _object(block["populations"], join(key, "populations"), places)
        for name, value in listed.items():
            place = join(key, "populations", name)
            own = _object(value, place, places)
            population_type = own.get("type") or _KINDS[kind]
            if name in made:
                places.problems.add(place, name, f"the population is in {made[name].file} already")
            elif not isinstance(population_type, str):
                places.problems.add(join(place, "type"), population_type, "a text is needed")
            else:
                made[name] = PopulationFile(
                    name,
                    population_type,
                    file or "",
                    {**shared.folders, **_folders(own, place, places)},
                    {**shared.alternates, **_alternates(own, place, places)},
                    join(key, f"{kind}_file"),
                )
    return made


def _object(value: object, key: str, places: Places) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    places.problems.add(key, value, "an object {...} is needed")
    return {}


def _path(value: object, key: str, places: Places) -> str | None:
    if isinstance(value, str) and value:
        return places.path(value, key)
    places.problems.add(key, value, "a path is needed")
    return None


def _folders(block: Mapping[str, object], key: str, places: Places) -> dict[str, str]:
    found = {name: _path(block[name], join(key, name), places) for name in _FOLDERS if block.get(name)}
    return {name: path for name, path in found.items() if path is not None}


def _alternates(block: Mapping[str, object], key: str, places: Places) -> dict[str, str]:
    if not block.get(_ALTERNATE):
        return {}
    place = join(key, _ALTERNATE)
    given = _object(block[_ALTERNATE], place, places)
    found = {name: _path(value, join(place, name), places) for name, value in given.items() if value}
    return {name: path for name, path in found.items() if path is not None}
