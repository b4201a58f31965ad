"""What every test gets: a census of NEURON that must be the same at its end as at its start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bluecellab.nrn import runtime
from bluecellab.nrn.census import census


@pytest.fixture(scope="session", autouse=True)
def _neuron() -> None:
    """Start NEURON before the first census: what it makes of its own at its start is nobody's leak."""
    runtime.start()
    census()


@pytest.fixture(autouse=True)
def _census_unchanged() -> Iterator[None]:
    """Fail a test that leaves anything alive in NEURON."""
    before = census()
    yield
    change = before.difference(census())
    if change:
        pytest.fail(f"alive in NEURON after the test but not before: {change}")
