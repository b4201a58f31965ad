"""Make circuits of detailed cells from the real models in the cache: ``python scripts/circuits.py``.

Nothing of them is committed. ``ten_cells`` has 20 000 synapses among ten cells and from fifty virtual
fibres; ``two_cells`` has the same of everything, but little of it. Cells are of three electrical types,
in an excitatory population ``NodeA`` and an inhibitory one, ``NodeB``. Tests read them through
``tests.material``. Running it again does nothing; two at once wait for each other. ``--force`` makes
them anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np
from circuit_simulations import write_simulations
from sonata_writing import write_edges, write_json, write_nodes, write_spikes

from bluecellab import Cell, load_mechanisms
from bluecellab.errors import BluecellabError
from bluecellab.nrn.mechanisms import cache_folder
from bluecellab.spec.cells import EmodelProperties

HERE = Path(__file__).resolve().parent
SOURCES = ("circuits.py", "circuit_simulations.py", "sonata_writing.py")
FAMILY = "sscx"
#: Electrical types by model.
ETYPES = {"sscx_v6": "cADpyr", "sscx_v6_noisy": "cADnoisy", "sscx_v6_scaled": "cADscaled"}
MTYPES = ("L4_UPC", "L4_TPC")
SPIKES_UNTIL = 200.0  # ms
OFF_THE_CELL = 499  # every so many synapses one is on a section of the axon that the cell has not


@dataclass(frozen=True)
class Plan:
    """What a circuit has.

    Parameters
    ----------
    name
        Of its folder.
    cells
        Models of the cells by population.
    fibres
        How many virtual sources there are.
    synapses
        How many synapses each projection has.
    """

    name: str
    cells: Mapping[str, tuple[str, ...]]
    fibres: int
    synapses: Mapping[tuple[str, str], int]


PLANS = (
    Plan(
        "ten_cells",
        {
            "NodeA": ("sscx_v6", "sscx_v6_noisy", "sscx_v6_scaled") * 2,
            "NodeB": ("sscx_v6_noisy", "sscx_v6", "sscx_v6_scaled", "sscx_v6"),
        },
        50,
        {
            ("NodeA", "NodeA"): 9000,
            ("NodeA", "NodeB"): 5000,
            ("NodeB", "NodeA"): 4000,
            ("Virtual", "NodeA"): 1000,
            ("Virtual", "NodeB"): 1000,
        },
    ),
    Plan(
        "two_cells",
        {"NodeA": ("sscx_v6",), "NodeB": ("sscx_v6_noisy",)},
        10,
        {
            ("NodeA", "NodeB"): 100,
            ("NodeB", "NodeA"): 100,
            ("Virtual", "NodeA"): 50,
            ("Virtual", "NodeB"): 50,
        },
    ),
)


@dataclass(frozen=True)
class Kind:
    """A model: its files, its currents, and where synapses may be on it."""

    template: Path
    template_name: str
    morphology: Path
    swc: Path
    properties: EmodelProperties
    places: np.ndarray
    missing: int


def read_kind(root: Path, model: Mapping[str, Any]) -> Kind:
    """Read a model of the material; its sections are looked up on a cell."""
    properties = EmodelProperties(
        **{name: model[name] for name in ("threshold_current", "holding_current", "AIS_scaler")}
    )
    template, morphology = root / model["template"], root / model["morphologies"]["asc"]
    with Cell(template, morphology, template_format="v6", emodel_properties=properties) as cell:
        names = {index: section.name for index, section in cell.section_ids.items()}
    places = [index for index, name in sorted(names.items()) if not name.startswith(("axon", "myelin"))]
    missing = next(index for index in range(max(names)) if index not in names)
    swc = root / model["morphologies"]["swc"]
    return Kind(template, model["template_name"], morphology, swc, properties, np.array(places), missing)


def make_nodes(folder: Path, name: str, models: tuple[str, ...], kinds: Mapping[str, Kind]) -> None:
    """Write a population of cells, scattered and turned at random."""
    rng, size = _random("nodes", name), len(models)
    turns = rng.normal(size=(4, size))
    turns /= np.linalg.norm(turns, axis=0)
    chosen = [kinds[model] for model in models]
    rates = {"exc": rng.uniform(0.3, 0.8, size), "inh": rng.uniform(0.1, 0.4, size)}
    write_nodes(
        folder / f"{name}.h5",
        name,
        {
            "etype@": [ETYPES[model] for model in models],
            "mtype@": [MTYPES[index % len(MTYPES)] for index in range(size)],
            "synapse_class@": ["INH" if name == "NodeB" else "EXC"] * size,
            "layer@": ["4"] * size,
            "model_type": ["biophysical"] * size,
            "model_template": [f"hoc:{kind.template_name}" for kind in chosen],
            "morphology": [kind.morphology.stem for kind in chosen],
            **{axis: rng.uniform(0, 100, size) for axis in "xyz"},
            **{f"orientation_{axis}": turn for axis, turn in zip("wxyz", turns, strict=True)},
            # both spellings in use
            **{f"{sign}_mini_frequency": values for sign, values in rates.items()},
            **{f"{sign}-mini_frequency": values for sign, values in rates.items()},
            "@dynamics:threshold_current": [kind.properties.threshold_current for kind in chosen],
            "@dynamics:holding_current": [kind.properties.holding_current for kind in chosen],
            "@dynamics:AIS_scaler": [kind.properties.AIS_scaler for kind in chosen],
            "@dynamics:input_resistance": rng.uniform(80, 120, size),
        },
    )


def make_edges(folder: Path, ends: tuple[str, str], plan: Plan, kinds: Mapping[str, Kind]) -> str:
    """Write the synapses of a projection, and return its name."""
    (source, target), count = ends, plan.synapses[ends]
    name = f"{source}__{target}__chemical"
    rng, inhibitory = _random("edges", plan.name, name), source == "NodeB"
    models = plan.cells[target]
    sizes = {source: plan.fibres if source == "Virtual" else len(plan.cells[source]), target: len(models)}
    targets = np.sort(rng.integers(0, sizes[target], count))
    if source == target:  # no cell has synapses with itself
        sources = (targets + rng.integers(1, sizes[source], count)) % sizes[source]
    else:
        sources = rng.integers(0, sizes[source], count)
    sections = np.array([rng.choice(kinds[models[node]].places) for node in targets])
    sections[::OFF_THE_CELL] = [kinds[models[node]].missing for node in targets[::OFF_THE_CELL]]
    columns = {
        "afferent_section_id": sections,
        "afferent_section_pos": rng.uniform(0, 1, count),
        "syn_type_id": np.full(count, 3 if inhibitory else 113),
        "conductance": rng.uniform(0.5, 1.0, count) if inhibitory else rng.uniform(0.3, 1.2, count),
        "decay_time": rng.uniform(6, 9, count) if inhibitory else rng.uniform(1.5, 1.9, count),
        # negative ones mean "unset"; simulators disagree about that, so there are none
        "conductance_scale_factor": np.full(count, 0.0 if inhibitory else 0.7),
        "delay": rng.uniform(0.6, 4, count),
        "u_syn": rng.uniform(0.3, 0.8, count),
        "depression_time": rng.uniform(100, 700, count),
        "facilitation_time": rng.uniform(10, 30, count),
        "n_rrp_vesicles": rng.integers(1, 4, count),
        "u_hill_coefficient": rng.uniform(1.9, 2.8, count),
    }
    write_edges(folder / f"{name}.h5", name, sizes, sources, targets, columns)
    return name


def make_components(folder: Path, kinds: Mapping[str, Kind]) -> None:
    """Copy templates and morphologies."""
    for name in ("hoc", "asc", "swc"):
        (folder / name).mkdir()
    for kind in kinds.values():
        shutil.copyfile(kind.template, folder / "hoc" / f"{kind.template_name}.hoc")
        shutil.copyfile(kind.morphology, folder / "asc" / f"{kind.morphology.stem}.asc")
        shutil.copyfile(kind.swc, folder / "swc" / f"{kind.morphology.stem}.swc")


def make_circuit(folder: Path, plan: Plan, kinds: Mapping[str, Kind]) -> None:
    """Write everything of a circuit into an empty folder."""
    make_components(folder, {model: kinds[model] for models in plan.cells.values() for model in models})
    for name, models in plan.cells.items():
        make_nodes(folder, name, models, kinds)
    write_nodes(folder / "Virtual.h5", "Virtual", {"model_type": ["virtual"] * plan.fibres})
    projections = [make_edges(folder, ends, plan, kinds) for ends in plan.synapses]
    kinds_of_nodes = {**dict.fromkeys(plan.cells, "biophysical"), "Virtual": "virtual"}
    write_json(
        folder / "circuit_config.json",
        {
            "version": 2.4,
            "manifest": {"$BASE_DIR": "."},
            "components": {
                "morphologies_dir": "$BASE_DIR/swc",
                "alternate_morphologies": {"neurolucida-asc": "$BASE_DIR/asc"},
                "biophysical_neuron_models_dir": "$BASE_DIR/hoc",
                "mechanisms_dir": f"$BASE_DIR/../../mechanisms/{FAMILY}",
            },
            "node_sets_file": "$BASE_DIR/node_sets.json",
            "networks": {
                "nodes": [
                    {"nodes_file": f"$BASE_DIR/{name}.h5", "populations": {name: {"type": kind}}}
                    for name, kind in kinds_of_nodes.items()
                ],
                "edges": [
                    {"edges_file": f"$BASE_DIR/{name}.h5", "populations": {name: {"type": "chemical"}}}
                    for name in projections
                ],
            },
        },
    )
    rng, spikes = _random("spikes", plan.name), plan.fibres * 10
    write_spikes(
        folder / "fibres.h5",
        "Virtual",
        np.round(rng.uniform(0, SPIKES_UNTIL, spikes), 2),
        rng.integers(0, plan.fibres, spikes),
    )
    write_simulations(folder, next(iter(kinds.values())).places.tolist())


def _random(*names: str) -> np.random.Generator:
    """Return a stream of its own for each thing, so that a change of one leaves the others as they were."""
    digest = hashlib.sha256(" ".join(names).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def stamp(index: Mapping[str, Any]) -> str:
    """Return a hash of everything that decides what comes out."""
    digest = hashlib.sha256(index["stamp"].encode())
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def is_complete(folder: Path, wanted: str) -> bool:
    """Whether the circuit of this very script is there; the stamp is written last."""
    try:
        return (folder / "stamp").read_text(encoding="utf-8") == wanted
    except OSError:
        return False


def make_all(root: Path, *, force: bool) -> None:
    """Make the circuits that are not there."""
    index = json.loads((root / "index.json").read_text(encoding="utf-8"))
    wanted = stamp(index)
    plans = [plan for plan in PLANS if force or not is_complete(root / "circuits" / plan.name, wanted)]
    if not plans:
        return
    load_mechanisms(root / index["mechanisms"][FAMILY])
    kinds = {name: read_kind(root, index["cells"][name]) for name in ETYPES}
    (root / "circuits").mkdir(exist_ok=True)
    for plan in plans:
        target = root / "circuits" / plan.name
        partial = Path(tempfile.mkdtemp(prefix=f".{plan.name}-", dir=target.parent))
        partial.chmod(0o755)
        try:
            make_circuit(partial, plan, kinds)
            (partial / "stamp").write_text(wanted, encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        print(f"{plan.name}: {sum(plan.synapses.values())} synapses in {target}")


def main() -> int:
    """Make what is not there yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--force", action="store_true", help="make everything anew")
    arguments = parser.parse_args()
    root = cache_folder() / "material"
    if not (root / "index.json").is_file():
        print("there are no real models yet: run python scripts/material.py", file=sys.stderr)
        return 1
    with filelock.FileLock(root.parent / "material.lock"):
        try:
            make_all(root, force=arguments.force)
        except BluecellabError as problem:
            print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
