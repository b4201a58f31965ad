"""``circuit_config.json``, checked before it is opened: its files are there, and where they may be."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.circuit.config.blocks import Block, blocks_of
from bluecellab.circuit.config.places import Places, is_file, is_folder
from bluecellab.circuit.config.problems import Problem, Problems, join
from bluecellab.circuit.config.text import read_object

__all__ = ["check_circuit_file", "check_file"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_ENDINGS = ("_dir", "_file", "_mesh")


def check_file(path: str, key: str, problems: Problems, *, hdf5: bool = False) -> bool:
    """Return whether a file is there, and can be read; report a problem if not.

    Parameters
    ----------
    path
        The file.
    key
        Where the configuration names it.
    problems
        Where to report to.
    hdf5
        Whether it must be HDF5.
    """
    if not is_file(path):
        there = "a folder" if is_folder(path) else "no such file"
        problems.add(key, path, f"{there}; the path of a file is needed")
        return False
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            start = file.read(len(_SIGNATURE))
    except OSError as error:
        problems.add(key, path, f"cannot be read: {error.strerror}")
        return False
    if hdf5 and start != _SIGNATURE:
        problems.add(key, path, "not an HDF5 file")
        return False
    return True


def check_circuit_file(path: str, *, confine_to: str | None = None) -> list[Problem]:
    """Return what is wrong with a ``circuit_config.json``; the files that it names are not opened.

    Keys that are not known are tolerated, as SONATA wants it.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder that no path may leave.
    """
    problems = Problems(path)
    places = Places(path, problems, confine_to)
    if not places.allowed(path, "", None):
        return list(problems)
    values = read_object(path, problems)
    if values is None:
        return list(problems)
    places.read_manifest(values.get("manifest"))
    top = Block(values, "", problems)
    _check_named_file(top, "node_sets_file", places)
    components = _object(top, "components")
    if components is not None:
        _check_paths(components, places)
    networks = _object(top, "networks", needed=True)
    if networks is not None:
        for kind in ("nodes", "edges"):
            _check_network(networks, kind, places)
    return list(problems)


def _object(block: Block, name: str, *, needed: bool = False) -> Block | None:
    if name in block.values and block.inner(name) is None:
        block.report(name, "an object {...} is needed")
    elif name not in block.values and needed:
        block.report(name, "is missing; an object {...} is needed")
    return block.inner(name)


def _check_named_file(block: Block, name: str, places: Places, *, hdf5: bool = False) -> None:
    """Check that a key, if it is there, names a file."""
    value = block.values.get(name)
    if value is None or value == "":
        return
    if not isinstance(value, str):
        block.report(name, "the path of a file is needed")
        return
    path = places.path(value, block.at(name))
    if path is not None:
        check_file(path, block.at(name), block.problems, hdf5=hdf5)


def _check_paths(block: Block, places: Places) -> None:
    """Check that the folders and files of components may be used; many of them are never needed."""
    for name, value in block.values.items():
        if isinstance(value, str) and value and name.endswith(_ENDINGS):
            places.path(value, block.at(name))
        elif name.endswith(_ENDINGS) and not isinstance(value, str) and value is not None:
            block.report(name, "a path is needed")
    alternate = _object(block, "alternate_morphologies")
    for name, value in (alternate.values if alternate is not None else {}).items():
        if not isinstance(value, str):
            block.problems.add(join(block.key, "alternate_morphologies", name), value, "a path is needed")
        elif value:
            places.path(value, join(block.key, "alternate_morphologies", name))


def _check_network(networks: Block, kind: str, places: Places) -> None:
    """Check the list of files of nodes, or of edges."""
    values = networks.values.get(kind)
    if not isinstance(values, list):
        missing = "is missing; " if kind not in networks.values else ""
        networks.report(kind, f"{missing}a list [...] of files of {kind} is needed")
        return
    seen: dict[str, str] = {}
    for number, value in enumerate(values):
        key = join(networks.at(kind), number)
        if not isinstance(value, dict):
            networks.problems.add(key, value, "an object {...} is needed")
            continue
        block = Block(value, key, networks.problems)
        name = f"{kind}_file"
        if name not in value:
            block.report(name, "is missing; the path of an HDF5 file is needed")
        _check_named_file(block, name, places, hdf5=True)
        populations = _object(block, "populations")
        if populations is not None:
            _check_populations(populations, seen, places)


def _check_populations(populations: Block, seen: dict[str, str], places: Places) -> None:
    values: Mapping[str, object] = populations.values
    for name, block in blocks_of(values, populations.key, populations.problems):
        if name in seen:
            populations.problems.add(block.key, name, f"the population is there already, at {seen[name]}")
        seen[name] = block.key
        if not isinstance(block.values.get("type", ""), str):
            block.report("type", "a text is needed")
        _check_paths(block, places)
