"""Synapses under their published names: faces of those of :mod:`bluecellab.synapse`."""

from __future__ import annotations

import math
import weakref
from typing import Any, NamedTuple

from bluecellab import synapse as room
from bluecellab.cell.core import living_cells
from bluecellab.compat.rngsettings import RNGSettings
from bluecellab.compat.synapse._description import columns_of, description_of, lookup
from bluecellab.errors import SynapseError
from bluecellab.nrn import runtime
from bluecellab.nrn.scope import Scope
from bluecellab.spec.assignments import parse_assignments
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Seeds
from bluecellab.synapse.group import SynapseGroup

__all__ = [
    "AmpanmdaSynapse",
    "Exp2Syn",
    "GabaabSynapse",
    "GenericSpikeSynapse",
    "GluSynapse",
    "Synapse",
    "SynapseHocArgs",
    "SynapseID",
    "face_of",
]


class SynapseID(NamedTuple):
    """Name of the population of edges, and number among those that arrive at the cell."""

    projection: str
    sid: int


class SynapseHocArgs(NamedTuple):
    """Where a synapse is."""

    location: float
    section: Any


class Synapse(room.Synapse):
    """A synapse that is placed by hand, of the model that its type asks for.

    Parameters
    ----------
    cell_id
        The cell it is on.
    hoc_args
        Position and NEURON's section.
    syn_id
        Population of edges and number; a number is enough.
    syn_description
        Attributes of the edge, by ``SynapseProperty`` or SONATA's names.
    popids
        Numbers of the populations it comes from and arrives at.
    post_gid
        Global id of the cell, which is part of the random stream.
    extracellular_calcium
        In mM; None: the release probability is not scaled.

    Raises
    ------
    SynapseError
        If the attributes do not suffice.
    MissingMechanismError
        If its mechanism is not loaded.
    """

    _model: str | None = None

    def __init__(
        self,
        cell_id: CellId,
        hoc_args: SynapseHocArgs,
        syn_id: SynapseID | tuple[str, int] | int,
        syn_description: Any,
        popids: tuple[int, int],
        post_gid: int | None,
        extracellular_calcium: float | None = None,
    ) -> None:
        self._place(
            CellId(*cell_id),
            hoc_args,
            syn_id,
            syn_description,
            popids,
            post_gid,
            (extracellular_calcium, False),
        )

    def _place(
        self,
        cell_id: CellId,
        hoc_args: SynapseHocArgs,
        syn_id: SynapseID | tuple[str, int] | int,
        description: Any,
        popids: tuple[int, int],
        post_gid: int | None,
        conditions: tuple[float | None, bool],
        *,
        weight: float = 1.0,
        helper_folders: tuple[Any, ...] = (),
    ) -> None:
        """Make the synapse, and become its handle."""
        projection, number = syn_id if isinstance(syn_id, tuple) else ("", syn_id)
        location, section = hoc_args
        columns = {
            name: value
            for name, value in columns_of(description).items()
            if name not in ("@source_node", "afferent_segment_id", "afferent_segment_offset")
        }
        columns["afferent_section_id"], columns["afferent_section_pos"] = 0.0, float(location)
        raw = getattr(section, "raw", section)
        receiver = room.Receiver(
            owner=self._owner(raw),
            label=f"Cell {cell_id}",
            cell_id=cell_id,
            gid=cell_id.id if post_gid is None else int(post_gid),
            sections={0: raw},
            populations=(int(popids[0]), int(popids[1])),
        )
        source = lookup(description, "@source_node")
        placed = room.place_edge(
            columns,
            receiver,
            _conditions(*conditions, helper_folders),
            source=CellId(str(lookup(description, "source_population_name") or ""), int(source or 0)),
            number=int(number),
            model=self._model,
            population=projection or "placed",
            weight=weight,
        )
        super().__init__(placed.group, placed.index)
        self._began(SynapseID(projection, int(number)), SynapseHocArgs(float(location), raw), description)

    def _owner(self, section: Any) -> Scope:
        """Return what owns the synapse: the cell, if the section is one's of this package."""
        for cell in living_cells():
            if any(section == own for own in cell.raw_sections()):
                return cell.scope
        scope = Scope("synapse on a section of other code")
        weakref.finalize(self, scope.abandon).atexit = False
        return scope

    def _began(self, syn_id: SynapseID | None, hoc_args: SynapseHocArgs | None, description: Any) -> None:
        self._syn_id = syn_id
        self._hoc_args = hoc_args
        self._description = description
        self.delay_weights: list[tuple[float, float]] = []
        self._commands: list[str] = []

    @property
    def syn_id(self) -> SynapseID:
        """Name of its population of edges, and its number."""
        return self._syn_id or SynapseID(*super().syn_id)

    @property
    def syn_description(self) -> Any:
        """The attributes of its edge: what it was made with, or those of the circuit in a pandas Series."""
        return description_of(self) if self._description is None else self._description

    @property
    def hoc_args(self) -> SynapseHocArgs:
        """Where it is."""
        if self._hoc_args is None:
            segment = self.hsynapse.get_segment()
            return SynapseHocArgs(self.x, segment.sec)
        return self._hoc_args

    @property
    def weight(self) -> float | None:  # type: ignore[override]  # as published
        """Factor of overrides on its conductance; None if they leave it as it is."""
        factor = super().weight
        return None if factor == 1 else factor

    def _seed(self, index: int) -> int | None:
        seeds = self.randseeds
        return None if seeds is None else seeds[index]

    @property
    def randseed1(self) -> int | None:
        """First number of its random stream."""
        return self._seed(0)

    @property
    def randseed2(self) -> int | None:
        """Second number of its random stream."""
        return self._seed(1)

    @property
    def randseed3(self) -> int | None:
        """Third number of its random stream."""
        return self._seed(2)

    @property
    def synapseconfigure_cmds(self) -> list[str]:
        """What ``synapse_configure`` has set."""
        return [*self.group.configuration_of(self.index), *self._commands]

    def apply_hoc_configuration(self, hoc_configure_params: list[str]) -> None:
        """Set parameters by texts such as ``"%s.Fac = 2"``.

        Raises
        ------
        AssignmentError
            If a text is anything but assignments.
        SynapseError
            If the mechanism has no such parameter.
        """
        runtime.refuse_while_running("configuring a synapse")
        process = self.hsynapse
        for text in hoc_configure_params:
            for assignment in parse_assignments(text):
                if not hasattr(process, assignment.attribute):
                    raise SynapseError(
                        f"{self!r} has no parameter {assignment.attribute!r} to set by {text!r}"
                    )
                value = assignment.evaluate(lambda name: float(getattr(process, name)))
                setattr(process, assignment.attribute, value)
            self._commands.append(text)

    @staticmethod
    def calc_u_scale_factor(u_hill_coefficient: float | None, extracellular_calcium: float | None) -> float:
        """Return the factor of calcium (mM) on the release probability; 1 where either is unknown.

        Examples
        --------
        >>> round(Synapse.calc_u_scale_factor(2.79, 1.1), 4)
        0.1129
        """
        coefficient = math.nan if u_hill_coefficient is None else float(u_hill_coefficient)
        if extracellular_calcium is None or math.isnan(coefficient):
            return 1.0
        fourth, calcium = coefficient**4, float(extracellular_calcium) ** 4
        return (fourth + 16) / 16 * (calcium / (fourth + calcium))

    @property
    def info_dict(self) -> dict[str, object]:
        """What it is, as published."""
        own = {
            "synapse_id": self.syn_id,
            "syn_description": dict(self.syn_description),
            "synapseconfigure_cmds": self.synapseconfigure_cmds,
        }
        return {**super().info_dict, **own}

    def delete(self) -> None:
        """Take it away, if it was placed by hand; those of a circuit go with their cell."""
        if self._syn_id is not None:
            self.group.close()


class _OfAModel(Synapse):
    """A synapse whose class says of which model it is."""

    def __init__(
        self,
        gid: CellId,
        hoc_args: SynapseHocArgs,
        syn_id: SynapseID | tuple[str, int] | int,
        syn_description: Any,
        popids: tuple[int, int],
        post_gid: int | None,
        extracellular_calcium: float | None = None,
    ) -> None:
        super().__init__(gid, hoc_args, syn_id, syn_description, popids, post_gid, extracellular_calcium)


class AmpanmdaSynapse(_OfAModel):
    """A synapse of AMPA and NMDA receptors; parameters as :class:`Synapse`, the cell is ``gid``."""

    _model = "ProbAMPANMDA_EMS"


class GluSynapse(_OfAModel):
    """A plastic synapse of AMPA and NMDA receptors; parameters as :class:`Synapse`, the cell is ``gid``."""

    _model = "GluSynapse"


class Exp2Syn(_OfAModel):
    """NEURON's synapse of two time constants; parameters as :class:`Synapse`, the cell is ``gid``."""

    _model = "Exp2Syn"


class GabaabSynapse(Synapse):
    """A synapse of GABA-A and GABA-B receptors; further parameters as :class:`Synapse`.

    Parameters
    ----------
    gid
        The cell it is on.
    randomize_risetime
        Whether it draws a rise time.
    """

    _model = "ProbGABAAB_EMS"

    def __init__(
        self,
        gid: CellId,
        hoc_args: SynapseHocArgs,
        syn_id: SynapseID | tuple[str, int] | int,
        syn_description: Any,
        popids: tuple[int, int],
        post_gid: int | None,
        extracellular_calcium: float | None = None,
        randomize_risetime: bool = True,
    ) -> None:
        conditions = (extracellular_calcium, bool(randomize_risetime))
        self._place(CellId(*gid), hoc_args, syn_id, syn_description, popids, post_gid, conditions)


class GenericSpikeSynapse(Synapse):
    """A synapse that a hoc helper ``<mod_suffix>Helper`` makes; further parameters as :class:`Synapse`.

    Parameters
    ----------
    gid
        The cell it is on.
    mod_suffix
        Name of the model.
    helper_dirs
        Folders in which the helper may lie.
    """

    def __init__(
        self,
        gid: CellId,
        hoc_args: SynapseHocArgs,
        syn_id: SynapseID | tuple[str, int] | int,
        syn_description: Any,
        popids: tuple[int, int],
        post_gid: int | None,
        extracellular_calcium: float | None = None,
        mod_suffix: str = "",
        helper_dirs: tuple[Any, ...] = (),
    ) -> None:
        if not mod_suffix:
            raise SynapseError("a generic synapse needs mod_suffix, the name of its model")
        self._model = mod_suffix
        self._place(
            CellId(*gid),
            hoc_args,
            syn_id,
            syn_description,
            popids,
            post_gid,
            (extracellular_calcium, False),
            helper_folders=tuple(helper_dirs),
        )


_CLASSES: dict[str, type[Synapse]] = {
    "ProbAMPANMDA_EMS": AmpanmdaSynapse,
    "ProbGABAAB_EMS": GabaabSynapse,
    "GluSynapse": GluSynapse,
    "Exp2Syn": Exp2Syn,
}


def face_of(group: SynapseGroup, index: int) -> Synapse:
    """Return the published face of a synapse of a circuit, of the class of its mechanism."""
    kind = _CLASSES.get(group.mechanism_of(index), GenericSpikeSynapse)
    synapse = kind.__new__(kind)
    room.Synapse.__init__(synapse, group, index)
    synapse._began(None, None, None)
    return synapse


def _conditions(
    calcium: float | None, randomize: bool, helper_folders: tuple[Any, ...]
) -> room.SynapseConditions:
    settings = RNGSettings.get_instance()
    seeds = Seeds(
        base=settings.base_seed,
        synapse=settings.synapse_seed,
        minis=settings.minis_seed,
        convention="bluecellulab",
    )
    return room.SynapseConditions(
        seeds=seeds,
        extracellular_calcium=calcium,
        randomize_gaba_rise_time=randomize,
        helper_folders=helper_folders,
    )
