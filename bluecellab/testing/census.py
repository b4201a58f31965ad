"""A fixture for tests: nothing of a test's may stay alive in NEURON.

In a ``conftest.py``, for all tests below it::

    from bluecellab.testing.census import census_unchanged  # noqa: F401
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bluecellab.errors import MissingDependencyError
from bluecellab.nrn import runtime
from bluecellab.nrn.census import census

try:
    import pytest
except ImportError as error:
    raise MissingDependencyError(
        "fixtures for tests need pytest: pip install 'bluecellab[test]'", extra="test"
    ) from error

__all__ = ["census_unchanged", "unchanged_census"]


@contextmanager
def unchanged_census() -> Iterator[None]:
    """Fail if the block leaves anything alive in NEURON.

    Raises
    ------
    AssertionError
        Saying what is there now and was not before, or the other way round.

    Examples
    --------
    >>> from bluecellab import create_ball_stick
    >>> with unchanged_census():
    ...     create_ball_stick().close()
    """
    runtime.start()
    census()  # what NEURON makes of its own at its start is nobody's leak
    before = census()
    yield
    change = before.difference(census())
    if change:
        raise AssertionError(f"alive in NEURON otherwise than before: {change}. Is a close() missing?")


@pytest.fixture(autouse=True)
def census_unchanged() -> Iterator[None]:
    """Fail a test that leaves anything alive in NEURON."""
    with unchanged_census():
        yield
