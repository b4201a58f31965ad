"""What reports are, from the words that callers have for them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bluecellab.circuit.config import read_config
from bluecellab.errors import CircuitWarning, ReportError, warn
from bluecellab.spec.simulation import Report, SimulationConfig

__all__ = ["KINDS", "recordable", "report_of", "spec_of"]

#: Types of reports that are recorded by cells; the others are written by ``instantiate(reports=...)``.
KINDS = ("compartment", "compartment_set")
_FIELDS = frozenset(Report.model_fields)


def spec_of(config: Any) -> SimulationConfig:
    """Return a configuration from ours, a ``SonataSimulationConfig``, or a path."""
    if isinstance(config, SimulationConfig):
        return config
    found = config.to_spec() if hasattr(config, "to_spec") else read_config(Path(config))
    if not isinstance(found, SimulationConfig):
        kind = type(found).__name__
        raise ReportError(f"a simulation of the Blue Brain dialect is needed, not {kind}")
    return found


def report_of(words: Any, name: str = "report") -> Report:
    """Return a report from ours, or from a block of a configuration."""
    if isinstance(words, Report):
        return words
    if not isinstance(words, Mapping):
        raise ReportError(f"a report is a block of a configuration, not {words!r}")
    given = {key: value for key, value in words.items() if key in _FIELDS and value is not None}
    given.setdefault("name", name)
    given.setdefault("dt", 0.1)
    given.setdefault("end_time", float(given.get("start_time", 0.0)) + 1e9)
    return Report.from_dict(given)


def recordable(config: SimulationConfig) -> list[Report]:
    """Return the reports that cells record; others are left out with a warning."""
    enabled = [report for report in config.reports if report.enabled]
    others = [report for report in enabled if report.type not in KINDS]
    if others:
        warn(
            f"reports {', '.join(report.name for report in others)} are not recorded by cells: type "
            f"{others[0].type!r}. CircuitSimulation.instantiate(reports=[...]) writes them.",
            CircuitWarning,
        )
    return [report for report in enabled if report.type in KINDS]
