"""How a run is done, and everything that a SONATA simulation configuration says."""

from __future__ import annotations

from bluecellab.spec.simulation.conditions import CircuitConditions, RunConditions, Seeds
from bluecellab.spec.simulation.config import CircuitInput, CircuitRun, Output, SimulationConfig
from bluecellab.spec.simulation.modifications import (
    SECTION_LISTS,
    AnyModification,
    CompartmentSetModification,
    ConfigureAllSections,
    SectionListModification,
    SectionModification,
    TTXModification,
)
from bluecellab.spec.simulation.overrides import ConnectionOverride
from bluecellab.spec.simulation.reports import Report

__all__ = [
    "SECTION_LISTS",
    "AnyModification",
    "CircuitConditions",
    "CircuitInput",
    "CircuitRun",
    "CompartmentSetModification",
    "ConfigureAllSections",
    "ConnectionOverride",
    "Output",
    "Report",
    "RunConditions",
    "SectionListModification",
    "SectionModification",
    "Seeds",
    "SimulationConfig",
    "TTXModification",
]
