"""Suites as texts: short ones for people, and the lines of mistakes in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from bluecellab.errors import InvalidSpecError
from bluecellab.spec.base import Site, Spec

__all__ = ["compact", "line_of", "lines_of", "reference"]


def reference(function: Callable[..., object]) -> str:
    """Return where a function is, or say that it cannot be named."""
    module, name = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
    if not module or not name.isidentifier() or module == "__main__":
        raise InvalidSpecError(
            f"{function!r} cannot be written to a file; define it at the top of a module that can be imported"
        )
    return f"{module}:{name}"


def compact(value: object) -> object:
    """Return a specification as plain values for people: without what is empty, or a long default."""
    if isinstance(value, Site):
        return {"section": value.section, "x": value.x}
    if isinstance(value, Spec):
        fields = type(value).model_fields
        kept = [name for name in fields if not _left_out(getattr(value, name), fields[name].default)]
        return {name: compact(getattr(value, name)) for name in sorted(kept, key=_order)}
    if isinstance(value, tuple | list):
        return [compact(item) for item in value]
    if isinstance(value, Mapping):
        return {key: compact(item) for key, item in value.items()}
    return reference(value) if callable(value) else value


def _left_out(value: object, default: object) -> bool:
    if value is None:
        return default is None
    if isinstance(value, tuple | Mapping) and not value:
        return default in ((), {}, PydanticUndefined)
    return isinstance(value, Spec | tuple) and value == default


def _order(name: str) -> int:
    return ("name", "title", "type").index(name) if name in ("name", "title", "type") else 3


def lines_of(root: object, error: BaseException | None) -> str:
    """Return where in the text the problems are that pydantic found."""
    places = [f"{'.'.join(map(str, path)) or 'all'}: line {line_of(root, path)}" for path in _paths(error)]
    return "".join(f"\n  {place}" for place in dict.fromkeys(places))


def _paths(error: BaseException | None) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths to the problems of an error, those of parts within it included."""
    if not isinstance(error, ValidationError):
        return
    for problem in error.errors(include_url=False):
        path = tuple(problem["loc"])
        inner = list(_paths(getattr(problem.get("ctx", {}).get("error"), "__cause__", None)))
        yield from (path + more for more in inner or [()])


def line_of(root: object, path: Iterable[str | int]) -> int:
    """Return the line of the innermost part of the text that a path leads to, from 1."""
    node, line = root, 1
    for part in path:
        inner = getattr(node, "value", None)
        if isinstance(part, int) and isinstance(inner, list) and part < len(inner):
            node = inner[part]
        elif isinstance(inner, list):
            pairs = [pair for pair in inner if isinstance(pair, tuple) and pair[0].value == part]
            if not pairs:  # a name of the model's that is not in the text, such as the kind of a union
                continue
            node = pairs[0][1]
            line = pairs[0][0].start_mark.line + 1
            continue
        mark = getattr(node, "start_mark", None)
        line = line if mark is None else mark.line + 1
    return line
