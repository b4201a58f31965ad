"""Synapses that are placed on a cell by hand."""

from __future__ import annotations

import numpy.typing as npt

from bluecellab.cell.injection import InjectionMixin
from bluecellab.cell.sections import AnyPlace
from bluecellab.nrn import runtime
from bluecellab.nrn.rng import RNGSettings
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation import Seeds
from bluecellab.spec.synapses import AnySynapse
from bluecellab.synapse import Receiver, Synapse, SynapseConditions, drive, place_synapse

__all__ = ["SynapseMixin"]


class SynapseMixin(InjectionMixin):
    """Synapses at any place of the cell."""

    cell_id: CellId
    post_gid: int | None
    _placed_synapses = 0

    def add_synapse(
        self,
        spec: AnySynapse,
        section: AnyPlace | None = None,
        segx: float | None = None,
        *,
        spikes: npt.ArrayLike | None = None,
        conditions: SynapseConditions | None = None,
    ) -> Synapse:
        """Place a synapse.

        Parameters
        ----------
        spec
            Any of :mod:`bluecellab.spec.synapses`. Synapses whose ``number`` is left out are numbered 0, 1,
            2, ..., so that each has a random stream of its own.
        section, segx
            Where: a section (handle or name), segment or site, and a position along it; the middle
            of the soma by default.
        spikes
            Times in ms at which its source fires, shape (n,); left out, nothing is connected to it.
        conditions
            Seeds, calcium and time step; by default the seeds of
            :class:`~bluecellab.nrn.rng.RNGSettings`.

        Returns
        -------
        Synapse
            ``synapse.group.close()`` takes it away again.

        Raises
        ------
        MissingMechanismError
            If its mechanism is not loaded.
        SectionNotFoundError, SiteError
            If there is no such place.
        SynapseError
            If a time is negative or not a number.
        BusyError
            If a run is in progress.

        Examples
        --------
        >>> from bluecellab import create_ball_stick
        >>> from bluecellab.spec.synapses import Exp2Syn
        >>> with create_ball_stick() as cell:
        ...     synapse = cell.add_synapse(Exp2Syn(conductance="1 nS"), "dend[0]", 0.3, spikes=[5, 10])
        ...     synapse.connections[0].weight
        0.001
        """
        self._scope.check()
        runtime.refuse_while_running("placing a synapse")
        at = self.at(section, segx)
        if "number" not in spec.model_fields_set:
            spec = spec.model_copy(update={"number": self._placed_synapses})
        gid = self.cell_id.id if self.post_gid is None else self.post_gid
        receiver = Receiver(self._scope, self._scope.name, self.cell_id, gid)
        synapse = place_synapse(spec, receiver, at.section.raw, at.x, conditions or _conditions())
        self._placed_synapses += 1
        if spikes is not None:
            try:
                drive(synapse, spikes)
            except BaseException:
                synapse.group.close()
                raise
        return synapse


def _conditions() -> SynapseConditions:
    settings = RNGSettings.get_instance()
    seeds = Seeds(base=settings.base_seed, synapse=settings.synapse_seed, minis=settings.minis_seed)
    return SynapseConditions(seeds=seeds)
