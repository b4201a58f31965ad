"""``SynapseFactory``: makes the synapse that a description asks for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecellab.circuit.access import EdgePopulation, Edges
from bluecellab.compat.exceptions import SectionDoesNotExistError
from bluecellab.compat.synapse._description import columns_of
from bluecellab.compat.synapse.synapse_types import (
    AmpanmdaSynapse,
    Exp2Syn,
    GabaabSynapse,
    GenericSpikeSynapse,
    GluSynapse,
    Synapse,
    SynapseHocArgs,
    SynapseID,
)
from bluecellab.errors import SynapseError
from bluecellab.nrn import synapses as engine
from bluecellab.synapse import Receiver
from bluecellab.synapse.places import places_of

if TYPE_CHECKING:
    from bluecellab.compat.cell.core import Cell

__all__ = ["SynapseFactory", "SynapseType"]

_EXCITATORY_FROM = 100
_START, _END = 1e-7, 0.9999999


class SynapseType(Enum):
    """Which model a synapse is made of."""

    GABAAB = "GABAAB"
    AMPANMDA = "AMPANMDA"
    GLUSYNAPSE = "GLUSYNAPSE"
    ALLEN_CHEMICAL = "ALLEN_CHEMICAL"


_OVERRIDES = {"GluSynapse": SynapseType.GLUSYNAPSE, "Exp2Syn": SynapseType.ALLEN_CHEMICAL}
_CLASSES: dict[SynapseType, type[Synapse]] = {
    SynapseType.GABAAB: GabaabSynapse,
    SynapseType.AMPANMDA: AmpanmdaSynapse,
    SynapseType.GLUSYNAPSE: GluSynapse,
    SynapseType.ALLEN_CHEMICAL: Exp2Syn,
}


class SynapseFactory:
    """Makes synapses on cells."""

    @classmethod
    def create_synapse(
        cls,
        cell: Cell,
        syn_id: SynapseID | tuple[str, int],
        syn_description: Any,
        condition_parameters: Any,
        popids: tuple[int, int],
        extracellular_calcium: float | None,
        connection_modifiers: Mapping[str, Any],
    ) -> Synapse:
        """Make a synapse on a cell, which owns it.

        Parameters
        ----------
        cell
            The cell.
        syn_id
            Population of edges and number.
        syn_description
            Attributes of the edge.
        condition_parameters
            ``Conditions``: whether GABA-A synapses draw a rise time; not set, they do.
        popids
            Numbers of the populations it comes from and arrives at.
        extracellular_calcium
            In mM.
        connection_modifiers
            What overrides say: ``Weight``, ``ModOverride``, ``SynapseConfigure``, ``HelperDirs``,
            ``DelayWeights``.

        Raises
        ------
        SectionDoesNotExistError
            If the cell does not have the section.
        SynapseError
            If the attributes do not suffice.
        """
        model = connection_modifiers.get("ModOverride")
        place = cls.determine_synapse_location(syn_description, cell)
        if model is not None and model not in _OVERRIDES:
            kind: type[Synapse] = GenericSpikeSynapse
        else:
            kind = _CLASSES[_OVERRIDES[model] if model else cls.determine_synapse_type(syn_description)]
        randomize = kind is GabaabSynapse and condition_parameters.randomize_gaba_rise_time is not False
        synapse = kind.__new__(kind)
        if model is not None:
            synapse._model = model
        weight = connection_modifiers.get("Weight")
        synapse._place(
            cell.cell_id,
            place,
            syn_id,
            syn_description,
            popids,
            cell.post_gid,
            (extracellular_calcium, randomize),
            weight=1.0 if weight is None else float(weight),
            helper_folders=tuple(connection_modifiers.get("HelperDirs") or ()),
        )
        return cls.apply_connection_modifiers(connection_modifiers, synapse)

    @staticmethod
    def determine_synapse_type(syn_description: Any) -> SynapseType:
        """Return the model of a synapse by its ``syn_type_id``: inhibitory below 100.

        Raises
        ------
        SynapseError
            If there is none, and it is no synapse of two time constants either.
        """
        columns = columns_of(syn_description)
        if "syn_type_id" in columns:
            return SynapseType.GABAAB if columns["syn_type_id"] < _EXCITATORY_FROM else SynapseType.AMPANMDA
        if "tau1" in columns:
            return SynapseType.ALLEN_CHEMICAL
        raise SynapseError(
            "a synapse without syn_type_id needs ModOverride, or tau1, tau2 and erev; this one has "
            f"{', '.join(columns)}"
        )

    @staticmethod
    def determine_synapse_location(syn_description: Any, cell: Cell) -> SynapseHocArgs:
        """Return where on a cell a synapse is.

        Raises
        ------
        SectionDoesNotExistError
            If the cell does not have the section.
        """
        columns = {name: np.array([value]) for name, value in columns_of(syn_description).items()}
        population = EdgePopulation("placed", "chemical", "", cell.cell_id.population_name, 1, tuple(columns))
        edges = Edges(population, cell.cell_id.id, np.array([0]), np.array([0]), columns)
        section_id = int(columns["afferent_section_id"][0]) if "afferent_section_id" in columns else -1
        raw = cell.section_ids
        if section_id not in raw:
            raise SectionDoesNotExistError(section_id, f"{cell.label} has no place for the synapse there.")
        receiver = Receiver(cell.scope, cell.label, cell.cell_id, 0, {section_id: raw[section_id]})
        places = places_of(edges, receiver)
        return SynapseHocArgs(float(places.position[0]), raw[section_id])

    @staticmethod
    def synlocation_to_segx(section: Any, ipt: int, syn_offset: float) -> float:
        """Return the position on a section of a 3D point, by its number, and an offset in um."""
        arcs, length, backwards = engine.arc_lengths(section)
        offset = max(float(syn_offset), 0.0)
        point = len(arcs) - 1 - ipt if backwards else ipt
        x = 0.5
        if 0 <= point < len(arcs):
            x = (float(arcs[point]) + (-offset if backwards else offset)) / length
        x = _START if x == 0 else min(x, _END)
        return max(1 - x if backwards else x, 0.0)

    @staticmethod
    def apply_connection_modifiers(connection_modifiers: Mapping[str, Any], synapse: Synapse) -> Synapse:
        """Apply what overrides say of a synapse that has been made; return it."""
        synapse.delay_weights = list(connection_modifiers.get("DelayWeights") or ())
        commands = connection_modifiers.get("SynapseConfigure") or ()
        synapse.apply_hoc_configuration([commands] if isinstance(commands, str) else list(commands))
        return synapse
