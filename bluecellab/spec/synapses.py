"""One frozen model for each family of synapses, for synapses that are placed one by one.

Fields have SONATA's names; those of circuits come as columns of edges instead.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bluecellab.spec.base import CellId, Millivolt, PositiveMillisecond, Spec, Unit

__all__ = [
    "MODELS",
    "AnySynapse",
    "DetAMPANMDA",
    "DetGABAAB",
    "Exp2Syn",
    "ExpSyn",
    "GluSynapse",
    "ProbAMPANMDA",
    "ProbGABAAB",
    "SynapseSpec",
]

#: Names of the synapse models that ``modoverride`` may give; others need a hoc helper.
MODELS = (
    "AMPANMDA",
    "DetAMPANMDA",
    "DetGABAAB",
    "Exp2Syn",
    "ExpSyn",
    "GABAAB",
    "GluSynapse",
    "ProbAMPANMDA_EMS",
    "ProbGABAAB_EMS",
)

_NS, _US, _MM, _MS = Unit("nS"), Unit("uS"), Unit("mM"), Unit("ms")
Nanosiemens = Annotated[float, Field(ge=0), _NS, BeforeValidator(_NS.parse)]
Microsiemens = Annotated[float, Field(ge=0), _US, BeforeValidator(_US.parse)]
Millimolar = Annotated[float, Field(ge=0), _MM]
Milliseconds = Annotated[float, Field(ge=0), _MS, BeforeValidator(_MS.parse)]
Positive = Annotated[float, Field(gt=0)]


class SynapseSpec(Spec):
    """What every synapse has.

    Parameters
    ----------
    delay
        From a spike of the source to the synapse, in ms; whole time steps, one at least.
    number
        Number of the synapse among those of its kind on the cell; part of its random stream.
    source
        The cell whose spikes it receives.
    """

    delay: Milliseconds = 1.0
    number: int = Field(default=0, ge=0)
    source: CellId = CellId("", 0)


class _ShortTermPlasticity(SynapseSpec):
    """What every synapse with short-term plasticity of Tsodyks and Markram's kind has."""

    conductance: Nanosiemens
    u_syn: float = Field(default=1.0, ge=0, le=1)
    depression_time: Milliseconds = 100.0
    facilitation_time: Milliseconds = 10.0
    n_rrp_vesicles: int = Field(default=1, ge=1)
    u_hill_coefficient: Millimolar | None = None
    conductance_scale_factor: Annotated[float, Field(ge=0)] | None = None


class ProbAMPANMDA(_ShortTermPlasticity):
    """A stochastic excitatory synapse with AMPA and NMDA receptors, ``ProbAMPANMDA_EMS``.

    Parameters
    ----------
    conductance
        Peak conductance of AMPA in nS.
    u_syn
        Utilisation of synaptic efficacy, 0 to 1, at 2 mM of calcium.
    depression_time, facilitation_time
        Time constants of recovery from depression and facilitation in ms.
    decay_time
        Of AMPA in ms.
    n_rrp_vesicles
        Number of vesicles ready for release.
    u_hill_coefficient
        Half-activation of the dependence on calcium in mM; None: no dependence.
    conductance_scale_factor
        Ratio of the conductances of NMDA and AMPA; None: that of the mechanism.
    delay, number, source
        As :class:`SynapseSpec`.

    References
    ----------
    Fuhrmann et al. (2002), https://doi.org/10.1152/jn.00258.2001
    """

    type: Literal["ProbAMPANMDA_EMS"] = "ProbAMPANMDA_EMS"
    decay_time: PositiveMillisecond = 1.7


class ProbGABAAB(_ShortTermPlasticity):
    """A stochastic inhibitory synapse with GABA-A and GABA-B receptors, ``ProbGABAAB_EMS``.

    Parameters
    ----------
    conductance
        Peak conductance of GABA-A in nS.
    decay_time
        Of GABA-A in ms.
    conductance_scale_factor
        Ratio of the conductances of GABA-B and GABA-A; None: that of the mechanism.
    u_syn, depression_time, facilitation_time, n_rrp_vesicles, u_hill_coefficient, delay, number, source
        As :class:`ProbAMPANMDA`.
    """

    type: Literal["ProbGABAAB_EMS"] = "ProbGABAAB_EMS"
    decay_time: PositiveMillisecond = 8.0


class DetAMPANMDA(_ShortTermPlasticity):
    """The deterministic relative of :class:`ProbAMPANMDA`, with the same parameters."""

    type: Literal["DetAMPANMDA"] = "DetAMPANMDA"
    decay_time: PositiveMillisecond = 1.7


class DetGABAAB(_ShortTermPlasticity):
    """The deterministic relative of :class:`ProbGABAAB`, with the same parameters."""

    type: Literal["DetGABAAB"] = "DetGABAAB"
    decay_time: PositiveMillisecond = 8.0


class GluSynapse(_ShortTermPlasticity):
    """An excitatory synapse with long-term plasticity driven by calcium.

    The conductance comes from ``gmax_d_AMPA`` and ``gmax_p_AMPA``; ``conductance`` plays no part.

    Parameters
    ----------
    volume_CR
        Volume of the spine in um3.
    rho0_GB
        State at the start: potentiated above 0.5.
    Use_d_TM, Use_p_TM
        Utilisation in the depressed and in the potentiated state.
    gmax_d_AMPA, gmax_p_AMPA
        Conductance in nS in these states.
    theta_d, theta_p
        Thresholds of calcium for depression and potentiation.
    decay_time, conductance_scale_factor
        As :class:`ProbAMPANMDA`.
    conductance, u_syn, depression_time, facilitation_time, n_rrp_vesicles, u_hill_coefficient
        As :class:`ProbAMPANMDA`.
    delay, number, source
        As :class:`ProbAMPANMDA`.

    References
    ----------
    Chindemi et al. (2022), https://doi.org/10.1038/s41467-022-30214-w
    """

    type: Literal["GluSynapse"] = "GluSynapse"
    conductance: Nanosiemens = 1.0
    decay_time: PositiveMillisecond = 1.7
    volume_CR: Positive
    rho0_GB: float
    Use_d_TM: float
    Use_p_TM: float
    gmax_d_AMPA: Nanosiemens
    gmax_p_AMPA: Nanosiemens
    theta_d: float
    theta_p: float


class Exp2Syn(SynapseSpec):
    """A conductance that rises and decays exponentially, NEURON's own ``Exp2Syn``.

    Parameters
    ----------
    conductance
        Peak conductance in uS.
    tau1, tau2
        Time constants of rise and decay in ms.
    erev
        Reversal potential in mV.
    delay, number, source
        As :class:`SynapseSpec`.
    """

    type: Literal["Exp2Syn"] = "Exp2Syn"
    conductance: Microsiemens
    tau1: PositiveMillisecond = 0.1
    tau2: PositiveMillisecond = 10.0
    erev: Millivolt = 0.0


class ExpSyn(SynapseSpec):
    """A conductance that jumps and decays exponentially, NEURON's own ``ExpSyn``.

    Parameters
    ----------
    conductance
        Peak conductance in uS.
    tau1
        Time constant of decay in ms.
    erev
        Reversal potential in mV.
    delay, number, source
        As :class:`SynapseSpec`.
    """

    type: Literal["ExpSyn"] = "ExpSyn"
    conductance: Microsiemens
    tau1: PositiveMillisecond = 0.1
    erev: Millivolt = 0.0


AnySynapse = Annotated[
    ProbAMPANMDA | ProbGABAAB | DetAMPANMDA | DetGABAAB | GluSynapse | Exp2Syn | ExpSyn,
    Field(discriminator="type"),
]
"""Any synapse specification; told apart by ``type``."""
