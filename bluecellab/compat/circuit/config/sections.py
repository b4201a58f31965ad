"""The published sections of a simulation's configuration.

They are values with the published fields; :meth:`to_spec` says the same in the words of
:mod:`bluecellab.spec.simulation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal, NoReturn, TypeVar

from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass

from bluecellab.compat.exceptions import ExtraDependencyMissingError
from bluecellab.errors import ConfigError
from bluecellab.spec import simulation as spec

__all__ = [
    "ConditionEntry",
    "Conditions",
    "ConnectionOverrides",
    "MechanismConditions",
    "ModificationBase",
    "ModificationCompartmentSet",
    "ModificationConfigureAllSections",
    "ModificationNodeSet",
    "ModificationSection",
    "ModificationSectionList",
    "ModificationTTX",
    "modification_from_libsonata",
    "string_to_bool",
]

Value = TypeVar("Value")

_STRICT = ConfigDict(extra="forbid")
#: The mechanism that each field of MechanismConditions is about.
_MECHANISMS = {"ampanmda": "ProbAMPANMDA_EMS", "gabaab": "ProbGABAAB_EMS", "glusynapse": "GluSynapse"}


def string_to_bool(value: str) -> bool:
    """Return what ``"true"``, ``"1"``, ``"false"`` or ``"0"`` says.

    Raises
    ------
    ValueError
        If it is none of these.

    Examples
    --------
    >>> string_to_bool("True"), string_to_bool("0")
    (True, False)
    """
    known = {"true": True, "1": True, "false": False, "0": False}
    if value.lower() not in known:
        raise ValueError(f"Invalid boolean value {value}")
    return known[value.lower()]


def _get(source: object, name: str) -> Any:
    """Return an entry of a mapping, or an attribute of libsonata's or our own objects; None if absent."""
    return source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)


def _refuse_blueconfig() -> NoReturn:
    raise ExtraDependencyMissingError("bluepy")


@dataclass(frozen=True, config=_STRICT)
class ConditionEntry:
    """Two GLOBALs of a mechanism, 0 or 1 each, or None: as they are.

    Parameters
    ----------
    minis_single_vesicle
        Whether a spontaneous release is of one vesicle.
    init_depleted
        Whether vesicles are released at the start.
    """

    minis_single_vesicle: int | None = Field(default=None, ge=0, le=1)
    init_depleted: int | None = Field(default=None, ge=0, le=1)


@dataclass(frozen=True, config=_STRICT)
class MechanismConditions:
    """The entries of ``ProbAMPANMDA_EMS``, ``ProbGABAAB_EMS`` and ``GluSynapse``."""

    ampanmda: ConditionEntry | None = None
    gabaab: ConditionEntry | None = None
    glusynapse: ConditionEntry | None = None

    def to_globals(self) -> dict[str, dict[str, float]]:
        """Return the GLOBALs that are set, by mechanism."""
        found: dict[str, dict[str, float]] = {}
        for name, mechanism in _MECHANISMS.items():
            entry = getattr(self, name)
            for one in fields(ConditionEntry):
                value = None if entry is None else getattr(entry, one.name)
                if value is not None:
                    found.setdefault(mechanism, {})[one.name] = value
        return found


@dataclass(frozen=True, config=_STRICT)
class Conditions:
    """The ``conditions`` of a simulation.

    Parameters
    ----------
    mech_conditions
        Switches of the three synapse models that have them.
    mechanisms
        GLOBALs of mechanisms: ``{"ProbAMPANMDA_EMS": {"init_depleted": 1}}``.
    celsius
        Temperature in degC.
    v_init
        Initial potential in mV.
    extracellular_calcium
        In mM.
    randomize_gaba_rise_time
        Whether every GABA-A synapse draws a rise time.
    """

    mech_conditions: MechanismConditions | None = None
    mechanisms: dict[str, dict[str, Any]] | None = None
    celsius: float | None = None
    v_init: float | None = None
    extracellular_calcium: float | None = None
    randomize_gaba_rise_time: bool | None = None

    @classmethod
    def from_sonata(cls, condition_entries: object) -> Conditions:
        """Make them of libsonata's, of our own, or of a mapping with SONATA's keys."""
        mechanisms = _get(condition_entries, "mechanisms") or {}
        switches = {}
        for name, mechanism in _MECHANISMS.items():
            values = mechanisms.get(mechanism) or {}
            switches[name] = ConditionEntry(
                **{one.name: values.get(one.name) for one in fields(ConditionEntry)}
            )
        return cls(
            mech_conditions=MechanismConditions(**switches),
            mechanisms={name: dict(values) for name, values in mechanisms.items()},
            **{name: _get(condition_entries, name) for name in _PLAIN},
        )

    @classmethod
    def from_blueconfig(cls, condition_entries: object) -> Conditions:  # noqa: ARG003
        """Raise: BlueConfigs are not read."""
        _refuse_blueconfig()

    @classmethod
    def init_empty(cls) -> Conditions:
        """Return conditions of which none is set."""
        return cls()

    def to_globals(self) -> dict[str, dict[str, float]]:
        """Return the GLOBALs of mechanisms that are set; a switch wins over ``mechanisms``."""
        found = {name: dict(values) for name, values in (self.mechanisms or {}).items()}
        if self.mech_conditions is not None:
            for name, values in self.mech_conditions.to_globals().items():
                found.setdefault(name, {}).update(values)
        return found

    def to_spec(self) -> spec.CircuitConditions:
        """Return the same in bluecellab's words; what is None has its default."""
        given = {name: getattr(self, name) for name in _PLAIN if getattr(self, name) is not None}
        return spec.CircuitConditions(**given, mechanisms=self.to_globals())


_PLAIN = ("celsius", "v_init", "extracellular_calcium", "randomize_gaba_rise_time")


@dataclass(frozen=True, config=_STRICT)
class ConnectionOverrides:
    """One block of ``connection_overrides``.

    Parameters
    ----------
    source, target
        Node sets.
    delay
        When the weight is applied, in ms; at once if None or 0.
    weight
        Factor on the conductance.
    synapse_delay_override
        In ms, instead of the delay of the edges.
    spont_minis
        Rate of minis in Hz.
    synapse_configure
        Assignments, ``%s`` standing for the synapse.
    mod_override
        Synapse model to use instead.
    """

    source: str
    target: str
    delay: float | None = None
    weight: float | None = None
    synapse_delay_override: float | None = None
    spont_minis: float | None = None
    synapse_configure: str | None = None
    mod_override: str | None = None

    @field_validator("mod_override")
    @classmethod
    def validate_mod_override(cls, value: str | None) -> str | None:
        """Return a name of a synapse model as it is; an empty one is a ValueError."""
        if value is not None and not value.strip():
            raise ValueError("mod_override must be a non-empty helper prefix")
        return value

    @classmethod
    def from_sonata(cls, conn_entry: object) -> ConnectionOverrides:
        """Make it of a block with SONATA's keys, of libsonata's object or of our own.

        Raises
        ------
        ConfigError
            If ``modoverride`` is empty.
        """
        names = [one.name for one in fields(cls) if one.name != "mod_override"]
        model = _get(conn_entry, "modoverride")
        model = _get(conn_entry, "mod_override") if model is None else model
        if model is not None and not (isinstance(model, str) and model.strip()):
            raise ConfigError(f"modoverride must be a non-empty helper prefix, got {model!r}.")
        given = {name: _get(conn_entry, name) for name in names}
        return cls(**{name: value for name, value in given.items() if value is not None}, mod_override=model)

    @classmethod
    def from_blueconfig(cls, conn_entry: object) -> ConnectionOverrides:  # noqa: ARG003
        """Raise: BlueConfigs are not read."""
        _refuse_blueconfig()

    def to_spec(self, name: str = "") -> spec.ConnectionOverride:
        """Return the same in bluecellab's words."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        given["modoverride"] = given.pop("mod_override")
        return spec.ConnectionOverride(name=name, **given)


@dataclass(frozen=True, config=_STRICT)
class ModificationBase:
    """A modification: something that a simulation changes at its cells.

    Parameters
    ----------
    name
        For messages.
    """

    name: str

    def to_spec(self) -> spec.AnyModification:
        """Return the same in bluecellab's words.

        Raises
        ------
        ConfigError
            If it is of none of the five types.
        """
        kind = _KINDS.get(getattr(self, "type", ""))
        if kind is None:
            raise ConfigError(f"a modification is of one of the types {', '.join(_KINDS)}, not {self!r}")
        given = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "type"}
        made: spec.AnyModification = kind[1](**given)
        return made


@dataclass(frozen=True, config=_STRICT)
class ModificationNodeSet(ModificationBase):
    """A modification of the cells of a node set."""

    node_set: str


@dataclass(frozen=True, config=_STRICT)
class ModificationTTX(ModificationNodeSet):
    """``ttx``: blocks sodium channels."""

    type: Literal["ttx"] = "ttx"


@dataclass(frozen=True, config=_STRICT)
class ModificationConfigureAllSections(ModificationNodeSet):
    """``configure_all_sections``: assigns in every section that has all the attributes."""

    section_configure: str
    type: Literal["configure_all_sections"] = "configure_all_sections"


@dataclass(frozen=True, config=_STRICT)
class ModificationSectionList(ModificationNodeSet):
    """``section_list``: assigns in the sections of a list."""

    section_configure: str
    type: Literal["section_list"] = "section_list"


@dataclass(frozen=True, config=_STRICT)
class ModificationSection(ModificationNodeSet):
    """``section``: assigns in one section by name."""

    section_configure: str
    type: Literal["section"] = "section"


@dataclass(frozen=True, config=_STRICT)
class ModificationCompartmentSet(ModificationBase):
    """``compartment_set``: assigns in segments."""

    compartment_set: str
    section_configure: str
    type: Literal["compartment_set"] = "compartment_set"


_KINDS: dict[str, tuple[type[ModificationBase], Any]] = {
    "ttx": (ModificationTTX, spec.TTXModification),
    "configure_all_sections": (ModificationConfigureAllSections, spec.ConfigureAllSections),
    "section_list": (ModificationSectionList, spec.SectionListModification),
    "section": (ModificationSection, spec.SectionModification),
    "compartment_set": (ModificationCompartmentSet, spec.CompartmentSetModification),
}


def modification_from_libsonata(mod: object) -> ModificationBase:
    """Make a modification of libsonata's, of our own, or of a block with SONATA's keys.

    Raises
    ------
    ConfigError
        If it is of none of the five types.
    """
    given = _get(mod, "type")
    kind = _KINDS.get(str(getattr(given, "name", given)))
    if kind is None:
        raise ConfigError(f"a modification is of one of the types {', '.join(_KINDS)}, not {given!r}")
    names = [one.name for one in fields(kind[0]) if one.name != "type"]
    return kind[0](**{name: _get(mod, name) for name in names})
