"""Attenuation of synaptic potentials."""

from __future__ import annotations

import math

import pytest

from bluecellab.analysis.epsp import epsp_attenuation
from bluecellab.cell import create_ball_stick
from bluecellab.errors import FeatureError, SectionNotFoundError, SimulationError
from bluecellab.spec.base import Site
from bluecellab.spec.cells import BallStickCell
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import AlphaSynapse

FAR = Site(section="dend[0]", x=1)
SYNAPSE = AlphaSynapse(onset=100, tau=2, gmax=1e-4)


def test_a_synaptic_potential_attenuates_and_is_delayed() -> None:
    with create_ball_stick() as cell:
        far = epsp_attenuation(cell, FAR, synapse=SYNAPSE, holding_current=-0.1)
        near = epsp_attenuation(cell, Site(section="dend[0]", x=0.1), synapse=SYNAPSE, holding_current=-0.1)
    assert far.dendrite_amplitude > far.soma_amplitude > 0
    assert far.attenuation == pytest.approx(far.dendrite_amplitude / far.soma_amplitude)
    assert far.attenuation > near.attenuation > 1
    assert far.delay > near.delay >= 0
    assert set(far.results.traces) == {"soma[0](0.5).v", "dend[0](1).v"}


def test_a_live_cell_a_specification_and_a_fixed_step_agree() -> None:
    fixed = RunConditions(v_init=-70, cvode=False)
    with create_ball_stick() as cell:
        live = epsp_attenuation(cell, FAR, synapse=SYNAPSE, holding_current=-0.1, conditions=fixed)
    isolated = epsp_attenuation(BallStickCell(), FAR, synapse=SYNAPSE, holding_current=-0.1, conditions=fixed)
    assert (live.attenuation, live.delay) == (isolated.attenuation, isolated.delay)
    with create_ball_stick() as cell:
        variable = epsp_attenuation(
            cell,
            FAR,
            synapse=SYNAPSE,
            holding_current=-0.1,
            conditions=RunConditions(v_init=-70, cvode=True),
        )
    assert variable.attenuation == pytest.approx(live.attenuation, rel=0.02)
    assert variable.delay == pytest.approx(live.delay, abs=0.5)


def test_a_synapse_on_the_soma_is_not_attenuated() -> None:
    with create_ball_stick() as cell:
        found = epsp_attenuation(cell, Site(), synapse=SYNAPSE, holding_current=-0.1)
    assert (found.attenuation, found.delay) == (1.0, 0.0)


def test_what_is_no_epsp_is_refused() -> None:
    with create_ball_stick() as cell:
        with pytest.raises(FeatureError, match="does not rise"):
            inhibitory = AlphaSynapse(onset=100, tau=2, gmax=1e-3, e=-120)
            epsp_attenuation(cell, FAR, synapse=inhibitory, holding_current=-0.1)
        with pytest.raises(FeatureError, match="spikes"):
            epsp_attenuation(cell, FAR, synapse=AlphaSynapse(onset=100, tau=2, gmax=0.1))
        with pytest.raises(SimulationError, match="onset must lie within the run of 50 ms"):
            epsp_attenuation(cell, FAR, total=50)
        with pytest.raises(SimulationError, match="not at 0 ms"):
            epsp_attenuation(cell, FAR, synapse=AlphaSynapse(onset=0, tau=2, gmax=1e-4))
        with pytest.raises(SectionNotFoundError, match="apic"):
            epsp_attenuation(cell, Site(section="apic[0]"), synapse=SYNAPSE)
    assert math.isfinite(SYNAPSE.onset)
