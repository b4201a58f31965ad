"""Connections as scripts written for BioNet know them."""

from __future__ import annotations

from bluecellab.synapse.allen.weights import Nodes, NodeView
from bluecellab.synapse.group import Bundle, SynapseGroup
from bluecellab.synapse.handle import Connection

__all__ = ["AllenConnection"]


class AllenConnection(Connection):
    """A connection to a synapse.

    Parameters
    ----------
    group
        The group of the synapse.
    bundle
        The NetCons among which it is.
    position
        Its position there.
    nodes
        Attributes of nodes.
    """

    def __init__(self, group: SynapseGroup, bundle: Bundle, position: int, nodes: Nodes) -> None:
        super().__init__(group, bundle, position)
        self._nodes = nodes

    @property
    def syn_weight(self) -> float:
        """The weight; setting it holds for the runs that follow."""
        return self.weight

    @syn_weight.setter
    def syn_weight(self, weight: float) -> None:
        self.set_netcon_weight(weight)

    @property
    def is_virtual(self) -> bool:
        """Whether its source is no cell that is simulated."""
        return self.kind != "real"

    @property
    def source_node(self) -> NodeView:
        """The node that it comes from."""
        node = int(self._group.sources[self._bundle.members[self._position]])
        return self._nodes.view(self._group.edges.population.source, node)
