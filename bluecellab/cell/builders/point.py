"""Artificial cells: integrate-and-fire and other point cells, without sections."""

from __future__ import annotations

from bluecellab.cell.model import Model
from bluecellab.nrn import artificial, templates
from bluecellab.nrn.scope import Scope
from bluecellab.spec.cells import PointCell

__all__ = ["build_point"]


def build_point(scope: Scope, spec: PointCell) -> Model:
    """Make an artificial cell, itself or by a hoc template that wraps it.

    Parameters
    ----------
    scope
        Will own it.
    spec
        The cell.

    Raises
    ------
    MissingMechanismError
        If its mechanism is not loaded.
    TemplateNotFoundError, TemplateError
        If its template is missing, fails, or has no ``pointcell``.
    CellError
        If the mechanism is no artificial cell, or lacks a parameter.
    """
    if spec.template_path is None:
        made = wrapper = artificial.make(spec.mechanism)
    else:
        wrapper, made = artificial.make_wrapped(templates.load(spec.template_path), spec.id.id)
    artificial.set_parameters(made, spec.parameters)
    scope.own(made, artificial.disconnect)
    return Model(
        sections={},
        lists={},
        ids={},
        hoc=wrapper,
        public=wrapper,
        artificial=made,
        holding=0.0,
        template_id=spec.mechanism,
    )
