"""What a simulation changes in its circuit: ``connection_overrides`` and ``conditions.modifications``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bluecellab.circuit.config.blocks import Block, Key, blocks_of
from bluecellab.circuit.config.problems import Problems, join, nearest
from bluecellab.spec.simulation import (
    AnyModification,
    CompartmentSetModification,
    ConfigureAllSections,
    ConnectionOverride,
    SectionListModification,
    SectionModification,
    TTXModification,
)

__all__ = ["MODIFICATIONS", "OVERRIDE", "read_modifications", "read_overrides"]

OVERRIDE = (
    Key("name", "text", needed=True),
    Key("source", "text", needed=True),
    Key("target", "text", needed=True),
    Key("weight", "number"),
    Key("delay", "number", unit="ms"),
    Key("spont_minis", "number", unit="Hz"),
    Key("synapse_configure", "text"),
    Key("modoverride", "text"),
    Key("mod_override", "text", field="modoverride"),
    Key("synapse_delay_override", "number", unit="ms"),
    Key("neuromodulation_dtc", "number", unit="ms"),
    Key("neuromodulation_strength", "number"),
)

_TYPE = Key("type", "any", needed=True)
_NAME = Key("name", "text", needed=True)
_NODE_SET = Key("node_set", "text", needed=True)
_CONFIGURE = Key("section_configure", "text", needed=True)

AnyModificationType = (
    type[TTXModification]
    | type[ConfigureAllSections]
    | type[SectionListModification]
    | type[SectionModification]
    | type[CompartmentSetModification]
)

MODIFICATIONS: Mapping[str, tuple[AnyModificationType, tuple[Key, ...]]] = {
    "ttx": (TTXModification, (_NODE_SET,)),
    "configure_all_sections": (ConfigureAllSections, (_NODE_SET, _CONFIGURE)),
    "section_list": (SectionListModification, (_NODE_SET, _CONFIGURE)),
    "section": (SectionModification, (_NODE_SET, _CONFIGURE)),
    "compartment_set": (
        CompartmentSetModification,
        (Key("compartment_set", "text", needed=True), _CONFIGURE),
    ),
}
"""All types of modifications that there are."""


def _listed(values: object, key: str, problems: Problems, what: str) -> Iterator[Block]:
    """Give the blocks of a list; or of an object, as older files have, whose keys are the names."""
    if isinstance(values, dict):
        for name, block in blocks_of(values, key, problems):
            yield Block({"name": name, **block.values}, block.key, problems)
    elif isinstance(values, list):
        for number, value in enumerate(values):
            place = join(key, number)
            if isinstance(value, dict):
                yield Block(value, place, problems)
            else:
                problems.add(place, value, "an object {...} is needed")
    else:
        problems.add(key, values, f"a list of {what} is needed")


def read_overrides(values: object, problems: Problems) -> list[tuple[str, ConnectionOverride]]:
    """Return the ``connection_overrides``, each with its place.

    Parameters
    ----------
    values
        A list of blocks, or an object of blocks by name.
    problems
        Where to report to.
    """
    made: list[tuple[str, ConnectionOverride]] = []
    taken: dict[object, str] = {}
    for block in _listed(values, "connection_overrides", problems, "overrides"):
        fields = block.read(OVERRIDE)
        if fields.get("name") in taken:
            block.report("name", f"the name of {taken[fields['name']]} too; give each its own")
        taken.setdefault(fields.get("name", block), block.key)
        if "modoverride" in block.values and "mod_override" in block.values:
            block.report("mod_override", "is given beside modoverride, which means the same")
        if fields.get("delay"):
            fields.setdefault("weight", 1.0)
        name = "mod_override" if "mod_override" in block.values else "modoverride"
        override = block.make(ConnectionOverride, fields, {"modoverride": name})
        if override is not None:
            made.append((block.key, override))
    return made


def read_modifications(values: object, problems: Problems) -> list[tuple[str, AnyModification]]:
    """Return the ``conditions.modifications``, each with its place.

    Parameters
    ----------
    values
        A list of blocks, or an object of blocks by name. Types may be spelled ``TTX`` or ``ttx``,
        ``ConfigureAllSections`` or ``configure_all_sections``.
    problems
        Where to report to.
    """
    made: list[tuple[str, AnyModification]] = []
    for block in _listed(values, "conditions.modifications", problems, "modifications"):
        given = block.values.get("type")
        found = _modification(given) if isinstance(given, str) else None
        if found is None:
            block.read((_TYPE, _NAME), ignored=tuple(block.values))
            if "type" in block.values:
                block.report("type", f"not supported; {nearest(str(given), MODIFICATIONS, 'types')}")
            continue
        cls, keys = found
        fields = block.read((_TYPE, _NAME, *keys))
        del fields["type"]
        modification = block.make(cls, fields)
        if modification is not None:
            made.append((block.key, modification))
    return made


def _modification(given: str) -> tuple[AnyModificationType, tuple[Key, ...]] | None:
    same = given.replace("_", "").lower()
    return next((found for name, found in MODIFICATIONS.items() if name.replace("_", "") == same), None)
