"""What the commands iv and fi share: the options of a curve, and one curve or several."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Concatenate, TypeVar

from bluecellab.cli import options
from bluecellab.cli.measuring import Named, measured
from bluecellab.cli.progress import side_by_side
from bluecellab.errors import BluecellabError

if TYPE_CHECKING:
    from bluecellab.analysis.curves import CurveSettings
    from bluecellab.cell import Cell
    from bluecellab.spec.cells import AnyCell

__all__ = ["add_curve_options", "add_where", "measured_curves", "settings_of", "where"]

C = TypeVar("C")


def add_curve_options(parser: argparse.ArgumentParser, by_default: str) -> None:
    """Add the options of a curve.

    Parameters
    ----------
    parser
        Of the command.
    by_default
        Which currents are taken by default.
    """
    current = options.quantity("nA")
    parser.add_argument(
        "--currents",
        type=current,
        nargs="+",
        metavar="NA",
        help=f"steps, on top of the holding current (default: {by_default}); after the cells",
    )
    parser.add_argument("--bins", type=options.whole, metavar="N", help="how many steps by default (11)")
    add_where(parser)


def add_where(parser: argparse.ArgumentParser) -> None:
    """Add the options that say when and where a step is injected, and where its effect is looked at."""
    group = parser.add_argument_group("the step")
    for name, what in (
        ("delay", "begin of the step (default: 100)"),
        ("duration", "length of the step (default: 500)"),
        ("post-delay", "how long a run goes on after it (default: 100)"),
    ):
        group.add_argument(f"--{name}", type=options.quantity("ms"), metavar="MS", help=what)
    for name, what in (("injected", "where the step is injected"), ("recorded", "where it is recorded")):
        group.add_argument(
            f"--{name}",
            type=options.site,
            metavar="SITE",
            help=f"{what}, such as 'dend[3](0.7)' (default: middle of the soma)",
        )
    group.add_argument(
        "--spike-threshold",
        type=options.quantity("mV"),
        default=-20.0,
        metavar="MV",
        help="potential above which it is a spike (default: -20)",
    )


def settings_of(arguments: argparse.Namespace) -> CurveSettings:
    """Return how the points of a curve are measured.

    Raises
    ------
    InvalidSpecError
        If times or conditions are bad.
    """
    from bluecellab.analysis.curves import CurveSettings
    from bluecellab.analysis.steps import StepTimes

    default = CurveSettings()
    times = {name: getattr(arguments, name) for name in ("delay", "duration", "post_delay")}
    given: dict[str, object] = {
        "times": StepTimes(
            **{**default.times.to_dict(), **{name: each for name, each in times.items() if each is not None}}
        ),
        "spike_threshold": arguments.spike_threshold,
        "holding_current": arguments.holding,
        "conditions": options.conditions_of(arguments, default.conditions),
    }
    for name in ("injected", "recorded"):
        if getattr(arguments, name) is not None:
            given[name] = getattr(arguments, name)
    return CurveSettings(**given)


def measured_curves(
    arguments: argparse.Namespace,
    measure: Callable[Concatenate[Cell | AnyCell, ...], C],
    cells: Mapping[str, AnyCell],
    settings: CurveSettings,
    **more: object,
) -> list[Named[C]]:
    """Measure a curve of each cell: the points of one cell side by side, or several cells.

    Parameters
    ----------
    arguments
        Of the command line.
    measure
        Measures one curve.
    cells
        The cells by name.
    settings
        How.
    **more
        Further keyword arguments of ``measure``; those that are None are left out.
    """
    given = {"currents": arguments.currents, "bins": arguments.bins, **more}
    given["threshold_current"] = arguments.threshold
    parameters = {name: value for name, value in given.items() if value is not None}
    parameters["settings"] = settings
    if len(cells) > 1:
        return measured(measure, cells, arguments.processes, **parameters)
    ((name, cell),) = cells.items()
    began = time.perf_counter()
    try:
        with side_by_side(arguments.processes) as places:
            curve = measure(cell, **parameters, executor=places.executor, processes=places.processes)
    except BluecellabError as error:
        return [Named(name, cell, error=error, seconds=time.perf_counter() - began)]
    return [Named(name, cell, curve, seconds=time.perf_counter() - began)]


def where(settings: CurveSettings) -> dict[str, object]:
    """Return when, where and how a curve was measured, for JSON."""
    facts = settings.to_dict()
    conditions = facts.pop("conditions")
    return {"conditions": conditions, "settings": facts}
