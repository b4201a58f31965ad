"""Ranks, threads and engines on networks of 60 and 450 cells; 10^3 to 10^5 synapses and recorded variables.

"Busiest" is the rank or thread that took most CPU time. BMTK is measured with the same two ranks when
``BLUECELLAB_BMTK_PYTHON`` names a Python that has it, with mpi4py and mpich.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, WRONG, Answer, Row, Task, compared, in_turn
from benchmarks.scaling_units import bench_units

_RANKS = 2
_NATIVE = "BLUECELLAB_NATIVE"


@dataclass(frozen=True)
class ScalingTask(Task):
    """A configuration, by ``ours`` or ``bmtk``; ``job`` is ``"1"`` or ``"2"``, the number of ranks."""

    def run(self) -> Answer:
        """Do it in fresh processes, in a folder of its own."""
        from tests.vs_bmtk.networks import write_config

        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            config = write_config(self.arguments["config"], folder)
            if self.side == "bmtk":
                return self._bmtk(config, folder)
            options = {key: value for key, value in self.arguments.items() if key not in ("config", "native")}
            native = {_NATIVE: "1" if self.arguments.get("native") else "0"}
            module = ["-m", "benchmarks.scaling_ours", str(config), json.dumps(options)]
            return _asked(launcher(sys.executable, int(self.job)) + module, native)

    def _bmtk(self, config: Path, folder: Path) -> Answer:
        from tests.vs_bmtk.comparing import spikes_of
        from tests.vs_bmtk.networks import PYTHON, library, networks

        module = ["-m", "benchmarks.scaling_bmtk", str(library(networks())), str(config)]
        answer = _asked(launcher(PYTHON, int(self.job)) + module, {"MPI_LIB_NRN_PATH": str(_library(PYTHON))})
        seconds = answer["seconds"]
        edges = sum(seconds.get(name, 0.0) for name in ("build_recurrent_edges", "add_spike_trains"))
        found = spikes_of(folder / "output" / "spikes.h5").get("cortex")
        spikes = [] if found is None else list(zip(*(each.tolist() for each in found), strict=True))
        return {
            "build": seconds["build_nodes"] + edges,
            "run": seconds["run"],
            "wall": seconds["wall"],
            "peak_kb": answer["peak_kb"],
            "spikes": spikes,
        }


def _library(python: str) -> Path:
    return Path(python).absolute().parents[1] / "lib" / "libmpi.so.12"


def launcher(python: str, ranks: int) -> list[str]:
    """Return the beginning of a command: the Python, on ranks if there are to be several."""
    if ranks == 1:
        return [python]
    return [str(Path(python).absolute().with_name("mpirun")), "-n", str(ranks), python]


def has_ranks(python: str) -> bool:
    """Whether a Python has what starts ranks beside it."""
    return bool(python) and Path(launcher(python, 2)[0]).is_file()


def _asked(command: list[str], environment: Mapping[str, str]) -> Answer:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-1000:]}\n{done.stderr[-4000:]}")
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    answer: Answer = json.loads(lines[-1])
    return answer


def bench_scaling(rounds: int, *, quick: bool) -> list[Row]:
    """Return all rows; those of the network only with BMTK, which makes it, and the material."""
    from bluecellab.nrn.mechanisms import cache_folder
    from tests.vs_bmtk.networks import PYTHON

    rows = bench_units(rounds, quick=quick)
    if not PYTHON or not (cache_folder() / "material" / "index.json").is_file():
        return rows
    return [*bench_network(rounds, quick=quick), *rows]


def bench_network(rounds: int, *, quick: bool) -> list[Row]:
    """Return the rows of networks; briefly, of that of sixty cells only."""
    t_stop = 50.0 if quick else 1000.0
    plain, soma = (_config("sixty", t_stop, reports=reports) for reports in (False, True))
    what = f"60 cells, {t_stop:g} ms"
    rows = [*_strong(plain, what, rounds), *_weak(plain, rounds)]
    if quick:
        return [*rows, *_engines_briefly(plain, what), *_against_bmtk(plain, soma, what, rounds, quick=True)]
    rows += _against_bmtk(plain, soma, what, rounds, quick=False)
    plain, soma = (_config("large", t_stop, reports=reports) for reports in (False, True))
    what = f"450 cells, {t_stop:g} ms"
    rows += _engines(plain, what, rounds)  # what CoreNEURON needs is compiled first, which takes minutes
    return [*rows, *_against_bmtk(plain, soma, what, rounds, quick=False)]


def _config(network: str, t_stop: float, *, reports: bool) -> dict[str, Any]:
    from tests.vs_bmtk.configs import config, trains_of
    from tests.vs_bmtk.networks import large, library, networks
    from tests.vs_bmtk.variants import SOMA, Case

    root = large() if network == "large" else networks()
    library(root)
    made: dict[str, Any] = config(
        Case(
            network,
            plain=True,
            inputs=trains_of(network),
            tstop=t_stop,
            reports={"soma": SOMA} if reports else {},
        ),
        root,
    )
    return made


def _ours(config: Mapping[str, Any], ranks: int = 1, **options: Any) -> ScalingTask:
    return ScalingTask("ours", str(ranks), {"config": config, **options})


def _strong(config: Mapping[str, Any], what: str, rounds: int) -> list[Row]:
    tasks: dict[str, Task] = {"one": _ours(config), "threads": _ours(config, threads=2)}
    if has_ranks(sys.executable):
        tasks["ranks"] = _ours(config, _RANKS)
    answers = in_turn(tasks, rounds)
    note, rows = _same(answers), []
    for name, text in (("ranks", "busiest of 2 ranks"), ("threads", "busiest of 2 threads")):
        if name in answers:
            rows += [
                compared(
                    f"{what}: {text} / 1", answers[name], answers["one"], key="run", target=1 / 1.7, note=note
                ),
                compared(f"{what}: wall time, {name} / 1", answers[name], answers["one"], key="wall"),
            ]
    if "ranks" in answers:
        rows.append(compared("60 cells: build on 2 ranks / 1", answers["ranks"], answers["one"], key="build"))
    return rows


def _weak(config: Mapping[str, Any], rounds: int) -> list[Row]:
    if not has_ranks(sys.executable):
        return []
    answers = in_turn({"half": _ours(config, cells=30), "all": _ours(config, _RANKS)}, rounds)
    text = "30 cells a rank: run on 2 ranks / 1"
    return [
        compared(text, answers["all"], answers["half"], key="run"),
        compared("30 cells a rank: build on 2 ranks / 1", answers["all"], answers["half"], key="build"),
    ]


def _engines(config: Mapping[str, Any], what: str, rounds: int) -> list[Row]:
    core: dict[str, Any] = {"engine": "coreneuron"}
    tasks: dict[str, Task] = {
        "neuron": _ours(config),
        "CoreNEURON": _ours(config, **core),
        "CoreNEURON, native": _ours(config, native=True, **core),
        "CoreNEURON, native, merged": _ours(config, native=True, merge=True, **core),
        "CoreNEURON, native, merged, 2 threads": _ours(config, native=True, merge=True, threads=2, **core),
    }
    if has_ranks(sys.executable):
        tasks["CoreNEURON, native, merged, 2 ranks"] = _ours(config, _RANKS, native=True, merge=True, **core)
    targets = {
        "CoreNEURON": 1 / 1.3,
        "CoreNEURON, native": 1 / 1.8,
        "CoreNEURON, native, merged, 2 threads": 1 / 3.5,
    }
    answers = in_turn(tasks, rounds)
    note = _same(answers)
    return [
        compared(
            f"{what}: {name} / NEURON",
            answers[name],
            answers["neuron"],
            key="run",
            target=targets.get(name),
            note=note,
        )
        for name in list(tasks)[1:]
    ]


def _engines_briefly(config: Mapping[str, Any], what: str) -> list[Row]:
    """Return one row: that CoreNEURON does the same; its library is compiled for it."""
    answers = in_turn({"neuron": _ours(config), "core": _ours(config, engine="coreneuron")}, 1)
    text = f"{what}: CoreNEURON / NEURON"
    return [compared(text, answers["core"], answers["neuron"], key="run", note=_same(answers))]


def _against_bmtk(
    plain: Mapping[str, Any], soma: Mapping[str, Any], what: str, rounds: int, *, quick: bool
) -> list[Row]:
    """Return the rows of two ranks of ours and two of BMTK's."""
    from tests.vs_bmtk.networks import PYTHON

    if not (has_ranks(PYTHON) and has_ranks(sys.executable)):
        return []
    tasks: dict[str, Task] = {
        "ours": _ours(plain, _RANKS),
        "bmtk": ScalingTask("bmtk", str(_RANKS), {"config": plain}),
    }
    if not quick:
        best: dict[str, Any] = {"engine": "coreneuron", "native": True, "merge": True}
        tasks["best"] = _ours(plain, 1, threads=2, **best)
    answers = in_turn(tasks, rounds)
    with_reports = in_turn(
        {
            "ours": _ours(soma, _RANKS, reports=True),
            "bmtk": ScalingTask("bmtk", str(_RANKS), {"config": soma}),
        },
        rounds,
    )
    note, theirs, cells = _same(answers), answers["bmtk"], what.partition(",")[0]
    rows = [
        compared(f"{cells}: build on 2 ranks / BMTK on 2", answers["ours"], theirs, key="build", target=0.1),
        compared(f"{what}: 2 ranks / BMTK on 2", answers["ours"], theirs, key="run", target=1.0, note=note),
    ]
    if "best" in answers:
        text = f"{what}: CoreNEURON, native, merged, 2 threads / BMTK on 2 ranks"
        rows.append(compared(text, answers["best"], theirs, key="run", target=0.3, note=note))
    text = f"{what}: 2 ranks, with soma voltages / BMTK on 2"
    return [
        *rows,
        compared(
            text, with_reports["ours"], with_reports["bmtk"], key="run", target=0.5, note=_same(with_reports)
        ),
    ]


def _same(answers: Mapping[str, Sequence[Answer]]) -> str:
    found = {
        json.dumps(sorted([int(node), round(time, 4)] for node, time in each["spikes"]))
        for several in answers.values()
        for each in several
    }
    count = len(next(iter(answers.values()))[0]["spikes"])
    return f"the same {count} spikes" if len(found) == 1 else f"{WRONG}: spikes differ"
