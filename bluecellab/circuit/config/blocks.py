"""Objects of a configuration, read key by key: every mistake becomes a problem, and reading goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import ValidationError

from bluecellab.circuit.config.problems import Problems, join, nearest, shown
from bluecellab.errors import InvalidSpecError
from bluecellab.spec.base import Spec

__all__ = ["Block", "Key", "Kind", "blocks_of", "is_number"]

Kind = Literal["number", "integer", "text", "flag", "numbers", "setting", "object", "list", "any"]
Made = TypeVar("Made", bound=Spec)


@dataclass(frozen=True)
class Key:
    """A key that an object may have.

    Parameters
    ----------
    name
        As it stands in the file.
    kind
        What its value must be.
    needed
        Whether it must be there.
    choices
        The texts that are allowed; any when left out.
    field
        Name of the field of our words that takes it; the same name when left out.
    unit
        For messages.
    """

    name: str
    kind: Kind
    needed: bool = False
    choices: tuple[str, ...] = ()
    field: str = ""
    unit: str = ""

    @property
    def wanted(self) -> str:
        """What would be right, in words."""
        if self.choices:
            return "one of " + ", ".join(map(repr, self.choices))
        words = _WANTED[self.kind]
        return f"{words} in {self.unit}" if self.unit else words


_WANTED: Mapping[Kind, str] = {
    "number": "a number",
    "integer": "a whole number",
    "text": "a text",
    "flag": "true or false",
    "numbers": "a list of numbers",
    "setting": "a number, true or false",
    "object": "an object {...}",
    "list": "a list [...]",
    "any": "a value",
}


def is_number(value: object) -> bool:
    """Return whether a value of JSON is a finite number; truth values are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


_FITS: Mapping[Kind, Callable[[object], bool]] = {
    "number": is_number,
    "integer": lambda value: is_number(value) and (isinstance(value, int) or float(value).is_integer()),  # type: ignore[arg-type]
    "text": lambda value: isinstance(value, str),
    "flag": lambda value: isinstance(value, bool),
    "numbers": lambda value: isinstance(value, list) and all(map(is_number, value)),
    "setting": lambda value: isinstance(value, bool) or is_number(value),
    "object": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "any": lambda _: True,
}


class Block:
    """One object of a configuration.

    Parameters
    ----------
    values
        What stands in it.
    key
        Where it is.
    problems
        Where to report to.
    """

    def __init__(self, values: Mapping[str, object], key: str, problems: Problems) -> None:
        self.values = values
        self.key = key
        self.problems = problems
        self._reported: set[str] = set()

    def at(self, name: str) -> str:
        """Return the path of one of its keys."""
        return join(self.key, name)

    def report(self, name: str, message: str) -> None:
        """Report a problem with one of its keys."""
        self._reported.add(name)
        self.problems.add(self.at(name), self.values.get(name), message)

    def read(self, keys: Sequence[Key], *, ignored: Sequence[str] = ()) -> dict[str, object]:
        """Return the values that are there and right, by the name of the field that takes them.

        What is missing, of the wrong type, not among the choices, or not known, becomes a problem.

        Parameters
        ----------
        keys
            What there may be.
        ignored
            Keys that are known, and left alone.
        """
        found: dict[str, object] = {}
        for key in keys:
            if key.name in self.values:
                value = self.values[key.name]
                if self._fits(key, value):
                    whole = key.kind == "integer" and isinstance(value, float)
                    found[key.field or key.name] = int(value) if whole else value  # type: ignore[call-overload]
            elif key.needed:
                self.report(key.name, f"is missing; {key.wanted} is needed")
        known = [key.name for key in keys] + list(ignored)
        for name in self.values:
            if name not in known:
                self.report(name, f"no such key; {nearest(name, known, 'keys here')}")
        return found

    def _fits(self, key: Key, value: object) -> bool:
        if not _FITS[key.kind](value):
            got = "; it is null: leave the key out instead" if value is None else ""
            self.report(key.name, f"{key.wanted} is needed{got}")
            return False
        if key.choices and value not in key.choices:
            self.report(key.name, nearest(str(value), key.choices, "allowed are"))
            return False
        return True

    def make(
        self, cls: type[Made], fields: Mapping[str, object], names: Mapping[str, str] | None = None
    ) -> Made | None:
        """Make one of our words; None, and problems, if something is out of its range.

        Parameters
        ----------
        cls
            Which.
        fields
            Its fields.
        names
            Names of keys by names of fields, where they differ.
        """
        try:
            return cls(**fields)
        except InvalidSpecError as error:
            self._report_fields(error, names or {})
            return None

    def _report_fields(self, error: InvalidSpecError, names: Mapping[str, str]) -> None:
        cause = error.__cause__
        if not isinstance(cause, ValidationError):
            self.problems.add(self.key, None, str(error))
            return
        for each in cause.errors(include_url=False):
            if each["type"] == "missing":
                continue  # reported when it was read, or what it is made of was
            reason = each["msg"].removeprefix("Value error, ").removeprefix("Input ")
            field = next((part for part in each["loc"] if isinstance(part, str)), "")
            name = names.get(field, field)
            if name in self._reported:
                continue
            if name in self.values:
                self.report(name, reason)
            else:
                self._reported.add("")
                self.problems.add(self.key, None, reason)

    def inner(self, name: str) -> Block | None:
        """Return an object within it; None if there is none, or it was reported as something else."""
        value = self.values.get(name)
        return Block(value, self.at(name), self.problems) if isinstance(value, dict) else None


def blocks_of(values: Mapping[str, object], key: str, problems: Problems) -> Iterator[tuple[str, Block]]:
    """Give the objects within an object, by name; what is no object becomes a problem."""
    for name, value in values.items():
        place = join(key, name)
        if isinstance(value, dict):
            yield name, Block(value, place, problems)
        else:
            problems.add(place, value, f"an object {{...}} is needed, not {shown(value)}")
