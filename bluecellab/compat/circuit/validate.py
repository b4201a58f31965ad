"""Checks of synapses, under the published names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bluecellab.compat.circuit.synapse_properties import SynapseProperty
from bluecellab.errors import ConfigError, NodeSetError, SynapseError

if TYPE_CHECKING:
    import pandas as pd

    from bluecellab.compat.circuit.circuit_access.definition import CircuitAccess

__all__ = ["BLUEPY_AVAILABLE", "SimulationValidator", "check_nrrp_value"]

BLUEPY_AVAILABLE = False


class SimulationValidator:
    """Checks the configuration of a simulation against its circuit.

    :func:`bluecellab.circuit.validation.validate` checks far more, and says all that is wrong at once.

    Parameters
    ----------
    circuit_access
        The circuit and the configuration.
    """

    def __init__(self, circuit_access: CircuitAccess) -> None:
        self.circuit_access = circuit_access

    def validate(self) -> None:
        """Do all checks."""
        self.check_connection_entries()
        self.check_cao_cr_glusynapse_value()
        self.check_spike_location()

    def check_connection_entries(self) -> None:
        """Make sure that connection overrides are about node sets that exist.

        Raises
        ------
        TargetDoesNotExist
            If one is not.
        """
        for entry in self.circuit_access.config.connection_entries():
            for target in (entry.source, entry.target):
                if not self.circuit_access.is_valid_group(target):
                    raise NodeSetError(f"{target} target does not exist", target)

    def check_cao_cr_glusynapse_value(self) -> None:
        """Make sure that the calcium of GluSynapse, if it is set, is the extracellular one.

        Raises
        ------
        ConfigError
            If it is not.
        """
        conditions = self.circuit_access.config.condition_parameters()
        chosen = conditions.to_globals().get("GluSynapse", {}).get("cao_CR")
        calcium = conditions.extracellular_calcium
        if chosen is not None and chosen != calcium:
            raise ConfigError(f"cao_CR of GluSynapse is {chosen:g} and extracellular_calcium is {calcium}")

    def check_spike_location(self) -> None:
        """Make sure that spikes are detected at the soma or the axon initial segment.

        Raises
        ------
        ConfigError
            If they are not.
        """
        location = self.circuit_access.config.spike_location
        if location not in ("soma", "AIS"):
            raise ConfigError(f"Possible options for spike_location are 'soma' and 'AIS', not {location!r}")


def check_nrrp_value(synapses: pd.DataFrame) -> None:
    """Make sure that numbers of vesicles are whole and positive; rows without one do not count.

    Parameters
    ----------
    synapses
        Has the column ``SynapseProperty.NRRP``.

    Raises
    ------
    SynapseError
        A ValueError, if one is not.
    """
    values = np.asarray(synapses[SynapseProperty.NRRP], dtype=np.float64)
    values = values[~np.isnan(values)]
    if (values <= 0).any():
        raise SynapseError(f"Value smaller than 0.0 found for nrrp: {values[values <= 0][0]:g}")
    if (values != np.floor(values)).any():
        raise SynapseError(f"Non-integer value found for nrrp: {values[values != np.floor(values)][0]:g}")
