"""Paths of a configuration: variables of the manifest, relative paths, and the folder that confines them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from bluecellab.circuit.config.problems import Problems, join, nearest

__all__ = ["Places", "is_below", "is_file", "is_folder", "is_within"]

_NAME = re.compile(r"\$?\{?(\w+)\}?", re.ASCII)
_USE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
_DEEPEST = 50
_LONGEST = 10_000


def is_within(path: str, folder: str) -> bool:
    """Return whether a path lies in a folder, once all links and ``..`` in both are followed."""
    folder = os.path.realpath(folder)
    return os.path.commonpath([os.path.realpath(path), folder]) == folder


def is_file(path: str) -> bool:
    """Return whether there is a file; what cannot be a path is none."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises if the path is too long


def is_folder(path: str) -> bool:
    """Return whether there is a folder; what cannot be a path is none."""
    return os.path.isdir(path)  # noqa: PTH112 - as above


def is_below(path: str, folder: str) -> bool:
    """Return whether a normalised path begins with a normalised folder."""
    return path.startswith(folder.rstrip(os.sep) + os.sep)


class Places:
    """Makes absolute paths of what a configuration says.

    Parameters
    ----------
    file
        The configuration; relative paths are relative to its folder.
    problems
        Where to report to.
    confine_to
        The folder that no path may leave; anything goes when left out.
    """

    def __init__(self, file: str, problems: Problems, confine_to: str | None = None) -> None:
        self.folder = os.path.dirname(os.path.abspath(file))  # noqa: PTH120
        self.problems = problems
        self.confine_to = confine_to
        self._unread = False
        self._given: dict[str, str] = {}
        self._values: dict[str, str | None] = {}

    def read_manifest(self, manifest: object) -> None:
        """Take over the variables of a ``manifest``: ``{"$BASE": "."}``."""
        if manifest is None:
            return
        if not isinstance(manifest, Mapping):
            self._unread = True
            self.problems.add("manifest", manifest, 'an object of paths is needed: {"$BASE_DIR": "."}')
            return
        for name, value in manifest.items():
            match = _NAME.fullmatch(name)
            key = join("manifest", name)
            if match is None or not name.startswith("$"):
                self.problems.add(key, value, "names of variables are like $BASE_DIR")
            elif not isinstance(value, str):
                self.problems.add(key, value, "a path is needed")
            else:
                self._given[match[1]] = value
        for name in self._given:
            self._variable(name, ())

    def _variable(self, name: str, using: tuple[str, ...]) -> str | None:
        """Return the value of a variable; None, and a problem once, if it needs itself or an unknown one."""
        if name not in self._values:
            key, text = f"manifest.${name}", self._given[name]
            if name in using or len(using) > _DEEPEST:
                circle = " -> ".join(f"${each}" for each in (*using[-8:], name))
                self.problems.add(key, text, f"the variable needs itself: {circle}")
                return None
            self._values[name] = self._expanded(text, key, (*using, name))
        return self._values[name]

    def _expanded(self, text: str, key: str, using: tuple[str, ...] = ()) -> str | None:
        """Replace the variables in a text; None, and a problem, if one cannot be had."""
        pieces: list[str] = []
        end = 0
        for match in _USE.finditer(text):
            name = match[1] or match[2]
            if name not in self._given and self._unread:
                return None  # the manifest is to blame
            if name not in self._given:
                known = nearest(f"${name}", [f"${each}" for each in self._given], "variables of the manifest")
                self.problems.add(key, text, f"no variable ${name}; {known}")
                return None
            inner = self._variable(name, using)
            if inner is None:
                return None
            pieces += [text[end : match.start()], inner]
            end = match.end()
            if sum(map(len, pieces)) > _LONGEST:
                self.problems.add(key, text, "too long once the variables are replaced")
                return None
        return "".join([*pieces, text[end:]])

    def path(self, text: str, key: str, *, folder: str | None = None) -> str | None:
        """Return an absolute path; None, and a problem, if it cannot be one.

        Parameters
        ----------
        text
            What the configuration says.
        key
            Where it says so.
        folder
            What relative paths are relative to; the configuration's folder when left out.
        """
        expanded = self._expanded(text, key) if "$" in text else text
        if expanded is None:
            return None
        if not expanded or "\0" in expanded or not _encodable(expanded):
            self.problems.add(key, text, "a path is needed")
            return None
        made = os.path.normpath(os.path.join(folder or self.folder, expanded))  # noqa: PTH118
        return made if self.allowed(made, key, text) else None

    def within(self, text: str, key: str, folder: str) -> str | None:
        """Return the name of a file of output, its variables replaced; None, and a problem, if it is bad."""
        made = self.path(text, key, folder=folder)
        if made is None:
            return None
        return os.path.relpath(made, folder) if is_below(made, folder) else made

    def allowed(self, path: str, key: str, text: object) -> bool:
        """Return whether a path lies in the folder that confines; report a problem if not."""
        if self.confine_to is None or is_within(path, self.confine_to):
            return True
        message = f"leaves the folder {self.confine_to!r} that this configuration is confined to"
        self.problems.add(key, text, message, outside=True)
        return False


def _encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True
