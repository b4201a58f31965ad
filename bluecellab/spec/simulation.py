"""How a run is done: temperature, initial potential, integrator, seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from bluecellab.spec.base import Celsius, Millivolt, PositiveMillisecond, Spec

__all__ = ["RunConditions"]


class RunConditions(Spec):
    """The conditions of a run.

    Parameters
    ----------
    celsius
        Temperature in degC.
    v_init
        Initial membrane potential in mV.
    dt
        Fixed time step in ms.
    cvode
        Integrate with a variable step instead.
    base_seed
        Random123 global index.
    channel_seed
        Of the streams of stochastic channels; the template's own default when left out.
    globals
        GLOBALs of mechanisms by name, such as ``{"tau_r_AMPA_ProbAMPANMDA_EMS": 0.2}``.
    """

    celsius: Celsius = 34.0
    v_init: Millivolt = -65.0
    dt: PositiveMillisecond = 0.025
    cvode: bool = False
    base_seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    channel_seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    globals: Mapping[str, float] = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.to_json())
