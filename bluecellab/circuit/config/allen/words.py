"""A configuration that was made in Python, or read before, as the parts that are checked."""

from __future__ import annotations

import os

from bluecellab.circuit.config.allen.network import FileKind, Laid, NamedFile
from bluecellab.circuit.config.allen.places import AllenPlaces
from bluecellab.circuit.config.allen.reading import AllenParts, Placed
from bluecellab.circuit.config.allen.sources import Source, Sources
from bluecellab.circuit.config.problems import Problems, join
from bluecellab.spec.allen import AllenConfig, AllenLayout

__all__ = ["parts_of_allen"]


def parts_of_allen(config: AllenConfig, *, confine_to: str | os.PathLike[str] | None = None) -> AllenParts:
    """Return the parts of a configuration, with the places that its words have in a file.

    Parameters
    ----------
    config
        The configuration.
    confine_to
        A folder that no path may leave; whether they do is looked at with the files themselves.
    """
    problems = Problems(config.path or "simulation")
    folder = None if confine_to is None else os.path.realpath(confine_to)
    places = AllenPlaces(config.path or os.curdir, problems, confine_to=folder)
    sources = Sources(config.path, folder, [problems], {"run": Source(None, places)})
    parts = AllenParts(sources, _laid(config.circuit, problems))
    parts.run, parts.conditions = config.run, config.conditions
    if places.allowed(config.output.directory, "output.output_dir", config.output.directory):
        parts.output = config.output
    parts.inputs = [Placed(each, join("inputs", each.name), problems) for each in config.inputs]
    enabled = [each for each in config.reports if each.enabled]
    parts.reports = [Placed(each, join("reports", each.name), problems) for each in enabled]
    return parts


def _laid(layout: AllenLayout, problems: Problems) -> Laid:
    files: list[NamedFile] = []

    def name(path: str | None, kind: FileKind, key: str) -> None:
        if path is not None:
            files.append(NamedFile(path, kind, key, problems))

    for number, nodes in enumerate(layout.nodes):
        key = join("networks.nodes", number)
        name(nodes.nodes_file, "nodes", join(key, "nodes_file"))
        name(nodes.node_types_file, "node_types", join(key, "node_types_file"))
    for number, edges in enumerate(layout.edges):
        key = join("networks.edges", number)
        name(edges.edges_file, "edges", join(key, "edges_file"))
        name(edges.edge_types_file, "edge_types", join(key, "edge_types_file"))
    for number, gaps in enumerate(layout.gap_junctions):
        name(gaps, "gap_junctions", join("networks.gap_juncs", number, "gap_juncs_file"))
    for component, paths in layout.components.items():
        for path in paths:
            name(path, "component", join("components", component))
    return Laid(
        layout.path,
        list(layout.nodes),
        list(layout.edges),
        list(layout.gap_junctions),
        dict(layout.components),
        dict(layout.node_sets),
        files,
    )
