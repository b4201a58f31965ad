"""Templates by name, out of the files of a folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bluecellab.errors import TemplateError, TemplateNotFoundError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.templates import live, source

__all__ = ["counted", "load_as_written", "load_named", "written_names"]

_DEFINED = re.compile(r"^\s*begintemplate\s+(\w+)", re.MULTILINE)
_MADE = re.compile(r"\bnew\s+(\w+)")

_State = tuple[tuple[str, int, int], ...]
_named: dict[tuple[_State, str], live.Template] = {}
_as_written: dict[str, str] = {}  # name: hash of its file
_executed: dict[str, tuple[int, int]] = {}  # path: state of the file


def written_names() -> tuple[str, ...]:
    """Return the templates that NEURON has under the names in their files."""
    return tuple(_as_written)


def counted() -> dict[str, int]:
    """Return how many instances there are of each template under its own name, for ``discard``."""
    h = runtime.raw_h()
    return {name: int(objects.listing(name).count()) for name in _as_written if hasattr(h, name)}


def load_named(paths: Sequence[str], name: str) -> live.Template:
    """Define a template that one of several files holds.

    Templates of other files that it makes are defined together with it, all under unique names, so that
    a file that has changed is loaded anew.

    Parameters
    ----------
    paths
        hoc files.
    name
        Of the template.

    Raises
    ------
    TemplateNotFoundError
        If a file is missing, or none defines it.
    TemplateError, MissingMechanismError
        As :func:`bluecellab.nrn.templates.load`.
    """
    state = _state(paths)
    found = _named.get((state, name))
    if found is None:
        texts = {path: Path(path).read_text(encoding="latin-1") for path in paths}
        found = _named[state, name] = _load(texts, name)
    return found


def _state(paths: Sequence[str]) -> _State:
    try:
        return tuple((path, *_file_state(path)) for path in paths)
    except OSError as error:
        raise TemplateNotFoundError(f"template file {error.filename} is not there") from error


def _file_state(path: str) -> tuple[int, int]:
    status = Path(path).stat()
    return status.st_mtime_ns, status.st_size


def _load(texts: dict[str, str], name: str) -> live.Template:
    defined = {template: path for path, text in texts.items() for template in _DEFINED.findall(text)}
    if name not in defined:
        there = ", ".join(sorted(defined)) or "none"
        raise TemplateNotFoundError(
            f"no file of templates_dir defines the template {name}; there is {there} "
            f"({len(texts)} files). Correct model_template, or templates_dir."
        )
    order: list[str] = []

    def visit(path: str) -> None:
        if path in order:
            return
        seen.add(path)
        for made in _MADE.findall(texts[path]):
            other = defined.get(made, path)
            if other not in seen:
                visit(other)
        order.append(path)

    seen: set[str] = set()
    visit(defined[name])
    if len(order) == 1 and len(_DEFINED.findall(texts[order[0]])) == 1:
        return live.load(order[0])
    content = "\n".join(texts[path] for path in order).encode("latin-1")
    return live.load_content(Path(defined[name]), content, name)


def load_as_written(paths: Sequence[str]) -> None:
    """Define the templates of files under the names they have there, for functions that call ``h.Name()``.

    Files that are loaded already, and have not changed, are passed over.

    Parameters
    ----------
    paths
        hoc files. One that makes templates of others need not come after those.

    Raises
    ------
    TemplateNotFoundError
        If a file is missing.
    TemplateError
        If NEURON refuses one, or has a template of that name with another content, which it cannot forget.
    """
    if all(_executed.get(path) == (changed, size) for path, changed, size in _state(paths)):
        return
    texts = {path: Path(path).read_text(encoding="latin-1") for path in paths}
    defined = {template: path for path, text in texts.items() for template in _DEFINED.findall(text)}
    done: set[str] = set()

    def visit(path: str) -> None:
        if path in done:
            return
        done.add(path)
        for made in _MADE.findall(texts[path]):
            if made in defined:
                visit(defined[made])
        if _DEFINED.search(texts[path]):
            _define(path, texts[path])
        _executed[path] = _file_state(path)

    for path in paths:
        visit(path)


def _define(path: str, text: str) -> None:
    h: Any = runtime.raw_h()
    key = hashlib.sha256(text.encode("latin-1")).hexdigest()
    names = source.parse(text, path).templates
    if all(_as_written.get(name) == key for name in names):
        return
    for name in names:
        if hasattr(h, name) and _as_written.get(name) != key:
            if name not in _as_written:  # defined by the user's own h.load_file
                return
            raise TemplateError(
                f"NEURON has another template {name} already, and cannot have that of {path} under the same "
                "name; start a new process, or give it another name"
            )
    live.define_as_written(Path(path), text)
    _as_written.update(dict.fromkeys(names, key))
