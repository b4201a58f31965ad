"""Small cells of the Allen dialect, from files of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AllenCell
from tests.faults.hocs import SWC

FIT: dict[str, Any] = {
    "passive": [
        {
            "ra": 120.5,
            "e_pas": -71.25,
            "cm": [
                {"section": "soma", "cm": 1.0},
                {"section": "axon", "cm": 1.25},
                {"section": "dend", "cm": 2.0},
            ],
        }
    ],
    "conditions": [{"erev": [{"section": "soma", "ena": 53.0, "ek": -107.0}]}],
    "genome": [
        {"section": "soma", "mechanism": "hh", "name": "gnabar_hh", "value": 0.3},
        {"section": "soma", "mechanism": "", "name": "g_pas", "value": 0.0003},
        {"section": "dend", "mechanism": "", "name": "g_pas", "value": 2e-5},
    ],
}
ACTIVE: dict[str, Any] = {
    "passive": [{"ra": 100}],
    "conditions": [
        {
            "erev": [
                {"section": "soma", "ena": 53.0, "ek": -107.0},
                {"section": "dend", "ena": 53.0, "ek": -107.0},
            ]
        }
    ],
    "genome": [
        {"section": "soma", "mechanism": "hh", "name": "gnabar_hh", "value": "0.25"},
        {"section": "dend", "mechanism": "", "name": "g_pas", "value": "2e-05"},
    ],
}


class Files:
    """A folder with a morphology and fits.

    Parameters
    ----------
    folder
        Where they are written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.swc = folder / "cell.swc"
        self.swc.write_text(SWC)

    def write(self, name: str, content: str) -> str:
        """Write a file; return its path."""
        path = self.folder / name
        path.write_text(content)
        return str(path)

    def fit(self, content: object = FIT, name: str = "fit.json") -> str:
        """Write a fit; return its path."""
        return self.write(name, json.dumps(content))

    def cell(self, template: str = "ctdb:Biophys1.hoc", *processing: str, **fields: Any) -> AllenCell:
        """Return a cell of the morphology."""
        fields = {"morphology_path": str(self.swc), "id": CellId("bio", 3), "gid": 13, **fields}
        return AllenCell(template=template, processing=processing, **fields)
