"""Rheobase, IV and FI curves and the validation suite, against a bare script that does the simulations in one process.

Each experiment is measured on a live cell (the experiment alone), and on a specification with one worker: once in a
fresh process (all of it, imports, servers and the cell included), and on servers that are there (what each further one
costs). ``workers`` compares two workers with one by wall time, which needs a machine that does nothing else.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

from benchmarks.harness import WRONG, Answer, Row, Task, compared, in_turn

#: Largest ratio that is aimed at.
TARGETS = {"rheobase": 1.15, "iv": 1.2, "fi": 1.2, "validation": 1.3}
#: Rheobase of the cells in nA.
CELLS = {"sscx_v6": 0.11248, "l5pc_v6": 0.40421}
_AGAIN = 3


def models() -> dict[str, dict[str, Any]]:
    """The layer 4 and layer 5 pyramidal cells of the material, if it was gathered."""
    from bluecellab.nrn.mechanisms import build, cache_folder

    root = cache_folder() / "material"
    if not (root / "index.json").is_file():
        return {}
    index = json.loads((root / "index.json").read_text(encoding="utf-8"))["cells"]
    return {
        name: {
            "library": str(build(root / index[name]["mechanisms"]).path),
            "template": str(root / index[name]["template"]),
            "template_name": index[name]["template_name"],
            "morphology": str(root / index[name]["morphologies"]["asc"]),
            "format": index[name]["template_format"],
            "holding": index[name]["holding_current"],
            "threshold": threshold,
        }
        for name, threshold in CELLS.items()
    }


def bench_experiments(rounds: int, *, quick: bool) -> list[Row]:
    """Measure every experiment on both cells, or, quickly, two on one."""
    rows = []
    for name, model in list(models().items())[: 1 if quick else None]:
        for job, target in TARGETS.items():
            if not (quick and job in ("fi", "validation")):
                rows += _rows(name, job, model, 1 if quick else rounds, target)
    return rows


def bench_workers(rounds: int, *, quick: bool) -> list[Row]:
    """Compare the wall time of two workers with that of one, on servers that are there."""
    rows = []
    for name, model in list(models().items())[-1:]:
        for job in ("iv",) if quick else ("iv", "fi", "validation"):
            arguments = {"model": model, "live": False, "times": 1 + _AGAIN}
            tasks = {
                count: Task("experiment_ours", job, {**arguments, "processes": number})
                for number, count in ((1, "one"), (2, "two"))
            }
            answers = in_turn(tasks, 1 if quick else rounds)
            what = f"{name} {job}, wall time of two workers / one"
            rows.append(compared(what, answers["two"], answers["one"], key="wall", target=0.65))
    return rows


def _rows(name: str, job: str, model: dict[str, Any], rounds: int, target: float) -> list[Row]:
    def task(side: str, **options: Any) -> Task:
        return Task(f"experiment_{side}", job, {"model": model, "times": 1, **options})

    tasks = {
        "bare": task("bare"),
        "live": task("ours", live=True),
        "cold": task("ours", live=False),
        "warm": task("ours", live=False, times=1 + _AGAIN),
    }
    answers = in_turn(tasks, rounds)
    further = [
        {"cpu": (warm["all"] - cold["all"]) / _AGAIN}
        for warm, cold in zip(answers["warm"], answers["cold"], strict=True)
    ]
    bare = answers["bare"]
    note = f"{bare[0]['simulations']} simulations; {_agreement(job, answers)}"
    what = f"{name} {job}"
    return [
        compared(f"{what}, live cell / bare", answers["live"], bare, target=target, note=note),
        compared(f"{what}, isolated, servers there / bare", further, bare, target=target),
        compared(f"{what}, isolated, whole process / bare", answers["cold"], bare, key="all"),
    ]


def _agreement(job: str, answers: dict[str, list[Answer]]) -> str:
    """Say how far the values are apart, or that they are wrong."""
    bare = answers["bare"][0]["value"]
    values = [answer["value"] for name, several in answers.items() if name != "bare" for answer in several]
    if any(value != values[0] for value in values):
        return f"{WRONG}: live and isolated differ"
    if job == "rheobase":
        apart = abs(values[0] - bare)
        return f"{apart:.4f} nA apart" if apart <= 0.005 else f"{WRONG}: {values[0]} and {bare} nA"
    ours, theirs = (values[0], bare) if job == "validation" else ([values[0]] * 2, [bare] * 2)
    if job != "iv" and ours[1] != theirs[1]:
        return f"{WRONG}: {ours[1]} and {theirs[1]} spikes"
    if job == "fi":
        return "equal counts"
    apart = statistics.fmean(abs(a - b) for a, b in zip(ours[0], theirs[0], strict=True))
    return f"{apart:.1e} mV apart on average"
