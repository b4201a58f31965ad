"""``bluecellab plot``: a figure of a cell, of what it does, or of a file of spikes, written to a file."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bluecellab.cli import fi, iv, options, output
from bluecellab.errors import InvalidSpecError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bluecellab.results import Results, Spikes
    from bluecellab.results.arrays import FloatArray
    from bluecellab.results.measured import CellShape
    from bluecellab.results.spikes import SpikeSource

__all__ = ["add_parser"]

_SUFFIXES = (".png", ".pdf", ".svg")

Draw = Callable[[argparse.Namespace], "Figure"]


def add_parser(subparsers: options.Subparsers) -> None:
    """Add the sub-command to the command line."""
    parser = subparsers.add_parser(
        "plot",
        help="draw a cell, what it does, or spikes, to a file",
        description="Draw a figure and write it to a .png, .pdf or .svg file.",
    )
    kinds = parser.add_subparsers(title="kinds", metavar="KIND", required=True)
    for name, what, draw in (
        ("response", "stimulus above response of a protocol", _response),
        ("traces", "what a protocol records", _traces),
    ):
        kind = _add_kind(kinds, name, draw, what)
        kind.add_argument(
            "--protocol", type=Path, required=True, metavar="FILE.json", help="what Protocol.to_json() gives"
        )
        options.add_condition_options(kind)
    for name, what, draw in (
        ("morphology", "a cell in the plane or in space", _morphology),
        ("dendrogram", "the tree of a cell", _dendrogram),
    ):
        kind = _add_kind(kinds, name, draw, what)
        kind.add_argument(
            "--variable", metavar="NAME", help="range variable to colour by, such as gnabar_hh or diam"
        )
        if name == "morphology":
            kind.add_argument("--dimensions", type=int, choices=(2, 3), default=2, help="default: 2")
    for name, what, draw, module in (
        ("iv", "an IV curve of a cell", _iv, iv),
        ("fi", "an FI curve of a cell", _fi, fi),
    ):
        module.add_options(_add_kind(kinds, name, draw, what))
    _add_bap(kinds)
    _add_raster(kinds)


def _add_kind(
    kinds: options.Subparsers, name: str, draw: Draw, what: str, *, cell: bool = True
) -> argparse.ArgumentParser:
    kind = options.new_parser(
        kinds,
        name,
        _run,
        help=what,
        description=f"Draw {what}, and write the figure to a file.",
        exit_codes="Exit codes: 0 all went well; 1 an error; 2 wrong usage.",
    )
    kind.set_defaults(draw=draw)
    kind.add_argument("--title", default="", help="of the figure")
    kind.add_argument("--dpi", type=options.whole, default=150, help="of a .png (default: 150)")
    output.add_output_options(kind, _SUFFIXES, needed=True)
    if cell:
        options.add_cell_options(kind, several=False)
    return kind


def _run(arguments: argparse.Namespace) -> int:
    output.check_output(arguments)
    figure = arguments.draw(arguments)

    def save(path: Path) -> None:
        figure.savefig(path, dpi=arguments.dpi)

    output.write(arguments.output, save, force=arguments.force)
    print(f"{arguments.output} written")
    return 0


def _results(arguments: argparse.Namespace) -> Results:
    from bluecellab.simulation.protocol import run_protocol
    from bluecellab.spec.protocols import Protocol

    path: Path = arguments.protocol
    try:
        protocol = Protocol.from_json(path.read_bytes())
    except OSError as error:
        raise InvalidSpecError(f"{path} cannot be read: {error.strerror}") from error
    except InvalidSpecError as error:
        raise InvalidSpecError(f"{path}: {error}") from error
    conditions = options.conditions_of(arguments, protocol.conditions)
    protocol = Protocol.from_dict({**protocol.to_dict(), "conditions": conditions.to_dict()})
    _, cell = options.one_cell_of(arguments)
    return run_protocol(cell, protocol)


def _response(arguments: argparse.Namespace) -> Figure:
    from bluecellab.plotting import plot_response

    results = _results(arguments)
    return plot_response(results, title=arguments.title or results.protocol.name)


def _traces(arguments: argparse.Namespace) -> Figure:
    from bluecellab.plotting import plot_traces

    results = _results(arguments)
    return plot_traces(results.traces, title=arguments.title or results.protocol.name)


def _shape(arguments: argparse.Namespace) -> tuple[CellShape, str]:
    from bluecellab.analysis.running import on_live

    name, cell = options.one_cell_of(arguments)
    variables = () if arguments.variable is None else (arguments.variable,)
    return on_live(lambda live: live.shape(variables), cell), arguments.title or name


def _morphology(arguments: argparse.Namespace) -> Figure:
    from bluecellab.plotting import plot_morphology

    shape, title = _shape(arguments)
    return plot_morphology(shape, arguments.variable, dimensions=arguments.dimensions, title=title)


def _dendrogram(arguments: argparse.Namespace) -> Figure:
    from bluecellab.plotting import plot_dendrogram

    shape, title = _shape(arguments)
    return plot_dendrogram(shape, arguments.variable, title=title)


def _iv(arguments: argparse.Namespace) -> Figure:
    from bluecellab.plotting import plot_iv

    (found,) = iv.measure(arguments)[0]
    return plot_iv(found.unwrap(), title=arguments.title or found.name)


def _fi(arguments: argparse.Namespace) -> Figure:
    from bluecellab.plotting import plot_fi

    (found,) = fi.measure(arguments)[0]
    return plot_fi(found.unwrap(), title=arguments.title or found.name)


def _add_bap(kinds: options.Subparsers) -> None:
    kind = _add_kind(kinds, "bap", _bap, "the attenuation of an action potential along the dendrites")
    kind.add_argument(
        "--amplitude", type=options.quantity("nA"), required=True, metavar="NA", help="of the step"
    )
    kind.add_argument(
        "--duration",
        type=options.quantity("ms", positive=True),
        default=5.0,
        metavar="MS",
        help="of the step (default: 5)",
    )
    options.add_condition_options(kind)


def _bap(arguments: argparse.Namespace) -> Figure:
    from bluecellab.analysis.back_propagation import back_propagation
    from bluecellab.plotting import plot_back_propagation
    from bluecellab.spec.simulation import RunConditions

    _, cell = options.one_cell_of(arguments)
    found = back_propagation(
        cell,
        amplitude=arguments.amplitude,
        duration=arguments.duration,
        holding_current=arguments.holding,
        conditions=options.conditions_of(arguments, RunConditions(cvode="auto", v_init=-80.0)),
    )
    return plot_back_propagation(found, title=arguments.title)


def _add_raster(kinds: options.Subparsers) -> None:
    kind = _add_kind(kinds, "raster", _raster, "the spikes of a SONATA file", cell=False)
    milliseconds = options.quantity("ms", positive=True)
    kind.add_argument("spikes", type=Path, metavar="spikes.h5", help="file of spikes")
    kind.add_argument("--population", metavar="NAME", help="only this one")
    kind.add_argument(
        "--until", type=milliseconds, metavar="MS", help="end of the run (default: the last spike)"
    )
    kind.add_argument(
        "--bin-width", type=milliseconds, metavar="MS", help="draw rates below, in bins of this width"
    )


def _raster(arguments: argparse.Namespace) -> Figure:
    from bluecellab.plotting import plot_raster

    return plot_raster(_spikes(arguments), bin_width=arguments.bin_width, title=arguments.title)


def _spikes(arguments: argparse.Namespace) -> Spikes:
    """Read the spikes of each cell, up to the end that was asked for."""
    import numpy as np

    from bluecellab.results import Spikes
    from bluecellab.results.sonata.spikes import read_spikes
    from bluecellab.spec.base import CellId

    found: dict[SpikeSource, FloatArray] = {}
    last = 0.0
    for population, (times, nodes) in read_spikes(arguments.spikes, arguments.population).items():
        if arguments.until is not None:
            kept = times <= arguments.until
            times, nodes = times[kept], nodes[kept]
        order = np.argsort(nodes, kind="stable")
        ids, starts = np.unique(nodes[order], return_index=True)
        for node, train in zip(ids.tolist(), np.split(times[order], starts[1:]), strict=False):
            found[CellId(population, node)] = train
        last = max(last, float(times.max(initial=0.0)))
    return Spikes(found, t_stop=last if arguments.until is None else arguments.until)
