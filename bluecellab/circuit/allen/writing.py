"""Networks written as the Allen dialect of SONATA lays them out: HDF5 files and tables of types."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Column, IntArray
from bluecellab.errors import CircuitError, OutputError

if TYPE_CHECKING:
    import h5py

__all__ = ["AllenEdges", "AllenNodes", "write_allen_network"]

Types = Mapping[int, Mapping[str, object]]
Columns = Mapping[str, npt.ArrayLike]
_HERE = "${configdir}/"  # for BMTK, which would look in the working directory
_MAGIC, _VERSION = 0x0A7A, (0, 1)


@dataclass(frozen=True, eq=False)
class AllenNodes:
    """A population of nodes.

    Parameters
    ----------
    types
        Attributes that nodes of a type have in common, by ``node_type_id``: numbers, texts, truth values;
        None where a type has none.
    type_ids
        The type of each node, shape (n,).
    columns
        Attributes that each node has of its own, each of shape (n,).
    """

    types: Types
    type_ids: Sequence[int] | IntArray
    columns: Columns = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class AllenEdges:
    """A population of edges.

    Parameters
    ----------
    source, target
        The populations of nodes that they connect.
    sources, targets
        Ids of the nodes at both ends, shape (n,). They are written in this order; that of all which arrive
        at one node is the order in which its synapses are made.
    types
        Attributes that edges of a type have in common, by ``edge_type_id``.
    type_ids
        The type of each edge, shape (n,); the only one there is when left out.
    columns
        Attributes that each edge has of its own, each of shape (n,).
    """

    source: str
    target: str
    sources: Sequence[int] | IntArray
    targets: Sequence[int] | IntArray
    types: Types
    type_ids: Sequence[int] | IntArray | None = None
    columns: Columns = field(default_factory=dict)


def write_allen_network(
    folder: str | os.PathLike[str],
    nodes: Mapping[str, AllenNodes],
    edges: Mapping[str, AllenEdges] | None = None,
    *,
    components: Mapping[str, str] | None = None,
    node_sets: Mapping[str, object] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a network: of each population an HDF5 file and a table of types, and what names them.

    The same content gives the same bytes. Each file has its name once it is complete.

    Parameters
    ----------
    folder
        Where; it is made if it is not there.
    nodes
        Populations of nodes by name, in the order in which they are to be loaded: it decides global ids.
    edges
        Populations of edges by name, in the order in which they are to be built.
    components
        Folders by key: ``{"morphologies_dir": "components/morphologies"}``; relative to the folder.
    node_sets
        Rules of node sets by name.
    overwrite
        Whether files of the same names are replaced.

    Returns
    -------
    Path
        The ``circuit_config.json``.

    Raises
    ------
    CircuitError
        If arrays are not of one length, or types or nodes are used that are not there.
    OutputError
        If files are there already, or cannot be written.

    Examples
    --------
    >>> cells = AllenNodes({1: {"model_type": "virtual", "pop_name": "a fibre"}}, [1, 1, 1])
    >>> write_allen_network("network", {"fibres": cells})  # doctest: +SKIP
    PosixPath('/somewhere/network/circuit_config.json')
    """
    target = Path(folder).absolute()
    given = {} if edges is None else edges
    networks: dict[str, list[dict[str, str]]] = {"nodes": [], "edges": []}
    for kind, names in (("nodes", nodes), ("edges", given)):
        for name in names:
            _check_name(name)
            networks[kind].append(
                {
                    f"{kind}_file": f"{_HERE}{name}_{kind}.h5",
                    f"{kind[:-1]}_types_file": f"{_HERE}{name}_{kind[:-1]}_types.csv",
                }
            )
    _check(nodes, given)
    folders = {
        key: path if path.startswith(("/", "$")) else f"{_HERE}{path}"
        for key, path in (components or {}).items()
    }
    config = {"components": folders, "networks": networks}
    if node_sets:  # an empty section would take the place of that of a configuration which names this one
        config["node_sets"] = dict(node_sets)
    wanted = [
        file.removeprefix(_HERE)
        for entries in networks.values()
        for entry in entries
        for file in entry.values()
    ]
    _refuse_there(target, [*wanted, "circuit_config.json"], overwrite=overwrite)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, population in nodes.items():
            _write_types(target / f"{name}_node_types.csv", "node_type_id", population.types)
            _write_nodes(target / f"{name}_nodes.h5", name, population)
        for name, each in given.items():
            _write_types(target / f"{name}_edge_types.csv", "edge_type_id", each.types)
            sizes = (len(nodes[each.source].type_ids), len(nodes[each.target].type_ids))
            _write_edges(target / f"{name}_edges.h5", name, each, sizes)
        _write_text(target / "circuit_config.json", json.dumps(config, indent=2) + "\n")
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror or error}") from error
    return target / "circuit_config.json"


def _check_name(name: str) -> None:
    if not name or "/" in name or "\0" in name or name in (".", ".."):
        raise CircuitError(f"a population cannot be called {name!r}, as a file is called by it; rename it")


def _refuse_there(folder: Path, names: Sequence[str], *, overwrite: bool) -> None:
    there = [name for name in names if (folder / name).exists()]
    if there and not overwrite:
        raise OutputError(
            f"{folder} has {', '.join(there)} already. Choose another folder, or say overwrite=True."
        )


def _check(nodes: Mapping[str, AllenNodes], edges: Mapping[str, AllenEdges]) -> None:
    for name, population in nodes.items():
        what = f"node population {name!r}"
        _check_types(what, population.types, _integers(population.type_ids, f"{what}: type_ids"))
    for name, each in edges.items():
        what = f"edge population {name!r}"
        if len(each.sources) != len(each.targets):
            raise CircuitError(f"{what} has {len(each.sources)} sources and {len(each.targets)} targets")
        for end, of, ids in (("source", each.source, each.sources), ("target", each.target, each.targets)):
            if of not in nodes:
                raise CircuitError(f"{what} has {of!r} as {end}; there is {', '.join(nodes)}")
            size, numbers = len(nodes[of].type_ids), _integers(ids, f"{what}: {end}s")
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < size:
                raise CircuitError(f"{what} has {end}s {numbers.min()} to {numbers.max()} of {size} nodes")
        _check_types(what, each.types, _types_of(each, what))


def _types_of(edges: AllenEdges, what: str) -> IntArray:
    """Return the type of each edge."""
    if edges.type_ids is None:
        if len(edges.types) != 1:
            raise CircuitError(f"{what} has {len(edges.types)} types, so that it must say type_ids")
        return np.full(len(edges.targets), next(iter(edges.types)), np.int64)
    found = _integers(edges.type_ids, f"{what}: type_ids")
    if len(found) != len(edges.targets):
        raise CircuitError(f"{what} has {len(found)} type_ids and {len(edges.targets)} targets")
    return found


def _check_types(what: str, types: Types, used: IntArray) -> None:
    lacking = sorted(set(used.tolist()) - set(types))
    if lacking:
        raise CircuitError(f"{what} has no type {lacking[0]}; its types are {', '.join(map(str, types))}")


def _integers(values: Sequence[int] | IntArray, what: str) -> IntArray:
    array = np.asarray(values)
    if array.ndim != 1 or (len(array) and array.dtype.kind not in "iu"):
        raise CircuitError(f"{what} are whole numbers of shape (n,), not {array.dtype} of {array.shape}")
    return array.astype(np.int64)


def _write_types(path: Path, id_column: str, types: Types) -> None:
    """Write a table of types: space separated, texts in quotes, NULL for what a type does not have."""
    names = list(dict.fromkeys(name for attributes in types.values() for name in attributes))
    lines = [" ".join([id_column, *names])]
    for number, attributes in types.items():
        lines.append(" ".join([str(number), *(_cell(attributes.get(name)) for name in names)]))
    _write_text(path, "\n".join(lines) + "\n")


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float | np.generic) and not isinstance(value, np.str_):
        return str(value.item() if isinstance(value, np.generic) else value)
    text = str(value)
    if "\n" in text or "\r" in text:
        raise CircuitError(f"a table of types cannot have a text of several lines: {text!r}")
    return '"' + text.replace('"', '""') + '"'


def _write_nodes(path: Path, name: str, population: AllenNodes) -> None:
    size = len(population.type_ids)
    with _Hdf5(path) as file:
        group = file.create_group(f"nodes/{name}")
        _put(group, "node_id", np.arange(size, dtype=np.uint64))
        _put_rows(group, "node", _integers(population.type_ids, name), population.columns)


def _write_edges(path: Path, name: str, edges: AllenEdges, sizes: tuple[int, int]) -> None:
    ends = (("source", edges.source, edges.sources), ("target", edges.target, edges.targets))
    with _Hdf5(path) as file:
        group = file.create_group(f"edges/{name}")
        for end, population, ids in ends:
            dataset = _put(group, f"{end}_node_id", _integers(ids, end).astype(np.uint64))
            dataset.attrs["node_population"] = population
        _put_rows(group, "edge", _types_of(edges, name), edges.columns)
        for index, ids, size in (
            ("source_to_target", edges.sources, sizes[0]),
            ("target_to_source", edges.targets, sizes[1]),
        ):
            _put_index(group.create_group(f"indices/{index}"), _integers(ids, index), size)


def _put_rows(group: h5py.Group, kind: str, types: IntArray, columns: Columns) -> None:
    """Write the type of each row, and the attributes of the one group of a population."""
    size = len(types)
    _put(group, f"{kind}_type_id", types)
    _put(group, f"{kind}_group_id", np.zeros(size, np.uint32))
    _put(group, f"{kind}_group_index", np.arange(size, dtype=np.uint64))
    inner = group.create_group("0")
    for name, values in columns.items():
        _check_name(name)
        array = np.asarray(values)
        if array.ndim not in (1, 2) or len(array) != size:
            raise CircuitError(f"{group.name}: attribute {name!r} has the shape {array.shape}, not ({size},)")
        _put(inner, name, array)


def _put_index(group: h5py.Group, ids: IntArray, size: int) -> None:
    """Write, for each node, in which ranges of edges it is."""
    changes = np.flatnonzero(ids[1:] != ids[:-1]) + 1
    starts = np.concatenate([np.zeros(min(len(ids), 1), np.int64), changes])
    order = np.argsort(ids[starts], kind="stable")
    ends = np.concatenate([changes, np.full(min(len(ids), 1), len(ids))])
    ranges = np.stack([starts, ends], axis=1)[order]
    of_node = np.searchsorted(ids[starts][order], np.arange(size + 1))
    _put(group, "node_id_to_range", np.stack([of_node[:-1], of_node[1:]], axis=1).astype(np.uint64))
    _put(group, "range_to_edge_id", ranges.astype(np.uint64))


def _put(group: h5py.Group, name: str, values: Column) -> h5py.Dataset:
    """Write a dataset without the time of its making."""
    import h5py

    if values.dtype.kind in "UO":
        texts = values.astype(object)
        return group.create_dataset(name, data=texts, dtype=h5py.string_dtype(), track_times=False)
    return group.create_dataset(name, data=values, track_times=False)


class _Hdf5:
    """An HDF5 file that has its name once the block is through."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}.partial")

    def __enter__(self) -> h5py.File:
        import h5py

        self._file = h5py.File(self._partial, "w")
        self._file.attrs["magic"] = np.uint32(_MAGIC)
        self._file.attrs["version"] = np.array(_VERSION, np.uint32)
        return self._file

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
