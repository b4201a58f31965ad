"""The electrical properties of cells, at their published place."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.spec.cells import EmodelProperties

__all__ = ["EmodelProperties"]

__getattr__ = getter(__name__)
__path__: list[str] = []  # lets `from ... import name` say why an absent name is absent
