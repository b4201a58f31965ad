"""What synapses cost: made of arrays, run, and taken from a circuit."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import PEER, WRONG, Row, Task, compared, in_turn, numbers
from benchmarks.synapse_circuit import write

_T_STOP = 50.0
COUNTS = (1_000, 5_000, 20_000)


def model() -> dict[str, Any] | None:
    """The layer 5 cell of the somatosensory cortex, whose mechanisms have synapses; if it was gathered."""
    from bluecellab.nrn.mechanisms import build, cache_folder

    root = cache_folder() / "material"
    if not (root / "index.json").is_file():
        return None
    cell = json.loads((root / "index.json").read_text(encoding="utf-8"))["cells"]["sscx_v6"]
    return {
        "library": str(build(root / cell["mechanisms"]).path),
        "template": str(root / cell["template"]),
        "template_name": cell["template_name"],
        "morphology": str(root / cell["morphologies"]["asc"]),
        "format": cell["template_format"],
    }


def built(found: dict[str, Any], rounds: int, repeats: int, counts: tuple[int, ...]) -> list[Row]:
    """Making synapses and NetCons of arrays, against a plain loop."""
    rows = []
    for minis in (False, True):
        for count in counts:
            arguments = {"model": found, "count": count, "minis": minis, "repeats": repeats}
            answers = in_turn(
                {
                    "ours": Task("synapse_ours", "build", arguments),
                    "bare": Task("synapse_bare", "build", arguments),
                },
                rounds,
            )
            what = f"{count} synapses{' with minis' if minis else ''}"
            each = min(numbers(answers["ours"], "cpu")) / count * 1e6
            rows.append(
                compared(
                    f"{what} / plain loop",
                    answers["ours"],
                    answers["bare"],
                    unit="ms",
                    scale=1000,
                    target=1.0,
                    note=f"{each:.1f} us each",
                )
            )
            if count == max(counts):
                ours, bare = (min(numbers(answers[side], "kb")) for side in ("ours", "bare"))
                rows.append(
                    Row(
                        f"{what}: memory of one, beyond the plain loop's",
                        ours - bare,
                        "kB",
                        rounds=rounds,
                        target=3.0,
                        note=f"{ours:.2f} and {bare:.2f} kB",
                    )
                )
    return rows


def run(found: dict[str, Any], rounds: int, tstop: float) -> list[Row]:
    """Running a cell with them, against VecStim and InhPoissonStim."""
    rows = []
    for minis in (False, True):
        arguments = {"model": found, "count": 5_000, "minis": minis, "tstop": tstop, "repeats": 1}
        answers = in_turn(
            {
                "ours": Task("synapse_ours", "run", arguments),
                "bare": Task("synapse_bare", "run", arguments),
            },
            rounds,
        )
        rows.append(
            compared(
                f"run {tstop:g} ms with 5000 synapses{', minis' if minis else ''} and replay / bare NEURON",
                answers["ours"],
                answers["bare"],
                target=1.02,
            )
        )
    return rows


def taken(found: dict[str, Any], rounds: int, counts: tuple[int, ...]) -> list[Row]:
    """Taking a cell with its synapses out of a circuit on disk, net of the cell, against the peer."""
    rows = []
    ids = Task("synapse_ours", "sections", {"model": found}).run()["ids"]
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            config = write(Path(folder) / str(count), found, count, ids, _T_STOP)
            for minis in (False, True):
                arguments = {
                    "model": found,
                    "config": config,
                    "count": count,
                    "minis": minis,
                    "tstop": _T_STOP,
                }
                answers = in_turn(
                    {
                        "ours": Task("synapse_ours", "circuit", arguments),
                        "peer": Task("synapse_peer", "circuit", arguments),
                    },
                    rounds,
                )
                ours, theirs = (np.array(answers[side][0]["trace"]) for side in ("ours", "peer"))
                same = len(ours) == len(theirs) and float(np.abs(ours - theirs).max())
                note = (
                    f"largest difference {same:.1g} mV"
                    if same is not False and same < 1e-9
                    else f"{WRONG}: traces differ"
                )
                rows.append(
                    compared(
                        f"{count} synapses of a circuit{' with minis' if minis else ''}, replay / bluecellulab",
                        answers["ours"],
                        answers["peer"],
                        unit="ms",
                        scale=1000,
                        target=0.1,
                        note=note,
                    )
                )
    return rows


def bench_synapses(rounds: int, repeats: int, *, quick: bool) -> list[Row]:
    """Return all rows; none if the real models are missing."""
    found = model()
    if found is None:
        return []
    counts = COUNTS[:1] if quick else COUNTS
    return [
        *built(found, rounds, repeats, counts),
        *run(found, max(1, rounds // 2), 20.0 if quick else 200.0),
        *(taken(found, max(1, rounds // 3), counts) if PEER else []),
    ]
