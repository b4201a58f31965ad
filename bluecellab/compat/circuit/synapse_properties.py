"""The published names of the properties of synapses, and SONATA's for the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NoReturn

from bluecellab.compat._coming import explain

__all__ = [
    "BLUEPY_AVAILABLE",
    "SynapseProperties",
    "SynapseProperty",
    "properties_from_bluepy",
    "properties_from_snap",
    "properties_to_bluepy",
    "properties_to_snap",
    "snap_to_synproperty",
    "synapse_property_decoder",
    "synapse_property_encoder",
    "synproperty_to_snap",
]

BLUEPY_AVAILABLE = False


class SynapseProperty(Enum):
    """A property of synapses that has a published name."""

    PRE_GID = "pre_gid"
    AXONAL_DELAY = "axonal_delay"
    POST_SECTION_ID = "post_section_id"
    POST_SEGMENT_ID = "post_segment_id"
    POST_SEGMENT_OFFSET = "post_segment_offset"
    G_SYNX = "g_synx"
    U_SYN = "u_syn"
    D_SYN = "d_syn"
    F_SYN = "f_syn"
    DTC = "DTC"
    TYPE = "type"
    NRRP = "NRRP"
    U_HILL_COEFFICIENT = "u_hill_coefficient"
    CONDUCTANCE_RATIO = "conductance_scale_factor"
    AFFERENT_SECTION_POS = "afferent_section_pos"
    TAU1 = "tau1"

    @classmethod
    def from_snap(cls, prop: str) -> SynapseProperty:
        """Return the property of one of SONATA's columns; one without is a KeyError."""
        return snap_to_synproperty[prop]

    def to_snap(self) -> str:
        """Return SONATA's name; a property without is a KeyError."""
        return synproperty_to_snap[self]

    @classmethod
    def from_bluepy(cls, prop: object) -> NoReturn:
        """Raise: circuits of bluepy are not read."""
        _refuse_bluepy(f"SynapseProperty.from_bluepy({prop!r})")

    def to_bluepy(self) -> NoReturn:
        """Raise: circuits of bluepy are not read."""
        _refuse_bluepy("SynapseProperty.to_bluepy")


snap_to_synproperty: Mapping[str, SynapseProperty] = MappingProxyType(
    {
        "@source_node": SynapseProperty.PRE_GID,
        "delay": SynapseProperty.AXONAL_DELAY,
        "afferent_section_id": SynapseProperty.POST_SECTION_ID,
        "afferent_segment_id": SynapseProperty.POST_SEGMENT_ID,
        "afferent_segment_offset": SynapseProperty.POST_SEGMENT_OFFSET,
        "conductance": SynapseProperty.G_SYNX,
        "u_syn": SynapseProperty.U_SYN,
        "depression_time": SynapseProperty.D_SYN,
        "facilitation_time": SynapseProperty.F_SYN,
        "decay_time": SynapseProperty.DTC,
        "syn_type_id": SynapseProperty.TYPE,
        "n_rrp_vesicles": SynapseProperty.NRRP,
        "u_hill_coefficient": SynapseProperty.U_HILL_COEFFICIENT,
        "conductance_scale_factor": SynapseProperty.CONDUCTANCE_RATIO,
        "afferent_section_pos": SynapseProperty.AFFERENT_SECTION_POS,
    }
)
"""Properties by SONATA's name; ``tau1`` is a text under both names, as published."""

synproperty_to_snap: Mapping[SynapseProperty, str] = MappingProxyType(
    {known: name for name, known in snap_to_synproperty.items()}
)
"""SONATA's names by property."""


class SynapseProperties:
    """Which properties each kind of edges has."""

    common = tuple(snap_to_synproperty.values())
    plasticity = (
        "volume_CR",
        "rho0_GB",
        "Use_d_TM",
        "Use_p_TM",
        "gmax_d_AMPA",
        "gmax_p_AMPA",
        "theta_d",
        "theta_p",
    )
    allen_point = ("afferent_section_id", "afferent_section_pos", "conductance", "delay", "@source_node")
    allen_chemical = (*allen_point[:-1], "tau1", "tau2", "erev", "@source_node")


def properties_from_snap(props: Iterable[str]) -> list[SynapseProperty | str]:
    """Return the property of each of SONATA's columns; the name itself where there is none.

    Examples
    --------
    >>> properties_from_snap(["delay", "volume_CR"])
    [<SynapseProperty.AXONAL_DELAY: 'axonal_delay'>, 'volume_CR']
    """
    return [snap_to_synproperty.get(name, name) for name in props]


def properties_to_snap(props: Iterable[SynapseProperty | str]) -> list[str]:
    """Return SONATA's name of each property; texts as they are. A property without is a KeyError."""
    return [one.to_snap() if isinstance(one, SynapseProperty) else one for one in props]


def properties_from_bluepy(props: Iterable[object]) -> NoReturn:
    """Raise: circuits of bluepy are not read."""
    _refuse_bluepy(f"properties_from_bluepy({props!r})")


def properties_to_bluepy(props: Iterable[object]) -> NoReturn:
    """Raise: circuits of bluepy are not read."""
    _refuse_bluepy(f"properties_to_bluepy({props!r})")


def synapse_property_encoder(dct: Mapping[SynapseProperty | str, Any]) -> dict[str, Any]:
    """Return a dictionary that JSON can write: keys that are properties by their names.

    Examples
    --------
    >>> synapse_property_encoder({SynapseProperty.PRE_GID: 1, "volume_CR": 0.1})
    {'PRE_GID': 1, 'volume_CR': 0.1}
    """
    return {key.name if isinstance(key, SynapseProperty) else key: value for key, value in dct.items()}


def synapse_property_decoder(dct: Mapping[str, Any]) -> dict[SynapseProperty | str, Any]:
    """Undo :func:`synapse_property_encoder`; an ``object_hook`` for :func:`json.loads`."""
    known = SynapseProperty.__members__
    return {known.get(key, key): value for key, value in dct.items()}


def _refuse_bluepy(what: str) -> NoReturn:
    from bluecellab.compat.exceptions import ExtraDependencyMissingError

    error = ExtraDependencyMissingError("bluepy")
    error.add_note(f"{what}: {explain('circuit.iotools')}")
    raise error
