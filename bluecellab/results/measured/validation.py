"""What the validation of a cell found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from bluecellab.results.measured.curves import FICurve, IVCurve
from bluecellab.results.measured.propagation import BackPropagation
from bluecellab.results.runs import Results

__all__ = ["Evidence", "ValidationReport", "ValidationResult"]

Evidence = Results | IVCurve | FICurve | BackPropagation
"""What a figure of a validation shows."""


@dataclass(frozen=True, eq=False)
class ValidationResult:
    """The outcome of one validation.

    Parameters
    ----------
    key
        Its published key, such as ``"spiking_test"``.
    name
        Its published name.
    status
        ``"passed"``, ``"failed"``, ``"skipped"`` (counts as passed), or ``"error"`` (counts as failed).
    details
        Why, in a sentence.
    values
        What was measured, by name, JSON-ready; units are in the names' documentation.
    evidence
        What a figure of it shows; None where there is nothing to show.
    """

    key: str
    name: str
    status: Literal["passed", "failed", "skipped", "error"]
    details: str
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    evidence: Evidence | None = None

    @property
    def passed(self) -> bool:
        """Whether it counts as passed."""
        return self.status in ("passed", "skipped")


@dataclass(frozen=True, eq=False)
class ValidationReport:
    """The outcome of all validations of a cell.

    Parameters
    ----------
    cell_name
        What the cell is called.
    results
        One for each validation, in order.
    properties
        ``holding_current`` (nA), ``rheobase`` (nA), ``rin`` (Mohm).
    provenance
        Versions and settings, JSON-ready.
    """

    cell_name: str
    results: tuple[ValidationResult, ...]
    properties: Mapping[str, float]
    provenance: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether all of them passed."""
        return all(result.passed for result in self.results)
