"""``validate_cell``: a suite of validations on a cell, every simulation once, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from pydantic import JsonValue

from bluecellab.analysis.features import check_feature
from bluecellab.analysis.validation.default import DEFAULT_SUITE
from bluecellab.analysis.validation.judging import result_of
from bluecellab.analysis.validation.runs import Runs, resistance_of, resistance_protocols
from bluecellab.analysis.validation.subject import Request, Subject, subject_of
from bluecellab.analysis.validation.suite import Suite
from bluecellab.cell import Cell
from bluecellab.errors import BluecellabError, BusyError, CancelledError, ClosedError
from bluecellab.results import Results
from bluecellab.results.measured import ValidationReport
from bluecellab.simulation.protocol import run_on
from bluecellab.simulation.sweeping import map_cells, sweep
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol
from bluecellab.spec.simulation import RunConditions

if TYPE_CHECKING:
    from bluecellab.simulation.sweeping import AnyExecutor

__all__ = ["VALIDATION_CONDITIONS", "validate_cell"]

VALIDATION_CONDITIONS = RunConditions(celsius=34.0, v_init=-80.0, cvode="auto")
"""Published conditions of validations: 34 degC, -80 mV, a variable step where the mechanisms allow it."""


def validate_cell(
    cell: Cell | AnyCell,
    *,
    suite: Suite = DEFAULT_SUITE,
    name: str = "",
    rheobase: float | None = None,
    spike_threshold_voltage: float = -40.0,
    conditions: RunConditions = VALIDATION_CONDITIONS,
    executor: AnyExecutor | None = None,
    processes: int | None = None,
) -> ValidationReport:
    """Validate a cell.

    All simulations of the suite are one sweep, each done once however many validations look at it. What goes
    wrong in one validation is the result of that one; the others go on.

    The input resistance is that between no current and -20 % of the rheobase, without a holding current.

    Parameters
    ----------
    cell
        A live cell, which is put back as it was, or the specification of one, whose simulations run in
        processes of their own.
    suite
        What is asked; the published suite by default.
    name
        What to call the cell in the report.
    rheobase
        In nA, on top of the holding current; by default what the cell's properties say, else it is measured.
    spike_threshold_voltage
        In mV; what is above it is a spike, where the suite says nothing else.
    conditions
        Temperature, initial potential, integrator.
    executor
        What runs the simulations of a specification; see :func:`~bluecellab.simulation.sweep`.
    processes
        How many at once in our own pool; all processors but one by default.

    Returns
    -------
    ValidationReport
        A result for each validation, in order; plain values, and what figures of them show.

    Raises
    ------
    BluecellabError
        If the cell cannot be made.
    FeatureError
        If eFEL has not a feature that the suite takes.
    MissingDependencyError
        If eFEL is not installed.

    References
    ----------
    The default suite is that of BlueCelluLab, https://doi.org/10.21105/joss.07026

    Examples
    --------
    >>> from bluecellab import create_ball_stick
    >>> with create_ball_stick() as cell:
    ...     report = validate_cell(cell, suite=DEFAULT_SUITE.only("hyperpolarization_test"))
    >>> report.passed
    True
    """
    for _, feature in suite.features():
        check_feature(feature)  # before anything is simulated
    relative = bool({"rheobase", "rin"} & set(suite.properties))
    relative |= any(validation.needs_rheobase for validation in suite.validations)
    request = Request(rheobase, relative, spike_threshold_voltage, conditions)
    if isinstance(cell, Cell):
        live = cell
        subject = subject_of(live, request)
        runs = _planned(suite, subject)
        runs.run(lambda protocols: _on_live(live, protocols))
    else:
        spec = cell
        parameters = [{"request": request}]
        found = map_cells(subject_of, spec, parameters, executor=executor, processes=processes)
        (subject,) = found.results()
        runs = _planned(suite, subject)
        runs.run(lambda protocols: _swept(spec, protocols, executor, processes))
    return _report(suite, name, subject, runs)


def _planned(suite: Suite, subject: Subject) -> Runs:
    """Return what is to be run; a validation that cannot even be planned says so when it is judged."""
    runs = Runs()
    for validation in suite.validations:
        if validation.protocol is not None and all(map(subject.has, validation.protocol.sites())):
            try:
                runs.plan(validation.protocol.runs(subject))
            except BluecellabError:
                continue
    if _needs_resistance(suite) and subject.rheobase is not None:
        runs.plan(resistance_protocols(subject))
    return runs


def _needs_resistance(suite: Suite) -> bool:
    asked = {getattr(validation.measurement, "name", "") for validation in suite.validations}
    return "rin" in suite.properties or "rin" in asked


def _on_live(cell: Cell, protocols: Iterable[Protocol]) -> Iterator[Results | BluecellabError]:
    for protocol in protocols:
        try:
            yield run_on(cell, protocol)
        except (BusyError, CancelledError, ClosedError):
            raise  # no matter of one validation
        except BluecellabError as error:
            yield error


def _swept(
    cell: AnyCell, protocols: list[Protocol], executor: AnyExecutor | None, processes: int | None
) -> Iterator[Results | BluecellabError]:
    if not protocols:
        return
    with sweep(cell, protocols, executor=executor, processes=processes) as outcomes:
        for outcome in outcomes:
            yield outcome.unwrap() if outcome.error is None else outcome.error


def _report(suite: Suite, name: str, subject: Subject, runs: Runs) -> ValidationReport:
    properties: dict[str, float | BluecellabError] = {"holding_current": subject.holding_current}
    try:
        properties["rheobase"] = subject.current(100.0)
        if _needs_resistance(suite):
            properties["rin"] = resistance_of(runs, subject)
    except BluecellabError as error:
        for wanted in ("rheobase", "rin"):
            properties.setdefault(wanted, error)
    results = tuple(result_of(validation, subject, runs, properties) for validation in suite.validations)
    known = {key: value for key, value in properties.items() if isinstance(value, float)}
    return ValidationReport(name, results, known, _provenance(suite, subject, runs))


def _provenance(suite: Suite, subject: Subject, runs: Runs) -> Mapping[str, JsonValue]:
    versions: dict[str, JsonValue] = {}
    for package in ("bluecellab", "neuron", "efel"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # such as a NEURON that was not installed by pip
            versions[package] = None
    return {
        "suite": suite.name,
        "versions": versions,
        "conditions": subject.conditions.to_dict(),
        "spike_threshold": subject.spike_threshold,
        "simulations": len(runs.merged),
        "rheobase_problem": subject.problem or None,
    }
