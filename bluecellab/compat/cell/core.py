"""``Cell`` with NEURON's own sections, as published."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from typing_extensions import Self

from bluecellab import cell as room
from bluecellab.cell.builders.ball_stick import build_ball_stick
from bluecellab.cell.core import Builder
from bluecellab.compat import importer, psection
from bluecellab.compat._coming import explain
from bluecellab.compat.cell import _replay as replay
from bluecellab.compat.cell import _report_sites
from bluecellab.compat.cell._synapses import CircuitSynapses
from bluecellab.compat.cell.plotting import PlottableMixin
from bluecellab.compat.exceptions import SectionDoesNotExistError
from bluecellab.compat.psection import PSection
from bluecellab.compat.synapse.synapse_factory import SynapseFactory
from bluecellab.compat.type_aliases import NeuronSection, ReportSite, SiteEntry
from bluecellab.errors import CellError
from bluecellab.nrn import runtime
from bluecellab.recording import Recordable
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import BallStickCell, EmodelProperties, TemplateParams
from bluecellab.synapse import SpikeSource, SynapseGroup

__all__ = ["BALL_STICK", "Cell"]

#: What rebuilds the ball-and-stick cell, which needs neither template nor morphology.
BALL_STICK = TemplateParams("", "", "ball_stick", None)


class Cell(PlottableMixin):
    """A cell from a hoc template and a morphology, as published.

    Its sections are NEURON's own (``nrn.Section``), which ``neuron.h`` takes; asking a closed cell for
    them raises ClosedError, but a section that was taken before is not checked as the handles of
    :class:`bluecellab.cell.Cell` are.

    Parameters
    ----------
    template_path
        The hoc file; it holds one template.
    morphology_path
        ``.asc``, ``.swc`` or ``.h5`` file, or ``container.h5/name``.
    cell_id
        Population and id; numbered 0, 1, 2, ... in this process when left out.
    record_dt
        Interval of recordings in ms; every integration step when left out.
    template_format
        ``"v5"``, ``"v6"`` or ``"bluepyopt"``.
    emodel_properties
        Threshold and holding current; needed by ``"v6"``.
    """

    def __init__(
        self,
        template_path: str | Path,
        morphology_path: str | Path,
        cell_id: CellId | None = None,
        record_dt: float | None = None,
        template_format: str = "v5",
        emodel_properties: EmodelProperties | None = None,
    ) -> None:
        if template_format == BALL_STICK.template_format:
            params = BALL_STICK._replace(emodel_properties=emodel_properties)
            self._assemble(build_ball_stick, self._identify(cell_id), record_dt, params)
            self._spec = BallStickCell(id=self.cell_id)
        else:
            super().__init__(
                template_path, morphology_path, cell_id, record_dt, template_format, emodel_properties
            )

    @classmethod
    def from_template_parameters(
        cls,
        template_params: TemplateParams,
        cell_id: CellId | None = None,
        record_dt: float | None = None,
    ) -> Cell:
        """Make a cell from what another cell has as ``template_params``."""
        return cls(
            template_params.template_filepath,
            template_params.morph_filepath,
            cell_id,
            record_dt,
            template_params.template_format,
            template_params.emodel_properties,
        )

    def _assemble(
        self, build: Builder, identity: CellId, record_dt: float | None, params: TemplateParams | None
    ) -> None:
        importer.load_once()
        super()._assemble(build, identity, record_dt, params)
        self._begin_published()

    def _begin_published(self) -> None:
        """Begin to have what published cells have beyond those of the face."""
        own = self._scope.own
        self.ips: dict[object, object] = own({}, dict.clear)
        self.report_sites: dict[str, list[SiteEntry]] = own({}, dict.clear)
        self._sources: list[SpikeSource] = own([], list.clear)
        self._wired = CircuitSynapses(self._scope)
        self.delayed_weights: queue.PriorityQueue[tuple[float, object]] = queue.PriorityQueue()
        self.sonata_proxy: object | None = None
        self._begin_plotting()

    @classmethod
    def face_of(cls, cell: room.Cell) -> Self:
        """Return the published face of a cell: the same cell, with one state under two classes."""
        face = cls.__new__(cls)
        face.__dict__ = cell.__dict__
        if "_wired" not in cell.__dict__:
            face._begin_published()
        return face

    def take_synapses(
        self, groups: Sequence[SynapseGroup], mates: WeakValueDictionary[CellId, room.Cell]
    ) -> None:
        """Have the synapses of a circuit as :attr:`synapses` and :attr:`connections`.

        Parameters
        ----------
        groups
            The synapses.
        mates
            Cells that send spikes to them.
        """
        self._wired.add(groups, mates)

    @property
    def synapses(self) -> dict[Any, Any]:
        """Its synapses by their ids; what is put here stays until the cell is closed."""
        self._scope.check()
        return self._wired.filled().synapses

    @property
    def connections(self) -> dict[Any, Any]:
        """What sends spikes to its synapses, by their ids."""
        self._scope.check()
        return self._wired.filled().connections

    @property
    def syn_mini_netcons(self) -> dict[Any, Any]:
        """NEURON's NetCons of minis, by the ids of synapses."""
        self._scope.check()
        return self._wired.filled().minis

    def pre_gids(self) -> list[int]:
        """Return the ids of the cells that its synapses come from, each once, sorted."""
        return sorted({synapse.pre_gid for synapse in self.synapses.values()})

    def pre_gid_synapse_ids(self, pre_gid: int) -> list[Any]:
        """Return the ids of the synapses that come from a cell."""
        return [key for key, synapse in self.synapses.items() if synapse.pre_gid == pre_gid]

    def configure_recording(
        self, recording_sites: Sequence[tuple[Any, str, float]], variable_name: str, report_name: str
    ) -> list[tuple[ReportSite, str]]:
        """Record a variable at places: section, its name, position; return them with names of recordings.

        Places that do not have it are left out.
        """
        return _report_sites.record(self, list(recording_sites), variable_name, report_name)

    def resolve_segments_from_config(self, report_cfg: object) -> list[tuple[NeuronSection, str, float]]:
        """Return the places of a report of the configuration: section, its name, and position along it."""
        return _report_sites.of_config(self, report_cfg)

    def resolve_segments_from_compartment_set(
        self, node_id: int, compartment_nodes: Sequence[Sequence[Any]]
    ) -> list[tuple[NeuronSection, str, float]]:
        """Return the places that a compartment set lists of a node: section, its name, and position."""
        return _report_sites.of_compartment_set(self, node_id, compartment_nodes)

    def add_replay_synapse(
        self,
        synapse_id: Any,
        syn_description: Any,
        connection_modifiers: Mapping[str, Any],
        condition_parameters: Any,
        popids: tuple[int, int],
        extracellular_calcium: float | None,
    ) -> None:
        """Make a synapse, as ``synapses[synapse_id]``; parameters as ``SynapseFactory.create_synapse``."""
        self.synapses[synapse_id] = SynapseFactory.create_synapse(
            self,
            synapse_id,
            syn_description,
            condition_parameters,
            popids,
            extracellular_calcium,
            connection_modifiers,
        )

    def add_replay_minis(
        self,
        synapse_id: Any,
        syn_description: Any,  # noqa: ARG002 - published; the synapse knows it
        connection_modifiers: Mapping[str, Any],
        popids: tuple[int, int],  # noqa: ARG002 - published; the synapse knows them
        mini_frequencies: tuple[float | None, float | None],
    ) -> None:
        """Let a synapse release spontaneously.

        Parameters
        ----------
        synapse_id, syn_description, popids
            The synapse, which has been made with these.
        connection_modifiers
            ``SpontMinis``, in Hz, wins over the rates of the cell.
        mini_frequencies
            Rates of excitatory and of inhibitory synapses in Hz.
        """
        replay.add_minis(self, self.synapses[synapse_id], connection_modifiers, mini_frequencies)

    def add_replay_delayed_weight(self, sid: Any, delay: float, weight: float) -> None:
        """Let the connection of a synapse have a weight from a time in ms on, in every run."""
        replay.delay_weight(self, sid, delay, weight)

    def add_synapse_replay(self, stimulus: Any, spike_threshold: float, spike_location: str) -> None:
        """Let synapses receive the spikes of a file, instead of those they had received.

        Raises
        ------
        CellError
            If the cell has not been connected to a circuit.
        """
        replay.replay_file(self, stimulus, spike_threshold, spike_location)

    def recorders(self) -> list[Recordable]:
        """Return everything that takes part in runs of this cell."""
        return [*super().recorders(), *(source for source in self._sources if not source.closed)]

    def connect_to_circuit(self, sonata_proxy: object) -> None:
        """Note what the circuit says of this cell."""
        self.sonata_proxy = sonata_proxy

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            reason = explain(f"cell.core.Cell.{name}")
            raise AttributeError(reason or f"'Cell' object has no attribute {name!r}")

    def _listed(self, name: str) -> list[NeuronSection]:
        return [section.raw for section in super()._listed(name)]

    @property
    def sections(self) -> dict[str, NeuronSection]:
        """All sections by name (``"soma[0]"``, ``"dend[3]"``), in NEURON's order."""
        self._scope.check()
        return {name: section.raw for name, section in self._sections.items()}

    @property
    def section_ids(self) -> dict[int, NeuronSection]:
        """Sections by SONATA section id; replaced axons leave holes in the numbering."""
        return {index: section.raw for index, section in super().section_ids.items()}

    def get_section_by_id(self, section_id: int) -> NeuronSection:
        """Return the section of a SONATA section id; see :meth:`bluecellab.cell.Cell.get_section_by_id`."""
        return super().get_section_by_id(section_id).raw

    def get_childrensections(self, parentsection: NeuronSection) -> list[NeuronSection]:
        """Return the sections connected to a section."""
        return [section.raw for section in super().get_childrensections(parentsection)]

    def get_parentsection(self, childsection: NeuronSection) -> NeuronSection:
        """Return the section that a section is connected to."""
        return super().get_parentsection(childsection).raw

    @property
    def psections(self) -> dict[int, PSection]:
        """Sections with their places in the tree, by SONATA section id."""
        return psection.arrange(self.sections, self._model.ids)[0]

    @property
    def secname_to_psection(self) -> dict[str, PSection]:
        """Sections with their places in the tree, by NEURON's full name."""
        return psection.arrange(self.sections, self._model.ids)[1]

    def get_psection(self, section_id: int | str) -> PSection:  # type: ignore[override]  # raw sections
        """Return a section with its place in the tree.

        Parameters
        ----------
        section_id
            SONATA section id, or name: NEURON's full one, or that within the cell.

        Raises
        ------
        SectionDoesNotExistError
            If there is none.
        CellError
            If it is neither an integer nor text.
        """
        if isinstance(section_id, str):
            by_name = self.secname_to_psection
            found = by_name.get(section_id) or by_name.get(f"{self.hocname}.{section_id}".removeprefix("."))
        elif hasattr(section_id, "__index__") and not isinstance(section_id, bool):
            section_id = section_id.__index__()
            found = self.psections.get(section_id)
        else:
            raise CellError(f"a section id (int) or name (str) is needed, not {section_id!r}")
        if found is None:
            raise SectionDoesNotExistError(section_id, f"{self.label} has {self._inventory()}.")
        return found

    @property
    def info_dict(self) -> dict[str, dict[object, Any]]:
        """What there is to say about synapses and connections, by their ids."""
        self._scope.check()
        return {
            "synapses": {sid: synapse.info_dict for sid, synapse in self.synapses.items()},
            "connections": {sid: connection.info_dict for sid, connection in self.connections.items()},
        }

    @staticmethod
    def get_precise_record_dt(dt: float) -> float:
        """Return the interval in ms that makes NEURON sample at multiples of ``dt``."""
        return (1 + float(runtime.raw_h().float_epsilon)) / (1 / dt)
