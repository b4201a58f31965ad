"""Circuits and configurations, written as the OBI dialect of SONATA lays them out."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess, Column, EdgePopulation, NodePopulation
from bluecellab.circuit.memory import MemoryCircuit
from bluecellab.circuit.models_writing import ModelFiles
from bluecellab.errors import CircuitError, OutputError

if TYPE_CHECKING:
    import h5py

__all__ = ["ENUMERATIONS", "write_circuit", "write_config"]

ENUMERATIONS = ("mtype", "etype", "synapse_class", "layer", "region", "morph_class")
"""Attributes of nodes that are stored as numbers with a library of their texts."""

_DYNAMICS = "@dynamics:"
_VERSION = 2.4


def write_circuit(
    circuit: CircuitAccess,
    folder: str | os.PathLike[str],
    *,
    enumerations: Collection[str] = ENUMERATIONS,
    models: bool = True,
) -> Path:
    """Write a circuit into a folder of its own.

    Each population gets a folder with its ``nodes.h5`` or ``edges.h5``; edges are sorted by target and
    keep their order at each, so that their random streams stay. Templates, morphologies, hoc helpers and
    mechanisms are copied. The folder has its name once all of it is there.

    Parameters
    ----------
    circuit
        The circuit.
    folder
        Where; it must not exist, or be empty.
    enumerations
        Attributes of nodes, of texts, that are stored as numbers with a library.
    models
        Whether cells are asked for how they are built. Otherwise the attributes of nodes are all there is.

    Returns
    -------
    Path
        The ``circuit_config.json``.

    Raises
    ------
    OutputError
        If there is something in the folder, or it cannot be written.
    CircuitError
        If a cell is of a family that SONATA cannot describe, or files of one name differ.
    """
    target = Path(folder).absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputError(
            f"{target} exists already and is not empty. Choose another folder, or move it away."
        )
    partial: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f"{target.name}.partial-", dir=target.parent))
        partial.chmod(0o755)
        _Writer(circuit, partial, frozenset(enumerations)).write(models=models)
        if target.exists():
            target.rmdir()
        partial.rename(target)
    except OSError as error:
        if isinstance(error, CircuitError | OutputError):
            raise
        raise OutputError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        if partial is not None and partial.exists():
            shutil.rmtree(partial)
    return target / "circuit_config.json"


def write_config(path: str | os.PathLike[str], **sections: object) -> Path:
    """Write a simulation configuration; it has its name once it is complete.

    Parameters
    ----------
    path
        Where; an older one is replaced.
    **sections
        Its sections, such as ``run={"tstop": 100, "dt": 0.025, "random_seed": 1}``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    target = Path(path)
    _write_json(target, {"version": _VERSION, "network": "circuit_config.json", **sections})
    return target


class _Writer:
    """Writes one circuit into a folder that is there and empty."""

    def __init__(self, circuit: CircuitAccess, folder: Path, enumerations: frozenset[str]) -> None:
        self._circuit = circuit
        self._folder = folder
        self._enumerations = enumerations
        self._files = ModelFiles(folder)

    def write(self, *, models: bool) -> None:
        nodes, edges = [], []
        for name, population in self._circuit.node_populations.items():
            places: Mapping[str, object] = {}
            columns = dict(self._circuit.nodes(name))
            if models and not population.virtual and population.size:
                described, places = self._files.describe(population, self._circuit.cell)
                columns.update(described)
            nodes.append(self._entry("nodes", name, {"type": population.kind, **places}))
            self._write_nodes(population, columns)
        for name, edge_population in self._circuit.edge_populations.items():
            self._write_edges(edge_population)
            edges.append(self._entry("edges", name, {"type": edge_population.kind}))
        components: dict[str, str] = {}
        if models:
            components = self._files.copy_folders(
                self._circuit.mechanism_folders, self._circuit.helper_folders
            )
        _write_json(self._folder / "node_sets.json", self._node_sets())
        _write_json(
            self._folder / "circuit_config.json",
            {
                "version": _VERSION,
                "manifest": {"$BASE_DIR": "."},
                "components": components,
                "node_sets_file": "$BASE_DIR/node_sets.json",
                "networks": {"nodes": nodes, "edges": edges},
            },
        )

    @staticmethod
    def _entry(kind: str, name: str, properties: Mapping[str, object]) -> dict[str, object]:
        return {f"{kind}_file": f"$BASE_DIR/{name}/{kind}.h5", "populations": {name: properties}}

    def _node_sets(self) -> dict[str, object]:
        """Return the rules; of a circuit that does not tell them, the ids."""
        if isinstance(self._circuit, MemoryCircuit):
            return dict(self._circuit.node_set_rules)
        rules: dict[str, object] = {}
        for name in self._circuit.node_set_names:
            found = self._circuit.node_set(name)
            parts = {
                f"{name} of {population}": {"population": population, "node_id": ids.tolist()}
                for population, ids in found.items()
            }
            if len(parts) == 1:
                rules[name] = next(iter(parts.values()))
            else:
                rules |= {**parts, name: list(parts)}
        return rules

    def _write_nodes(self, population: NodePopulation, columns: Mapping[str, Column]) -> None:
        import h5py

        path = self._path(population.name, "nodes.h5")
        with h5py.File(path, "w") as file:
            group = file.create_group(f"nodes/{population.name}")
            group["node_type_id"] = np.full(population.size, -1, np.int64)
            inner = group.create_group("0")
            for name, values in columns.items():
                _check_name(name.removeprefix(_DYNAMICS), population.name)
                if name.startswith(_DYNAMICS):
                    _write(inner, f"dynamics_params/{name.removeprefix(_DYNAMICS)}", values)
                elif name in self._enumerations and values.dtype.kind == "U":
                    library, numbers = np.unique(values, return_inverse=True)
                    _write(inner, f"@library/{name}", library)
                    inner[name] = numbers.astype(np.uint32)
                else:
                    _write(inner, name, values)

    def _write_edges(self, population: EdgePopulation) -> None:
        import h5py
        import libsonata

        sizes = [self._circuit.node_populations[end].size for end in (population.source, population.target)]
        parts = [self._circuit.edges(population.name, target) for target in range(sizes[1])]
        path = self._path(population.name, "edges.h5")
        with h5py.File(path, "w") as file:
            group = file.create_group(f"edges/{population.name}")
            targets = [np.full(len(part), part.target) for part in parts]
            _write_ids(group, "source", population.source, [part.sources for part in parts])
            _write_ids(group, "target", population.target, targets)
            group["edge_type_id"] = np.full(population.size, -1, np.int64)
            inner = group.create_group("0")
            for name in population.columns:
                _check_name(name, population.name)
                _write(inner, name, np.concatenate([part.columns[name] for part in parts] or [np.empty(0)]))
        libsonata.EdgePopulation.write_indices(str(path), population.name, *sizes)

    def _path(self, population: str, name: str) -> Path:
        folder = self._folder / population
        if folder.parent != self._folder or population in ("", ".", ".."):
            raise CircuitError(f"population {population!r} cannot have a folder of its name; rename it")
        folder.mkdir(exist_ok=True)
        return folder / name


def _check_name(name: str, population: str) -> None:
    """Refuse names of attributes that mean something else within a file."""
    if "/" in name or "\0" in name or name.startswith("@") or name in ("", ".", "dynamics_params"):
        raise CircuitError(f"population {population}: a file cannot have an attribute {name!r}; rename it")


def _write(group: h5py.Group, name: str, values: Column) -> None:
    import h5py

    if values.dtype.kind == "U":
        group.create_dataset(name, data=values.astype(object), dtype=h5py.string_dtype())
    else:
        group[name] = values


def _write_ids(group: h5py.Group, end: str, population: str, parts: Sequence[npt.NDArray[np.int64]]) -> None:
    ids = np.concatenate([*parts, np.empty(0, np.int64)]).astype(np.uint64)
    group[f"{end}_node_id"] = ids
    group[f"{end}_node_id"].attrs["node_population"] = population


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    partial = path.with_name(f"{path.name}.partial")
    try:
        text = json.dumps(content, indent=2, allow_nan=False)
        partial.write_text(f"{text}\n", encoding="utf-8")
        partial.replace(path)
    except (OSError, TypeError, ValueError) as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error}") from error
