"""How a run is done: temperature, initial potential, integrator, seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator

from bluecellab.spec.base import Celsius, Millivolt, PositiveMillisecond, Spec

__all__ = ["CircuitConditions", "RunConditions", "SeedConvention", "Seeds"]

SeedConvention = Literal["neurodamus", "bluecellulab"]
SeedNumber = Annotated[int, Field(ge=0, lt=2**32)]


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
        Integrate with a variable step instead (CVODE); ``"auto"``: wherever the cell's mechanisms and the
        stimuli allow it, see :func:`bluecellab.simulation.integrates_with_cvode`.
    cvode_atol
        Absolute tolerance of CVODE, in the units of the states (mV for potentials).
    base_seed
        Random123 global index.
    channel_seed
        Of the streams of stochastic channels; the template's own default when left out.
    stimulus_seed
        Of the streams of random stimuli.
    globals
        GLOBALs of mechanisms by name, such as ``{"tau_r_AMPA_ProbAMPANMDA_EMS": 0.2}``.
    """

    celsius: Celsius = 34.0
    v_init: Millivolt = -65.0
    dt: PositiveMillisecond = 0.025
    cvode: bool | Literal["auto"] = False
    cvode_atol: Annotated[float, Field(gt=0)] = 1e-3
    base_seed: SeedNumber = 0
    channel_seed: SeedNumber | None = None
    stimulus_seed: SeedNumber = 0
    globals: Mapping[str, float] = Field(default_factory=dict)

    @field_validator("globals")
    @classmethod
    def _not_given_twice(cls, value: Mapping[str, float]) -> Mapping[str, float]:
        for name in value:
            if name in cls.model_fields:
                raise ValueError(f"{name!r} is a condition of its own: give {name}={value[name]:g}")
        return value


class Seeds(Spec):
    """The seeds of a circuit simulation, and whose formulas make random streams of them.

    Parameters
    ----------
    base
        ``run.random_seed``: the Random123 global index.
    synapse, minis, stimulus, ionchannel
        ``run.synapse_seed`` and so on: added to the ids of the streams of their purpose.
    convention
        ``"neurodamus"``: streams are a function of the seeds, the purpose, and the ids in the circuit
        alone. ``"bluecellulab"``: those of BlueCelluLab, which depend on which cells are loaded.
    """

    base: SeedNumber = 0
    synapse: SeedNumber = 0
    minis: SeedNumber = 0
    stimulus: SeedNumber = 0
    ionchannel: SeedNumber = 0
    convention: SeedConvention = "neurodamus"


class CircuitConditions(Spec):
    """The ``conditions`` of a circuit simulation.

    Parameters
    ----------
    celsius
        Temperature in degC.
    v_init
        Initial membrane potential in mV.
    spike_location
        Where spikes are detected: ``"soma"`` or ``"AIS"``.
    extracellular_calcium
        In mM; scales the release probability of synapses. Not scaled when left out.
    randomize_gaba_rise_time
        Whether every GABA-A synapse draws a rise time.
    mechanisms
        GLOBALs of mechanisms: ``{"ProbAMPANMDA_EMS": {"init_depleted": 1}}``.
    """

    celsius: Celsius = 34.0
    v_init: Millivolt = -80.0
    spike_location: Literal["soma", "AIS"] = "soma"
    extracellular_calcium: Annotated[float, Field(gt=0)] | None = None
    randomize_gaba_rise_time: bool = False
    mechanisms: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
