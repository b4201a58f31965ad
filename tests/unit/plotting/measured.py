"""Measured values made by hand."""

from __future__ import annotations

import numpy as np

from bluecellab.results import Results, Spikes, Trace, Traces
from bluecellab.results.measured import BackPropagation, BranchAttenuation, EpspAttenuation, FICurve, IVCurve
from bluecellab.spec.base import Site
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.stimuli import AlphaSynapse, Step

TIME = np.arange(0.0, 1100.0, 0.5)
IV = IVCurve([-0.1, -0.2, 0.0], [-75.0, np.nan, -65.0])
FI = FICurve([0.1, 0.2, 0.3], [0, 3, 5], [0.0, 6.0, 10.0])


def results(*traces: Trace, duration: float = 1100.0, **more: object) -> Results:
    step = Placed(stimulus=Step(delay=1000, duration=5, amplitude=3))
    protocol = Protocol(duration=duration, stimuli=more.pop("stimuli", (step,)), name="made")  # type: ignore[arg-type]
    return Results(Traces(traces), Spikes({}, t_stop=duration), protocol, **more)  # type: ignore[arg-type]


def potential(section: str, amplitude: float = 100.0) -> Trace:
    return Trace(section, TIME, -70 + amplitude * (TIME >= 1001), "mV", Site(section=section), "v")


def back_propagation(*, fit: bool = True) -> BackPropagation:
    basal = BranchAttenuation(
        ("dend[0]", "dend[1]"), [50, 100], [70, 45], (90.0, 0.01, 10.0) if fit else None
    )
    apical = BranchAttenuation(("apic[0]",), [400], [20], (110.0, 0.005, -5.0) if fit else None)
    seen = [
        potential("soma[0]"),
        potential("dend[0]", 70),
        potential("dend[1]", 45),
        potential("apic[0]", 20),
    ]
    return BackPropagation(100.0, basal, apical, results(*seen))


def epsp() -> EpspAttenuation:
    synapse = Placed(stimulus=AlphaSynapse(onset=300, tau=10, gmax=1e-4), site=Site(section="dend[5]"))
    seen = results(potential("soma[0]", 0.5), potential("dend[5]", 2.0), stimuli=(synapse,))
    return EpspAttenuation(2.0, 0.5, 4.0, 3.25, seen)
