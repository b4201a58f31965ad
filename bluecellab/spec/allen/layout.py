"""Which files a circuit of the Allen dialect is made of."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, JsonValue

from bluecellab.spec.base import Spec

__all__ = ["AllenLayout", "EdgesFile", "NodesFile"]


class NodesFile(Spec):
    """One entry of ``networks.nodes``; paths are absolute.

    Parameters
    ----------
    nodes_file
        SONATA HDF5 of one or more populations.
    node_types_file
        Table of their types.
    """

    nodes_file: str
    node_types_file: str


class EdgesFile(Spec):
    """One entry of ``networks.edges``; paths are absolute.

    Parameters
    ----------
    edges_file
        SONATA HDF5 of one or more populations.
    edge_types_file
        Table of their types; every attribute is in the HDF5 when left out.
    """

    edges_file: str
    edge_types_file: str | None = None


class AllenLayout(Spec):
    """The files of a circuit; all paths are absolute.

    Parameters
    ----------
    path
        The configuration that names them, for messages.
    nodes, edges
        In the order of the configuration, which decides global ids and the order of building.
    gap_junctions
        Files of ``networks.gap_juncs``.
    components
        Folders (or files) by key: ``morphologies_dir``, ``biophysical_neuron_models_dir``,
        ``point_neuron_models_dir``, ``synaptic_models_dir``, ``mechanisms_dir``, ``templates_dir``,
        ``custom_neuron_models``, ``population_models_dir``, ``filter_models_dir``.
    node_sets
        Rules by name: a list of node ids, or a mapping of conditions. A rule that stands in the middle of
        a configuration is called by its place there, as in ``"inputs.clamp.node_set"``.
    """

    path: str = ""
    nodes: tuple[NodesFile, ...] = ()
    edges: tuple[EdgesFile, ...] = ()
    gap_junctions: tuple[str, ...] = ()
    components: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    node_sets: Mapping[str, JsonValue] = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.to_json())
