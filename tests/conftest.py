"""What every test gets: a census of NEURON that must be the same at its end as at its start."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator

import pytest

from bluecellab.nrn import runtime
from bluecellab.nrn.census import census


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what runs several threads: NEURON cannot, once a field has acted in the process."""
    files = {item.path for item in items if item.get_closest_marker("threads")}
    items.sort(key=lambda item: item.path not in files)


@pytest.fixture(scope="session", autouse=True)
def _neuron() -> None:
    """Start NEURON before the first census: what it makes of its own at its start is nobody's leak."""
    runtime.start()
    census()


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard() -> None:
    """Let tests of Ctrl-C work where a shell has started them in the background, and so deaf to it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def _what_was_there_before(_neuron: None) -> None:
    """Keep the collector away from what earlier modules have left: a census would take 70 ms instead of one."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _census_unchanged() -> Iterator[None]:
    """Fail a test that leaves anything alive in NEURON."""
    before = census()
    yield
    change = before.difference(census())
    if change:
        pytest.fail(f"alive in NEURON after the test but not before: {change}")
