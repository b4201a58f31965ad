"""From what a validation's protocol gave to its result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import JsonValue

from bluecellab.analysis.validation.base import Observation
from bluecellab.analysis.validation.criteria import Always, Criterion
from bluecellab.analysis.validation.measurements import Measured, Measurement, Value
from bluecellab.analysis.validation.runs import Runs
from bluecellab.analysis.validation.subject import Subject
from bluecellab.analysis.validation.suite import Validation
from bluecellab.errors import BluecellabError
from bluecellab.results.measured import ValidationResult
from bluecellab.results.measured.validation import Evidence

__all__ = ["result_of"]


def result_of(
    validation: Validation, subject: Subject, runs: Runs, properties: Mapping[str, float | BluecellabError]
) -> ValidationResult:
    """Return the result of a validation whose protocols have been run; what goes wrong is its result, too.

    Parameters
    ----------
    validation
        What is asked.
    subject
        Of which cell.
    runs
        What has been run.
    properties
        Properties of the cell that were asked for; why one could not be measured in its place.
    """
    skipped = _skipped(validation, subject)
    if skipped is not None:
        return skipped
    evidence = None
    try:
        protocol = validation.protocol
        if protocol is not None:
            evidence = protocol.evidence([runs.of(one) for one in protocol.runs(subject)], subject)
        window = None if protocol is None else protocol.window()
        measured = _measured(validation, Observation(subject, evidence, window, properties))
        passed, why = _verdict(validation, measured)
    except BluecellabError as error:
        return _error(validation, evidence, f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - of a measurement or criterion of the user's: the others go on
        return _error(validation, evidence, f"it raised {type(error).__name__}: {error}")
    text = f"Validation {'passed' if passed else 'failed'}: {why}"
    status: Literal["passed", "failed"] = "passed" if passed else "failed"
    return ValidationResult(validation.name, validation.title, status, text, _values(measured), evidence)


def _error(validation: Validation, evidence: Evidence | None, why: str) -> ValidationResult:
    text = f"Validation failed: it could not be done. {why}"
    return ValidationResult(validation.name, validation.title, "error", text, {}, evidence)


def _skipped(validation: Validation, subject: Subject) -> ValidationResult | None:
    sites = () if validation.protocol is None else validation.protocol.sites()
    missing = dict.fromkeys(site.section for site in sites if not subject.has(site))
    if not missing or not set(missing) <= set(validation.skipped_without):
        return None
    text = f"Validation skipped: the cell has no section {', '.join(missing)}."
    return ValidationResult(validation.name, validation.title, "skipped", text)


def _measured(validation: Validation, seen: Observation) -> Measured:
    measurement = validation.measurement
    if measurement is None:
        return Measured(True)
    if isinstance(measurement, Measurement):
        return measurement.measure(seen)
    found = measurement(seen)
    if isinstance(found, Measured):
        return found
    return Measured(found, {} if found is None else {"value": found})  # type: ignore[dict-item]  # see _values


def _verdict(validation: Validation, measured: Measured) -> tuple[bool, str]:
    """Return whether the value is as it should be, and why."""
    criterion, value = validation.criterion, measured.value
    if isinstance(criterion, Always):
        return True, measured.notes or "there is nothing that could fail."
    what = _words(validation.measurement)
    if value is None:
        return False, measured.notes or f"the {what} is not defined here."
    passed = criterion.met_by(value) if isinstance(criterion, Criterion) else bool(criterion(value))
    if measured.notes:
        return passed, measured.notes
    wanted = criterion.words() if isinstance(criterion, Criterion) else f"what {_name(criterion)} wants"
    return passed, f"the {what} is {_shown(value)}, {'which is' if passed else 'not'} {wanted}."


def _words(measurement: object) -> str:
    if isinstance(measurement, Measurement):
        return measurement.words()
    return f"value of {_name(measurement)}"


def _name(function: object) -> str:
    return getattr(function, "__name__", repr(function))


def _shown(value: Value) -> str:
    if isinstance(value, np.ndarray):
        shown = ", ".join(f"{number:.6g}" for number in value[:5])
        return f"[{shown}{', ...' if len(value) > 5 else ''}]"
    return str(bool(value)).lower() if isinstance(value, bool | np.bool_) else f"{value:.6g}"


def _values(measured: Measured) -> dict[str, JsonValue]:
    """Return the values that go with a result, also those of the user's functions, as JSON has them."""
    return {str(name): _plain(value) for name, value in measured.values.items()}


def _plain(value: object) -> JsonValue:
    """Return a value as JSON has it: what is not finite is null, what JSON does not know its text."""
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | str) else repr(value)
