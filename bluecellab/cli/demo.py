"""``bluecellab demo``: the main job on the embedded cell, no compiler needed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bluecellab.errors import MissingDependencyError

__all__ = ["add_parser", "run"]

_CELSIUS = 22.0  # room temperature


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command to the command line."""
    parser = subparsers.add_parser(
        "demo",
        help="create a cell, stimulate it, run, and write traces and a plot",
        description="Create the embedded ball-and-stick cell, inject a step of current, run it, print what "
        "happened, and write demo_traces.csv and demo.png.",
    )
    parser.add_argument("--output", type=Path, default=Path(), help="folder to write to (default: here)")
    parser.add_argument("--amplitude", type=float, default=0.25, help="step in nA (default: 0.25)")
    parser.add_argument(
        "--duration", type=float, default=100.0, help="length of the run in ms (default: 100)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do the demonstration; return the exit code."""
    from bluecellab.cell import create_ball_stick
    from bluecellab.recording import traces_of
    from bluecellab.simulation import Simulation
    from bluecellab.spec.stimuli import Step

    duration = arguments.duration
    step = Step(delay=0.2 * duration, duration=0.6 * duration, amplitude=arguments.amplitude)
    with create_ball_stick() as cell, Simulation(celsius=_CELSIUS) as simulation:
        simulation.add_cell(cell)
        stimulus = cell.add_stimulus(step)
        soma = cell.record("v", cell.soma)
        tip = cell.record("v", cell.basal[0](1))
        cell.start_recording_spikes(None, "soma", -20)
        simulation.run(duration, cvode=False, show_progress=not arguments.quiet)
        traces, spikes = traces_of([soma, tip]), cell.get_recorded_spikes("soma", -20)
        waveform, potential = stimulus.waveform, soma.trace().values
        first = f", at {', '.join(f'{time:.2f}' for time in spikes[:8])} ms" if spikes else ""
        lines = [
            f"{cell!r}: area {cell.area():.1f} um2, {cell.n_segments} segments",
            f"stimulus: {arguments.amplitude:g} nA at {cell.at()} from {step.delay:g} ms on",
            f"run: {duration:g} ms at {_CELSIUS:g} degC, {traces!r}",
            f"spikes at the soma: {len(spikes)}{first}",
            f"potential of the soma: {potential.min():.1f} to {potential.max():.1f} mV",
        ]
    print("\n".join(lines))
    folder: Path = arguments.output
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "demo_traces.csv"
    traces.to_pandas().to_csv(table, float_format="%.6f")
    print(f"traces written to {table}")
    try:
        from bluecellab.plotting import plot_stimulus_and_response

        figure = plot_stimulus_and_response([waveform], traces)
        picture = folder / "demo.png"
        figure.savefig(picture, dpi=150)
        print(f"plot written to {picture}")
    except MissingDependencyError as error:
        print(f"no plot: {error}", file=sys.stderr)
    return 0
