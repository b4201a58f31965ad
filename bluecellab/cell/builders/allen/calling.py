"""Functions of the user's that make or change cells: called with care, and what they make taken over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bluecellab.errors import BluecellabError, CellError
from bluecellab.nrn import biophysical, geometry, objects, runtime, templates
from bluecellab.nrn.scope import Scope
from bluecellab.spec.cells import AllenCell

__all__ = ["call", "is_of_hoc"]


def is_of_hoc(made: Any) -> bool:
    """Whether an object is one of hoc's, such as an instance of a template."""
    return isinstance(made, type(runtime.raw_h()))


def call(
    scope: Scope, function: Callable[..., Any], what: str, arguments: Sequence[Any], spec: AllenCell
) -> tuple[Any, list[Any]]:
    """Call a function and have the cell own what it makes.

    Parameters
    ----------
    scope
        Of the cell.
    function
        The user's.
    what
        What it is, for messages.
    arguments
        For it.
    spec
        The cell; the hoc files that may hold its template are loaded first, for ``h.Name(...)``.

    Returns
    -------
    made, sections
        What it returns, and the sections that there were not before.

    Raises
    ------
    CellError
        If it raises, or returns nothing. Nothing is left behind in NEURON.
    TemplateError
        If a hoc file cannot be loaded.
    """
    templates.load_as_written(spec.template_files)
    biophysical.shape_now()
    h = runtime.raw_h()
    before = set(h.allsec())
    instances = templates.counted()
    doing = f"{what} ({_name(function)}) for cell {spec.id}"
    try:
        made = _called(function, doing, arguments)
    except BaseException:
        h.execute1("{1}")  # after an error hoc may ignore calls until it is told something
        for section in list(h.allsec()):
            if section not in before:
                objects.delete_section(section)
        templates.discard(instances)
        raise
    new = [section for section in h.allsec() if section not in before]
    for section in new:
        scope.own(section, objects.delete_section)
    return made, new


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))


def _called(function: Callable[..., Any], doing: str, arguments: Sequence[Any]) -> Any:
    with geometry.collected_failure() as failure, runtime.guard(doing) as printed:
        try:
            made = function(*arguments)
        except BluecellabError:
            raise
        except Exception as error:
            if failure.error is not None:
                raise failure.error from error
            text = printed.text.strip()
            said = f". NEURON printed: {text}" if text else ""
            raise CellError(f"{doing} raised {type(error).__name__}: {error}{said}") from error
        if made is None:
            raise CellError(f"{doing} returned nothing; it must return the cell: end it with 'return hobj'")
        return made
