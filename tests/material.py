"""The real models that ``python scripts/material.py`` gathers, for tests that need them.

Circuits of them are made by ``python scripts/circuits.py``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bluecellab.nrn.mechanisms import cache_folder
from bluecellab.spec.cells import EmodelProperties, TemplateFormat


@dataclass(frozen=True)
class ModelCell:
    """One cell model.

    ``morphologies`` has the keys asc, swc, h5 and container (``container.h5/name``); emodel_properties
    are there unless the template brings its own or nothing was measured.
    """

    name: str
    template_name: str
    template: Path
    template_format: TemplateFormat
    morphologies: Mapping[str, Path]
    mechanisms: Path
    emodel_properties: EmodelProperties | None
    celsius: float
    v_init: float

    @property
    def morphology(self) -> Path:
        """The morphology as published."""
        return self.morphologies["asc"]


@dataclass(frozen=True)
class Material:
    """All models; ``mechanisms`` are folders of .mod files by family, ``packages`` what was unpacked."""

    root: Path
    cells: Mapping[str, ModelCell]
    mechanisms: Mapping[str, Path]

    @property
    def packages(self) -> Path:
        """What was unpacked of the published packages."""
        return self.root / "packages"

    def cell(self, name: str) -> ModelCell:
        """One model by name."""
        return self.cells[name]

    def circuit(self, name: str) -> Path:
        """Folder of a circuit, "ten_cells" or "two_cells"; skips the test if it was not made."""
        folder = self.root / "circuits" / name
        if not (folder / "stamp").is_file():
            pytest.skip(f"no circuit {folder}: run python scripts/circuits.py")
        return folder


def material() -> Material:
    """Return the material, or skip the test that asks for it."""
    root = cache_folder() / "material"
    if not (root / "index.json").is_file():
        pytest.skip(f"no real models in {root}: run python scripts/material.py")
    return _read(root)


@functools.lru_cache(maxsize=2)
def _read(root: Path) -> Material:
    index = json.loads((root / "index.json").read_text(encoding="utf-8"))
    mechanisms = {family: root / path for family, path in index["mechanisms"].items()}
    cells = {
        name: ModelCell(
            name,
            cell["template_name"],
            root / cell["template"],
            cell["template_format"],
            {kind: root / path for kind, path in cell["morphologies"].items()},
            root / cell["mechanisms"],
            EmodelProperties(
                threshold_current=cell["threshold_current"],
                holding_current=cell["holding_current"],
                AIS_scaler=cell["AIS_scaler"],
            )
            if cell["threshold_current"] is not None
            else None,
            cell["celsius"],
            cell["v_init"],
        )
        for name, cell in index["cells"].items()
    }
    return Material(root, cells, mechanisms)
