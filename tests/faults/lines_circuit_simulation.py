"""Part B, lines 9, 10, 12, 13 and 16: circuit simulations in use."""

from __future__ import annotations

import gc
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.harness import line, refused


@contextmanager
def network(**changes: object) -> Iterator[Path]:
    from tests.unit.simulation.circuit.small import write_network

    with tempfile.TemporaryDirectory() as path:
        yield write_network(Path(path).resolve() / "network", **changes)


@line
def line_b9_out_of_order() -> None:
    from bluecellab.errors import ClosedError, NotRecordedError, SimulationError
    from bluecellab.simulation import CircuitSimulation

    with network() as config, CircuitSimulation(config) as simulation:
        for use in (
            simulation.run,
            lambda: simulation.cells,
            lambda: simulation.spikes,
            lambda: simulation.get_voltage_trace(("A", 0)),
            lambda: simulation.summary,
        ):
            with refused("instantiate()", error=SimulationError):
                use()
        simulation.instantiate([("A", 0)])
        with refused("instantiated already", error=SimulationError):
            simulation.instantiate([("A", 1)])
        with refused("run", error=NotRecordedError):
            simulation.get_voltage_trace(("A", 0))
        simulation.run(5)
        with refused("A/0", error=NotRecordedError):
            simulation.get_voltage_trace(("A", 1))
        cell, group = simulation.cells["A", 0], simulation.synapses(("A", 0))[0]
        synapse = group.synapse(0)
    for use in (
        simulation.run,
        lambda: simulation.get_voltage_trace(("A", 0)),
        cell.get_soma_voltage,
        lambda: group.synapse(0),
        lambda: synapse.hsynapse,
    ):
        with refused("closed", error=ClosedError):
            use()


@line
def line_b9_dropped_without_close() -> None:
    from bluecellab.simulation import CircuitSimulation

    with network() as config:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            simulation = CircuitSimulation(config)
            simulation.instantiate()
            simulation.run(5)
            del simulation
            gc.collect()
        assert any("dropped without close" in str(warning.message) for warning in caught)


@line
def line_b10_one_circuit_after_another() -> None:
    """The GLOBALs of one are not those of the next, nor its order of the integrator."""
    from bluecellab.nrn import h
    from bluecellab.simulation import CircuitSimulation
    from tests.unit.simulation.circuit.small import simulation as sections

    plain, changed = {}, {}
    conditions = {**sections()["conditions"], "mechanisms": {"hh": {}}}  # type: ignore[dict-item]
    run = {**sections()["run"], "integration_method": "crank_nicolson"}  # type: ignore[dict-item]
    with network() as first, network(run=run, conditions={**conditions, "celsius": 15}) as second:
        for config, found in ((first, plain), (second, changed), (first, plain), (second, changed)):
            before = h.celsius, h.secondorder, h.dt, h.v_init
            with CircuitSimulation(config) as simulation:
                simulation.instantiate([("A", 0), ("A", 1)])
                simulation.run(30)
                trace = simulation.get_voltage_trace(("A", 0))
            assert (h.celsius, h.secondorder, h.dt, h.v_init) == before
            assert np.array_equal(found.setdefault("trace", trace), trace)
    assert not np.array_equal(plain["trace"], changed["trace"])


@line
def line_b12_order_and_company_do_not_matter() -> None:
    """By the streams of Neurodamus; those of the peer depend on company, which is why they are not the default."""
    from bluecellab.simulation import CircuitSimulation

    def trace(config: Path, cells: list[Any], **options: Any) -> np.ndarray:
        with CircuitSimulation(config, **options) as simulation:
            simulation.instantiate(cells, connect=False)
            simulation.run(30)
            return simulation.get_voltage_trace(("A", 3))

    with network() as config:
        alone = trace(config, [("A", 3)])
        for company in ([0, 1, 2, 3, 4], [3, 0], [4, 3, 1]):
            assert np.array_equal(trace(config, [("A", node) for node in company]), alone), company
        assert not np.array_equal(trace(config, [("A", 3)], base_seed=8), alone)


@line
def line_b13_minis_that_are_asked_for_and_absent() -> None:
    import h5py

    from bluecellab.errors import CircuitError
    from bluecellab.simulation import CircuitSimulation

    with network() as config:
        with h5py.File(config.parent / "nodes.h5", "a") as file:
            inner = file["nodes/A/0"]
            for name in ("exc", "inh"):
                inner.move(f"{name}_mini_frequency", f"{name}-mini_frequency")  # the other spelling
        traces = []
        for minis in (False, True):
            with CircuitSimulation(config) as simulation:
                simulation.instantiate([("A", 0)], minis=minis)
                simulation.run(30)
                traces.append(simulation.get_voltage_trace(("A", 0)))
        assert not np.array_equal(*traces)
        with h5py.File(config.parent / "nodes.h5", "a") as file:
            del file["nodes/A/0/exc-mini_frequency"]
        with CircuitSimulation(config) as simulation, refused("both", error=CircuitError):
            simulation.instantiate([("A", 0)])
        with h5py.File(config.parent / "nodes.h5", "a") as file:
            del file["nodes/A/0/inh-mini_frequency"]
        with CircuitSimulation(config) as simulation:
            with refused("minis were asked for", "exc_mini_frequency", error=CircuitError):
                simulation.instantiate([("A", 0)], minis=True)
            simulation.instantiate([("A", 0)])  # not asked for: none


@line
def line_b16_other_circuits_alive() -> None:
    from bluecellab.errors import UnaddedCellWarning
    from bluecellab.simulation import CircuitSimulation

    with network() as config:
        traces = []
        with CircuitSimulation(config) as simulation:
            simulation.instantiate([("A", 0), ("A", 1)])
            simulation.run(30)
            traces.append(simulation.get_voltage_trace(("A", 0)))
        with CircuitSimulation(config) as other, CircuitSimulation(config) as simulation:
            other.instantiate([("A", 0), ("A", 4)])
            simulation.instantiate([("A", 0), ("A", 1)])
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                simulation.run(30)
            (warning,) = caught
            assert issubclass(warning.category, UnaddedCellWarning)
            assert "A/4" in str(warning.message)
            traces.append(simulation.get_voltage_trace(("A", 0)))
        assert np.array_equal(*traces)
