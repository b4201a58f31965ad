"""One synapse, and one connection to it: objects that are made when somebody asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bluecellab.errors import BrokenError, SynapseError
from bluecellab.spec.base import CellId

if TYPE_CHECKING:
    from bluecellab.synapse.group import Bundle, SynapseGroup

__all__ = ["Connection", "Synapse"]

_SHOWN = ("Use", "Dep", "Fac", "tau_d_AMPA", "tau_d_GABAA", "tau_r_GABAA")


class Synapse:
    """A synapse of a group.

    Parameters
    ----------
    group
        The group.
    index
        Its position there.
    """

    def __init__(self, group: SynapseGroup, index: int) -> None:
        self._group = group
        self._index = index

    @property
    def group(self) -> SynapseGroup:
        """The group it belongs to."""
        return self._group

    @property
    def index(self) -> int:
        """Its position in the group."""
        return self._index

    @property
    def hsynapse(self) -> Any:
        """NEURON's own point process.

        Raises
        ------
        ClosedError
            If the group or its cell is closed.
        BrokenError
            If its section was deleted.
        SynapseError
            If it shares its point process with others.
        """
        self._group.check()
        made = self._group.made
        if made.shared:
            raise SynapseError(
                f"{self} may share its point process with other synapses (merge_synapses), so that it "
                "cannot be looked at or changed by itself; simulate without merge_synapses"
            )
        process = made.processes.o(int(made.slots[self._index]))
        if not process.has_loc():
            raise BrokenError(
                f"the section of {self} was deleted by hoc code outside bluecellab; "
                "close the cell and make it again"
            )
        return process

    @property
    def syn_id(self) -> tuple[str, int]:
        """Name of its population of edges, and its number."""
        return self._group.edges.population.name, int(self._group.numbers[self._index])

    @property
    def pre_cell_id(self) -> CellId:
        """The node that it comes from."""
        return CellId(self._group.edges.population.source, self.pre_gid)

    @property
    def pre_gid(self) -> int:
        """Id of the node that it comes from."""
        return int(self._group.sources[self._index])

    @property
    def post_cell_id(self) -> CellId:
        """The cell it is on."""
        return self._group.cell_id

    @property
    def post_gid(self) -> int:
        """Global id of the cell it is on."""
        return self._group.gid

    @property
    def source_popid(self) -> int:
        """Number of the population that it comes from."""
        return self._group.populations[0]

    @property
    def target_popid(self) -> int:
        """Number of the population of its cell."""
        return self._group.populations[1]

    @property
    def mech_name(self) -> str:
        """Name of its mechanism."""
        return self._group.mechanism_of(self._index)

    @property
    def x(self) -> float:
        """Where it is on its section."""
        return float(self._group.made.positions[self._index])

    @property
    def weight(self) -> float:
        """Factor on its conductance at the start of a run."""
        return float(self._group.made.factors[self._index])

    @property
    def conductance(self) -> float:
        """Its conductance, in the mechanism's unit: mostly nS."""
        return float(self._group.made.weights[self._index])

    @property
    def delay(self) -> float:
        """Its delay in ms."""
        return float(self._group.delays[self._index])

    @property
    def is_inhibitory(self) -> bool:
        """Whether it is inhibitory."""
        return bool(self._group.made.inhibitory[self._index])

    @property
    def randseeds(self) -> tuple[int, int, int] | None:
        """Identity of its random stream, if it has one."""
        first, second, third = self._group.made.streams[self._index].tolist()
        return (first, second, third) if first or second or third else None

    @property
    def syn_description(self) -> dict[str, float]:
        """The attributes of its edge."""
        return {name: values[self._index].item() for name, values in self._group.columns.items()}

    @property
    def parameters(self) -> dict[str, float]:
        """Every parameter of its mechanism."""
        process = self.hsynapse
        mechanism = self._group.made.mechanisms[int(self._group.made.mechanism[self._index])]
        return {name: float(getattr(process, name)) for name in mechanism.defaults}

    @property
    def connections(self) -> list[Connection]:
        """What is connected to it."""
        return self._group.connections_of(self._index)

    @property
    def persistent(self) -> list[object]:
        """Whatever is put here lives as long as the synapse."""
        return self._group.kept_for(self._index)

    @property
    def info_dict(self) -> dict[str, object]:
        """What it is, as published."""
        process = self.hsynapse
        parameters: dict[str, object] = {
            name: float(getattr(process, name)) for name in _SHOWN if hasattr(process, name)
        }
        parameters["extracellular_calcium"] = self._group.conditions.extracellular_calcium
        seeds = self.randseeds or (None, None, None)
        return {
            "synapse_id": self.syn_id,
            "pre_cell_id": self.pre_gid,
            "post_cell_id": self.post_cell_id.id,
            "syn_description": self.syn_description,
            "post_segx": self.x,
            "mech_name": self.mech_name,
            "randseed1": seeds[0],
            "randseed2": seeds[1],
            "randseed3": seeds[2],
            "synapseconfigure_cmds": self._group.configuration_of(self._index),
            "synapse_parameters": parameters,
        }

    def __repr__(self) -> str:
        return f"<Synapse {self.syn_id[1]} ({self.mech_name}) of {self._group.label}>"


class Connection:
    """A connection to a synapse.

    Parameters
    ----------
    group
        The group of the synapse.
    bundle
        The NetCons among which it is.
    position
        Its position there.
    """

    def __init__(self, group: SynapseGroup, bundle: Bundle, position: int) -> None:
        self._group = group
        self._bundle = bundle
        self._position = position

    @property
    def kind(self) -> str:
        """``"real"``, ``"mini"`` or ``"replay"``."""
        return self._bundle.kind

    @property
    def post_synapse(self) -> Synapse:
        """The synapse."""
        return self._group.synapse(int(self._bundle.members[self._position]))

    @property
    def post_netcon(self) -> Any:
        """NEURON's own NetCon; raises ClosedError if the group or its cell is closed."""
        self._group.check()
        return self._bundle.connections.o(self._position)

    @property
    def source(self) -> int:
        """NEURON's number of the source."""
        return int(self._bundle.gids[self._position])

    @property
    def weight(self) -> float:
        """The weight it has now."""
        return float(self.post_netcon.weight[0])

    @property
    def delay(self) -> float:
        """The delay it has now, in ms."""
        return float(self.post_netcon.delay)

    @property
    def post_netcon_weight(self) -> float:
        """The weight it has now; the published name."""
        return self.weight

    @property
    def post_netcon_delay(self) -> float:
        """The delay it has now, in ms; the published name."""
        return self.delay

    def set_netcon_weight(self, weight: float) -> None:
        """Set the weight of the NetCon."""
        self.post_netcon.weight[0] = weight

    def set_weight_scalar(self, scalar: float) -> None:
        """Set the weight to the conductance of the synapse times a factor."""
        self.post_netcon.weight[0] = self.post_synapse.conductance * scalar

    def set_netcon_delay(self, delay: float) -> None:
        """Set the delay in ms."""
        self.post_netcon.delay = delay

    @property
    def info_dict(self) -> dict[str, object]:
        """What it is, as published."""
        synapse = self.post_synapse
        return {
            "pre_cell_id": synapse.pre_gid,
            "post_cell_id": synapse.post_cell_id.id,
            "post_synapse_id": synapse.syn_id[1],
            "post_netcon": {"weight": self.weight, "delay": self.delay},
        }

    def __repr__(self) -> str:
        return f"<Connection ({self.kind}) to {self.post_synapse!r}>"
