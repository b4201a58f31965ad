"""Runs a range of cases in this process; says before each which it is, and after all that it is done."""

from __future__ import annotations

import contextlib
import random
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from bluecellab.circuit.config import Problem, read_config
from bluecellab.circuit.obi import ObiCircuit
from bluecellab.circuit.validation import check, validate
from bluecellab.errors import BluecellabError, BluecellabWarning
from bluecellab.spec.base import CellId
from tests.fuzz.mutations import mutate_bytes, mutate_columns, mutated_json
from tests.unit.circuit.config.samples import FULL

SLOWEST = 20.0


def _validated(config: Path) -> list[Problem]:
    found = validate(config, confine_to=config.parent)
    assert all(isinstance(each, Problem) and str(each).encode("utf-8") and each.message for each in found)
    return found


def config_case(folder: Path, chance: random.Random) -> bool:
    """A mutated simulation_config.json; whether nothing is wrong with it."""
    base = {**FULL, "node_sets_file": "node_sets_of_simulation.json"}
    path = folder / "simulation_config.json"
    path.write_bytes(mutated_json(base, chance, folder / "trap"))
    found = _validated(path)
    try:
        config = read_config(path, confine_to=folder)
    except BluecellabError:
        assert found
        return False
    try:
        check(config, confine_to=folder)
    except BluecellabError:
        assert found
        return False
    assert not found
    return True


def circuit_case(folder: Path, chance: random.Random) -> bool:
    """A mutated circuit_config.json, node sets or compartment sets."""
    names = ("circuit_config.json", "node_sets.json", "node_sets_of_simulation.json", "compartment_sets.json")
    path = folder / chance.choice(names)
    import json

    path.write_bytes(mutated_json(json.loads(path.read_text()), chance, folder / "trap"))
    found = _validated(folder / "simulation_config.json")
    return _read_all(folder) and not found


def hdf5_case(folder: Path, chance: random.Random) -> bool:
    """A mutated file of edges, nodes or spikes."""
    name = chance.choice(["edges.h5"] * 4 + ["projection.h5"] * 3 + ["nodes.h5"] * 2 + ["replay.h5"])
    mutate = chance.choice([mutate_bytes, mutate_columns])
    # h5py cannot be asked for everything that chance asks for
    with contextlib.suppress(OSError, RuntimeError, KeyError, ValueError, TypeError):
        mutate(folder / name, chance)
    found = _validated(folder / "simulation_config.json")
    return _read_all(folder) and not found


def _read_all(folder: Path) -> bool:
    """Read all that there is in a circuit; whether it can all be read."""
    good = True
    try:
        circuit = ObiCircuit(folder / "circuit_config.json", confine_to=folder)
    except BluecellabError:
        return False
    with circuit:
        steps: list[Callable[[], object]] = [lambda: circuit.node_set_names]
        for name in circuit.node_populations:
            steps.append(lambda name=name: circuit.nodes(name))  # type: ignore[misc]
        steps += [lambda node=node: circuit.cell(CellId("S1", node)) for node in range(5)]  # type: ignore[misc]
        for name in circuit.edge_populations:
            steps += [lambda name=name, node=node: circuit.edges(name, node) for node in range(5)]  # type: ignore[misc]
        for step in steps:
            try:
                step()
            except BluecellabError:
                good = False
        with contextlib.suppress(BluecellabError):
            for name in circuit.node_set_names:
                with contextlib.suppress(BluecellabError):
                    circuit.node_set(name)
    return good


CASES = {"config": config_case, "circuit": circuit_case, "hdf5": hdf5_case}


def main() -> None:
    kind, first, last, master, work = (
        sys.argv[1],
        int(sys.argv[2]),
        int(sys.argv[3]),
        *map(Path, sys.argv[4:6]),
    )
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", BluecellabWarning)
    for number in range(first, last):
        print(f"case {kind} {number}", flush=True)
        folder = work / f"{kind}{number}"
        shutil.copytree(master, folder)
        began = time.monotonic()
        right = CASES[kind](folder, random.Random(f"{kind} {number}"))
        assert time.monotonic() - began < SLOWEST, f"{kind} {number} took {time.monotonic() - began:.1f} s"
        assert not (folder / "trap").exists(), f"{kind} {number} was executed"
        shutil.rmtree(folder)
        print("right" if right else "wrong", flush=True)
    print("DONE", flush=True)


if __name__ == "__main__":
    main()
