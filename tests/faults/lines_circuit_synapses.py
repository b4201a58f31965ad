"""Part B, lines 4, 6, 12, 13 and 15, as far as synapses go."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np

from tests.faults.harness import line, refused


@line
def line_b4_values_of_edges() -> None:
    from bluecellab.errors import CircuitWarning, ColumnError, SynapseError
    from bluecellab.nrn import objects
    from bluecellab.synapse import SynapseConditions, build_synapses
    from tests.unit.synapse.making import ball, edges, without

    nothing = SynapseConditions()
    with ball() as (_, receiver):
        for name in ("conductance", "delay", "tau1", "tau2", "erev", "afferent_section_id"):
            broken = edges(**{name: [1.0, np.nan, np.inf, 1.0]})
            with refused("2 of 4 edges", name, "number 1", error=SynapseError):
                build_synapses(broken, receiver, nothing)
            with refused(name, error=ColumnError):
                build_synapses(without(edges(), name), receiver, nothing)
        for name in ("conductance", "delay"):
            with refused("1 of 2 edges", f"negative {name}", "-0.5", error=SynapseError):
                build_synapses(edges(**{name: [1.0, -0.5]}), receiver, nothing)
        with refused("'electrical'", "chemical", error=SynapseError):
            build_synapses(edges("electrical"), receiver, nothing)
        with refused("syn_type_id", error=ColumnError):
            build_synapses(edges("chemical"), receiver, nothing)
        assert objects.listing("Exp2Syn").count() == 0
        strange = edges(
            delay=[0.001, 1, 1, 1],
            afferent_section_id=[0, 1, -3, 2**40],
            afferent_section_pos=[-5, 7, 0.5, 0.5],
        )
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            group = build_synapses(strange, receiver, nothing)
        texts = [str(warning.message) for warning in said if warning.category is CircuitWarning]
        assert len(texts) == 3, texts
        assert "2 of 4" in texts[0] and "-3, 1099511627776" in texts[0]
        assert "2 of 4" in texts[1] and "outside 0 to 1" in texts[1]
        assert "1 of 4" in texts[2] and "time step" in texts[2]
        assert group.placed.tolist() == [True, True, False, False]


@line
def line_b6_spikes() -> None:
    from bluecellab import Simulation
    from bluecellab.errors import SynapseError
    from bluecellab.synapse import SpikeSource, SynapseConditions, build_synapses
    from tests.unit.synapse.making import ball, edges

    def trace(times: list[float]) -> np.ndarray:
        with ball() as (cell, receiver), SpikeSource() as source, Simulation(cell) as simulation:
            group = build_synapses(edges(), receiver, SynapseConditions())
            group.connect({0: 9}, "replay")
            source.add_trains({9: times})
            simulation.attach(source)
            simulation.run(20, cvode=False)
            return cell.get_soma_voltage()

    assert np.array_equal(trace([7.0, 3.0]), trace([3.0, 7.0]))
    assert not np.array_equal(trace([]), trace([3.0]))
    assert np.array_equal(trace([]), trace([1000.0]))
    with refused("source 9", "0 ms or later", "-1", error=SynapseError):
        trace([3.0, -1.0])


@line
def line_b12_streams_of_a_synapse_are_its_own() -> None:
    from bluecellab.nrn.synapses import PointMechanism
    from bluecellab.synapse import SynapseConditions
    from bluecellab.synapse.families import FAMILIES, Batch, minis_streams
    from tests.unit.synapse.making import chemical

    made = chemical(50, 2)
    mechanism = PointMechanism("ProbAMPANMDA_EMS", {}, draws=True, forgets=True, kind_index=4)
    conditions = SynapseConditions()
    order = np.random.default_rng(1).permutation(50)[:20]
    for streams in (
        lambda edges: FAMILIES["ProbAMPANMDA_EMS"].streams(Batch(edges, 7, (1, 2), conditions, mechanism)),
        lambda edges: minis_streams(edges, 7, (1, 2), conditions),
    ):
        assert np.array_equal(streams(made.take(order)), streams(made)[order])
        assert len({tuple(row) for row in streams(made).tolist()}) == 50


@line
def line_b13_rates_of_minis() -> None:
    from bluecellab.errors import SynapseError
    from bluecellab.synapse import Minis, SynapseConditions, build_synapses
    from tests.unit.synapse.making import ball, edges

    with ball() as (_, receiver):
        group = build_synapses(edges(), receiver, SynapseConditions())
        for wrong in (np.nan, -1.0, np.inf):
            with refused("rates must be numbers", error=SynapseError):
                Minis(group, np.full(6, wrong))
        assert not len(Minis(group, np.zeros(6)))


@line
def line_b15_sections_that_the_cell_lacks() -> None:
    from bluecellab import Simulation
    from bluecellab.errors import CircuitWarning, SynapseError
    from bluecellab.synapse import Minis, SpikeSource, SynapseConditions, build_synapses
    from tests.unit.synapse.making import ball, edges

    made = edges(afferent_section_id=[0, 8, 1, 8, 9, 1])
    with ball() as (cell, receiver), SpikeSource() as source, Simulation(cell) as simulation:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            group = build_synapses(made, receiver, SynapseConditions())
            nobody = build_synapses(made, dataclasses.replace(receiver, sections={}), SynapseConditions())
        assert [str(warning.message).split(" synapses")[0].rpartition(" ")[2] for warning in said] == [
            "6",
            "6",
        ]
        assert all(warning.category is CircuitWarning for warning in said)
        assert "3 of 6" in str(said[0].message) and "6 of 6" in str(said[1].message)
        assert not nobody.placed.any()
        assert nobody.connect({0: 5, 1: 6}) == 0
        with refused("synapse 1", "lacks its section", error=SynapseError):
            group.synapse(1)
        assert group.connect(dict.fromkeys(range(4), 5), "replay") == 3
        source.add_trains({5: [1.0]})
        source.add_minis(Minis(group, np.full(6, 100.0)))
        source.add_minis(Minis(nobody, np.full(6, 100.0)))
        simulation.attach(source)
        simulation.run(10, cvode=False)


@line
def line_after_close_of_synapses() -> None:
    from bluecellab import Simulation
    from bluecellab.errors import BusyError, ClosedError
    from bluecellab.nrn import runtime
    from bluecellab.synapse import Minis, SpikeSource, SynapseConditions, build_synapses
    from tests.unit.synapse.making import ball, edges

    with ball() as (cell, receiver), SpikeSource() as source, Simulation(cell) as simulation:
        group = build_synapses(edges(), receiver, SynapseConditions())
        group.connect({0: 9, 1: 9}, "replay")
        source.add_trains({9: np.linspace(0, 100, 500)})
        source.add_minis(Minis(group, np.full(6, 500.0)))
        simulation.attach(source)
        simulation.run(5, cvode=False)  # events are in flight when it ends
        synapse, connection = group.synapse(0), group.connections_of(0)[0]
        with runtime.marked_running("a simulation"), refused("closing", error=BusyError):
            group.close()
        group.close()
        for use in (
            lambda: synapse.hsynapse,
            lambda: synapse.info_dict,
            lambda: connection.weight,
            lambda: group.connect({0: 9}),
            lambda: group.synapse(0),
        ):
            with refused("synapses of A_to_B", "closed", error=ClosedError):
                use()
        simulation.run(5, cvode=False)
        source.close()
        simulation.run(5, cvode=False)
