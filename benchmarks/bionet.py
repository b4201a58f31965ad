"""What sixty cells of five morphologies with 10 000 synapses cost, against BMTK's BioNet.

BMTK is measured when ``BLUECELLAB_BMTK_PYTHON`` names a Python that has it; the network is made by its builder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, WRONG, Answer, Row, Task, compared, in_turn

#: Seconds of BMTK that make up one of ours.
_PARTS = {
    "cells": ("build_nodes",),
    "edges": ("build_recurrent_edges", "add_spike_trains"),
    "run": ("run",),
    "all": ("all",),
}


@dataclass(frozen=True)
class NetworkTask(Task):
    """A configuration, simulated by one of the sides: ``ours``, ``merged`` or ``bmtk``."""

    def run(self) -> Answer:
        """Do it in a fresh process and in a folder of its own."""
        from tests.vs_bmtk.networks import simulate, write_config

        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            config = self.arguments["config"]
            if self.side == "bmtk":
                answer = simulate(config, folder)
                seconds = {
                    mine: sum(answer["seconds"].get(part, 0.0) for part in parts)
                    for mine, parts in _PARTS.items()
                }
            else:
                answer = self._ours(write_config(config, folder))
                seconds = answer["seconds"]
            return {**seconds, "mb": answer["peak_kb"] / 1024, "spikes": _spikes(folder / "output")}

    def _ours(self, config: Path) -> Answer:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmarks.bionet_ours",
                str(config),
                "merge" if self.side == "merged" else "",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{config} failed:\n{done.stderr[-4000:]}")
        answer: Answer = json.loads(done.stdout.splitlines()[-1])
        return answer


def _spikes(output: Path) -> list[tuple[int, float]]:
    from tests.vs_bmtk.comparing import spikes_of

    found = spikes_of(output / "spikes.h5").get("cortex")
    return [] if found is None else sorted(zip(*(column.round(6).tolist() for column in found), strict=True))


def cases(quick: bool) -> Mapping[str, tuple[Any, float]]:
    """Return configurations by name, and the ratio that the run is to have."""
    from tests.vs_bmtk.configs import trains_of
    from tests.vs_bmtk.variants import SOMA, Case, membrane

    long = 50.0 if quick else 500.0
    base = {"network": "sixty", "plain": True, "inputs": trains_of("sixty")}
    electrodes = {
        "module": "extracellular",
        "cells": "detailed",
        "electrode_positions": "$FILES/fifty.csv",
        "file_name": "ecp.h5",
    }
    return {
        "no reports": (Case(**base, tstop=long), 1.0),
        "soma voltages of all cells": (Case(**base, tstop=long, reports={"soma": SOMA}), 0.6),
        "voltages of all segments of ten cells": (
            Case(**base, tstop=long, reports={"v": membrane("v", list(range(0, 60, 6)), "all")}),
            0.4,
        ),
        "potentials at 50 electrodes": (
            Case(**base, tstop=10.0 if quick else 100.0, reports={"ecp": electrodes}),
            0.02,
        ),
    }


def bench_bionet(rounds: int, *, quick: bool) -> list[Row]:
    """Return all rows; none without BMTK or the material."""
    from bluecellab.nrn.mechanisms import cache_folder
    from tests.vs_bmtk.configs import config, trains_of
    from tests.vs_bmtk.networks import PYTHON, library, networks
    from tests.vs_bmtk.variants import SOMA, Case

    if not PYTHON or not (cache_folder() / "material" / "index.json").is_file():
        return []
    root = networks()
    library(root)
    short = Case("sixty", plain=True, inputs=trains_of("sixty"), reports={"soma": SOMA}, tstop=50.0)
    rows = _whole(config(short, root), rounds)
    for name, (case, target) in cases(quick).items():
        wanted = {"config": config(case, root)}
        fewer = max(1, rounds // 2) if "electrodes" in name else rounds
        tasks = {side: NetworkTask(side, name, wanted) for side in ("ours", "bmtk")}
        if name == "no reports":
            tasks["merged"] = NetworkTask("merged", name, wanted)
        answers = in_turn(tasks, fewer)
        what = f"run {case.tstop:g} ms of 60 cells"
        note = _same(answers)
        rows.append(
            compared(
                f"{what}, {name} / BMTK",
                answers["ours"],
                answers["bmtk"],
                key="run",
                target=target,
                note=note,
            )
        )
        if "merged" in answers:
            rows.append(
                compared(
                    f"{what}, merged synapses / not merged",
                    answers["merged"],
                    answers["ours"],
                    key="run",
                    target=0.75,
                    note=note,
                )
            )
    return rows


def _whole(config: dict[str, Any], rounds: int) -> list[Row]:
    answers = in_turn(
        {side: NetworkTask(side, "all", {"config": config}) for side in ("ours", "bmtk")}, rounds
    )
    note, ours, theirs = _same(answers), answers["ours"], answers["bmtk"]
    return [
        compared("60 cells of 5 morphologies / BMTK", ours, theirs, key="cells", target=0.05),
        compared("10 000 synapses / BMTK", ours, theirs, key="edges", target=0.15),
        compared("whole process, 50 ms of 60 cells / BMTK", ours, theirs, key="all", target=0.1, note=note),
        compared("peak memory, 60 cells / BMTK", ours, theirs, key="mb", unit="MB", target=0.4),
    ]


def _same(answers: Mapping[str, list[Answer]]) -> str:
    found = {json.dumps(each["spikes"]) for several in answers.values() for each in several}
    count = len(next(iter(answers.values()))[0]["spikes"])
    return f"the same {count} spikes" if len(found) == 1 else f"{WRONG}: spikes differ"
