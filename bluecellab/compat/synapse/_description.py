"""Descriptions of synapses as published, and as columns of edges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from bluecellab.compat.circuit.synapse_properties import SynapseProperty, snap_to_synproperty
from bluecellab.synapse import Synapse

__all__ = ["PUBLISHED", "columns_of", "description_of", "lookup"]

#: SONATA's name of an attribute by the published one: the name of a member of ``SynapseProperty``.
PUBLISHED = {
    "PRE_GID": "@source_node",
    "AXONAL_DELAY": "delay",
    "POST_SECTION_ID": "afferent_section_id",
    "POST_SEGMENT_ID": "afferent_segment_id",
    "POST_SEGMENT_OFFSET": "afferent_segment_offset",
    "G_SYNX": "conductance",
    "U_SYN": "u_syn",
    "D_SYN": "depression_time",
    "F_SYN": "facilitation_time",
    "DTC": "decay_time",
    "TYPE": "syn_type_id",
    "NRRP": "n_rrp_vesicles",
    "U_HILL_COEFFICIENT": "u_hill_coefficient",
    "CONDUCTANCE_RATIO": "conductance_scale_factor",
    "AFFERENT_SECTION_POS": "afferent_section_pos",
    "TAU1": "tau1",
}


def _name(key: object) -> str:
    member = getattr(key, "name", key)
    return PUBLISHED.get(str(member), str(member))


def lookup(description: Any, name: str) -> Any:
    """Return an entry of a description by SONATA's name, or None.

    Parameters
    ----------
    description
        A mapping or a pandas Series, whose keys are members of ``SynapseProperty``, their names, or
        SONATA's names.
    name
        SONATA's name.
    """
    for key, value in description.items():
        if _name(key) == name:
            return value
    return None


def columns_of(description: Any) -> Mapping[str, float]:
    """Return the numbers of a description by SONATA's names; NaN counts as absent.

    Examples
    --------
    >>> columns_of({"G_SYNX": 0.3, "tau2": 4, "source_population_name": "A"})
    {'conductance': 0.3, 'tau2': 4.0}
    """
    found: dict[str, float] = {}
    for key, value in description.items():
        if isinstance(value, str) or value is None or isinstance(value, bool):
            continue
        number = float(value)
        if not math.isnan(number):
            found[_name(key)] = number
    return found


def description_of(synapse: Synapse) -> pd.Series:
    """Return the attributes of a circuit's synapse, by ``SynapseProperty`` where there is one."""
    group = synapse.group
    found: dict[object, object] = {
        snap_to_synproperty.get(name, name): values[synapse.index].item()
        for name, values in group.columns.items()
    }
    found[SynapseProperty.PRE_GID] = synapse.pre_gid
    found["source_population_name"] = synapse.pre_cell_id.population_name
    found["source_popid"], found["target_popid"] = synapse.source_popid, synapse.target_popid
    return pd.Series(found, dtype=object)
