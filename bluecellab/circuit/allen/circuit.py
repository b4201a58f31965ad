"""``AllenCircuit``: circuits of the Allen Institute / BMTK SONATA dialect, from files."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from bluecellab.circuit.access import Column, EdgePopulation, Edges, IntArray, NodePopulation
from bluecellab.circuit.allen.files import AllenFiles
from bluecellab.circuit.allen.gaps import GapJunctions, population_of_gaps, read_gaps
from bluecellab.circuit.allen.models import AllenModels
from bluecellab.circuit.allen.sets import AllenNodeSets
from bluecellab.circuit.nodesets import read_node_sets
from bluecellab.circuit.tables import node_ids
from bluecellab.errors import NodeNotFoundError
from bluecellab.spec.allen import AllenLayout, EdgesFile
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AllenCell, PointCell

__all__ = ["AllenCircuit", "open_allen"]

PathLike = str | os.PathLike[str]
_ARCHITECTURES = ("x86_64", "arm64", "aarch64")


class AllenCircuit:
    """A circuit of the Allen dialect.

    Attributes of a node or an edge are those that the HDF5 file has for it; of what it does not have there,
    those of its type. One that has no value for a column has NaN there (whole numbers then are real ones),
    False, or an empty text. So have ids below the largest one of a population that are of no node: what there
    is, is in :meth:`real_nodes` and :meth:`virtual_nodes`.

    Parameters
    ----------
    layout
        Which files it is made of; nothing is read before it is asked for.
    confine_to
        A folder: anything the layout or its files lead to outside of it is refused.
    max_segment_length
        In um, for its cells; None leaves numbers of segments alone.

    References
    ----------
    SONATA, https://doi.org/10.1371/journal.pcbi.1007696
    """

    def __init__(
        self,
        layout: AllenLayout,
        *,
        confine_to: PathLike | None = None,
        max_segment_length: float | None = 20.0,
    ) -> None:
        self.layout = layout
        self.max_segment_length = max_segment_length
        confined = None if confine_to is None else os.path.abspath(confine_to)
        self._files = AllenFiles(layout, confined)
        self._models = AllenModels(layout, confined, max_segment_length)
        self._node_sets: AllenNodeSets | None = None
        self._gaps: dict[str, GapJunctions] = {}

    def with_edges(self, *edges: EdgesFile) -> AllenCircuit:
        """Return a circuit of the same nodes with other edges; both are to be closed."""
        layout = self.layout.model_copy(update={"edges": edges})
        confine_to = self._files.confine_to
        return AllenCircuit(layout, confine_to=confine_to, max_segment_length=self.max_segment_length)

    def close(self) -> None:
        """Let go of all files. Closing twice does nothing."""
        self._files.close()

    def __enter__(self) -> AllenCircuit:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        layout = self.layout
        return (
            f"<AllenCircuit {layout.path}: {len(layout.nodes)} files of nodes, {len(layout.edges)} of edges>"
        )

    @property
    def path(self) -> str:
        """The configuration that describes it."""
        return self.layout.path

    @property
    def node_populations(self) -> Mapping[str, NodePopulation]:
        """Populations of nodes by name, in the order of loading."""
        self._files.check_open()
        return self._files.node_populations

    @property
    def edge_populations(self) -> Mapping[str, EdgePopulation]:
        """Populations of edges by name, in the order of loading, in which they are built."""
        self._files.check_open()
        return self._files.edge_populations

    @property
    def offsets(self) -> Mapping[str, int]:
        """The global id of node 0 of each population, in the order of loading; virtual ones count too."""
        self._files.check_open()
        return self._files.offsets

    @property
    def node_set_names(self) -> tuple[str, ...]:
        """Names of the node sets: of the configuration, ``all``, populations, and by ``model_type``."""
        return self._sets().names

    @property
    def mechanism_folders(self) -> tuple[Path, ...]:
        """What ``mechanisms_dir`` has of .mod files, itself or in ``modfiles``, or else compiled ones."""
        found = [_loadable(Path(folder)) for folder in self.folders("mechanisms_dir")]
        return tuple(dict.fromkeys(each for each in found if each is not None))

    @property
    def helper_folders(self) -> tuple[Path, ...]:
        """Folders in which hoc helpers of synapse models may lie: those of templates."""
        return tuple(Path(folder) for folder in self.folders("templates_dir"))

    def folders(self, component: str) -> tuple[str, ...]:
        """Return the folders of a component, such as ``"synaptic_models_dir"``, that there are."""
        given = self.layout.components.get(component, ())
        found = [path for path in given if os.path.isdir(path)]  # noqa: PTH112
        for path in found:
            self._files.refuse_leaving(path)
        return tuple(found)

    def component_file(self, component: str, name: str, what: str) -> str:
        """Return the absolute path of a file in the folders of a component.

        Parameters
        ----------
        component
            The component: ``"synaptic_models_dir"``.
        name
            The file within it.
        what
            What it is, for messages: ``"dynamics_params of edge type 100"``.

        Raises
        ------
        CircuitFileError
            If there is none.
        CircuitError
            If the circuit has no such component.
        ConfinementError
            If it is outside of the folder that confines.
        """
        return self._models.file(component, name, what)

    def nodes(
        self, population: str, ids: IntArray | None = None, columns: Sequence[str] | None = None
    ) -> Mapping[str, Column]:
        """Return attributes of nodes, each of shape (n,).

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
            If a file is missing or damaged.
        """
        return self._files.node_table(population).read(ids, columns)

    def node(self, population: str, node: int) -> Mapping[str, object]:
        """Return all attributes of one node as plain values, None for those that it does not have.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError
            If there is no such population or node.
        """
        table = self._files.node_table(population)
        number = int(node_ids([_whole(node)], table.population.size, f"node population {population}")[0])
        if table.is_absent(number):
            raise NodeNotFoundError(
                f"node population {population} has no node {number}, though it has later ones"
            )
        return table.attributes(number)

    def real_nodes(self, population: str) -> IntArray:
        """Return the ids of the nodes of a population that are cells, ascending, shape (n,)."""
        table = self._files.node_table(population)
        return table.nodes_of([each for each in table.model_types if each != "virtual"])

    def virtual_nodes(self, population: str) -> IntArray:
        """Return the ids of the nodes of a population that are virtual, ascending, shape (n,)."""
        return self._files.node_table(population).nodes_of(["virtual"])

    def node_set(self, name: str) -> Mapping[str, IntArray]:
        """Return the ids of a node set, sorted, for each population in which it has any.

        Raises
        ------
        NodeSetError
            If there is none of that name, it is wrong, or asks for an attribute that no population has.
        """
        return self._sets().resolve(name)

    def edges(self, population: str, target: int, columns: Sequence[str] | None = None) -> Edges:
        """Return the edges of a population that arrive at a node, in the order of the index.

        Arrays may be shared with other answers, and then cannot be written to.

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
            If a file is missing or damaged, or its index is missing or stale.
        """
        return self._files.edge_table(population).arriving(target, columns)

    def gap_junctions(self, population: str) -> GapJunctions | None:
        """Return the gap junctions within a population of nodes; None if there is no file of them.

        Raises
        ------
        CircuitFileError
            If the file is damaged.
        """
        self._files.check_open()
        for path in self.layout.gap_junctions:
            if population_of_gaps(path) == population:
                if path not in self._gaps:
                    self._gaps[path] = read_gaps(self._files.file(path))
                return self._gaps[path]
        return None

    def cell(self, cell_id: CellId) -> AllenCell | PointCell:
        """Return what is needed to build a cell; nothing is built.

        Raises
        ------
        PopulationNotFoundError, NodeNotFoundError, ColumnError
            If there is no such population or node, or it lacks an attribute that is needed.
        CircuitFileError
            If a file of its model is not there.
        CircuitError
            If it is virtual, or of a kind that is not known.
        """
        population, number = _split(cell_id)
        identity = CellId(population, number)
        attributes = self.node(population, number)
        return self._models.cell(identity, self.offsets[population] + number, attributes)

    def _sets(self) -> AllenNodeSets:
        self._files.check_open()
        if self._node_sets is None:
            self._node_sets = AllenNodeSets(self.layout.node_sets, self._files.node_tables())
        return self._node_sets


def open_allen(
    path: PathLike,
    *,
    node_sets_file: PathLike | None = None,
    confine_to: PathLike | None = None,
    max_segment_length: float | None = 20.0,
) -> AllenCircuit:
    """Open a circuit of the Allen dialect by its configuration.

    Parameters
    ----------
    path
        The configuration of the circuit, or of a simulation that has or names one.
    node_sets_file
        Node sets beside the circuit's own; where both have one of the same name, this file's counts.
    confine_to, max_segment_length
        As for :class:`AllenCircuit`.

    Raises
    ------
    CircuitFileError
        If the configuration, or the file of node sets, is missing or wrong; the message says everything
        that is.
    ConfinementError
        If something leads out of ``confine_to``.
    """
    from bluecellab.circuit.config.allen import read_allen_layout

    layout = read_allen_layout(path, confine_to=confine_to)
    if node_sets_file is not None:
        own = os.path.abspath(node_sets_file)
        AllenFiles(layout, None if confine_to is None else os.path.abspath(confine_to)).refuse_leaving(own)
        layout = AllenLayout.from_dict(
            {**layout.to_dict(), "node_sets": {**layout.node_sets, **read_node_sets(own)}}
        )
    return AllenCircuit(layout, confine_to=confine_to, max_segment_length=max_segment_length)


def _loadable(folder: Path) -> Path | None:
    """Return the folder that has .mod files, the folder itself or its ``modfiles``; or a compiled library."""
    for each in (folder, folder / "modfiles"):
        if any(each.glob("*.mod")):
            return each
    return folder if any((folder / name).is_dir() for name in _ARCHITECTURES) else None


def _whole(number: int) -> int:
    try:
        return operator.index(number)
    except TypeError:
        raise NodeNotFoundError(f"a node id is a whole number, not {number!r}") from None


def _split(cell_id: CellId) -> tuple[str, int]:
    """Return population and id of a cell id, however it came."""
    try:
        population, number = cell_id
        return str(population), operator.index(number)
    except (TypeError, ValueError):
        raise NodeNotFoundError(
            f"a cell is asked for by CellId(population_name, id), not {cell_id!r}"
        ) from None
