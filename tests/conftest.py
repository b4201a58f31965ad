"""What every test gets: a census of NEURON that must be the same at its end as at its start."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest


def _census() -> object | None:
    if "bluecellab.nrn.runtime" not in sys.modules:
        return None
    from bluecellab.nrn import runtime
    from bluecellab.nrn.census import census

    return census() if runtime.is_started() else None


@pytest.fixture(autouse=True)
def _census_unchanged() -> Iterator[None]:
    """Fail a test that leaves anything alive in NEURON."""
    before = _census()
    yield
    after = _census()
    if after is None:
        return
    from bluecellab.nrn.census import Census

    if before is None:
        before = Census()
    assert isinstance(after, Census)
    assert isinstance(before, Census)
    change = before.difference(after)
    if change:
        gc.collect()
        pytest.fail(f"alive in NEURON after the test but not before: {change}")
