"""The electrical part of NeuroML files, as far as cells of the Allen dialect use it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bluecellab.cell.builders.allen.parameters import assign, insert
from bluecellab.cell.builders.allen.reading import KINDS, file_state
from bluecellab.errors import CellError

__all__ = ["Element", "apply_neuroml", "read_neuroml"]

_KNOWN = (
    "resistivity",
    "specificCapacitance",
    "channelDensity",
    "channelDensityNernst",
    "concentrationModel",
)
_CAPACITY = 128
_read: OrderedDict[tuple[str, int, int], tuple[Element, ...]] = OrderedDict()


@dataclass(frozen=True)
class Element:
    """An element that is read: its tag, the kind of sections it is for (or ``"all"``), its attributes."""

    tag: str
    group: str
    values: Mapping[str, str]


def read_neuroml(path: str) -> tuple[Element, ...]:
    """Return the elements that are used, in the order of the file.

    Of several of one id and one group the last counts.

    Raises
    ------
    CellError
        If the file is missing, or no NeuroML.
    """
    key = file_state(path, "NeuroML file")
    found = _read.get(key)
    if found is None:
        found = _read[key] = _parse(path)
        while len(_read) > _CAPACITY:
            _read.popitem(last=False)
    return found


def _parse(path: str) -> tuple[Element, ...]:
    content = Path(path).read_bytes()
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise CellError(f"{path} declares entities, which NeuroML does not have; take the declaration out")
    try:
        root = ET.fromstring(content)  # noqa: S314 - without entities
    except ET.ParseError as error:
        raise CellError(f"{path} cannot be read as XML: {error}") from error
    elements: dict[tuple[str, str], Element] = {}
    for node in root.iter():
        tag = node.tag.rpartition("}")[2]
        if tag in _KNOWN:
            group = node.get("segmentGroup", "all")
            if group not in (*KINDS, "all"):
                continue
            elements[node.get("id", tag), group] = Element(tag, group, dict(node.attrib))
    if not elements:
        raise CellError(f"{path} has none of the elements {', '.join(_KNOWN)}: it is no cell in NeuroML")
    return tuple(elements.values())


def apply_neuroml(sections: Mapping[str, Sequence[Any]], path: str) -> None:
    """Put the parameters of a NeuroML file into sections by kind.

    Numbers are taken as they are, without regard to their units: those of the Allen Institute's files are
    NEURON's.

    Raises
    ------
    CellError, MissingMechanismError
        If the file cannot be used, names a variable that is not there, or a mechanism that is not loaded.
    """
    for element in read_neuroml(path):
        for kind, members in sections.items():
            if element.group in ("all", kind):
                for section in members:
                    _apply(section, element, path)


def _apply(section: Any, element: Element, path: str) -> None:
    where = f"{path}: {element.tag} {element.values.get('id', '')}".rstrip()
    if element.tag == "resistivity":
        section.Ra = _number(element, "value", where)
    elif element.tag == "specificCapacitance":
        section.cm = _number(element, "value", where)
    elif element.tag == "concentrationModel":
        mechanism, kind = _text(element, "id", where), _text(element, "type", where)
        insert(section, mechanism, where)
        for name in ("gamma", "decay"):
            assign(section, f"{name}_{kind}", _number(element, name, where), where)
    elif _text(element, "ionChannel", where) == "pas":
        section.insert("pas")
        section.g_pas, section.e_pas = _number(element, "condDensity", where), _number(element, "erev", where)
    else:
        insert(section, _text(element, "ionChannel", where), where)
        assign(section, _text(element, "id", where), _number(element, "condDensity", where), where)
        ion = element.values.get("ion")
        if ion in ("na", "k") and "erev" in element.values:
            assign(section, f"e{ion}", _number(element, "erev", where), where)


def _text(element: Element, name: str, where: str) -> str:
    try:
        return element.values[name]
    except KeyError:
        raise CellError(f"{where} has no attribute {name!r}") from None


def _number(element: Element, name: str, where: str) -> float:
    text = _text(element, name, where).split()
    try:
        return float(text[0])
    except (IndexError, ValueError):
        raise CellError(
            f"{where}: {name} must begin with a number, unlike {element.values[name]!r}"
        ) from None
