"""What is wrong with a configuration: one object for each mistake, all of them at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bluecellab.errors import ConfigError, ConfinementError

__all__ = ["Problem", "Problems", "join", "nearest", "raise_problems", "shown"]

_PLAIN = re.compile(r"[A-Za-z_$@][\w$@-]*", re.ASCII)
_LONGEST = 80


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration, or in a file that it names.

    Parameters
    ----------
    file
        The file in which it is.
    key
        Where in it, such as ``"inputs.noise1.delay"`` or ``"connection_overrides[2].weight"``;
        empty for the file as a whole.
    value
        What stands there; None if nothing does.
    message
        What would be right.
    outside
        Whether it is a path outside of the folder that the configuration is confined to.
    """

    file: str
    key: str
    value: object
    message: str
    outside: bool = False

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        value = "" if self.value is None else f" = {shown(self.value)}"
        return f"{place}{value}: {self.message}"


class Problems:
    """Gathers the problems of one file.

    Parameters
    ----------
    file
        The file.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Problem] = []

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(self, key: str, value: object, message: str, *, file: str = "", outside: bool = False) -> None:
        """Add one, unless the very same is there already."""
        problem = Problem(file or self.file, key, value, message, outside)
        if not any(str(problem) == str(other) for other in self._found):
            self._found.append(problem)

    def extend(self, others: Iterable[Problem]) -> None:
        """Add several."""
        for problem in others:
            self.add(problem.key, problem.value, problem.message, file=problem.file, outside=problem.outside)


def raise_problems(problems: Sequence[Problem]) -> None:
    """Raise one error that says them all; do nothing if there are none.

    Raises
    ------
    ConfigError
        If there are any.
    ConfinementError
        If one of them is a path outside of the folder that is allowed.
    """
    if not problems:
        return
    lines = [str(problem) for problem in problems]
    text = lines[0] if len(lines) == 1 else f"{len(lines)} problems\n  " + "\n  ".join(lines)
    kind = ConfinementError if any(problem.outside for problem in problems) else ConfigError
    raise kind(text, problems)


def shown(value: object) -> str:
    """Return a value as it stands in JSON, shortened, and safe to print."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{...}" if value else "{}"
    if isinstance(value, list):
        return f"[{len(value)} items]" if len(value) > 4 else f"[{', '.join(map(shown, value))}]"
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a huge number"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]}...{text[-1]}"


def join(*parts: str | int) -> str:
    """Return the path of a key: ``join("inputs", "noise 1", "delay")`` is ``inputs["noise 1"].delay``.

    The first part may itself be a path; it is taken as it is.
    """
    path = str(parts[0])
    for part in parts[1:]:
        if isinstance(part, int):
            path += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            path += f".{part}" if path else part
        else:
            path += f"[{shown(part)}]"
    return path


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """Return a sentence that says which names there are, the most similar one first.

    Parameters
    ----------
    name
        What was given.
    known
        What there is.
    what
        What they are, for the case that there are none: ``"node sets"``.
    """
    names = list(known)
    if not names:
        return f"there are no {what}"
    lower = {each.lower(): each for each in names}
    close = difflib.get_close_matches(name[:200].lower(), lower, 1, 0.6)
    hint = f"did you mean {lower[close[0]]!r}? " if close else ""
    listed = ", ".join(shown(each).strip("'\"") for each in names[:24])
    more = f" and {len(names) - 24} more" if len(names) > 24 else ""
    return f"{hint}{what}: {listed}{more}"
