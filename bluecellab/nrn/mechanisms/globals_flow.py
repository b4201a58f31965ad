"""Whether a mechanism carries a value in a GLOBAL variable from one use to the next.

If every block assigns to the variable before it reads it, each thread can have its own, as NEURON gives it
where the text says THREADSAFE. Else the value comes from another instance, or from an earlier time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bluecellab.nrn.mechanisms.nmodl import visible

__all__ = ["carried"]

_HEAD = re.compile(
    r"\b(?P<kind>INITIAL|BREAKPOINT|DERIVATIVE|KINETIC|LINEAR|NONLINEAR|NET_RECEIVE|BEFORE|AFTER|CONSTRUCTOR|"
    r"DESTRUCTOR|PROCEDURE|FUNCTION|DISCRETE|FUNCTION_TABLE)\b(?P<rest>[^{}]*)\{"
)
_CALLED = ("PROCEDURE", "FUNCTION")
_WORD = re.compile(r"[A-Za-z_]\w*|==|<=|>=|!=|[={}()]|\n")
_CODE = re.compile(r"\bVERBATIM\b(.*?)\bENDVERBATIM\b", re.DOTALL)


def carried(text: str, name: str) -> Iterable[str]:
    """Return why each thread cannot have its own of a GLOBAL variable; nothing if it can.

    Examples
    --------
    >>> list(carried("INITIAL { rates(v)  m = minf } PROCEDURE rates(v) { minf = v }", "minf"))
    []
    >>> list(carried("BREAKPOINT { last = last + 1 }", "last"))
    ['it carries a value in the GLOBAL variable last from one instance to another']
    """
    if any(re.search(rf"\b{name}\b", found[1]) for found in _CODE.finditer(text)):
        yield f"its C++ uses the GLOBAL variable {name}, which it assigns to"
        return
    blocks = _blocks(visible(text, in_place=True))
    procedures = {block_name: body for kind, block_name, body in blocks if kind in _CALLED}
    for kind, _, body in blocks:
        if kind in _CALLED:
            continue
        if _Reader(name, procedures).reads_first(body):
            yield f"it carries a value in the GLOBAL variable {name} from one instance to another"
            return


def _blocks(shown: str) -> list[tuple[str, str, list[str]]]:
    """Return kind, name and words of all blocks of statements."""
    found = []
    place = 0
    while (head := _HEAD.search(shown, place)) is not None:
        depth, end = 1, head.end()
        while depth and end < len(shown):
            depth += {"{": 1, "}": -1}.get(shown[end], 0)
            end += 1
        name = re.match(r"\s*([A-Za-z_]\w*)?", head["rest"])
        body = re.sub(r"\bSOLVE\s+\w+(\s+METHOD\s+\w+)?", " ", shown[head.end() : end - 1])
        body = re.sub(r"\b(?:TABLE|LOCAL)\b[^\n]*", " ", body)
        found.append((head["kind"], (name and name[1]) or "", _WORD.findall(body)))
        place = end
    return found


class _Reader:
    """Follows statements in order, and looks whether the variable is read before it is assigned to."""

    def __init__(self, name: str, procedures: dict[str, list[str]]) -> None:
        self._name = name
        self._procedures = procedures
        self._within: list[str] = []

    def reads_first(self, words: list[str]) -> bool:
        return self._follow(words, False) is None

    def _follow(self, words: list[str], assigned: bool) -> bool | None:
        """Return whether it is assigned to at the end; None if it is read before."""
        stack: list[tuple[bool, bool | None]] = []  # before a branch; at the end of the branch before an else
        branch_before: bool | None = None
        pending = False  # an assignment whose right side is being read
        place = 0
        while place < len(words):
            word = words[place]
            following = _next(words, place)
            if word in {"\n", "{", "}"} or following == "=":
                assigned, pending = assigned or pending, False
            if word == "{":
                otherwise = _previous(words, place) == "else"
                stack.append((assigned, branch_before if otherwise else None))
                branch_before = None
            elif word == "}" and stack:
                before, other = stack.pop()
                branch_before = assigned
                assigned = before or (assigned and bool(other))
            elif word == self._name and following == "=":
                pending = True
            elif word == self._name and not assigned:
                return None
            elif word in self._procedures and following == "(" and word not in self._within:
                self._within.append(word)
                after = self._follow(self._procedures[word], assigned)
                self._within.pop()
                if after is None:
                    return None
                assigned = after
            place += 1
        return assigned or pending


def _next(words: list[str], place: int) -> str:
    return words[place + 1] if place + 1 < len(words) else ""


def _previous(words: list[str], place: int) -> str:
    return next(_backwards(words, place), "")


def _backwards(words: list[str], place: int) -> Iterator[str]:
    for word in reversed(words[:place]):
        if word != "\n":
            yield word
