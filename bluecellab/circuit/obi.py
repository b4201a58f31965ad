"""``ObiCircuit``: circuits of the Blue Brain / Open Brain Institute SONATA dialect, from files."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from bluecellab.circuit.access import Column, EdgePopulation, Edges, IntArray, NodePopulation
from bluecellab.circuit.components import read_layout
from bluecellab.circuit.models import Models, model_columns
from bluecellab.circuit.nodesets import NodeSets, read_node_sets
from bluecellab.circuit.store import Store
from bluecellab.errors import CircuitFileError, NodeNotFoundError
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell

__all__ = ["ObiCircuit", "open_circuit"]

PathLike = str | os.PathLike[str]


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
        self._store = Store(read_layout(self.path, confine_to=self._confine_to), self._confine_to)
        if self._own_node_sets is not None:
            self._store.refuse_leaving(self._own_node_sets)
        self._models: dict[str, Models] = {}
        self._node_sets: NodeSets | None = None

    def close(self) -> None:
        """Let go of all files. Closing twice does nothing."""
        self._store.close()

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
        nodes, edges = len(self._store.layout.nodes), len(self._store.layout.edges)
        return f"<ObiCircuit {self.path}: {nodes} populations of nodes, {edges} of edges>"

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes by name, in the order of the configuration."""
        return self._store.node_populations

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges by name, in the order of the configuration."""
        return self._store.edge_populations

    @property
    def node_set_names(self) -> tuple[str, ...]:
        """Names of the node sets."""
        return self._sets().names

    @property
    def mechanism_folders(self) -> tuple[Path, ...]:
        """Folders with the .mod files of its cells and synapses; those that have any."""
        return tuple(folder for folder in self._folders("mechanisms_dir") if any(folder.glob("*.mod")))

    @property
    def helper_folders(self) -> tuple[Path, ...]:
        """Folders in which hoc helpers of synapse models may lie: those of templates and mechanisms."""
        found = (*self._folders("biophysical_neuron_models_dir"), *self._folders("mechanisms_dir"))
        return tuple(dict.fromkeys(found))

    def _folders(self, key: str) -> tuple[Path, ...]:
        found = [Path(folder) for folder in self._store.layout.folders[key]]
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
        return self._store.nodes(population, ids, columns)

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
        table = self._store.edge_table(population)
        receivers = table.population.target
        if receivers not in self._store.layout.nodes:
            raise CircuitFileError(
                f"{table.file.path}: edge population {population} arrives at node population {receivers}, "
                "which the circuit does not have",
                table.file.path,
            )
        return table.arriving(target, self._store.node_table(receivers).population.size, columns)

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
        table = self._store.node_table(population)
        if population not in self._models:
            self._models[population] = Models(
                table.population, self._store.layout.nodes[population], self._confine_to
            )
        models = self._models[population]
        models.check_kind()
        return models.cell(node, table.read([node], model_columns(table.population)))

    def _sets(self) -> NodeSets:
        self._store.check_open()
        if self._node_sets is None:
            rules: dict[str, object] = {}
            for path in (self._store.layout.node_sets_file, self._own_node_sets):
                if path is not None:
                    self._store.refuse_leaving(path)
                    rules.update(read_node_sets(path))
            self._node_sets = NodeSets(rules, self._store)
        return self._node_sets


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


def _split(cell_id: CellId) -> tuple[str, int]:
    """Return population and id of a cell id, however it came."""
    try:
        population, number = cell_id
        return str(population), operator.index(number)
    except (TypeError, ValueError):
        raise NodeNotFoundError(
            f"a cell is asked for by CellId(population_name, id), not {cell_id!r}"
        ) from None
