"""``ObiCircuit``: circuits of the Blue Brain / Open Brain Institute SONATA dialect, from files."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from bluecellab.circuit.access import Column, EdgePopulation, Edges, IntArray, NodePopulation
from bluecellab.circuit.components import Layout, PopulationFile, read_layout
from bluecellab.circuit.config.places import is_within
from bluecellab.circuit.config.problems import nearest
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.circuit.models import Models, model_columns
from bluecellab.circuit.nodesets import NodeSets, read_node_sets
from bluecellab.circuit.tables import EdgeTable, NodeTable
from bluecellab.errors import (
    CircuitFileError,
    ClosedError,
    ConfinementError,
    NodeNotFoundError,
    PopulationNotFoundError,
)
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell

if TYPE_CHECKING:
    import libsonata

__all__ = ["ObiCircuit", "open_circuit"]

Made = TypeVar("Made")
PathLike = str | os.PathLike[str]


class _Lazy(Mapping[str, Made], Generic[Made]):
    """A mapping whose names are known and whose values are made when first asked for."""

    def __init__(self, names: Sequence[str], make: Callable[[str], Made]) -> None:
        self._names = tuple(names)
        self._make = make
        self._made: dict[str, Made] = {}

    def __getitem__(self, name: str) -> Made:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{', '.join(self._names)}>"


class ObiCircuit:
    """A circuit described by a ``circuit_config.json``.

    Only the configuration is read at once; populations, node sets, edges and models when they are
    asked for, in columns.

    Parameters
    ----------
    path
        The ``circuit_config.json``.
    node_sets_file
        Node sets beside the circuit's own; where both have one of the same name, this file's counts.
    confine_to
        A folder: anything the configuration or its files lead to outside of it is refused.

    Raises
    ------
    CircuitFileError
        If the configuration is missing or wrong; the message says everything that is.
    ConfinementError
        If it leads out of ``confine_to``.

    References
    ----------
    SONATA, https://doi.org/10.1371/journal.pcbi.1007696, with the extensions of
    https://sonata-extension.readthedocs.io
    """

    def __init__(
        self,
        path: PathLike,
        *,
        node_sets_file: PathLike | None = None,
        confine_to: PathLike | None = None,
    ) -> None:
        self.path = os.path.abspath(path)
        self._confine_to = None if confine_to is None else os.path.abspath(confine_to)
        self._own_node_sets = None if node_sets_file is None else os.path.abspath(node_sets_file)
        self._layout: Layout = read_layout(self.path, confine_to=self._confine_to)
        if self._own_node_sets is not None:
            self._refuse_leaving(self._own_node_sets)
        self._files: dict[str, Hdf5File] = {}
        self._node_tables = _Lazy(tuple(self._layout.nodes), self._open_nodes)
        self._edge_tables = _Lazy(tuple(self._layout.edges), self._open_edges)
        self._node_populations = _Lazy(
            tuple(self._layout.nodes), lambda name: self._node_tables[name].population
        )
        self._edge_populations = _Lazy(
            tuple(self._layout.edges), lambda name: self._edge_tables[name].population
        )
        self._models: dict[str, Models] = {}
        self._sonata: dict[str, libsonata.NodePopulation] = {}
        self._node_sets: NodeSets | None = None
        self._closed = False

    def close(self) -> None:
        """Let go of all files. Closing twice does nothing."""
        self._closed = True
        self._sonata.clear()
        for file in self._files.values():
            file.close()

    def __enter__(self) -> ObiCircuit:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        nodes, edges = len(self._layout.nodes), len(self._layout.edges)
        return f"<ObiCircuit {self.path}: {nodes} populations of nodes, {edges} of edges>"

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes by name, in the order of the configuration."""
        return self._node_populations

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges by name, in the order of the configuration."""
        return self._edge_populations

    @property
    def node_set_names(self) -> tuple[str, ...]:
        """Names of the node sets."""
        return self._sets().names

    @property
    def mechanism_folders(self) -> tuple[Path, ...]:
        """Folders with the .mod files of its cells and synapses; those that exist."""
        return self._folders("mechanisms_dir")

    @property
    def helper_folders(self) -> tuple[Path, ...]:
        """Folders in which hoc helpers of synapse models may lie: those of its cells' templates."""
        return self._folders("biophysical_neuron_models_dir")

    def _folders(self, key: str) -> tuple[Path, ...]:
        found = [Path(folder) for folder in self._layout.folders[key]]
        return tuple(folder for folder in found if folder.is_dir())

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        """Return attributes of nodes, each of shape (n,); enumerations as texts.

        Parameters
        ----------
        population
            Theirs.
        ids
            Which nodes, in this order; all when left out.
        columns
            Which attributes; all when left out.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population, node or attribute.
        CircuitFileError
            If the file is missing or damaged.
        """
        return self._node_table(population).read(ids, columns)

    def node_set(self, name: str) -> Mapping[str, IntArray]:
        """Return the ids of a node set, sorted, for each population in which it has any.

        Populations that lack an attribute which the set asks for have none, and a warning says so.

        Raises
        ------
        NodeSetError
            If there is none of that name, or it is cyclic or wrong.
        """
        return self._sets().resolve(name)

    def edges(self, population: str, target: int, columns: Sequence[str] | None = None) -> Edges:
        """Return the edges of a population that arrive at a node, in the order of their ids.

        Parameters
        ----------
        population
            Theirs.
        target
            Id of the node.
        columns
            Which attributes; all when left out.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population, node or attribute.
        CircuitFileError
            If the file is missing or damaged, or its index is missing or stale.
        """
        self._check_open()
        if population not in self._layout.edges:
            raise _no_population(population, self._layout.edges, "populations of edges")
        table = self._edge_tables[population]
        receivers = table.population.target
        if receivers not in self._layout.nodes:
            raise CircuitFileError(
                f"{table.file.path}: edge population {population} arrives at node population {receivers}, "
                "which the circuit does not have",
                table.file.path,
            )
        return table.arriving(target, self._node_tables[receivers].population.size, columns)

    def cell(self, cell_id: CellId) -> AnyCell:
        """Return what is needed to build a cell; nothing is built.

        The morphology is the first that there is of ``neurolucida-asc``, ``h5v1`` and
        ``morphologies_dir`` with ``.swc``. Mechanisms are not part of it, see
        :attr:`mechanism_folders`.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population or node, or it lacks an attribute that is needed.
        CircuitFileError
            If its template or morphology is not there.
        CircuitError
            If nodes of this population are no cells, or of a kind that is not known.
        """
        population, node = _split(cell_id)
        table = self._node_table(population)
        if population not in self._models:
            self._models[population] = Models(
                table.population, self._layout.nodes[population], self._confine_to
            )
        models = self._models[population]
        models.check_kind()
        return models.cell(node, table.read([node], model_columns(table.population)))

    def sonata_nodes(self, population: str) -> libsonata.NodePopulation:
        """Return a population of nodes as libsonata has it."""
        import libsonata

        table = self._node_table(population)
        if population not in self._sonata:
            with table.file.reading(f"node population {population}"):
                try:
                    storage = libsonata.NodeStorage(table.file.path)
                    self._sonata[population] = storage.open_population(population)
                except libsonata.SonataError as error:
                    raise table.file.failure(f"node population {population}: {error}") from error
        return self._sonata[population]

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError(f"the circuit {self.path} is closed; open it again")

    def _node_table(self, population: str) -> NodeTable:
        self._check_open()
        if population not in self._layout.nodes:
            raise _no_population(population, self._layout.nodes, "populations of nodes")
        return self._node_tables[population]

    def _open_nodes(self, name: str) -> NodeTable:
        entry = self._layout.nodes[name]
        return NodeTable(self._file(entry), name, entry.kind)

    def _open_edges(self, name: str) -> EdgeTable:
        entry = self._layout.edges[name]
        return EdgeTable(self._file(entry), name, entry.kind)

    def _file(self, entry: PopulationFile) -> Hdf5File:
        self._check_open()
        if entry.file not in self._files:
            self._refuse_leaving(entry.file)
            self._files[entry.file] = Hdf5File(entry.file, confine_to=self._confine_to)
        return self._files[entry.file]

    def _sets(self) -> NodeSets:
        self._check_open()
        if self._node_sets is None:
            rules: dict[str, object] = {}
            for path in (self._layout.node_sets_file, self._own_node_sets):
                if path is not None:
                    self._refuse_leaving(path)
                    rules.update(read_node_sets(path))
            self._node_sets = NodeSets(rules, self)
        return self._node_sets

    def _refuse_leaving(self, path: str) -> None:
        if self._confine_to is not None and not is_within(path, self._confine_to):
            raise ConfinementError(
                f"{path} is outside of {self._confine_to}, to which the circuit {self.path} is confined"
            )


def open_circuit(
    path: PathLike,
    *,
    node_sets_file: PathLike | None = None,
    confine_to: PathLike | None = None,
) -> ObiCircuit:
    """Open a circuit by its ``circuit_config.json``.

    Parameters
    ----------
    path, node_sets_file, confine_to
        As for :class:`ObiCircuit`. The path may be the folder that has the file.

    Examples
    --------
    >>> from bluecellab.circuit.obi import open_circuit
    >>> open_circuit("nowhere/circuit_config.json")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    bluecellab.errors.CircuitFileError: ...circuit_config.json: cannot be read: No such file or directory
    """
    given = Path(path)
    if given.is_dir():
        given = given / "circuit_config.json"
    return ObiCircuit(given, node_sets_file=node_sets_file, confine_to=confine_to)


def _no_population(name: object, known: Mapping[str, object], what: str) -> PopulationNotFoundError:
    return PopulationNotFoundError(
        f"the circuit has no population {name!r}; {nearest(str(name), known, what)}", str(name)
    )


def _split(cell_id: CellId) -> tuple[str, int]:
    """Return population and id of a cell id, however it came."""
    try:
        population, number = cell_id
        return str(population), operator.index(number)
    except (TypeError, ValueError):
        raise NodeNotFoundError(
            f"a cell is asked for by CellId(population_name, id), not {cell_id!r}"
        ) from None
