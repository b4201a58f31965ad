"""Build a cell of the Allen dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bluecellab.cell.builders.allen.loading import Made, load
from bluecellab.cell.builders.allen.node import CellNode
from bluecellab.cell.builders.allen.processing import check_names, process
from bluecellab.cell.builders.allen.reading import read_dynamics
from bluecellab.cell.model import Model
from bluecellab.errors import CellError
from bluecellab.nrn import artificial
from bluecellab.nrn.handles import name_of
from bluecellab.nrn.scope import Scope
from bluecellab.spec.cells import AllenCell
from bluecellab.spec.functions import CELL_MODELS

__all__ = ["build_allen"]

_LISTS = {"somatic": "soma", "basal": "dend", "apical": "apic", "axonal": "axon"}
_PER_SECOND = {"IntFire1": ("tau", "refrac")}  # given in s, while NEURON has ms


def build_allen(scope: Scope, spec: AllenCell) -> Model:
    """Make a cell: by its template, then its processors, then as many segments as it should have.

    Parameters
    ----------
    scope
        Will own it.
    spec
        The cell.

    Returns
    -------
    Model
        The number of a section is its place in ``all``.

    Raises
    ------
    CellError
        If nothing makes its template, a processor is unknown, its parameters lack something, it has no soma,
        or a function of the user's fails.
    TemplateError, MorphologyError, MissingMechanismError
        If a file or a mechanism is missing, or cannot be used. Nothing is left behind in NEURON.
    """
    check_names(spec)
    scheme, _, name = spec.template.partition(":")
    if scheme == "nrn" and not any(key.partition("|")[0] in (scheme, spec.template) for key in CELL_MODELS):
        return _point(scope, spec, name)
    node = CellNode(spec)
    made = load(scope, spec, node)
    if not made.ours and _is_artificial(made):
        return _artificial(scope, made, spec.template)
    process(scope, spec, node, made)
    sections = _named(_all(made, spec))
    lists = _lists(made, sections)
    if not lists.get("somatic"):
        raise CellError(f"cell {spec.id} of {spec.template!r} has no soma; its template must make a 'soma'")
    if spec.max_segment_length is not None:
        _divide(sections.values(), spec.max_segment_length, shaped=made.shaped)
    ids = dict(enumerate(sections))
    known = set(sections.values())
    sections.update(_named([one for one in made.sections if one not in known], sections))
    return Model(
        sections=sections, lists=lists, ids=ids, hoc=made.hobj, public=made.hobj, template_id=spec.template
    )


def _point(scope: Scope, spec: AllenCell, name: str) -> Model:
    """Make an artificial cell of NEURON's with the numbers of its file."""
    values: Mapping[str, Any] = {} if spec.dynamics_file is None else read_dynamics(spec.dynamics_file)
    in_seconds = _PER_SECOND.get(name, ())
    made = artificial.make(name)
    artificial.set_parameters(
        made,
        {
            key: float(value) * (1000 if key in in_seconds else 1)
            for key, value in values.items()
            if isinstance(value, (int, float)) and (key in in_seconds or not in_seconds)
        },
    )
    return _artificial(scope, Made(made), name)


def _is_artificial(made: Made) -> bool:
    name = getattr(made.hobj, "hname", None)
    return not made.sections and name is not None and artificial.is_artificial(name().partition("[")[0])


def _artificial(scope: Scope, made: Made, template_id: str) -> Model:
    cell = scope.own(made.hobj, artificial.disconnect)
    return Model({}, {}, {}, hoc=cell, public=cell, artificial=cell, holding=0.0, template_id=template_id)


def _all(made: Made, spec: AllenCell) -> list[Any]:
    """Return the sections in the order of ``all``, or of their making where there is no such list."""
    given = getattr(made.hobj, "all", None)
    found = list(given) if given is not None else made.sections
    if not found:
        raise CellError(
            f"the template {spec.template!r} made no section for cell {spec.id}; what makes a cell must "
            "return an object that has 'all', the list of its sections, and 'soma'"
        )
    return found


def _named(sections: Iterable[Any], taken: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return sections by name; further ones of a name that is taken are numbered."""
    found: dict[str, Any] = {}
    for section in sections:
        name = plain = name_of(section)
        number = 1
        while name in found or (taken is not None and name in taken):
            number += 1
            name = f"{plain}#{number}"
        found[name] = section
    return found


def _lists(made: Made, sections: Mapping[str, Any]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, kind in _LISTS.items():
        given = None if made.ours else getattr(made.hobj, name, None)
        if given is not None and isinstance(given, Iterable):
            wanted = set(given)
            members = [one for one, section in sections.items() if section in wanted]
        else:
            members = [one for one in sections if one.startswith(kind)]
        if members:
            lists[name] = members
    soma = None if made.ours else getattr(made.hobj, "soma", None)
    if "somatic" not in lists and soma is not None:
        first = soma if hasattr(soma, "nseg") else next(iter(soma), None)
        lists["somatic"] = [one for one, section in sections.items() if section == first]
    return lists


def _divide(sections: Iterable[Any], longest: float, *, shaped: bool) -> None:
    """Give every section its number of segments."""
    for section in sections:
        number = 1 + 2 * int(section.L / (2 * longest))
        if section.nseg != number:
            if shaped:
                # Folds the 3-D points into the diameter, as shaping does: NEURON then leaves it as it is
                # where that of a segment is within 1e-9 um of it.
                section(0.5).area()
            section.nseg = number
