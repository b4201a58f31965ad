"""The flags of ``instantiate_gids``, as lists of names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess, EdgePopulation
from bluecellab.errors import SimulationError
from bluecellab.simulation.circuit.request import AnyConfig
from bluecellab.spec.base import CellId

__all__ = ["STIMULI", "edges_of", "sources_of", "stimuli_of", "trains_of"]

#: Types of stimuli by the flag that switches them on.
STIMULI: dict[str, tuple[str, ...]] = {
    "noise": ("noise",),
    "hyperpolarizing": ("hyperpolarizing",),
    "relativelinear": ("relative_linear",),
    "pulse": ("pulse",),
    "shotnoise": ("shot_noise", "absolute_shot_noise", "relative_shot_noise"),
    "ornstein_uhlenbeck": ("ornstein_uhlenbeck", "relative_ornstein_uhlenbeck"),
    "sinusoidal": ("sinusoidal",),
    "linear": ("linear",),
    "seclamp": ("seclamp",),
    "subthreshold": ("subthreshold",),
}
_REPLAY = "synapse_replay"


def stimuli_of(
    every: bool, flags: Mapping[str, bool], config: AnyConfig
) -> list[str] | Literal["all", "none"]:
    """Return the inputs that flags switch on; with any of them those that replay spikes."""
    if every:
        return "all"
    wanted = {kind for name, on in flags.items() if on for kind in STIMULI[name]}
    if not wanted:
        return "none"
    wanted.add(_REPLAY)
    return [block.name for block in config.inputs if block.stimulus.type in wanted]


def edges_of(
    projections: bool | str | Sequence[str] | None, circuit: CircuitAccess
) -> list[str] | Literal["all"]:
    """Return populations of edges: those between cells, and with ``True`` or names also from elsewhere.

    Raises
    ------
    SimulationError
        If there is no population of a name.
    """
    if projections is True:
        return "all"
    known = circuit.edge_populations
    named = [projections] if isinstance(projections, str) else list(projections or ())
    for name in named:
        if name not in known:
            raise UnknownProjectionError(
                f"no population of edges {name!r} to add; the circuit has {', '.join(sorted(known))}"
            )
    chosen = {name for name, population in known.items() if _between_cells(population, circuit)}
    return sorted(chosen | set(named))


def _between_cells(population: EdgePopulation, circuit: CircuitAccess) -> bool:
    simulated = population.kind in ("chemical", "Exp2Syn_synapse", "point_process")
    return simulated and not circuit.node_populations[population.source].virtual


def sources_of(wanted: Iterable[Any] | None, circuit: CircuitAccess) -> list[CellId] | None:
    """Return cells that synapses may come from; an integer is that node of every population."""
    if wanted is None:
        return None
    found: list[CellId] = []
    for item in wanted:
        found += _nodes(item, circuit)
    return found


def trains_of(trains: Mapping[Any, npt.ArrayLike] | None, circuit: CircuitAccess) -> dict[CellId, Any]:
    """Return spikes by cell; an integer is that node of every population."""
    return {
        cell_id: np.asarray(times, dtype=np.float64)
        for item, times in (trains or {}).items()
        for cell_id in _nodes(item, circuit)
    }


def _nodes(item: Any, circuit: CircuitAccess) -> list[CellId]:
    if isinstance(item, tuple) and item[0] != "":
        return [CellId(item[0], int(item[1]))]
    number = int(item[1] if isinstance(item, tuple) else item)
    return [
        CellId(name, number) for name, found in circuit.node_populations.items() if 0 <= number < found.size
    ]


class UnknownProjectionError(SimulationError, ValueError):
    """A projection that the circuit does not have."""
