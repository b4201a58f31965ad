"""``python -m benchmarks [--quick] [names]``: measure, print a table, write ``benchmarks/RESULTS.md``."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bionet import bench_bionet
from benchmarks.experiments import bench_experiments, bench_workers
from benchmarks.harness import (
    PEER,
    ROOT,
    WRONG,
    Budget,
    Row,
    Task,
    compared,
    in_turn,
    machine,
    numbers,
    table,
)
from benchmarks.scaling import bench_scaling
from benchmarks.sections import TITLES, Section, joined, merged, parsed
from benchmarks.synapses import bench_synapses

RESULTS = Path(__file__).parent / "RESULTS.md"
#: How many comparisons there are of each name, which share the time.
TURNS = {
    "import": 1,
    "run": 2,
    "create": 1,
    "isolated": 2,
    "leak": 6,
    "synapses": 14,
    "experiments": 8,
    "workers": 3,
    "bionet": 5,
    "scaling": 14,
}
HEAD = """# Benchmarks

CPU time, in fresh processes that take turns; medians over n rounds, and the median of the rounds' ratios. "Bare
NEURON" is a hand-written script that does and records the same. `python -m benchmarks` measures and writes all of
it, `python -m benchmarks NAME` a section.
"""


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    rounds: int
    repeats: int
    tstop: float
    jobs: int
    cycles: int


FULL = Scale(rounds=7, repeats=3, tstop=1000.0, jobs=30, cycles=1000)
QUICK = Scale(rounds=1, repeats=1, tstop=100.0, jobs=5, cycles=40)
#: kB a cycle by scenario of tests.leaks.cycles.
LEAKS = {
    "ball_closed": 1.0,
    "ball_dropped": 1.0,
    "ball_progress": 1.0,
    "detailed_closed": 8.0,
    "detailed_progress": 8.0,
}


def detailed() -> dict[str, Any] | None:
    """The layer 5 pyramidal cell of the material (200 sections, 712 segments), if it was gathered."""
    from bluecellab.nrn.mechanisms import build, cache_folder

    root = cache_folder() / "material"
    if not (root / "index.json").is_file():
        return None
    cell = json.loads((root / "index.json").read_text(encoding="utf-8"))["cells"]["l5pc_v6"]
    return {
        "library": str(build(root / cell["mechanisms"]).path),
        "template": str(root / cell["template"]),
        "template_name": cell["template_name"],
        "morphology": str(root / cell["morphologies"]["asc"]),
        "format": cell["template_format"],
    }


def bench_import(scale: Scale) -> list[Row]:
    """Importing the package, which starts no NEURON."""
    names = ["Cell", "Simulation", "StimulusFactory"]
    tasks = {
        "ours": Task("ours", "import"),
        "bare": Task("bare", "import"),
        "names": Task("ours", "import", {"names": names}),
    }
    if PEER:
        tasks["peer"] = Task("peer", "import")
    answers = in_turn(tasks, scale.rounds + 2)
    started = any(answer["neuron"] for answer in answers["ours"] + answers["names"])
    note = f"{WRONG}: NEURON was started" if started else "NEURON not started"
    rows = [
        compared(
            "import bluecellab / from neuron import h",
            answers["ours"],
            answers["bare"],
            target=0.5,
            note=note,
        ),
        compared(f"from bluecellab import {', '.join(names)} / the same", answers["names"], answers["bare"]),
    ]
    if PEER:
        rows.append(compared("import bluecellab / import bluecellulab", answers["ours"], answers["peer"]))
    return rows


def bench_run(scale: Scale) -> list[Row]:
    """Running the detailed cell, with a step and five recordings, on both sides."""
    model = detailed()
    if model is None:
        return []
    rows = []
    for cvode in (False, True):
        arguments = {
            "model": model,
            "tstop": scale.tstop,
            "cvode": cvode,
            "repeats": scale.repeats,
            "clamp": [0.1 * scale.tstop, 0.8 * scale.tstop, 0.8],
        }
        answers = in_turn(
            {
                "bare": Task("bare", "run", arguments),
                "ours": Task("ours", "run", arguments),
                "progress": Task("ours", "run", {**arguments, "progress": True}),
            },
            scale.rounds,
        )
        traces = {answer["trace"] for several in answers.values() for answer in several}
        same = "same trace bit for bit" if len(traces) == 1 else f"{WRONG}: traces differ"
        note = f"{same}, {answers['ours'][0]['spikes']} spikes"
        what = f"run {scale.tstop:g} ms, {'CVODE' if cvode else 'fixed step'}"
        rows += [
            compared(f"{what} / bare NEURON", answers["ours"], answers["bare"], target=1.02, note=note),
            compared(
                f"{what}, with progress / bare", answers["progress"], answers["bare"], target=1.03, note=note
            ),
            compared(
                f"run 0.025 ms, {'CVODE' if cvode else 'fixed step'} / bare: cost of a run()",
                answers["ours"],
                answers["bare"],
                key="short",
                unit="ms",
                scale=1000,
            ),
        ]
    return rows


def bench_create(scale: Scale) -> list[Row]:
    """Creating the detailed cell: the first of its morphology, and later ones."""
    model = detailed()
    if model is None:
        return []
    arguments = {"model": model, "count": 4}
    tasks = {"ours": Task("ours", "create", arguments), "bare": Task("bare", "create", arguments)}
    if PEER:
        tasks["peer"] = Task("peer", "create", arguments)
    answers = in_turn(tasks, max(1, scale.rounds // 2))
    shapes = {shape for name in ("ours", "bare") for answer in answers[name] for shape in answer["geometry"]}
    note = "same geometry bit for bit" if len(shapes) == 1 else f"{WRONG}: geometries differ"
    rows = [
        compared(
            "create later cells / bare NEURON", answers["ours"], answers["bare"], target=0.25, note=note
        ),
        compared(
            "create the first cell, everything loaded / bare", answers["ours"], answers["bare"], key="first"
        ),
    ]
    if PEER:
        rows.append(compared("create later cells / bluecellulab", answers["ours"], answers["peer"]))
    return rows


def bench_isolated(scale: Scale) -> list[Row]:
    """Running jobs in processes of their own, on a warm pool."""
    rows = []
    models = {"ball and stick": None, "detailed cell": detailed()}
    for name, model in models.items():
        if name != "ball and stick" and model is None:
            continue
        answers = in_turn(
            {"ours": Task("ours", "isolated", {"count": scale.jobs, "model": model})},
            max(1, scale.rounds // 2),
        )["ours"]
        own = statistics.median(numbers(answers, "own")) * 1000
        rows.append(
            Row(
                f"isolated job of a {name}: wall time beyond its own",
                statistics.median(numbers(answers, "wall")) * 1000,
                "ms",
                rounds=scale.jobs * len(answers),
                target=30.0,
                note=f"own time {own:.0f} ms",
            )
        )
    return rows


def bench_leak(scale: Scale) -> list[Row]:
    """Growth of create-record-stimulate-run-close cycles, and whether they slow down."""
    rows = []
    model = detailed()
    for scenario, limit in LEAKS.items():
        if scenario.startswith("detailed") and model is None:
            continue
        cycles = max(40, scale.cycles // 3) if scenario == "detailed_progress" else scale.cycles
        done = subprocess.run(
            [sys.executable, "-m", "tests.leaks.cycles", scenario, str(cycles)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{scenario} failed:\n{done.stderr[-4000:]}")
        found = json.loads(done.stdout.splitlines()[-1])
        census = f"{WRONG}: {found['census_change']}" if found["census_change"] else "unchanged"
        note = f"{found['cpu_ms']:.1f} ms a cycle, last / first {found['time_ratio']:.2f}, census {census}"
        rows.append(
            Row(
                f"growth a cycle, {scenario}",
                found["growth_kb"],
                "kB",
                rounds=cycles,
                target=limit,
                note=note,
            )
        )
    if PEER and model is not None:
        cycles = max(20, scale.cycles // 10)
        growth = Task("peer", "leak", {"model": model, "count": cycles}).run()
        rows.append(Row("growth a cycle of bluecellulab, detailed", growth["growth_kb"], "kB", rounds=cycles))
    return rows


BENCHMARKS: dict[str, Callable[[Scale], list[Row]]] = {
    "import": bench_import,
    "run": bench_run,
    "create": bench_create,
    "isolated": bench_isolated,
    "leak": bench_leak,
    "synapses": lambda scale: bench_synapses(scale.rounds, scale.repeats, quick=scale is QUICK),
    "experiments": lambda scale: bench_experiments(scale.rounds, quick=scale is QUICK),
    "workers": lambda scale: bench_workers(scale.rounds, quick=scale is QUICK),
    "bionet": lambda scale: bench_bionet(scale.rounds, quick=scale is QUICK),
    "scaling": lambda scale: bench_scaling(scale.rounds, quick=scale is QUICK),
}


def main() -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split(":")[1])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="briefly, as a check that everything works")
    parser.add_argument("--rounds", type=int, help="how often the sides take turns")
    parser.add_argument(
        "--minutes", type=float, default=25.0, help="roughly how long all of it may take (default: 25)"
    )
    parser.add_argument("--output", type=Path, help="where to write the tables; RESULTS.md unless --quick")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    scale = QUICK if arguments.quick else FULL
    if arguments.rounds:
        scale = dataclasses.replace(scale, rounds=arguments.rounds)
    names = list(arguments.names or BENCHMARKS)
    rows, sections = [], []
    Budget.begin(arguments.minutes * 60, sum(TURNS[name] for name in names))
    for number, name in enumerate(names, 1):
        print(f"{name} ...", file=sys.stderr, flush=True)
        began = time.monotonic()
        some = BENCHMARKS[name](scale)
        Budget.turns = sum(TURNS[each] for each in names[number:])
        if arguments.quick:  # brief figures are no measurements
            some = [dataclasses.replace(row, target=None) for row in some]
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        if some:
            rows += some
            sections.append(section(name, some, arguments.minutes))
    if detailed() is None:
        print(
            "The real models are missing, so half of it was left out: python scripts/material.py",
            file=sys.stderr,
        )
    print(table(rows))
    output = arguments.output or (None if arguments.quick else RESULTS)
    if output is not None:
        output.write_text(joined(HEAD, merged(parsed(output), sections)), encoding="utf-8")
        print(f"written to {output}", file=sys.stderr)
    return int(any(row.met is False or row.wrong for row in rows))


def section(name: str, rows: list[Row], minutes: float) -> Section:
    """Return the section of a benchmark."""
    title, text = TITLES[name]
    how = f"Measured by `python -m benchmarks {name} --minutes {minutes:g}` on {dt.datetime.now(dt.timezone.utc):%Y-%m-%d}."
    parts = [how, text, machine(), table(rows)]
    return Section(title, "\n\n".join(part for part in parts if part))


if __name__ == "__main__":
    sys.exit(main())
