"""Runs a range of cases in this process; says before each which it is, and after all that it is done."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from bluecellab.circuit import open_circuit
from bluecellab.circuit.config import Problem, read_config
from bluecellab.circuit.obi import ObiCircuit
from bluecellab.circuit.validation import check, validate
from bluecellab.errors import BluecellabError, BluecellabWarning
from bluecellab.spec.base import CellId
from tests.fuzz.mutations import mutate_bytes, mutate_columns, mutate_text, mutated_json
from tests.unit.circuit.config.allen.samples import INPUTS, REPORTS
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


def allen_case(folder: Path, chance: random.Random) -> bool:
    """A mutated configuration of the Allen dialect; whether nothing is wrong with it."""
    path = folder / "simulation_config.json"
    base = json.loads(path.read_text())
    base["inputs"] = {**INPUTS, **base["inputs"]} if chance.random() < 0.25 else base["inputs"]
    base["reports"] = {**REPORTS, **base["reports"]} if chance.random() < 0.25 else base["reports"]
    path.write_bytes(mutated_json(base, chance, folder / "trap"))
    found = _validated(path)
    try:
        config = read_config(path, confine_to=folder)
        check(config, confine_to=folder)
    except BluecellabError:
        assert found
        return False
    assert not found
    return True


def allen_circuit_case(folder: Path, chance: random.Random) -> bool:
    """A mutated configuration, table or HDF5 file of a circuit of the Allen dialect."""
    network = folder / "network"
    files = [folder / "circuit_config.json", *sorted(network.iterdir()), folder / "lgn_spikes.h5"]
    path = chance.choice([*files, folder / "components/cells/fit.json"])
    if path.suffix == ".h5":
        with contextlib.suppress(OSError, RuntimeError, KeyError, ValueError, TypeError):
            chance.choice([mutate_bytes, mutate_columns])(path, chance)
    elif path.suffix == ".json":
        path.write_bytes(mutated_json(json.loads(path.read_text()), chance, folder / "trap"))
    else:
        path.write_bytes(mutate_text(path.read_text(), chance))
    found = _validated(folder / "simulation_config.json")
    good = True
    try:
        circuit = open_circuit(folder / "circuit_config.json", confine_to=folder)
    except BluecellabError:
        return False
    with circuit:
        steps: list[Callable[[], object]] = [lambda: circuit.node_set_names]
        for name in ("internal", "lgn"):
            steps.append(lambda name=name: circuit.nodes(name))  # type: ignore[misc]
        steps += [lambda node=node: circuit.cell(CellId("internal", node)) for node in range(5)]  # type: ignore[misc]
        for name in ("internal_to_internal", "lgn_to_internal"):
            steps += [lambda name=name, node=node: circuit.edges(name, node) for node in range(5)]  # type: ignore[misc]
        for step in steps:
            try:
                step()
            except BluecellabError:
                good = False
    return good and not found


CASES = {
    "config": config_case,
    "circuit": circuit_case,
    "hdf5": hdf5_case,
    "allen": allen_case,
    "allen_circuit": allen_circuit_case,
}


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
