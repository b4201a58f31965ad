"""Texts of mechanisms as CoreNEURON's translator wants them; the data of an instance stay where they are.

What is changed is said. The data that NEURON hands over are laid out by the text that its own library was
made of: no variable of an instance may be added, taken away, or moved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bluecellab.nrn.mechanisms.nmodl import visible

__all__ = ["for_coreneuron"]

_NEURON = re.compile(r"\bNEURON\s*\{(?P<body>[^}]*)\}")
_GLOBAL = re.compile(r"\bGLOBAL\s+(?P<names>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)")
_ASSIGNED = re.compile(r"\bASSIGNED\s*\{(?P<body>[^}]*)\}")
_TABLE = re.compile(r"\bTABLE\s+(?P<names>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)")
_NAME = re.compile(r"[A-Za-z_]\w*")


def for_coreneuron(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text of a mechanism as CoreNEURON's translator takes it, and what was changed.

    GLOBAL variables that the mechanism assigns to, which the translator refuses, become variables of
    each thread: NEURON does the same where the text says THREADSAFE.

    Parameters
    ----------
    text
        Text of a .mod file.

    Returns
    -------
    tuple of str and tuple of str
        The text, the same if nothing has to be changed, and sentences that say what was.
    """
    shown = visible(text, in_place=True)
    names = _own_globals(shown)
    if not names:
        return text, ()
    joined = ", ".join(names)
    block = _NEURON.search(shown)
    assert block is not None
    lines = f"\n\nVERBATIM\nstatic thread_local double {joined};\nENDVERBATIM\n"
    edits = [(block.end(), block.end(), lines), *_shorter_lists(shown, names), *_declarations(shown, names)]
    for start, end, instead in sorted(edits, reverse=True):
        text = text[:start] + instead + text[end:]
    return text, (f"GLOBAL {joined}, which the mechanism assigns to: a variable of each thread",)


def _own_globals(shown: str) -> list[str]:
    """Return the GLOBALs that the mechanism itself assigns to, but those that it has tables of."""
    block = _NEURON.search(shown)
    if block is None:
        return []
    named = _names(_GLOBAL, block["body"])
    without_units = re.sub(r"\([^)\n]*\)", " ", shown)
    assigned = {name for found in _ASSIGNED.finditer(without_units) for name in _NAME.findall(found["body"])}
    candidates = (named & assigned) - _names(_TABLE, shown)
    return [name for name in sorted(candidates) if re.search(rf"\b{name}\b\s*=(?!=)", shown)]


def _names(pattern: re.Pattern[str], text: str) -> set[str]:
    return {name for found in pattern.finditer(text) for name in _NAME.findall(found["names"])}


def _shorter_lists(shown: str, names: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Take names off the lists of GLOBALs."""
    block = _NEURON.search(shown)
    assert block is not None
    for found in _GLOBAL.finditer(shown, *block.span("body")):
        left = [name for name in _NAME.findall(found["names"]) if name not in names]
        yield (*found.span(), f"GLOBAL {', '.join(left)}" if left else "")


def _declarations(shown: str, names: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Take names, with their units, out of the blocks of ASSIGNED variables."""
    pattern = re.compile(rf"\b(?:{'|'.join(names)})\b(?:[ \t]*\([^)\n]*\))?")
    for block in _ASSIGNED.finditer(shown):
        for found in pattern.finditer(shown, *block.span("body")):
            yield (*found.span(), "")
