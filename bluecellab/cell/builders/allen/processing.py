"""The processors of ``model_processing``."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from bluecellab.cell.builders.allen.calling import call
from bluecellab.cell.builders.allen.loading import Made
from bluecellab.cell.builders.allen.node import CellNode
from bluecellab.cell.builders.allen.parameters import apply_allactive, apply_perisomatic, by_kind
from bluecellab.cell.builders.allen.reading import read_fit
from bluecellab.errors import CellError
from bluecellab.nrn import biophysical
from bluecellab.nrn.scope import Scope
from bluecellab.spec.cells import AllenCell
from bluecellab.spec.functions import CELL_PROCESSORS

__all__ = ["PROCESSORS", "check_names", "process"]

PROCESSORS = (*biophysical.AXONS, "extracellular", "set_extracellular")
"""Those that need not be registered."""


def check_names(spec: AllenCell) -> None:
    """Raise for a processor that there is not.

    Raises
    ------
    CellError
        With the nearest name.
    """
    known = [*PROCESSORS, *CELL_PROCESSORS]
    for name in spec.processing:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}? There is" if near else "there is"
            raise CellError(
                f"model_processing of cell {spec.id} names {name!r}, which is not known; {hint} "
                f"{', '.join(known)}. Register one: @bluecellab.model_processing"
            )


def process(scope: Scope, spec: AllenCell, node: CellNode, made: Made) -> None:
    """Have all processors of a cell change it, in their order.

    Raises
    ------
    CellError, MissingMechanismError
        If one cannot do its work.
    """
    for index, name in enumerate(spec.processing):
        if name in CELL_PROCESSORS:
            what = f"the processor {name!r}"
            arguments = (made.hobj, node, node.dynamics_params)
            hobj, sections = call(scope, CELL_PROCESSORS[name], what, arguments, spec)
            made.sections += sections
            if hobj is not made.hobj:
                made.hobj, made.ours = scope.own(hobj), False
        elif name in biophysical.AXONS:
            _fitted(spec, made, name, done=index == 0 and made.axon == name)
        else:
            for section in made.hobj.all:
                section.insert("extracellular")


def _fitted(spec: AllenCell, made: Made, name: Any, *, done: bool) -> None:
    """Replace the axon, unless that is done, and put the parameters of the fit into the sections."""
    active = "allactive" in name
    if spec.dynamics_file is None:
        if active:
            raise CellError(
                f"model_processing {name!r} of cell {spec.id} needs dynamics_params: a fit in JSON"
            )
        return
    fit = read_fit(spec.dynamics_file)
    if not done:
        biophysical.replace_axon(made.hobj, name, spec.morphology_path or spec.template)
        made.shaped = True
    apply: Callable[..., None] = apply_allactive if active else apply_perisomatic
    apply(by_kind(made.hobj.all), fit)
