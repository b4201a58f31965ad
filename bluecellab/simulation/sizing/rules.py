"""What hoc templates do to a morphology, as far as their text tells: segments, new axons, mechanisms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ASSUMED_CHUNK", "Rule", "rule_of_template"]

#: Length in um for which a section gets two more segments, where a template does not say.
ASSUMED_CHUNK = 40.0
_ASSUMED_MECHANISMS = 5.0

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_FIXED = re.compile(r"geom_nseg_fixed\(\s*([\d.]*)\s*\)")
_PLAIN = re.compile(
    r"nseg\s*=\s*1\s*\+\s*(?:2\s*\*\s*int\(\s*L\s*/\s*([\d.]+)\s*\)|int\(\s*L\s*/\s*([\d.]+)\s*\)\s*\*\s*2)"
)
_OTHER = re.compile(r"\bnseg\s*=|geom_nseg_lambda")
_PROCEDURE = re.compile(r"\bproc\s+replace_axon\s*\(")
_CALL = re.compile(r"(?<!proc )\breplace_axon\s*\(")
_DELETE = re.compile(r"\bdelete_axon\s*\(([^)]*)\)")
_HALVES = re.compile(r"\bnseg0\s*=\s*(\d+)")
_BLOCK = re.compile(r"forsec\s+(?:this\.|CellRef\.)?(\w+)\s*(\{[^{}]*\}|[^\n]*)")
_INSERT = re.compile(r"\binsert\s+(\w+)")
_BY_NAME = re.compile(r"insertChannel\(\s*\"(\w+)\"\s*,\s*\"(\w+)\"\s*\)")
_LISTS = {"somatic": "soma", "axonal": "axon", "basal": "dend", "apical": "apic", "myelinated": "myelin"}
_EVERYWHERE = "all"


@dataclass(frozen=True)
class Rule:
    """What a template makes of a morphology.

    Parameters
    ----------
    chunk
        A section of length L has ``1 + 2 int(L / chunk)`` segments, in um; None: one segment each.
    axon
        Numbers of segments of the sections that take the place of the axon; None where it stays.
    myelin
        Numbers of segments of sections beyond.
    kept_ids
        How many sections of the replaced axon keep a section id; None for all.
    mechanisms
        How many mechanisms are inserted in the sections of each list.
    assumed
        What the text does not tell, and what is taken instead.
    """

    chunk: float | None = ASSUMED_CHUNK
    axon: tuple[int, ...] | None = None
    myelin: tuple[int, ...] = ()
    kept_ids: int | None = None
    mechanisms: Mapping[str, float] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()

    def mechanisms_of(self, kind: str) -> float:
        """Return how many mechanisms sections of a list have."""
        return self.mechanisms.get(kind, self.mechanisms.get(_EVERYWHERE, _ASSUMED_MECHANISMS))


def rule_of_template(path: str) -> Rule:
    """Return what a hoc template makes of a morphology, as far as its text tells; it is not executed.

    Parameters
    ----------
    path
        Of the template.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    text = _COMMENT.sub(" ", Path(path).read_text(encoding="latin-1"))
    body = _body(text)  # of `proc replace_axon`, whose own segments are another matter
    rest = text.replace(body, "") if body else text
    chunk, assumed = _chunk(rest)
    counts = _mechanisms(text)
    if not counts:
        assumed.append(f"{_ASSUMED_MECHANISMS:g} mechanisms in each section, as its text does not tell")
    axon, myelin, kept = _axon(rest, body)
    return Rule(chunk, axon, myelin, kept, counts, tuple(assumed))


def _body(text: str) -> str:
    """Return the procedure ``replace_axon``, braces matched; empty where there is none."""
    found = _PROCEDURE.search(text)
    if found is None:
        return ""
    depth = 0
    for place in range(text.index("{", found.start()), len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[found.start() : place + 1]
    return text[found.start() :]


def _chunk(text: str) -> tuple[float | None, list[str]]:
    fixed = [
        match[1] for match in _FIXED.finditer(text) if "proc " not in text[match.start() - 5 : match.start()]
    ]
    given = [number for number in fixed if number]
    if given:
        return float(given[-1]), []
    if fixed:
        return ASSUMED_CHUNK, []  # what the procedure takes without an argument
    plain = [match[1] or match[2] for match in _PLAIN.finditer(text)]
    if len(set(plain)) == 1:
        return float(plain[0]), []
    if _OTHER.search(text) is None:
        return None, []
    return ASSUMED_CHUNK, [
        f"two segments more for every {ASSUMED_CHUNK:g} um of a section, as its own rule is another one"
    ]


def _axon(text: str, body: str) -> tuple[tuple[int, ...] | None, tuple[int, ...], int | None]:
    """Return segments of new axons and of myelin, and how many old sections keep an id."""
    if body and _CALL.search(text):
        halves = _HALVES.search(body)
        if halves is None:
            return (1, 1), (), None
        each = int(halves[1])
        return (each, each), (each,) if "create myelin" in body else (), 3
    deleted = _DELETE.search(text)
    if deleted is None:
        return None, (), None
    if deleted[1].strip():
        return (5, 7), (21,), None  # four diameters: tapering sections of 20 and 30 um, and myelin
    return (1, 1), (), None


def _mechanisms(text: str) -> dict[str, float]:
    found: dict[str, set[str]] = {}
    for kind, block in _BLOCK.findall(text):
        found.setdefault(kind, set()).update(_INSERT.findall(block))
    for kind, name in _BY_NAME.findall(text):
        found.setdefault(kind, set()).add(name)
    shared = found.pop(_EVERYWHERE, set())
    counts = {_LISTS[kind]: float(len(names | shared)) for kind, names in found.items() if kind in _LISTS}
    if shared or counts:
        counts[_EVERYWHERE] = float(len(shared))
    return counts
