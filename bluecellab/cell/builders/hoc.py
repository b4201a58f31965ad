"""Cells that a hoc template makes from a morphology file: formats v5, v6 and bluepyopt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from bluecellab.cell import morphology
from bluecellab.cell.model import SECTION_LISTS, Model, section_ids, sections_by_name
from bluecellab.errors import CellError, TemplateNotFoundError
from bluecellab.nrn import runtime, templates
from bluecellab.nrn.scope import Scope
from bluecellab.spec.cells import EmodelProperties, TemplateFormat, TemplateParams

__all__ = ["build_hoc"]


def build_hoc(scope: Scope, params: TemplateParams, gid: int) -> Model:
    """Make a cell from a template and a morphology.

    Parameters
    ----------
    scope
        Will own the instance.
    params
        Template, morphology, format and properties.
    gid
        Number handed to the template; it seeds stochastic channels.

    Raises
    ------
    TemplateNotFoundError, MorphologyNotFoundError
        If a file is missing; the template is looked for first.
    TemplateError, MorphologyError, CellError, MissingMechanismError
        If it cannot be made. Nothing is left behind in NEURON.
    """
    formats = get_args(TemplateFormat)
    if params.template_format not in formats:
        raise CellError(
            f"template format {params.template_format!r} is not known; use one of {', '.join(formats)}"
        )
    template_path = Path(params.template_filepath)
    if not template_path.is_file():
        raise TemplateNotFoundError(f"Couldn't find template file: {template_path}")
    folder, file_name = morphology.locate(params.morph_filepath, params.template_format)
    template = templates.load(template_path)
    properties = params.emodel_properties
    arguments = _arguments(params.template_format, template, properties, gid, (folder, file_name))
    hoc = scope.own(template.create(*arguments), templates.release)
    public = _public(hoc, template.name)
    sections = sections_by_name(list(public.all))
    lists = {}
    for name in SECTION_LISTS:
        members = list(getattr(public, name, None) or ())
        lists[name] = list(sections_by_name(members)) if members else []
    next(iter(sections.values()))(0.5).area()  # folds the 3-D points into the diameters
    count = getattr(public, "nSecAll", None)
    threshold, holding = _currents(params.template_format, hoc, properties)
    return Model(
        sections=sections,
        lists=lists,
        ids=section_ids(sections, None if count is None else int(count)),
        hoc=hoc,
        public=public,
        threshold=threshold,
        holding=holding,
        template_id=template.name,
        reseed=_reseeder(hoc, public),
    )


def _arguments(
    template_format: str,
    template: templates.Template,
    properties: EmodelProperties | None,
    gid: int,
    morphology_parts: tuple[str, str],
) -> tuple[object, ...]:
    """Return the positional arguments of the template's constructor."""
    folder, file_name = morphology_parts
    if template_format == "v5":
        return gid, f"{folder}/{file_name}" if file_name else folder
    if template_format == "bluepyopt":
        return folder, file_name
    if properties is None:
        raise CellError(
            f"EmodelProperties must be provided for v6 template {template.original_name}: pass "
            "emodel_properties=EmodelProperties(threshold_current=..., holding_current=...)"
        )
    extras = []
    for name in template.needed_attributes:
        value = getattr(properties, name, None)
        if value is None:
            raise CellError(
                f"template {template.original_name} needs the attribute {name!r}, which EmodelProperties "
                f"does not have; it has {', '.join(type(properties).model_fields)}"
            )
        extras.append(value)
    return gid, folder, file_name, *extras


def _public(hoc: Any, name: str) -> Any:
    """Return the object that carries the sections."""
    get_cell = getattr(hoc, "getCell", None)
    public = get_cell() if get_cell is not None else getattr(hoc, "CellRef", None)
    if public is None or getattr(public, "all", None) is None:
        raise CellError(
            f"template {name} has no public getCell() or CellRef with the section list 'all'; "
            "add 'public getCell' (or CellRef) and 'public all' to it"
        )
    return public


def _currents(
    template_format: str, hoc: Any, properties: EmodelProperties | None
) -> tuple[float, float | None]:
    """Return threshold and holding current in nA."""
    if template_format == "v6" and properties is not None:
        return properties.threshold_current, properties.holding_current
    get_threshold, get_holding = getattr(hoc, "getThreshold", None), getattr(hoc, "getHypAmp", None)
    threshold = float(get_threshold()) if get_threshold is not None else 0.0
    holding = float(get_holding()) if get_holding is not None else None
    if properties is not None:
        threshold = threshold or properties.threshold_current
        holding = properties.holding_current if holding is None else holding
    return threshold, holding


def _reseeder(hoc: Any, public: Any) -> Callable[[int | None], None] | None:
    """Return a call of the template's ``re_init_rng``, if it has one that concerns this cell."""
    procedure = getattr(hoc, "re_init_rng", None) or getattr(public, "re_init_rng", None)
    if procedure is None:
        return None

    def reseed(channel_seed: int | None) -> None:
        with runtime.guard("starting the streams of stochastic channels anew"):
            if channel_seed is None:
                procedure()
            else:
                procedure(channel_seed)

    return reseed
