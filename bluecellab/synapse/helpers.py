"""Synapse models that circuits bring along as hoc templates: ``modoverride: "X"`` asks for ``XHelper.hoc``.

A helper is code: it is executed by hoc, once for each synapse. Its file defines a template ``XHelper`` with
``public synapse``, whose ``init`` gets

1. the global id of the cell + 1
2. an object with the parameters of the edge: ``sgid delay weight U D F DTC synType nrrp u_hill_coefficient
   conductance_ratio isec ipt offset maskValue location``, and what ``XHelper_NeededAttributes`` lists,
   separated by semicolons, under the names of the attributes of edges
3. the position on the section, which is the accessed one
4. the number of the edge, the base seed, and the numbers of both populations of nodes.

``U``, and what ``XHelper_UHillScaleVariables`` lists, are scaled by the extracellular calcium.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import Edges
from bluecellab.errors import SynapseError
from bluecellab.files.distinct import distinct
from bluecellab.nrn import synapse_helpers, synapses
from bluecellab.nrn.synapse_helpers import HelperTemplate
from bluecellab.synapse.columns import EdgeColumns
from bluecellab.synapse.conditions import Receiver, SynapseConditions
from bluecellab.synapse.families import hill_factor
from bluecellab.synapse.places import Places

__all__ = ["Helped", "Helper"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Parameters by the attributes that chemical edges must have, and others may.
_CHEMICAL = {
    "U": "u_syn",
    "D": "depression_time",
    "F": "facilitation_time",
    "DTC": "decay_time",
    "synType": "syn_type_id",
}
#: Parameters by the attributes they come from, and what they are where an edge has no such attribute.
_OPTIONAL = {
    "nrrp": ("n_rrp_vesicles", -1.0),
    "u_hill_coefficient": ("u_hill_coefficient", 0.0),
    "conductance_ratio": ("conductance_scale_factor", -1.0),
}


@dataclass(frozen=True, eq=False)
class Helped:
    """Synapses that a helper has made.

    Parameters
    ----------
    instances
        Instances of its template.
    slots
        Where in the List the point process of each edge is, shape (n,).
    mechanisms
        Name of the mechanism of each, shape (n,).
    """

    instances: list[Any]
    slots: IntArray
    mechanisms: npt.NDArray[np.str_]


class Helper:
    """The helper of a synapse model.

    Parameters
    ----------
    prefix
        The model.
    path
        Its file.

    Raises
    ------
    MissingMechanismError
        If mechanisms that it uses are not loaded.
    TemplateError
        If hoc refuses the file.
    """

    def __init__(self, prefix: str, path: Path) -> None:
        self.prefix = prefix
        self.path = path
        self._template: HelperTemplate = synapse_helpers.load(path, prefix)

    def make(
        self,
        processes: Any,
        edges: Edges,
        receiver: Receiver,
        conditions: SynapseConditions,
        places: Places,
    ) -> Helped:
        """Make the synapses of edges.

        Parameters
        ----------
        processes
            List that their point processes are appended to.
        edges
            The edges.
        receiver, conditions
            The cell, and what they are made for.
        places
            Where each edge ends; all of them exist.

        Raises
        ------
        ColumnError, SynapseError
            If the edges lack an attribute that the helper needs.
        TemplateError
            If the helper fails.
        """
        before = int(processes.count())
        instances, names = [], []
        seeds = conditions.seeds
        ids = (receiver.gid + 1, seeds.base, *receiver.numbers_of(edges))
        for_hoc = {
            "globalSeed": seeds.base,
            "synapseSeed": seeds.synapse,
            "ionchannelSeed": seeds.ionchannel,
            "stimulusSeed": seeds.stimulus,
            "minisSeed": seeds.minis,
            "rngMode": 1,
        }
        rows = zip(
            edges.numbers.tolist(),
            places.section.tolist(),
            places.position.tolist(),
            self._rows(edges, conditions, places),
            strict=True,
        )
        with synapse_helpers.seeded(for_hoc, randomize_gaba_rise_time=conditions.randomize_gaba_rise_time):
            for number, section, position, parameters in rows:
                instance, process = synapse_helpers.make(
                    self._template,
                    places.sections[section],
                    position,
                    parameters,
                    (ids[0], number, *ids[1:]),
                )
                instances.append(instance)
                processes.append(process)
                names.append(str(process.hname()).partition("[")[0])
        slots = np.arange(before, before + len(edges))
        made = Helped(instances, slots, np.array(names, dtype=np.str_))
        self._set_conductance(processes, edges, made)
        return made

    def _rows(
        self, edges: Edges, conditions: SynapseConditions, places: Places
    ) -> Iterator[dict[str, float]]:
        """Yield the parameters of each edge."""
        columns = EdgeColumns(edges, f"synapses of {self.prefix}, made by {self.path},")
        found: dict[str, FloatArray] = {
            "sgid": edges.sources.astype(np.float64),
            "delay": columns.not_negative("delay"),
            "weight": columns.not_negative("conductance"),
            "isec": columns.needed("afferent_section_id"),
            "offset": places.position,
            "ipt": np.full(len(edges), -1.0),
            "maskValue": np.full(len(edges), -1.0),
            "location": np.full(len(edges), 0.5),
        }
        for name, column in _CHEMICAL.items():
            if edges.population.kind == "chemical" or columns.has(column):
                found[name] = columns.needed(column)
        for name, (column, otherwise) in _OPTIONAL.items():
            values = columns.optional(column)
            found[name] = np.where(np.isnan(values), otherwise, values)
        for name in self._template.needed:
            found[name] = columns.needed(name)
        factor = hill_factor(columns.optional("u_hill_coefficient"), conditions.extracellular_calcium)
        for name in (*(["U"] if "U" in found else []), *self._template.scaled):
            if name not in found:
                raise SynapseError(
                    f"{self.path} wants {name} scaled by calcium, but does not list it in "
                    f"{self.prefix}Helper_NeededAttributes"
                )
            found[name] = found[name] * factor
        names, rows = list(found), zip(*(values.tolist() for values in found.values()), strict=True)
        return (dict(zip(names, row, strict=True)) for row in rows)

    def _set_conductance(self, processes: Any, edges: Edges, made: Helped) -> None:
        conductance = EdgeColumns(edges, f"synapses of {self.prefix}").not_negative("conductance")
        for name in distinct(made.mechanisms).tolist():
            if "conductance" in synapses.point_mechanism(name).defaults:
                here = made.mechanisms == name
                synapses.write(processes, made.slots[here], "conductance", conductance[here])
