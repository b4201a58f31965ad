"""Variables of the manifest, replaced everywhere in a configuration of the Allen dialect."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping

from bluecellab.circuit.config.problems import Problems, join, nearest

__all__ = ["Variables"]

_KEY = re.compile(r"\$?\{?(\w+)\}?", re.ASCII)
_USE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
_DEEPEST = 50
_LONGEST = 10_000
_NESTED = 100


class Variables:
    """The variables of one file: those of its manifest, and those that are always there.

    ``workingdir``, ``configdir``, ``configfname``, ``time``, ``date`` and ``datetime`` are always there.

    Parameters
    ----------
    file
        The configuration.
    manifest
        Its ``manifest``; keys with or without ``$``.
    problems
        Where to report to.
    """

    def __init__(self, file: str, manifest: object, problems: Problems) -> None:
        self.problems = problems
        self.readable = manifest is None or isinstance(manifest, Mapping)
        self._values: dict[str, object] = _given_to_all(file)
        self._texts: dict[str, tuple[str, str]] = {}
        if manifest is None:
            return
        if not isinstance(manifest, Mapping):
            problems.add("manifest", manifest, 'an object of paths is needed: {"$BASE_DIR": "."}')
            return
        for name, value in manifest.items():
            match, key = _KEY.fullmatch(name), join("manifest", name)
            if match is None:
                problems.add(key, value, "names of variables are like $BASE_DIR")
            elif isinstance(value, dict | list) or value is None:
                problems.add(key, value, "a path is needed")
            elif isinstance(value, str):
                self._values.pop(match[1], None)
                self._texts[match[1]] = (value, key)
            else:
                self._values[match[1]] = value
        for name in list(self._texts):
            self._value(name, ())

    @property
    def texts(self) -> dict[str, str]:
        """Values of all variables that are texts."""
        return {name: value for name, value in self._values.items() if isinstance(value, str)}

    def _value(self, name: str, using: tuple[str, ...]) -> object:
        """Return the value of a variable; a problem, and its text, if it needs itself or an unknown one."""
        if name in self._values:
            return self._values[name]
        text, key = self._texts[name]
        if name in using or len(using) > _DEEPEST:
            circle = " -> ".join(f"${each}" for each in (*using[-8:], name))
            self.problems.add(key, text, f"the variable needs itself: {circle}")
            self._values[name] = text
        else:
            made = self._replaced(text, key, (*using, name))
            self._values.setdefault(name, made)
        return self._values[name]

    def _replaced(self, text: str, key: str, using: tuple[str, ...] | None = None) -> object:
        """Replace the variables in a text; a text that is one variable becomes its value."""
        whole = _USE.fullmatch(text)
        if whole is not None:
            return self._one(whole, text, key, using)
        pieces: list[str] = []
        end = 0
        for match in _USE.finditer(text):
            pieces += [text[end : match.start()], str(self._one(match, text, key, using))]
            end = match.end()
            if sum(map(len, pieces)) > _LONGEST:
                self.problems.add(key, text, "too long once the variables are replaced")
                return text
        return "".join([*pieces, text[end:]])

    def _one(self, match: re.Match[str], text: str, key: str, using: tuple[str, ...] | None) -> object:
        name = match[1] or match[2]
        if name in self._values or name in self._texts:
            return self._value(name, using or ())
        if using is not None:
            known = [f"${each}" for each in (*self._texts, *self._values)]
            hint = nearest(f"${name}", dict.fromkeys(known), "variables of the manifest")
            self.problems.add(key, text, f"no variable ${name}; {hint}")
        return match[0]

    def replaced(self, value: object, key: str = "", depth: int = 0) -> object:
        """Return a value of the configuration with all variables in it replaced.

        Variables that are not known stay as they are; a path with one of them is a problem later.

        Parameters
        ----------
        value
            Of any kind.
        key
            Where it is.
        depth
            How deep in the configuration.
        """
        if isinstance(value, str):
            return self._replaced(value, key) if "$" in value else value
        if depth > _NESTED and isinstance(value, dict | list):
            self.problems.add(key, None, "nested too deeply")
            return None
        if isinstance(value, dict):
            return {
                name: self.replaced(each, join(key, name) if key else name, depth + 1)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self.replaced(each, join(key, number), depth + 1) for number, each in enumerate(value)]
        return value


def _given_to_all(file: str) -> dict[str, object]:
    now = dt.datetime.now()
    time, date = now.strftime("%H-%M-%S"), now.strftime("%Y-%m-%d")
    return {
        "workingdir": os.getcwd(),  # noqa: PTH109
        "configdir": os.path.dirname(file),  # noqa: PTH120
        "configfname": file,
        "time": time,
        "date": date,
        "datetime": f"{date}_{time}",
    }
