"""Texts of mechanisms that several threads can run at once: judged, and made so where that changes nothing.

NEURON's own translator says what it finds unsafe: assignments to GLOBAL variables, C++ of the author's,
LINEAR equations, pointers. What is unsafe only because the translator cannot know better is declared
THREADSAFE here; what truly is unsafe is named, with the reason.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import util
from pathlib import Path

from bluecellab.nrn.mechanisms import globals_flow, linear
from bluecellab.nrn.mechanisms.nmodl import declaration, visible
from bluecellab.nrn.mechanisms.sources import Sources

__all__ = ["Judgement", "is_suspicious", "made_thread_safe", "thread_safe"]

_NEURON = re.compile(r"\bNEURON\s*\{")
_DECLARED = re.compile(r"\bTHREADSAFE\b")
#: Words that may make a mechanism unsafe whatever it says of itself, and those that do unless it says so.
_NEVER = re.compile(r"\b(?:NON)?LINEAR\b|\bEXTERNAL\b|rand\w*[ \t]*\(|\bset_seed\b")
_UNLESS_DECLARED = re.compile(r"\bVERBATIM\b|\bGLOBAL\b|POINTER\b")
_GLOBAL = re.compile(r'Assignment to the GLOBAL variable, "(\w+)"')
_NOTICE = re.compile(r"^(?:Notice: )?(.*(?:not thread ?safe).*)$", re.MULTILINE | re.IGNORECASE)
_CODE = re.compile(r"\bVERBATIM\b(.*?)\bENDVERBATIM\b", re.DOTALL)
_COMMENTS = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
_STATIC = re.compile(r"\bstatic\b(?!\s+(?:const|constexpr|inline)\b)[^;{}()=]*(?:=|;|\[)")
_DRAWS = re.compile(
    r"\b(s?rand|drand48|random|scop_random|mcell_ran4|mcell_iran4|nrnran123_gauss_static|strtok)\s*\("
)
_VARIABLE = re.compile(
    r"^(?!\s*(?:extern|typedef|using|const|constexpr|static\s+const|struct|union|enum|namespace|return|template)\b)"
    r"\s*(?:static\s+)?[A-Za-z_][\w:<>]*(?:\s+[\w:<>]+)*[\s*&]+[A-Za-z_]\w*\s*(?:\[[^\]]*\]\s*)*(?:=[^;]*)?;",
    re.MULTILINE,
)
_POINTER = re.compile(r"\b(?:BBCORE)?POINTER\s+([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether several threads can run a mechanism.

    Parameters
    ----------
    text
        Its text, changed if that makes it safe.
    changes
        What was changed, as sentences.
    reasons
        Why threads cannot run it; empty if they can.
    """

    text: str
    changes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def is_suspicious(text: str) -> bool:
    """Whether NEURON's translator may find something unsafe in a text, as a glance shows.

    Examples
    --------
    >>> is_suspicious("NEURON { SUFFIX leak RANGE g }")
    False
    """
    return bool(
        _NEVER.search(text) or (_UNLESS_DECLARED.search(text) and not _DECLARED.search(visible(text)))
    )


def thread_safe(sources: Sources) -> tuple[Sources, tuple[str, ...]]:
    """Return files that are compiled together, made thread safe where that is possible, and what was changed.

    Parameters
    ----------
    sources
        The files as they were given.

    Returns
    -------
    tuple of Sources and tuple of str
        The files, and sentences that begin with the name of a mechanism.
    """
    files = dict(sources.files)
    companions = {name: content for name, content in files.items() if not name.endswith(".mod")}
    changes = []
    for file, defined in sources.declarations.items():
        text = files[file].decode("utf-8", errors="surrogateescape")
        if is_suspicious(text):
            judged = made_thread_safe(text, companions)
            files[file] = judged.text.encode("utf-8", errors="surrogateescape")
            changes += [f"{defined.name or file}: {change}" for change in judged.changes]
    return replace(sources, files=files), tuple(changes)


def made_thread_safe(text: str, companions: Mapping[str, bytes] | None = None) -> Judgement:
    """Judge the text of a mechanism, and make it thread safe if that does not change what it computes.

    Parameters
    ----------
    text
        Text of a .mod file.
    companions
        What it includes, by name.

    Returns
    -------
    Judgement
    """
    others = companions or {}
    said = _notices(text, others)
    if not said:
        return Judgement(text)
    changed, told = linear.as_procedure(text) if any("LINEAR" in one for one in said) else (text, None)
    reasons = [reason for one in said for reason in _reasons(one, text, solved=told is not None)]
    if reasons:
        return Judgement(text, (), tuple(dict.fromkeys(reasons)))
    changes = [told] if told else []
    shown = visible(changed, in_place=True)
    block = _NEURON.search(shown)
    if block is not None and not _DECLARED.search(shown, block.end(), shown.find("}", block.end())):
        changed = f"{changed[: block.end()]} THREADSAFE {changed[block.end() :]}"
        changes.append("declared THREADSAFE")
    left = _notices(changed, others)
    if left:
        return Judgement(text, (), left)
    return Judgement(changed, tuple(changes))


def _reasons(notice: str, text: str, *, solved: bool) -> Iterable[str]:
    """Return why what the translator notices is unsafe indeed; nothing if it is not."""
    named = _GLOBAL.search(notice)
    if named is not None:
        yield from globals_flow.carried(text, named[1])
    elif notice.startswith("VERBATIM"):
        yield from _shared_by_code(text)
    elif "POINTER" in notice:
        yield from _pointed_at(text)
    elif "LINEAR" not in notice or not solved:
        yield notice.rstrip(".")


def _shared_by_code(text: str) -> Iterable[str]:
    """Return what the author's C++ has that all threads would share."""
    for found in _CODE.finditer(text):
        code = _COMMENTS.sub(" ", found[1])
        code = re.sub(r"^\s*#.*(?:\\\n.*)*$", "", code, flags=re.MULTILINE)
        static = _STATIC.search(code)
        if static is not None:
            yield f"its C++ has a variable that all instances share ({_short(static[0])})"
        drawn = _DRAWS.search(code)
        if drawn is not None:
            yield f"its C++ calls {drawn[1]}, which all threads share"
        if _outside_of_blocks(text, found.start()):
            shared = _VARIABLE.search(_without_bodies(code))
            if shared is not None:
                yield f"its C++ has a variable of the whole file ({_short(shared[0])})"


def _short(code: str) -> str:
    return " ".join(code.split())[:60]


def _outside_of_blocks(text: str, place: int) -> bool:
    before = visible(text[:place])
    return before.count("{") == before.count("}")


def _without_bodies(code: str) -> str:
    """Return C++ without what is in braces."""
    while True:
        shorter = re.sub(r"\{[^{}]*\}", " ", code)
        if shorter == code:
            return code
        code = shorter


def _pointed_at(text: str) -> Iterable[str]:
    """Return the pointers that the mechanism follows: what is there may belong to another thread."""
    shown = visible(text)
    names = {name for found in _POINTER.finditer(shown) for name in re.findall(r"\w+", found[1])}
    without = re.sub(r"\b(?:ASSIGNED|PARAMETER)\s*\{[^}]*\}", " ", _POINTER.sub(" ", shown))
    for name in sorted(names):
        if re.search(rf"\b{name}\b", without):
            yield f"it follows the POINTER {name}, which may lead to a cell of another thread"


def _notices(text: str, companions: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return what NEURON's translator finds unsafe in a text."""
    translator = _translator()
    if translator is None:
        return ()
    with tempfile.TemporaryDirectory(prefix="bluecellab-judged-") as folder:
        stem = re.sub(r"\W", "_", declaration(text, "mechanism").name or "nothing")
        Path(folder, f"{stem}.mod").write_bytes(text.encode("utf-8", errors="surrogateescape"))
        for name, content in companions.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        units = translator.parents[1] / "share" / "nrn" / "lib" / "nrnunits.lib"
        done = subprocess.run(  # noqa: S603 - NEURON's own translator
            [str(translator), f"{stem}.mod"],
            cwd=folder,
            env={**os.environ, "MODLUNIT": str(units), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            check=False,
        )
    return tuple(dict.fromkeys(line.strip() for line in _NOTICE.findall(done.stdout + done.stderr)))


@functools.lru_cache(maxsize=1)
def _translator() -> Path | None:
    """Return NEURON's translator, which lies in its package; it is asked, not run through make."""
    found = util.find_spec("neuron")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / ".data" / "bin" / "nocmodl"
    return path if path.is_file() else None
