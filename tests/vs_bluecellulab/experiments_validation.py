"""Validations in published names only: a part of experiments_notebook.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


def error_of(function, *args, **named):
    """Return the names of the classes of the error that a call ends with."""
    try:
        function(*args, **named)
    except Exception as error:
        return [each.__name__ for each in type(error).__mro__]
    return "nothing raised"


def part_validations(P, model, task):
    """All validations."""
    from bluecellulab.validation.validation import run_validations

    cell = model.cell(P)
    found = run_validations(cell, "cell", output_dir=task["validations"], n_processes=2)
    cell.delete()
    for result in found.values():
        if "figures" in result:
            result["figures"] = [
                Path(path).relative_to(task["validations"]).as_posix() for path in result["figures"]
            ]
            result["there"] = [(Path(task["validations"]) / path).is_file() for path in result["figures"]]
            result["passed"] = bool(result["passed"])
    return json.loads(json.dumps(found, default=float))


def part_composed(P, model, task):
    """The composable validations."""
    from bluecellulab import validation

    P.set_neuron_globals(34.0, -80.0)
    out = Path(task["validations"])
    rheobase = model.properties.threshold_current
    strong = validation.StepProtocol(threshold_percentage=200, dt=0.5)
    sequence = validation.SequenceProtocol([(100, 50), (60.3, 250)], 50, 20, 0.5, measurement_phase=1)
    by_current = validation.SequenceProtocol([(80, 3 * rheobase)], 50, 20, amplitude_mode="amplitude")
    count = validation.EfelMeasurement("Spikecount")
    tests = [
        validation.ParametricValidation("In a row", sequence, count, validation.GreaterThan(0)),
        validation.ParametricValidation(
            "Exactly none", by_current, count, validation.EqualTo(0.0), "none.pdf"
        ),
        validation.ParametricValidation(
            "No base / odd name",
            by_current,
            validation.EfelMeasurement("voltage_base"),
            validation.GreaterThan(-70),
        ),
        validation.ParametricValidation(
            "Nonsense", by_current, validation.EfelMeasurement("no_such_feature"), validation.IsFalse()
        ),
    ]
    found = [test.run(model.params, rheobase, out) for test in tests]
    return {
        "windows": [[one.stim_start, one.stim_end] for one in (strong, sequence, by_current)],
        "uneven": [
            getattr(validation.StepProtocol(dt=0.7), "stim_start"),
            getattr(validation.StepProtocol(dt=0.7), "stim_end"),
            getattr(
                validation.SequenceProtocol([(10.1, 1), (5, 2)], 3.3, 2, 0.7, measurement_phase=1),
                "stim_start",
            ),
            getattr(
                validation.SequenceProtocol([(10.1, 1), (5, 2)], 3.3, 2, 0.7, measurement_phase=1), "stim_end"
            ),
            getattr(validation.SequenceProtocol([(10.1, 1), (5, 2)], 3.3, 2, 0.7), "stim_start"),
            getattr(validation.SequenceProtocol([(10.1, 1), (5, 2)], 3.3, 2, 0.7), "stim_end"),
        ],
        "results": [[one.name, bool(one.passed), [path.name for path in one.figures]] for one in found],
        "details": [one.details for one in found],
        "wrong": composed_errors(validation),
        "criteria": criteria(validation),
    }


def composed_errors(validation):
    step, sequence = validation.StepProtocol, validation.SequenceProtocol
    return [
        error_of(step, dt=True),
        error_of(step, dt="1"),
        error_of(step, dt=0.0),
        error_of(step, dt=float("inf")),
        error_of(sequence, phases=[]),
        error_of(sequence, phases=[(0, 100)]),
        error_of(sequence, phases=[(10, "a")]),
        error_of(sequence, phases=[(10,)]),
        error_of(sequence, pre_delay=-1),
        error_of(sequence, pre_delay=True),
        error_of(sequence, post_delay="x"),
        error_of(sequence, amplitude_mode="nonsense"),
        error_of(sequence, measurement_phase=5),
        error_of(sequence, measurement_phase=1.0),
        error_of(sequence, measurement_phase=-1),
    ]


def criteria(validation):
    values = (1.0, 0.0, -1.0, np.array([2.0, 3.0]), np.array([0.0, 3.0]), np.array([]), True, False)
    found = {}
    for name, criterion in (
        ("greater", validation.GreaterThan(0)),
        ("equal", validation.EqualTo(1.0)),
        ("false", validation.IsFalse()),
    ):
        found[name] = [verdict(criterion, value) for value in values]
    return found


def verdict(criterion, value):
    try:
        return bool(criterion.evaluate(value))
    except Exception as error:
        return type(error).__name__
