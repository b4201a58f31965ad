"""Synapses placed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab import Simulation, create_ball_stick
from bluecellab.errors import MissingMechanismError, SectionNotFoundError, SynapseError
from bluecellab.nrn import objects
from bluecellab.spec.synapses import Exp2Syn, ExpSyn
from bluecellab.synapse import families


def trace(cell, t_stop=20.0):
    with Simulation(cell) as simulation:
        simulation.run(t_stop, cvode=False)
        return cell.get_soma_voltage()


def test_a_synapse_receives_its_spikes_in_every_run_and_goes_without_a_trace():
    with create_ball_stick() as cell:
        alone = trace(cell)
        synapse = cell.add_synapse(Exp2Syn(conductance="1 nS", tau2=2), "dend[0]", 0.3, spikes=[9, 5.0])
        first = trace(cell)
        np.testing.assert_array_equal(trace(cell), first)
        differ = np.flatnonzero(first != alone) * 0.025
        assert differ[0] == pytest.approx(6.0, abs=0.051)
        other = cell.add_synapse(ExpSyn(conductance=0.001), spikes=[5.0])
        assert (synapse.syn_id[1], other.syn_id[1]) == (0, 1)
        assert cell.add_synapse(ExpSyn(conductance=0.001, number=40)).syn_id[1] == 40
        assert not np.array_equal(trace(cell), first)
        other.group.close()
        np.testing.assert_array_equal(trace(cell), first)
        synapse.group.close()
        np.testing.assert_array_equal(trace(cell), alone)


def test_what_cannot_be_placed_leaves_nothing(monkeypatch):
    missing = families.Family("Missing", lambda batch: {}, None, inhibitory=False)
    monkeypatch.setitem(families.FAMILIES, "Exp2Syn", missing)
    with create_ball_stick() as cell:
        with pytest.raises(SectionNotFoundError):
            cell.add_synapse(ExpSyn(conductance=1), "dend[9]")
        with pytest.raises(SynapseError, match="0 ms or later"):
            cell.add_synapse(ExpSyn(conductance=1), spikes=[-1.0])
        with pytest.raises(MissingMechanismError):
            cell.add_synapse(Exp2Syn(conductance=1))
        assert objects.listing("ExpSyn").count() == 0
