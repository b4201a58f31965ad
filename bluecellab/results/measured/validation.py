"""What the validation of a cell found."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue

from bluecellab.errors import ResultsError
from bluecellab.results.measured.curves import FICurve, IVCurve
from bluecellab.results.measured.propagation import BackPropagation
from bluecellab.results.runs import Results

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Evidence", "ValidationReport", "ValidationResult"]

Evidence = Results | IVCurve | FICurve | BackPropagation
"""What a figure of a validation shows."""


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        return f"<ValidationResult {self.key} {self.status}>"

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as plain values, without its evidence."""
        return {
            "key": self.key,
            "name": self.name,
            "status": self.status,
            "passed": self.passed,
            "details": self.details,
            "values": dict(self.values),
        }


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        passed = sum(result.passed for result in self.results)
        return f"<ValidationReport {self.cell_name!r} {passed} of {len(self.results)} passed>"

    def __getitem__(self, key: str) -> ValidationResult:
        for result in self.results:
            if result.key == key:
                return result
        raise ResultsError(
            f"the report on {self.cell_name!r} has no validation {key!r}; it has "
            f"{', '.join(result.key for result in self.results)}"
        )

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the report as plain values, JSON-ready, without the evidence of its figures."""
        return {
            "cell_name": self.cell_name,
            "passed": self.passed,
            "properties": {
                name: value if math.isfinite(value) else None for name, value in self.properties.items()
            },
            "results": [result.to_dict() for result in self.results],
            "provenance": dict(self.provenance),
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """Return :meth:`to_dict` as JSON text; what is not a number is null."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def to_pandas(self) -> pd.DataFrame:
        """Return a table by key: ``name``, ``status``, ``passed``, ``details``, ``values``.

        Name of the cell, properties and provenance are in ``frame.attrs``.
        """
        import pandas as pd

        rows = [result.to_dict() for result in self.results]
        frame = pd.DataFrame(rows, columns=["key", "name", "status", "passed", "details", "values"])
        frame.attrs.update(
            cell_name=self.cell_name, properties=dict(self.properties), provenance=dict(self.provenance)
        )
        return frame.set_index("key")
