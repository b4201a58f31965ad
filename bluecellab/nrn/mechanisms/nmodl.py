"""Read from the text of a .mod file what it defines; only as much of NMODL as that takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Declaration", "declaration", "embedded", "includes", "visible"]

Kind = Literal["density", "point process", "artificial cell", "none"]

_KINDS: dict[str, Kind] = {
    "SUFFIX": "density",
    "POINT_PROCESS": "point process",
    "ARTIFICIAL_CELL": "artificial cell",
}
# One token at a time, so that a keyword inside a comment, a string or C code is never taken for one.
_HIDDEN = re.compile(
    r"""
    \bVERBATIM\b .*? (?:\bENDVERBATIM\b | \Z)
  | \bCOMMENT\b .*? (?:\bENDCOMMENT\b | \Z)
  | [:?] [^\n]*
  | ^[ \t]*TITLE\b [^\n]*
  | (?P<text> "[^"\n]*" )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_BLOCK = re.compile(r"\bNEURON\s*\{(?P<body>[^}]*)")
_NAME = re.compile(r"\b(SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+([A-Za-z_]\w*)")
_INCLUDE = re.compile(r'^[ \t]*INCLUDE\s+"([^"\n]+)"', re.MULTILINE)
_INCLUDED_FROM = re.compile(rb":::realpath [^\n]*\n")


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one .mod file defines.

    Parameters
    ----------
    name
        Name of the mechanism; empty for a file with ``SUFFIX nothing``, which only brings
        functions.
    kind
        ``"density"``, ``"point process"``, ``"artificial cell"`` or ``"none"``.
    """

    name: str
    kind: Kind


def visible(text: str, *, strings: bool = False, in_place: bool = False) -> str:
    """Return the text without comments, C code and titles, and without strings unless wanted.

    With ``in_place``, what is left stands where it stood.
    """

    def shown(match: re.Match[str]) -> str:
        if strings and match["text"] is not None:
            return match["text"]
        return re.sub(r"[^\n]", " ", match[0]) if in_place else " "

    return _HIDDEN.sub(shown, text)


def declaration(text: str, stem: str) -> Declaration:
    r"""Return what the text of a .mod file defines.

    Parameters
    ----------
    text
        Content of the file.
    stem
        Name of the file without ``.mod``: NEURON names a density mechanism so when the file does
        not.

    Returns
    -------
    Declaration

    Examples
    --------
    >>> declaration("NEURON { : SUFFIX old\n POINT_PROCESS Probe }", "file")
    Declaration(name='Probe', kind='point process')
    >>> declaration("PARAMETER { g = 1 }", "leak").name
    'leak'
    """
    block = _BLOCK.search(visible(text))
    named = _NAME.search(block["body"]) if block else None
    if named is None:
        return Declaration(stem, "density")
    if named[1] == "SUFFIX" and named[2] == "nothing":
        return Declaration("", "none")
    return Declaration(named[2], _KINDS[named[1]])


def includes(text: str) -> tuple[str, ...]:
    """Return the files that a .mod file includes, as written in it."""
    return tuple(_INCLUDE.findall(visible(text, strings=True)))


def embedded(library: bytes) -> dict[str, bytes]:
    """Return the texts of mechanisms that a compiled library carries, by name of the mechanism.

    NEURON's translator puts the text of every .mod file that defines a mechanism into the library.
    The places that included files were read from are taken out, so that equal texts compare equal.
    """
    found: dict[str, bytes] = {}
    for match in re.finditer(rb"NEURON\s*\{", library):
        start = library.rfind(b"\0", 0, match.start()) + 1
        end = library.find(b"\0", match.start())
        text = library[start : end if end >= 0 else len(library)]
        defined = declaration(text.decode("utf-8", errors="replace"), "")
        if defined.name:
            found[defined.name] = _INCLUDED_FROM.sub(b"", text)
    return found
