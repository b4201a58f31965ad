"""How experiments under published names run: on cells rebuilt from their parameters, elsewhere or here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from bluecellab.cell import Cell as AnyLiveCell
from bluecellab.compat import importer
from bluecellab.compat.cell.core import BALL_STICK
from bluecellab.errors import CellError, StimulusError
from bluecellab.nrn import mechanisms
from bluecellab.nrn.rng import RNGSettings
from bluecellab.simulation.conditions import NeuronGlobals
from bluecellab.simulation.isolation import Executor, Isolation
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell, BallStickCell, EmodelProperties, HocCell, TemplateParams
from bluecellab.spec.simulation import RunConditions

__all__ = [
    "accepts_cvode",
    "conditions",
    "executor",
    "holding_of",
    "isolation",
    "properties_of",
    "rebuilt",
    "rebuilt_here",
    "specification",
    "template_of",
    "validate_section_and_segment",
    "view_of",
    "workers",
]

_TOLERANCE = 1e-4  # mV

P = ParamSpec("P")
T = TypeVar("T")

_MODULES = ("bluecellab.analysis.running", "bluecellab.compat.tools")


def specification(params: Any) -> AnyCell:
    """Return what rebuilds a cell, from its published parameters: template, morphology, format, properties.

    It needs the mechanisms that this process has loaded; a specification names one library. Where there are
    several, workers must have the others: see :func:`isolation` and :func:`workers`.
    """
    template, morphology, template_format, properties = params
    if template_format == BALL_STICK.template_format:
        return BallStickCell()
    return HocCell(
        template_path=os.path.abspath(template),
        morphology_path=os.path.abspath(morphology),
        template_format=template_format,
        emodel_properties=properties,
        id=CellId("", 0),
        mechanisms=str(loaded[0]) if (loaded := _loaded()) else None,
    )


def template_of(cell: AnyLiveCell) -> TemplateParams:
    """Return the parameters that rebuild a cell.

    Raises
    ------
    CellError
        If there are none, because it was made otherwise.
    """
    params = cell.template_params
    if params is not None:
        return params
    if isinstance(cell.spec, BallStickCell):
        return BALL_STICK
    raise CellError(
        f"{cell.label} has no template_params, so it cannot be built again in another process; use the "
        "functions of bluecellab.analysis, which take any cell"
    )


def view_of(cell: AnyLiveCell) -> AnyLiveCell:
    """Return the face of a cell that the rooms know, whose sections are handles, of the very same cell."""
    view = AnyLiveCell.__new__(AnyLiveCell)
    view.__dict__ = cell.__dict__
    return view


def properties_of(cell: AnyLiveCell) -> EmodelProperties:
    """Return the properties that a cell was made with.

    Raises
    ------
    ValueError
        If it was made without.
    """
    properties = template_of(cell).emodel_properties
    if properties is None:
        raise ValueError(
            f"{cell.label} has no emodel_properties: make it with "
            "emodel_properties=EmodelProperties(threshold_current=..., holding_current=...)"
        )
    return properties


def holding_of(cell: AnyLiveCell) -> float:
    """Return the holding current of a cell in nA.

    Raises
    ------
    StimulusError
        If it says none.
    """
    if cell.hypamp is None:
        raise StimulusError(
            f"{cell.label} says no holding current (Cell.hypamp must be set): make it with emodel_properties"
        )
    return float(cell.hypamp)


def validate_section_and_segment(cell: AnyLiveCell, section_name: str, segment_position: float) -> None:
    """Refuse a section that a cell does not have, or a position outside 0 to 1.

    Raises
    ------
    ValueError
        Naming it.
    """
    if section_name not in cell.sections:
        raise ValueError(f"Section '{section_name}' not found in {cell.label}: {cell._inventory()}")
    if not 0.0 <= segment_position <= 1.0:
        raise ValueError(f"Segment position must be between 0 and 1, not {segment_position}")


def accepts_cvode(template: str | os.PathLike[str]) -> bool:
    """Whether a template has no stochastic channels, by the published rule: it says nothing of StochKv."""
    if not str(template):
        return True
    return "StochKv" not in Path(template).read_text(encoding="latin-1")


def isolation(cell: AnyCell | None = None) -> Isolation:
    """Return how workers begin: with the mechanisms that are loaded here, and a cell, if one is given."""
    return Isolation(mechanisms=_loaded(), modules=_MODULES, cell=cell)


def _loaded() -> list[Path]:
    importer.load_once()
    return [library.path for library in mechanisms.loaded() if library.path is not None]


@contextmanager
def workers(processes: int | None, jobs: int) -> Iterator[dict[str, Any]]:
    """Yield what tells a function of :mod:`bluecellab.analysis` where a specification is run."""
    count = processes if processes is None else max(1, min(processes, jobs))
    if len(_loaded()) < 2:
        yield {"processes": count}
        return
    with Executor(count, isolation=isolation()) as own:
        yield {"executor": own}


def executor(processes: int | None, jobs: int, cell: AnyCell | None = None) -> Executor:
    """Return workers, at most as many as jobs; None means as many as there are processors but one."""
    count = processes if processes is None else max(1, min(processes, jobs))
    return Executor(count, isolation=isolation(cell))


def conditions(params: Sequence[Any], *, cvode: bool = True) -> RunConditions:
    """Return the conditions of this process, which hold in workers too: temperature, potential, seed.

    The step is variable if that is asked for and the template allows it. Its tolerance is a tenth of
    NEURON's, which would be seen in resistances (0.2 %) where steps are as long as they may be. BlueCelluLab
    stops at so many samples that it is not.
    """
    now = NeuronGlobals.get_instance()
    return RunConditions(
        celsius=now.temperature,
        v_init=now.v_init,
        cvode=cvode and accepts_cvode(params[0]),
        cvode_atol=_TOLERANCE,
        base_seed=RNGSettings.get_instance().base_seed,
    )


def rebuilt(
    function: Callable[Concatenate[AnyLiveCell, P], T], params: Any, /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call a function with a cell that is built from parameters for it, in a process of its own.

    Parameters
    ----------
    function
        Takes a live cell and values, returns a value.
    params
        Template, morphology, format, properties.
    *args, **kwargs
        Further arguments of the function.
    """
    return isolation(specification(params)).run(function, *args, **kwargs)


def rebuilt_here(
    function: Callable[Concatenate[AnyLiveCell, P], T], params: Any, /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """As :func:`rebuilt`, in this process: for workers."""
    importer.load_once()
    with AnyLiveCell.from_spec(specification(params)) as cell:
        return function(cell, *args, **kwargs)
