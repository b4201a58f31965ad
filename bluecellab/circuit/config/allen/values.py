"""Values as the Allen dialect writes them: one or a list of them, null for nothing, sets in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue

from bluecellab.circuit.config.blocks import Block, is_number
from bluecellab.circuit.config.problems import Problems

__all__ = [
    "InlineSets",
    "check_rules",
    "cleaned",
    "each_enabled",
    "is_rule",
    "numbers_of",
    "same_length",
    "texts_of",
]

_REMARKS = ("description", "comment", "comments")


def cleaned(block: Block, *, keep: Iterable[str] = ()) -> Block:
    """Return a block without remarks, and without keys that are null, which are as good as absent.

    Parameters
    ----------
    block
        It.
    keep
        Keys for which null has a meaning of its own.
    """
    kept = tuple(keep)
    values = {
        name: value
        for name, value in block.values.items()
        if not name.startswith("_") and name not in _REMARKS and (value is not None or name in kept)
    }
    return Block(values, block.key, block.problems)


def each_enabled(block: Block | None) -> Iterator[tuple[str, Block]]:
    """Give the blocks within a block by name, without those that say ``enabled: false``."""
    for name in () if block is None else cleaned(block).values:
        assert block is not None
        inner = block.inner(name)
        if inner is None:
            block.report(name, "an object {...} is needed")
        elif inner.values.get("enabled") is not False:
            yield name, inner


def numbers_of(block: Block, name: str, unit: str) -> tuple[float, ...] | None:
    """Return one number, or several of a list; None, and a problem if there is anything, otherwise."""
    if name not in block.values:
        return None
    value = block.values[name]
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(map(is_number, listed)):
        block.report(name, f"a number in {unit} is needed, or a list of them")
        return None
    return tuple(float(each) for each in listed if isinstance(each, int | float))


def texts_of(block: Block, name: str, what: str) -> tuple[str, ...] | None:
    """Return one text, or several of a list; None, and a problem if there is anything, otherwise."""
    if name not in block.values:
        return None
    value = block.values[name]
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(each, str) and each for each in listed):
        block.report(name, f"{what} is needed, or a list of them")
        return None
    return tuple(str(each) for each in listed)


def same_length(block: Block, lists: Mapping[str, tuple[object, ...] | None]) -> bool:
    """Return whether lists are of one length; report a problem with the first that differs."""
    given = {name: values for name, values in lists.items() if values is not None}
    first = next(iter(given), "")
    for name, values in given.items():
        if len(values) != len(given[first]):
            message = f"has {len(values)} values, but {first} has {len(given[first])}; give as many of each"
            block.report(name, message)
            return False
    return True


class InlineSets:
    """Node sets that stand in the middle of a configuration, by their place there."""

    def __init__(self) -> None:
        self.rules: dict[str, JsonValue] = {}

    def name_of(self, block: Block, name: str) -> str | None:
        """Return the name of the node set that a key is about; None, and a problem if there is one, if none.

        Parameters
        ----------
        block
            The block that has the key.
        name
            The key.
        """
        if name not in block.values:
            return None
        value = block.values[name]
        if isinstance(value, str) and value:
            return value
        if not is_rule(value):
            message = (
                'the name of a node set, a list of node ids, or conditions such as {"ei": "e"} are needed'
            )
            block.report(name, message)
            return None
        place = block.at(name)
        self.rules[place] = value  # type: ignore[assignment]  # is_rule has looked
        return place


def is_rule(value: object) -> bool:
    """Return whether a value can be the rule of a node set."""
    if isinstance(value, list):
        return all(isinstance(each, int | str) and not isinstance(each, bool) for each in value)
    return isinstance(value, dict)


def check_rules(rules: Mapping[str, object], key: str, problems: Problems) -> dict[str, JsonValue]:
    """Return the node sets that can be ones; report the others.

    Parameters
    ----------
    rules
        By name.
    key
        Where they are; empty for a file of their own.
    problems
        Where to report to.
    """
    made: dict[str, JsonValue] = {}
    for name, rule in rules.items():
        if is_rule(rule):
            made[name] = rule  # type: ignore[assignment]
        elif not name.startswith("_"):
            place = f"{key}.{name}" if key else name
            problems.add(place, rule, 'a list of node ids, or conditions such as {"ei": "e"}, are needed')
    return made
