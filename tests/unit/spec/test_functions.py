"""Functions registered by name."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from bluecellab.errors import SimulationError
from bluecellab.spec import functions
from bluecellab.spec.functions import (
    CELL_MODELS,
    WEIGHT_FUNCTIONS,
    Registry,
    add_cell_model,
    add_weight_function,
    cell_model,
    load_functions,
    synaptic_weight,
)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    registries = [item for item in vars(functions).values() if isinstance(item, Registry)]
    before = [set(registry) for registry in registries]
    yield
    for registry, names in zip(registries, before, strict=True):
        for name in set(registry) - names:
            registry.remove(name)


def test_a_decorator_works_bare_and_with_a_name() -> None:
    @synaptic_weight
    def heavier(edge: object, source: object, target: object) -> float:
        return 2.0

    @synaptic_weight(name="lighter")
    def other(edge: object, source: object, target: object) -> float:
        return 0.5

    assert WEIGHT_FUNCTIONS["heavier"] is heavier
    assert WEIGHT_FUNCTIONS["lighter"] is other


def test_the_same_name_again_replaces() -> None:
    add_weight_function(len, "mine")
    add_weight_function(max, "mine")
    assert WEIGHT_FUNCTIONS["mine"] is max


def test_a_name_that_is_taken_can_be_protected() -> None:
    add_weight_function(len, "mine")
    with pytest.raises(SimulationError, match="there is a weight function 'mine' already"):
        add_weight_function(max, "mine", overwrite=False)
    assert WEIGHT_FUNCTIONS["mine"] is len


def test_an_unknown_name_says_which_there_are() -> None:
    add_weight_function(len, "mine")
    with pytest.raises(KeyError, match=r"no weight function 'hers' is registered; there is .*mine"):
        WEIGHT_FUNCTIONS["hers"]


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(SimulationError, match="must be callable"):
        add_weight_function(3)  # type: ignore[arg-type]


def test_cell_models_are_for_a_type_or_for_all() -> None:
    @cell_model(directive="python:mine")
    def anything(cell: object, name: str, parameters: object) -> object: ...

    add_cell_model(anything, "python:mine", "biophysical")
    assert {"python:mine", "python:mine|biophysical"} <= set(CELL_MODELS)


def test_a_file_registers_functions_each_time_anew(tmp_path: Path) -> None:
    file = tmp_path / "functions.py"
    for factor in (2, 3):
        file.write_text(
            "from bluecellab.spec.functions import synaptic_weight\n"
            f"@synaptic_weight\ndef scaled(edge, source, target):\n    return {factor}\n"
        )
        load_functions(file)
        assert WEIGHT_FUNCTIONS["scaled"](None, None, None) == factor
        assert pickle.loads(pickle.dumps(WEIGHT_FUNCTIONS["scaled"])) is WEIGHT_FUNCTIONS["scaled"]


def test_a_file_that_fails_says_how(tmp_path: Path) -> None:
    file = tmp_path / "functions.py"
    file.write_text("1 / 0\n")
    with pytest.raises(SimulationError, match="functions.py cannot be run: ZeroDivisionError"):
        load_functions(file)
    with pytest.raises(SimulationError, match=r"missing.py cannot be read: No such file"):
        load_functions(tmp_path / "missing.py")
