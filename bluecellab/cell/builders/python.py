"""Cells that a Python class or function of the user's makes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bluecellab.cell.model import SECTION_LISTS, Model, sections_by_name
from bluecellab.errors import BluecellabError, CellError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.handles import Section, name_of
from bluecellab.nrn.scope import Scope

__all__ = ["build_python", "find_factory"]

_BY_ARRAY = {
    "soma": "somatic",
    "dend": "basal",
    "apic": "apical",
    "axon": "axonal",
    "myelin": "myelinated",
}


def find_factory(path: str) -> Callable[..., object]:
    """Import ``"package.module:name"``.

    Raises
    ------
    CellError
        If there is no such module or name.
    """
    module_name, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise CellError(
            f"no cell factory {path!r}: {error}. Write 'package.module:name' of something importable."
        ) from error
    if not callable(found):
        raise CellError(f"{path!r} is a {type(found).__name__}, not a class or function that makes sections")
    return found  # type: ignore[no-any-return]


def build_python(scope: Scope, factory: Callable[..., object], arguments: Mapping[str, object]) -> Model:
    """Call the factory and take over every section it makes.

    The factory may return the sections (any iterable), or an object that has them; attributes
    ``somatic``, ``basal``, ``apical``, ``axonal``, ``threshold_current`` and ``holding_current`` of
    that object are used where they are there. Sections named ``soma``, ``dend``, ``apic`` or ``axon``
    are sorted into the lists by their names otherwise.

    Raises
    ------
    CellError
        If it raises, makes no section, or two of one name. Nothing is left behind in NEURON.
    """
    h = runtime.raw_h()
    before = set(h.allsec())
    try:
        with runtime.guard(f"making a cell with {_name(factory)}"):
            made = factory(**arguments)
    except Exception as error:
        _discard(before)
        if isinstance(error, BluecellabError):
            raise
        raise CellError(f"{_name(factory)} raised {type(error).__name__}: {error}") from error
    new = [section for section in h.allsec() if section not in before]
    try:
        sections = sections_by_name(new)
    except CellError:
        del new
        _discard(before)
        raise
    for section in new:
        scope.own(section, objects.delete_section)
    scope.own(made)
    return Model(
        sections=sections,
        lists=_lists(made, sections),
        ids=dict(enumerate(sections)),
        hoc=made,
        public=made,
        threshold=float(getattr(made, "threshold_current", 0.0)),
        holding=_optional_float(getattr(made, "holding_current", None)),
        template_id=_name(factory),
    )


def _name(factory: Callable[..., object]) -> str:
    return str(getattr(factory, "__qualname__", type(factory).__name__))


def _optional_float(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _discard(before: set[Any]) -> None:
    h = runtime.raw_h()
    for section in list(h.allsec()):
        if section not in before:
            h.delete_section(sec=section)


def _lists(made: object, sections: Mapping[str, Any]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name in SECTION_LISTS:
        given = getattr(made, name, None)
        if given is not None and isinstance(given, Iterable):
            lists[name] = [item.name if isinstance(item, Section) else name_of(item) for item in given]
    if not lists:
        for name in sections:
            array = name.partition("[")[0]
            if array in _BY_ARRAY:
                lists.setdefault(_BY_ARRAY[array], []).append(name)
    if not lists.get("somatic"):
        lists["somatic"] = [next(iter(sections))]
    return lists
