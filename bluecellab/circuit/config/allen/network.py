"""Which files a circuit of the Allen dialect is made of: ``components``, ``networks`` and node sets."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pydantic import JsonValue

from bluecellab.circuit.config.allen.places import AllenPlaces
from bluecellab.circuit.config.allen.sources import Source, Sources
from bluecellab.circuit.config.allen.values import InlineSets, check_rules, cleaned, texts_of
from bluecellab.circuit.config.blocks import Block, Key
from bluecellab.circuit.config.problems import Problems, join, nearest
from bluecellab.circuit.config.text import read_object
from bluecellab.spec.allen import AllenLayout, EdgesFile, NodesFile

__all__ = ["COMPONENTS", "FileKind", "Laid", "NamedFile", "lay_out", "read_edges_file"]

COMPONENTS = (
    "morphologies_dir",
    "biophysical_neuron_models_dir",
    "point_neuron_models_dir",
    "synaptic_models_dir",
    "mechanisms_dir",
    "templates_dir",
    "custom_neuron_models",
    "population_models_dir",
    "filter_models_dir",
)
FileKind = Literal["nodes", "node_types", "edges", "edge_types", "gap_junctions", "component"]
Made = TypeVar("Made")

_SIMILAR = 0.75
#: Known and without meaning here: which populations there are is in the files.
_NAMES = ("name", "source", "target")
_EDGES = (Key("edges_file", "text", needed=True), Key("edge_types_file", "text"), Key("enabled", "flag"))


@dataclass(frozen=True)
class NamedFile:
    """A file, or a folder, that a configuration names.

    Parameters
    ----------
    path
        Absolute.
    kind
        What it has.
    key
        Where it is named.
    problems
        Those of the file that names it.
    """

    path: str
    kind: FileKind
    key: str
    problems: Problems


@dataclass
class Laid:
    """What could be read of a circuit, whatever is wrong with the rest.

    Parameters
    ----------
    path
        The configuration that has ``networks``.
    nodes, edges, gap_junctions, components, node_sets
        As in :class:`~bluecellab.spec.allen.layout.AllenLayout`.
    files
        Every file that is named, and where.
    """

    path: str
    nodes: list[NodesFile] = field(default_factory=list)
    edges: list[EdgesFile] = field(default_factory=list)
    gap_junctions: list[str] = field(default_factory=list)
    components: dict[str, tuple[str, ...]] = field(default_factory=dict)
    node_sets: dict[str, JsonValue] = field(default_factory=dict)
    files: list[NamedFile] = field(default_factory=list)

    def layout(self, inline: InlineSets | None = None) -> AllenLayout:
        """Return it as words.

        Parameters
        ----------
        inline
            Node sets that stand elsewhere in the configuration.
        """
        return AllenLayout(
            path=self.path,
            nodes=tuple(self.nodes),
            edges=tuple(self.edges),
            gap_junctions=tuple(self.gap_junctions),
            components=self.components,
            node_sets={**self.node_sets, **({} if inline is None else inline.rules)},
        )


def lay_out(sources: Sources) -> Laid:
    """Return the files of a circuit, and its node sets; what is wrong becomes problems.

    Parameters
    ----------
    sources
        The configuration.
    """
    laid = Laid(sources.path)
    if not sources.top:
        return laid
    _read_components(sources, laid)
    _read_networks(sources, laid)
    _read_node_sets(sources, laid)
    if sources.at("gid_mapping_file").value is not None:
        source = sources.at("gid_mapping_file")
        message = "tables of global ids are not supported; ids go in the order of networks.nodes"
        source.problems.add("gid_mapping_file", source.value, message)
    return laid


def _read_components(sources: Sources, laid: Laid) -> None:
    block = sources.block("components")
    if block is None:
        return
    block, places = cleaned(block), sources.at("components").places
    for name in block.values:
        if name not in COMPONENTS:
            _check_component(block, name)
            continue
        texts = texts_of(block, name, "the path of a folder") or ()
        found = [places.existing(text, block.at(name)) for text in texts]
        laid.components[name] = tuple(path for path in found if path is not None)
        laid.files += [
            NamedFile(path, "component", block.at(name), block.problems) for path in laid.components[name]
        ]


def _check_component(block: Block, name: str) -> None:
    """Report a component that is misspelt; others are folders of any kind."""
    absent = [each for each in COMPONENTS if each not in block.values]
    if difflib.get_close_matches(name.lower(), absent, 1, _SIMILAR):
        block.report(name, f"no such component; {nearest(name, absent, 'components that are not here')}")


def _read_networks(sources: Sources, laid: Laid) -> None:
    source = sources.at("networks")
    if source.value is None:
        message = 'is missing; {"nodes": [...], "edges": [...]} is needed, here or in the file under network'
        source.problems.add("networks", None, message)
        return
    block = sources.block("networks")
    if block is None:
        return
    laid.path = source.problems.file
    block = cleaned(block)
    known = ("nodes", "edges", "gap_juncs")
    block.read([Key(name, "list", needed=name == "nodes") for name in known])
    laid.nodes = _entries(block, "nodes", source, laid, _nodes_file)
    laid.edges = _entries(block, "edges", source, laid, read_edges_file)
    laid.gap_junctions = _entries(block, "gap_juncs", source, laid, _gap_file)
    if block.values.get("nodes") == []:
        block.report("nodes", "is empty; at least one file of nodes is needed")


def _entries(
    block: Block,
    name: str,
    source: Source,
    laid: Laid,
    read: Callable[[Block, AllenPlaces, list[NamedFile]], Made | None],
) -> list[Made]:
    made: list[Made] = []
    for entry in _blocks(block, name):
        one = read(cleaned(entry), source.places, laid.files)
        if one is not None:
            made.append(one)
    return made


def _blocks(block: Block, name: str) -> Iterator[Block]:
    values = block.values.get(name)
    for number, value in enumerate(values if isinstance(values, list) else ()):
        key = join(block.at(name), number)
        if not isinstance(value, dict):
            block.problems.add(key, value, "an object {...} is needed")
        elif value.get("enabled") is not False or name != "edges":
            yield Block(value, key, block.problems)


def _path(block: Block, name: str, kind: FileKind, places: AllenPlaces, files: list[NamedFile]) -> str | None:
    text = block.values.get(name)
    path = places.existing(text, block.at(name)) if isinstance(text, str) else None
    if path is not None:
        files.append(NamedFile(path, kind, block.at(name), block.problems))
    return path


def _nodes_file(block: Block, places: AllenPlaces, files: list[NamedFile]) -> NodesFile | None:
    keys = (Key("nodes_file", "text", needed=True), Key("node_types_file", "text", needed=True))
    block.read(keys, ignored=_NAMES)
    nodes = _path(block, "nodes_file", "nodes", places, files)
    types = _path(block, "node_types_file", "node_types", places, files)
    if nodes is None or types is None:
        return None
    return NodesFile(nodes_file=nodes, node_types_file=types)


def read_edges_file(block: Block, places: AllenPlaces, files: list[NamedFile]) -> EdgesFile | None:
    """Return one entry of ``networks.edges``; None, and problems, if it is wrong.

    Parameters
    ----------
    block
        It.
    places
        For its paths.
    files
        Where to put the files that it names.
    """
    block.read(_EDGES, ignored=_NAMES)
    edges = _path(block, "edges_file", "edges", places, files)
    types = _path(block, "edge_types_file", "edge_types", places, files)
    if edges is None or (types is None and "edge_types_file" in block.values):
        return None
    return EdgesFile(edges_file=edges, edge_types_file=types)


def _gap_file(block: Block, places: AllenPlaces, files: list[NamedFile]) -> str | None:
    block.read((Key("gap_juncs_file", "text", needed=True),))
    path = _path(block, "gap_juncs_file", "gap_junctions", places, files)
    if path is not None and not path.endswith("_gap_juncs.h5"):
        block.report("gap_juncs_file", "the name of the file must be <population>_gap_juncs.h5")
        return None
    return path


def _read_node_sets(sources: Sources, laid: Laid) -> None:
    """Read the node sets in the configuration; only if there are none, those of the file it names."""
    given, named = sources.at("node_sets"), sources.at("node_sets_file")
    if given.value is not None:
        block = sources.block("node_sets")
        if block is not None:
            laid.node_sets.update(check_rules(block.values, "node_sets", block.problems))
        return
    if named.value is None:
        return
    if not isinstance(named.value, str):
        named.problems.add("node_sets_file", named.value, "the path of a file of node sets is needed")
        return
    path = named.places.existing(named.value, "node_sets_file")
    if path is None:
        return
    problems = Problems(path)
    values = read_object(path, problems)
    if values is not None:
        laid.node_sets.update(check_rules(values, "", problems))
    named.problems.extend(problems)
