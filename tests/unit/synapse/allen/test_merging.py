"""Equal linear synapses on a segment as one point process: the same potentials; refused where it would not be."""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab.errors import SynapseError
from bluecellab.spec.base import CellId
from bluecellab.spec.functions import SYNAPSE_MODELS, synapse_model
from tests.unit.synapse.allen.making import circuit_in, world
from tests.unit.synapse.allen.test_sources import FIBRES, TRAINS, potentials


def crowded(folder):
    circuit = circuit_in(folder)
    pairs = [(source, node) for node in range(3) for source in range(4)] * 3
    circuit.connect("f_c", ("fibres", "cells"), pairs, nsyns=9, delay=1.0, syn_weight=1e-4)
    circuit.connect("g_c", ("fibres", "cells"), pairs, nsyns=9, dynamics_params="inh.json", syn_weight=2e-5)
    circuit.connect(
        "c_c", ("cells", "cells"), [(0, 1), (1, 2)], nsyns=20, model_template="expsyn", syn_weight=1e-4
    )
    return circuit


def run(circuit, **options):
    with world(circuit) as made:
        synapses = made.synapses(**options)
        synapses.recurrent(made.real)
        synapses.virtual(FIBRES, TRAINS)
        processes = {
            str(process) for group in synapses.all_groups() for process in group.processes_of(group.placed)
        }
        return potentials(made, synapses), synapses.counts(), len(processes)


def test_the_same_with_fewer_point_processes(tmp_path):
    circuit = crowded(tmp_path)
    plain, counts, many = run(circuit)
    merged, same, few = run(circuit, merge=True)
    assert counts == same == {"f_c": 324, "g_c": 324, "c_c": 40}
    assert many == 688
    assert few <= 3 * (9 * 2) + 2 * 9
    assert np.ptp(plain) > 5
    assert np.allclose(plain, merged, rtol=0, atol=1e-9)


def test_refused(tmp_path):
    circuit = crowded(tmp_path)
    with world(circuit) as made:
        synapses = made.synapses(merge=True)
        synapses.recurrent(made.real)
        (group,) = synapses.groups[CellId("cells", 1)]
        with pytest.raises(SynapseError, match="may share its point process"):
            _ = group.synapse(0).hsynapse
        with pytest.raises(SynapseError, match="report 'currents' records synapses.*merge_synapses"):
            synapses.refuse_recording("report 'currents'")
        made.synapses().refuse_recording("report 'currents'")

    @synapse_model(name="my_synapse")
    def make(params, x, section):
        raise AssertionError

    circuit.connect("c_c", ("cells", "cells"), [(0, 1)], model_template="my_synapse")
    try:
        with (
            world(circuit) as made,
            pytest.raises(SynapseError, match="'my_synapse', a function of your own"),
        ):
            made.synapses(merge=True).recurrent(made.real)
    finally:
        SYNAPSE_MODELS.remove("my_synapse")
