"""Part B, lines 9, 10, 12, 14, 15 and 16, of the Allen dialect: circuit simulations in use.

Line 13 does not apply: the dialect has no minis. Of line 14 a shorter run is left: reports need the fixed step.
"""

from __future__ import annotations

import gc
import warnings

import numpy as np

from tests.faults.allen import network, replace, same, traces
from tests.faults.harness import line, refused


@line
def line_b9_allen_out_of_order() -> None:
    from bluecellab.errors import ClosedError, NotRecordedError, SimulationError
    from bluecellab.simulation import CircuitSimulation

    with network() as config, CircuitSimulation(config) as simulation:
        for use in (
            simulation.run,
            lambda: simulation.cells,
            lambda: simulation.spikes,
            lambda: simulation.get_voltage_trace(("cells", 0)),
            lambda: simulation.summary,
            lambda: simulation.synapses(("cells", 0)),
        ):
            with refused("instantiate()", error=SimulationError):
                use()
        simulation.instantiate([("cells", 0), ("cells", 5)])
        with refused("instantiated already", error=SimulationError):
            simulation.instantiate([("cells", 1)])
        with refused("run", error=NotRecordedError):
            simulation.get_voltage_trace(("cells", 0))
        simulation.run(5)
        for node in (1, 99):
            with refused("cells/0", error=NotRecordedError):
                simulation.get_voltage_trace(("cells", node))
        cell, group = simulation.cells["cells", 0], simulation.synapses(("cells", 0))[0]
        synapse = group.synapse(0)
    for use in (
        simulation.run,
        lambda: simulation.get_voltage_trace(("cells", 0)),
        cell.get_soma_voltage,
        lambda: group.synapse(0),
        lambda: synapse.hsynapse,
    ):
        with refused("closed", error=ClosedError):
            use()


@line
def line_b9_allen_cells_that_cannot_be_asked_for() -> None:
    from bluecellab.errors import BluecellabError, NodeNotFoundError, PopulationNotFoundError
    from bluecellab.simulation import CircuitSimulation

    with network() as config, CircuitSimulation(config) as simulation:
        with refused("0 to 5", error=NodeNotFoundError):
            simulation.instantiate([("cells", 6)])
        with refused("'cell'", "cells", error=PopulationNotFoundError):
            simulation.instantiate([("cell", 0)])
        with warnings.catch_warnings(record=True) as said, refused("no cells", error=BluecellabError):
            warnings.simplefilter("always")
            simulation.instantiate([("fibres", 0)])
        assert "virtual" in str(said[0].message)
        with refused("volley", "volleys", error=BluecellabError):
            simulation.instantiate(stimuli=["volley"])
        with refused("everywhere", error=BluecellabError):
            simulation.instantiate(reports=["anywhere"])
        simulation.instantiate("baskets")
        simulation.run(2)


@line
def line_b9_allen_dropped_without_close() -> None:
    from bluecellab.simulation import CircuitSimulation

    with network() as config, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        simulation = CircuitSimulation(config)
        simulation.instantiate(reports="all")
        simulation.run(5)
        del simulation
        gc.collect()
    assert any("dropped without close" in str(warning.message) for warning in caught)


@line
def line_b10_allen_circuits_one_after_another() -> None:
    """Conditions and components of one are not those of the next, though their files have the same names."""
    from bluecellab.nrn import h

    with (
        network() as first,
        network({"conditions/celsius": 15.0, "conditions/v_init": -60.0, "run/dt": 0.025}) as second,
        network() as third,
    ):
        replace(third, "components/cells/pyramid.json", '"value": 0.', '"value": 0.0')
        replace(third, "components/morphologies/pyramid.swc", "260 10", "290 10")
        replace(third, "components/synapses/excitatory.json", '"tau2"', '"tau_other": 1, "tau2"')
        found: dict[object, object] = {}
        for config in (first, second, third, first, third, second):
            before = h.celsius, h.v_init, h.dt, h.secondorder
            made = traces(config)
            assert (h.celsius, h.v_init, h.dt, h.secondorder) == before
            assert same(found.setdefault(config, made), made)  # type: ignore[arg-type]
        assert not same(found[first], found[third])  # type: ignore[arg-type]


@line
def line_b12_allen_order_and_company_do_not_matter() -> None:
    """Places of synapses are those of the whole network, whoever is made, and whatever inputs play."""
    from bluecellab.simulation import CircuitSimulation

    def places(config: object, cells: object, **options: object) -> list[tuple[str, float]]:
        with CircuitSimulation(config) as simulation:  # type: ignore[arg-type]
            simulation.instantiate(cells, **options)  # type: ignore[arg-type]
            return [
                (str(synapse.hsynapse.get_segment()).partition(".")[2], synapse.hsynapse.tau2)
                for group in simulation.synapses(("cells", 3))
                for synapse in map(group.synapse, range(len(group)))
            ]

    with network() as config:
        whole = traces(config, connect=False)
        alone = traces(config, [("cells", 3)], connect=False)
        assert same(whole, alone)
        for company in ([0, 1, 2, 3, 4, 5], [3, 0], [5, 4, 3, 2], [3, 4, 0]):
            assert same(traces(config, [("cells", node) for node in company], connect=False), whole), company
        # what arrives within the network does not depend on the order of building either
        assert same(traces(config), traces(config, [("cells", node) for node in (4, 1, 5, 0, 3, 2)]))
        there = places(config, None)
        assert len(set(there)) > 5
        for options in ({}, {"stimuli": ["volleys"]}, {"connect": False}):
            assert places(config, [("cells", 3)], **options) == there, options


@line
def line_b12_allen_drawn_segments_of_clamps() -> None:
    """A clamp in a range of distances sits where it sits in the whole network."""
    changes = {"inputs/steps/section_index": [0.0, 60.0], "inputs/steps/section_name": "dend"}
    changes |= {"inputs/steps/delay": [1.0, 10.0], "inputs/volleys/enabled": False}
    with network(changes) as config:
        whole = traces(config)
        assert same(traces(config, [("cells", 4)]), whole)
        assert same(traces(config, [("cells", 4), ("cells", 3)]), whole)
    with network({**changes, "inputs/steps/section_index": [40.0, 90.0]}) as config:
        assert not same(traces(config), whole)


@line
def line_b14_allen_reports_need_the_fixed_step() -> None:
    from bluecellab.errors import BluecellabError
    from bluecellab.simulation import CircuitSimulation

    with network() as config:
        with CircuitSimulation(config) as simulation:
            simulation.instantiate(reports="all")
            with refused("fixed step", "cvode=False", error=BluecellabError):
                simulation.run(10, cvode=True)
            assert not list(simulation.output_path.rglob("*.h5*"))
            simulation.run(10)
            assert (simulation.output_path / "soma.h5").exists()
        with CircuitSimulation(config) as simulation:  # without reports there is nothing against it
            simulation.instantiate()
            simulation.run(30)
            fixed = simulation.spikes
            simulation.run(30, cvode=True)
            for cell_id, train in fixed.items():
                assert np.allclose(simulation.spikes[cell_id], train, atol=0.5), cell_id


@line
def line_b14_allen_shorter_runs() -> None:
    import h5py

    from bluecellab.results.sonata import read_report
    from bluecellab.simulation import CircuitSimulation

    with network({"reports/soma/end_time": 25.0}) as config:
        with CircuitSimulation(config, overwrite=True) as simulation:
            simulation.instantiate(reports="all")
            for t_stop in (8, 30, 12):
                simulation.run(t_stop)
                with h5py.File(simulation.reports["soma"]) as file:
                    end = min(t_stop, 25.0)
                    assert np.allclose(file["report/cells/mapping/time"][()], [0.0, end, 0.05])
                    assert len(file["report/cells/data"]) == round(end / 0.05)
                with h5py.File(simulation.reports["field"]) as file:
                    assert np.allclose(file["ecp/time"][()], [0.0, t_stop, 0.05])
                    assert len(file["ecp/data"]) == round(t_stop / 0.05)
                assert read_report(simulation.reports["soma"]).complete


@line
def line_b15_allen_sections_that_cells_lack() -> None:
    from bluecellab.errors import CircuitWarning, ReportError, StimulusError
    from bluecellab.results.sonata import read_report
    from bluecellab.simulation import CircuitSimulation

    with network({"reports/everywhere/cells": "detailed", "reports/everywhere/sections": "apical"}) as config:
        with CircuitSimulation(config) as simulation:  # baskets lack them: they have no columns
            simulation.instantiate(reports="all")
            simulation.run(5)
            layout = read_report(simulation.reports["everywhere"]).layout
            assert set(layout.node_ids) == {0, 1, 2}
    with network({"reports/everywhere/cells": "baskets", "reports/everywhere/sections": "apical"}) as config:
        with CircuitSimulation(config) as simulation, warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            simulation.instantiate(reports=["everywhere"])
        assert [each.category for each in said] == [CircuitWarning]
        assert "everywhere" in str(said[0].message)
    with network({"reports/soma/variable_name": "cai"}) as config, CircuitSimulation(config) as simulation:
        with refused("soma", "cai", error=ReportError):
            simulation.instantiate(reports=["soma"])
    for words, changes in (
        (("apic",), {"inputs/steps/section_name": "apical"}),
        (("no section 9",), {"inputs/steps/section_name": "dend", "inputs/steps/section_index": 9}),
        (("900",), {"inputs/steps/section_name": "dend", "inputs/steps/section_index": [900, 950]}),
    ):
        with network(changes) as config, CircuitSimulation(config) as simulation:
            with refused(*words, error=StimulusError):
                simulation.instantiate()
            simulation.instantiate(stimuli=["volleys"])
            simulation.run(2)


@line
def line_b16_allen_other_circuits_alive() -> None:
    from bluecellab.errors import UnaddedCellWarning
    from bluecellab.simulation import CircuitSimulation

    two = [("cells", 0), ("cells", 3)]
    with network() as config:
        alone = traces(config, two)
        with CircuitSimulation(config) as other, CircuitSimulation(config) as simulation:
            other.instantiate([("cells", 0), ("cells", 4), ("cells", 5)])
            simulation.instantiate(two)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                simulation.run(30)
            (warning,) = caught
            assert issubclass(warning.category, UnaddedCellWarning)
            assert "cells/4" in str(warning.message)
            assert all(
                np.array_equal(simulation.get_voltage_trace(cell_id), trace)
                for cell_id, trace in alone.items()
            )
