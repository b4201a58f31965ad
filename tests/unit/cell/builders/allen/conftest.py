"""What tests of cells of the Allen dialect share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bluecellab.spec.functions import CELL_MODELS, CELL_PROCESSORS
from tests.unit.cell.builders.allen.cells import Files


@pytest.fixture()
def files(tmp_path: Path) -> Files:
    """Return files of a cell."""
    return Files(tmp_path)


@pytest.fixture(autouse=True)
def _registered_no_longer() -> Iterator[None]:
    """Forget functions that a test registers."""
    before = {id(registry): set(registry) for registry in (CELL_MODELS, CELL_PROCESSORS)}
    yield
    for registry in (CELL_MODELS, CELL_PROCESSORS):
        for name in set(registry) - before[id(registry)]:
            registry.remove(name)
