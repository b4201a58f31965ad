r"""The families of synapses: which attributes of an edge give which parameters of which mechanism.

The utilisation of synaptic efficacy depends on the extracellular calcium :math:`y` (mM) by a Hill
function that is 1 at 2 mM, with the half-activation :math:`K` of each edge (``u_hill_coefficient``):

.. math:: f(K, y) = \frac{K^4 + 16}{16} \cdot \frac{y^4}{K^4 + y^4}

Where calcium or :math:`K` is not given it stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import SynapseError
from bluecellab.nrn import random_streams
from bluecellab.nrn.synapses import PointMechanism
from bluecellab.synapse.columns import EdgeColumns
from bluecellab.synapse.conditions import SynapseConditions

__all__ = ["FAMILIES", "Batch", "Family", "family_of", "hill_factor", "minis_streams"]

FloatArray = npt.NDArray[np.float64]
Streams = npt.NDArray[np.uint64]

_WORD = 2**32
_PLASTIC = {
    "theta_d_GB": "theta_d",
    "theta_p_GB": "theta_p",
    "rho0_GB": "rho0_GB",
    "volume_CR": "volume_CR",
    "gmax_d_AMPA": "gmax_d_AMPA",
    "gmax_p_AMPA": "gmax_p_AMPA",
}
#: What a GluSynapse needs beyond the attributes of every chemical edge.
PLASTICITY = (*_PLASTIC.values(), "Use_d_TM", "Use_p_TM")
_RHO_STAR = 0.5


def hill_factor(coefficient: FloatArray, calcium: float | None) -> FloatArray:
    """Return the factor on the utilisation of each synapse, shape (n,).

    Parameters
    ----------
    coefficient
        Half-activation of each in mM, shape (n,); not scaled where it is NaN or negative.
    calcium
        Extracellular calcium in mM, or None.

    Examples
    --------
    >>> hill_factor(np.array([2.79, 2.79, np.nan]), 1.1).round(4)
    array([0.1129, 0.1129, 1.    ])
    """
    factor = np.ones(len(coefficient))
    if calcium is None:
        return factor
    known = coefficient >= 0
    fourth = coefficient[known] ** 4
    factor[known] = (fourth + 16) / 16 * (calcium**4 / (fourth + calcium**4))
    return factor


@dataclass(frozen=True, eq=False)
class Batch:
    """Edges that become synapses of one mechanism on one cell.

    Parameters
    ----------
    edges
        The edges.
    gid
        Global id of the cell.
    conditions
        The conditions.
    populations
        Numbers of the populations that they come from and arrive at.
    mechanism
        What is known of the mechanism.
    """

    edges: Edges
    gid: int
    populations: tuple[int, int]
    conditions: SynapseConditions
    mechanism: PointMechanism

    @property
    def columns(self) -> EdgeColumns:
        """The attributes of the edges."""
        return EdgeColumns(self.edges, f"synapses of {self.mechanism.name}")

    def hill(self) -> FloatArray:
        """Return the factor of calcium on the utilisation, shape (n,)."""
        return hill_factor(self.columns.optional("u_hill_coefficient"), self.conditions.extracellular_calcium)

    def where_given(self, name: str, values: FloatArray) -> Mapping[str, FloatArray]:
        """Return values of a parameter, its default where they are NaN; nothing if no value is given."""
        given = ~np.isnan(values)
        name = name if name in self.mechanism.defaults else _ALSO.get(name, name)
        if name not in self.mechanism.defaults or not given.any():
            return {}
        return {name: np.where(given, values, self.mechanism.defaults[name])}

    def scale_factor(self) -> FloatArray:
        """Return ``conductance_scale_factor``, shape (n,); NaN where it is absent, or negative: unset."""
        factor = self.columns.optional("conductance_scale_factor")
        return np.where(factor >= 0, factor, np.nan)

    def streams(self, id1: int, offset: int, id3: int) -> Streams:
        """Return identities (id1, number + offset, id3) of random streams, shape (n, 3)."""
        made = np.empty((len(self.edges), 3), np.uint64)
        made[:, 0] = id1 % _WORD
        made[:, 1] = (self.edges.numbers + offset) % _WORD
        made[:, 2] = id3 % _WORD
        return made

    def pathway(self) -> int:
        """Return the number of the pathway, made of those of both populations of nodes."""
        return _pathway(self.populations)


def _pathway(populations: tuple[int, int]) -> int:
    source, target = populations
    return source * 65536 + target


def _release_streams(batch: Batch) -> Streams:
    return batch.streams(batch.gid + 251, 100, batch.pathway() + batch.conditions.seeds.synapse + 300)


def _plastic_streams(batch: Batch) -> Streams:
    return batch.streams(batch.gid + 1, 100_000, batch.conditions.seeds.synapse + 200)


def minis_streams(
    edges: Edges, gid: int, populations: tuple[int, int], conditions: SynapseConditions
) -> Streams:
    """Return the identities of the streams that time the minis of each edge, shape (n, 3).

    They are (number + 200, gid + 251, pathway + minis seed + 300); with the convention
    ``"bluecellulab"``, the id of the node + 250 in the second place.
    """
    second = edges.target + 250 if conditions.seeds.convention == "bluecellulab" else gid + 251
    made = np.empty((len(edges), 3), np.uint64)
    made[:, 0] = (edges.numbers + 200) % _WORD
    made[:, 1] = second % _WORD
    made[:, 2] = (_pathway(populations) + conditions.seeds.minis + 300) % _WORD
    return made


def _vesicles(batch: Batch) -> FloatArray:
    """Return the number of vesicles ready for release, shape (n,); NaN where it is not given."""
    columns = batch.columns
    vesicles = columns.optional("n_rrp_vesicles")
    columns.refuse(
        (vesicles <= 0) | ((vesicles != np.rint(vesicles)) & ~np.isnan(vesicles)),
        "n_rrp_vesicles that is not a whole number above 0",
        vesicles,
    )
    return vesicles


def _common(batch: Batch) -> dict[str, FloatArray]:
    """Return the parameters of every mechanism with short-term plasticity."""
    columns = batch.columns
    found = {
        "Dep": np.abs(columns.needed("depression_time")),
        "Fac": np.abs(columns.needed("facilitation_time")),
        **batch.where_given("Nrrp", _vesicles(batch)),
    }
    if "synapseID" in batch.mechanism.defaults:
        found["synapseID"] = batch.edges.numbers.astype(np.float64)
    if "conductance" in batch.mechanism.defaults:
        found["conductance"] = columns.not_negative("conductance")
    return found


def _excitatory(batch: Batch) -> dict[str, FloatArray]:
    columns = batch.columns
    return {
        "tau_d_AMPA": columns.positive("decay_time"),
        **batch.where_given("NMDA_ratio", batch.scale_factor()),
        "Use": np.abs(columns.needed("u_syn") * batch.hill()),
        **_common(batch),
    }


def _inhibitory(batch: Batch) -> dict[str, FloatArray]:
    columns = batch.columns
    found = {
        "tau_d_GABAA": columns.positive("decay_time"),
        **batch.where_given("GABAB_ratio", batch.scale_factor()),
        "Use": np.abs(columns.needed("u_syn") * batch.hill()),
        **_common(batch),
    }
    if batch.conditions.randomize_gaba_rise_time:
        found["tau_r_GABAA"] = _rise_times(batch)
    return found


def _rise_times(batch: Batch) -> FloatArray:
    """Draw the rise time of each synapse in ms: log-normal, mean 0.2, variance 0.1, shape (n,).

    It is the second number of its stream: simulators throw the first away.
    """
    seeds = batch.conditions.seeds
    first = batch.gid + (250 if seeds.convention == "bluecellulab" else 251)
    streams = batch.streams(first, 100, batch.pathway() + seeds.synapse + 450)
    return random_streams.first_lognormals(streams, 0.2, 0.1, global_index=seeds.base)[:, 1]


def _plastic(batch: Batch) -> dict[str, FloatArray]:
    columns = batch.columns
    if missing := columns.missing(PLASTICITY):
        raise SynapseError(
            f"synapses of GluSynapse need {', '.join(PLASTICITY)} of every edge; edge population "
            f"{batch.edges.population.name!r} lacks {', '.join(missing)}, or has it for some edges only"
        )
    found = {name: columns.needed(column) for name, column in _PLASTIC.items()}
    found["Use_d"] = columns.needed("Use_d_TM") * batch.hill()
    found["Use_p"] = columns.needed("Use_p_TM") * batch.hill()
    potentiated = found["rho0_GB"] > _RHO_STAR
    found["gmax0_AMPA"] = np.where(potentiated, found["gmax_p_AMPA"], found["gmax_d_AMPA"])
    found["Use"] = np.where(potentiated, found["Use_p"], found["Use_d"])
    found["tau_d_AMPA"] = columns.positive("decay_time")
    return {
        **found,
        **batch.where_given("gmax_NMDA", found["gmax0_AMPA"] * batch.scale_factor()),
        **_common(batch),
    }


def _two_exponentials(batch: Batch) -> dict[str, FloatArray]:
    columns = batch.columns
    return {
        "tau1": columns.positive("tau1"),
        "tau2": columns.positive("tau2"),
        "e": columns.needed("erev"),
    }


def _one_exponential(batch: Batch) -> dict[str, FloatArray]:
    columns = batch.columns
    return {"tau": columns.positive("tau1"), "e": columns.needed("erev")}


#: Other names of parameters, in older versions of GluSynapse.
_ALSO = {
    "Use": "Use0_TM",
    "Use_d": "Use_d_TM",
    "Use_p": "Use_p_TM",
    "Dep": "Dep_TM",
    "Fac": "Fac_TM",
    "Nrrp": "Nrrp_TM",
}


def _as_loaded(parameters: Mapping[str, FloatArray], mechanism: PointMechanism) -> dict[str, FloatArray]:
    """Return parameters under the names that the mechanism, as it is loaded, gives them."""
    found = {
        name if name in mechanism.defaults else _ALSO.get(name, name): values
        for name, values in parameters.items()
    }
    if missing := [name for name in found if name not in mechanism.defaults]:
        raise SynapseError(
            f"the mechanism {mechanism.name} that is loaded has no parameter {', '.join(missing)}; it has "
            f"{', '.join(sorted(mechanism.defaults))}. Load the version that the circuit was made for."
        )
    return found


@dataclass(frozen=True)
class Family:
    """A family of synapses.

    Parameters
    ----------
    mechanism
        Name of its mechanism.
    parameters
        Makes its parameters, each of shape (n,), of a batch of edges.
    streams
        Makes the identities of its random streams, shape (n, 3); None: it draws no numbers.
    inhibitory
        Which minis it receives where no ``syn_type_id`` says so.
    """

    mechanism: str
    parameters: Callable[[Batch], dict[str, FloatArray]]
    streams: Callable[[Batch], Streams] | None
    inhibitory: bool

    def parameters_of(self, batch: Batch) -> dict[str, FloatArray]:
        """Return the parameters of a batch of edges, each of shape (n,), as the mechanism names them.

        Raises
        ------
        ColumnError, SynapseError
            If attributes of the edges are missing or make no sense, or the mechanism lacks a parameter.
        """
        return _as_loaded(self.parameters(batch), batch.mechanism)


#: Families by the names that ``modoverride`` may give.
FAMILIES: dict[str, Family] = {
    family.mechanism: family
    for family in (
        Family("ProbAMPANMDA_EMS", _excitatory, _release_streams, inhibitory=False),
        Family("ProbGABAAB_EMS", _inhibitory, _release_streams, inhibitory=True),
        Family("GluSynapse", _plastic, _plastic_streams, inhibitory=False),
        Family("DetAMPANMDA", _excitatory, None, inhibitory=False),
        Family("DetGABAAB", _inhibitory, None, inhibitory=True),
        Family("Exp2Syn", _two_exponentials, None, inhibitory=True),
        Family("ExpSyn", _one_exponential, None, inhibitory=True),
    )
}
_SHORT = {"AMPANMDA": "ProbAMPANMDA_EMS", "GABAAB": "ProbGABAAB_EMS"}


def family_of(name: str) -> Family | None:
    """Return the family of a name that ``modoverride`` gives, or None if it is not one of ours."""
    return FAMILIES.get(_SHORT.get(name, name))
