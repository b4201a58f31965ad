"""What a simulation changes at the connections of its circuit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bluecellab.spec.base import NonNegativeMillisecond, Spec, Unit

__all__ = ["ConnectionOverride"]

NonNegativeHertz = Annotated[float, Field(ge=0), Unit("Hz")]


class ConnectionOverride(Spec):
    """One block of ``connection_overrides``: it concerns the edges from ``source`` to ``target``.

    Blocks are read in order. A block without ``delay`` replaces what earlier ones said of the fields
    that it gives; ``synapse_configure`` adds up. A block with ``delay`` only sets the weight, at that time.

    Parameters
    ----------
    name
        For messages.
    source, target
        Node sets.
    weight
        Factor on the conductance.
    delay
        When the weight is applied, in ms; None: from the start.
    spont_minis
        Rate of spontaneous minis in Hz, instead of that of the target cell.
    synapse_configure
        Assignments to parameters of each synapse, ``%s`` standing for it: ``"%s.mg = 1.4"``.
    modoverride
        Synapse model to use instead: ``"GluSynapse"``, ``"Exp2Syn"``, or the prefix of a hoc helper.
    synapse_delay_override
        In ms, instead of the delay of the edges.
    neuromodulation_dtc, neuromodulation_strength
        Instead of those of neuromodulatory edges: decay time in ms, and strength.
    """

    name: str = ""
    source: str
    target: str
    weight: Annotated[float, Field(ge=0)] | None = None
    delay: NonNegativeMillisecond | None = None
    spont_minis: NonNegativeHertz | None = None
    synapse_configure: str | None = None
    modoverride: Annotated[str, Field(min_length=1)] | None = None
    synapse_delay_override: NonNegativeMillisecond | None = None
    neuromodulation_dtc: NonNegativeMillisecond | None = None
    neuromodulation_strength: Annotated[float, Field(ge=0)] | None = None

    @property
    def delayed(self) -> bool:
        """Whether it only sets a weight at a later time."""
        return bool(self.delay)
