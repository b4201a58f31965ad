"""Everything that a SONATA simulation configuration says, as one value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bluecellab.spec.base import (
    Millivolt,
    NonNegativeMillisecond,
    PositiveMillisecond,
    Spec,
    TargetSimulator,
)
from bluecellab.spec.circuit_stimuli import AnyCircuitStimulus
from bluecellab.spec.simulation.conditions import CircuitConditions, Seeds
from bluecellab.spec.simulation.modifications import AnyModification
from bluecellab.spec.simulation.overrides import ConnectionOverride
from bluecellab.spec.simulation.reports import Report

__all__ = ["CircuitInput", "CircuitRun", "Dialect", "Output", "SimulationConfig"]

Dialect = Literal["obi"]


class CircuitInput(Spec):
    """One block of ``inputs``: a stimulus, and which cells or compartments get it.

    Parameters
    ----------
    name
        Its key in the configuration.
    stimulus
        What is done.
    node_set, compartment_set
        To whom; exactly one of the two. Of a cell it is the middle of the soma.
    represents_physical_electrode
        Whether the current comes from an electrode, rather than through the membrane.
    """

    name: str
    stimulus: AnyCircuitStimulus
    node_set: str | None = None
    compartment_set: str | None = None
    represents_physical_electrode: bool = False

    @model_validator(mode="after")
    def _one_target(self) -> CircuitInput:
        if (self.node_set is None) == (self.compartment_set is None):
            raise ValueError(f"input {self.name!r}: give exactly one of node_set and compartment_set")
        return self


class CircuitRun(Spec):
    """The ``run`` section.

    Parameters
    ----------
    tstop
        End in ms.
    dt
        Fixed step in ms.
    tstart
        Not in the specification, but in use: forward skip until this time, in ms.
    spike_threshold
        In mV.
    integration_method
        Backward Euler, or one of the two kinds of Crank-Nicolson.
    """

    tstop: PositiveMillisecond
    dt: PositiveMillisecond = 0.025
    tstart: NonNegativeMillisecond = 0.0
    spike_threshold: Millivolt = -30.0
    integration_method: Literal["euler", "crank_nicolson", "crank_nicolson_ion"] = "euler"

    @property
    def second_order(self) -> int:
        """NEURON's ``secondorder``."""
        return ("euler", "crank_nicolson", "crank_nicolson_ion").index(self.integration_method)


class Output(Spec):
    """The ``output`` section.

    Parameters
    ----------
    directory
        Absolute path.
    spikes_file
        Within it.
    spikes_sort_order
        How spikes are sorted in the file.
    log_file
        Within the folder; nothing is logged to a file when left out.
    """

    directory: str
    spikes_file: str = "out.h5"
    spikes_sort_order: Literal["none", "by_id", "by_time"] = "by_time"
    log_file: str | None = None


class SimulationConfig(Spec):
    """A whole simulation of a circuit. All paths are absolute.

    Parameters
    ----------
    path
        The file it came from; empty if it came from none.
    dialect
        Whose SONATA it is.
    network
        The circuit's configuration.
    node_sets_file, compartment_sets_file
        Of the simulation; node sets add to those of the circuit, and win.
    node_set
        Which cells are simulated; all that are not virtual when left out.
    target_simulator
        What integrates, unless a run is asked for with another engine.
    run, seeds, conditions, output
        The sections of that name.
    inputs, reports, connection_overrides, modifications
        In the order of the file.
    """

    path: str = ""
    dialect: Dialect = "obi"
    network: str
    node_sets_file: str | None = None
    compartment_sets_file: str | None = None
    node_set: str | None = None
    target_simulator: TargetSimulator = "NEURON"
    run: CircuitRun
    seeds: Seeds = Seeds()
    conditions: CircuitConditions = CircuitConditions()
    output: Output
    inputs: tuple[CircuitInput, ...] = ()
    reports: tuple[Report, ...] = ()
    connection_overrides: tuple[ConnectionOverride, ...] = ()
    modifications: Annotated[tuple[AnyModification, ...], Field()] = ()
