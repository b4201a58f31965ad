"""JSON files, read with suspicion: size, encoding, depth and duplicate keys are checked."""

from __future__ import annotations

import json
import os
import stat
from typing import NoReturn

from bluecellab.circuit.config.problems import Problems, join

__all__ = ["LARGEST", "read_json", "read_object"]

LARGEST = 64 * 2**20
"""Largest file of JSON that is read, in bytes."""


class _Object(dict[str, object]):
    """An object of a JSON text that remembers which keys were given twice."""

    twice: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, object]]) -> _Object:
    made = _Object(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        made.twice = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return made


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number that JSON knows")


def read_object(path: str, problems: Problems) -> dict[str, object] | None:
    """Return the object that a JSON file holds; None, and a problem, if it holds none.

    Parameters
    ----------
    path
        The file.
    problems
        Where to report to.
    """
    made = read_json(path, problems)
    if made is None or isinstance(made, dict):
        return made
    problems.add("", made, "a JSON object {...} is needed", file=path)
    return None


def read_json(path: str, problems: Problems) -> object | None:
    """Return what a JSON file holds; None, and a problem, if it cannot be read.

    Parameters
    ----------
    path
        The file.
    problems
        Where to report to: the file is missing, huge, not text, not JSON, or gives a key twice.
    """
    content = _content(path, problems)
    if content is None:
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add("", None, f"not a text in UTF-8 (byte {error.start}); JSON is needed", file=path)
        return None
    try:
        made: object = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        problems.add("", None, f"not JSON: {error.msg} at {where}", file=path)
        return None
    except RecursionError:
        problems.add("", None, "nested too deeply", file=path)
        return None
    except ValueError as error:
        problems.add("", None, f"not JSON: {str(error).splitlines()[0]}", file=path)
        return None
    if made is None:
        problems.add("", None, "holds null; a JSON object {...} is needed", file=path)
    _report_twice(made, path, problems)
    return made


def _content(path: str, problems: Problems) -> bytes | None:
    try:
        # Opening a pipe would wait for its writer, perhaps for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            problems.add("", None, "not a file; a file of JSON is needed", file=path)
            return None
        with open(path, "rb") as file:  # noqa: PTH123
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        problems.add("", None, f"cannot be read: {reason}", file=path)
        return None
    if len(content) > LARGEST:
        problems.add("", None, f"larger than {LARGEST >> 20} MB; this is no configuration", file=path)
        return None
    return content


def _report_twice(made: object, path: str, problems: Problems) -> None:
    """Report keys that were given twice; the walk needs no recursion, so that depth does not matter."""
    left: list[tuple[str, object]] = [("", made)]
    while left:
        place, value = left.pop()
        if isinstance(value, _Object):
            for key in value.twice:
                problems.add(join(place, key), None, "given twice; which of them is meant?", file=path)
            left.extend(
                (join(place, key), item) for key, item in value.items() if isinstance(item, dict | list)
            )
        elif isinstance(value, list):
            left.extend(
                (join(place, i), item) for i, item in enumerate(value) if isinstance(item, dict | list)
            )
