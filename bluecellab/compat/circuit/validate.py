"""Checks of synapses, under the published names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bluecellab.compat._coming import getter
from bluecellab.compat.circuit.synapse_properties import SynapseProperty
from bluecellab.errors import SynapseError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_nrrp_value"]

__getattr__ = getter(__name__)
__path__: list[str] = []  # lets `from ... import name` say why an absent name is absent


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
