"""What makes a cell of the Allen dialect: by the scheme of its template, or a function of the user's."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bluecellab.cell.builders.allen.calling import call, is_of_hoc
from bluecellab.cell.builders.allen.neuroml import apply_neuroml
from bluecellab.cell.builders.allen.node import CellNode
from bluecellab.cell.builders.allen.parameters import by_kind
from bluecellab.cell.builders.allen.reading import read_dynamics
from bluecellab.cell.morphology import locate
from bluecellab.errors import CellError, TemplateNotFoundError
from bluecellab.nrn import biophysical, templates
from bluecellab.nrn.scope import Scope
from bluecellab.spec.cells import AllenCell
from bluecellab.spec.functions import CELL_MODELS, CELL_PROCESSORS

__all__ = ["Made", "load"]

_CTDB = ("Biophys1", "Biophys1.hoc")
_BUILT_IN = {"Biophys1": None, "BioAxonStub": "aibs_perisomatic"}  # hoc: templates that need no file
_SCHEMES = ("ctdb", "hoc", "nml", "nrn")


@dataclass
class Made:
    """A cell while it is being made.

    Parameters
    ----------
    hobj
        The object that has the sections.
    axon
        The processor that has replaced the axon already, when the sections were made.
    sections
        Those that functions of the user's have made.
    ours
        Whether the sections are those of a morphology file, made here.
    shaped
        Whether NEURON has shaped the sections, because of a new axon, or will.
    """

    hobj: Any
    axon: str | None = None
    sections: list[Any] = field(default_factory=list)
    ours: bool = False
    shaped: bool = False


def load(scope: Scope, spec: AllenCell, node: CellNode) -> Made:
    """Make the cell's sections.

    Raises
    ------
    CellError
        If nothing makes this template, or what does fails.
    TemplateError, MorphologyError, MissingMechanismError
        If a file cannot be used.
    """
    scheme, _, name = spec.template.partition(":")
    function = _registered(spec.template, spec.model_type)
    if function is None and not (scheme == "ctdb" and name in _CTDB):
        function = _registered(scheme, spec.model_type)
    if function is not None:
        return _by_function(scope, spec, node, function)
    if scheme == "ctdb":
        return _ctdb(scope, spec, name)
    if scheme == "hoc":
        return _hoc(scope, spec, name)
    if scheme == "nml":
        return _nml(scope, spec)
    known = [*_SCHEMES, *CELL_MODELS]
    near = difflib.get_close_matches(spec.template, known, n=1) or difflib.get_close_matches(
        scheme, known, n=1
    )
    hint = f"did you mean {near[0]!r}? There is" if near else "there is"
    raise CellError(
        f"nothing makes cells of the template {spec.template!r} and type {spec.model_type!r}; {hint} "
        f"{', '.join(known)}. Register a loader: @bluecellab.cell_model(directive={spec.template!r})"
    )


def _registered(key: str, model_type: str) -> Callable[..., Any] | None:
    for name in (f"{key}|{model_type}", key):
        if name in CELL_MODELS:
            return CELL_MODELS[name]
    return None


def _by_function(scope: Scope, spec: AllenCell, node: CellNode, function: Callable[..., Any]) -> Made:
    name = spec.template.partition(":")[2]
    what = f"the loader of {spec.template!r}"
    made, sections = call(scope, function, what, (node, name, node.dynamics_params), spec)
    if not sections and getattr(made, "all", None) is not None:
        raise CellError(
            f"{what} made no section for cell {spec.id}: it returned one that was there already; it must "
            "make a new one each time"
        )
    if is_of_hoc(made) and getattr(made, "all", None) is not None:
        scope.own(made, templates.release)
    else:
        scope.own(made)
    return Made(made, sections=sections)


def _morphology(spec: AllenCell) -> str:
    if spec.morphology_path is None:
        raise CellError(f"cell {spec.id} of {spec.template!r} has no 'morphology', of which it is made")
    return "/".join(locate(spec.morphology_path, "bluepyopt"))


def _ctdb(scope: Scope, spec: AllenCell, name: str) -> Made:
    if name not in _CTDB:
        raise CellError(f"there is no template 'ctdb:{name}'; there is ctdb:Biophys1 (or ctdb:Biophys1.hoc)")
    first = spec.processing[0] if spec.processing else ""
    known = first in biophysical.AXONS and first not in CELL_PROCESSORS
    axon: Any = first if known and spec.dynamics_file is not None else None
    if axon is not None:
        read_dynamics(spec.dynamics_file or "")  # says so before anything is made
    return _of_morphology(scope, spec, axon)


def _of_morphology(scope: Scope, spec: AllenCell, axon: biophysical.Axon | None) -> Made:
    made = scope.own(biophysical.make(_morphology(spec), axon), biophysical.release)
    longest = spec.max_segment_length
    if longest is not None and 2 * longest <= biophysical.LENGTH:
        biophysical.shape_now()  # each of its segments gets a point
    return Made(made, axon, ours=True, shaped=axon is not None)


def _hoc(scope: Scope, spec: AllenCell, name: str) -> Made:
    try:
        template = templates.load_named(spec.template_files, name)
    except TemplateNotFoundError:
        if name not in _BUILT_IN:
            raise
        axon: Any = _BUILT_IN[name]
        return _of_morphology(scope, spec, axon)
    arguments: tuple[Any, ...] = ()
    params = None if spec.dynamics_file is None else read_dynamics(spec.dynamics_file).get("params")
    if params is not None:
        arguments = tuple(params) if isinstance(params, list) else (params,)
    elif spec.morphology_path is not None:
        arguments = (_morphology(spec),)
    return Made(scope.own(template.make(*arguments), templates.release))


def _nml(scope: Scope, spec: AllenCell) -> Made:
    if len(spec.template_files) != 1:
        raise CellError(f"the NeuroML file of {spec.template!r} is not in biophysical_neuron_models_dir")
    made = _of_morphology(scope, spec, "aibs_perisomatic")
    apply_neuroml(by_kind(made.hobj.all), spec.template_files[0])
    return made
