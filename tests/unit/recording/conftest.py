from __future__ import annotations

from collections.abc import Iterator

import pytest

from bluecellab.nrn import runtime
from tests.unit.recording.bench import Bench

runtime.start()  # before the first census


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()
