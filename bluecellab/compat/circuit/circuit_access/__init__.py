"""Of the published access to circuits, the electrical properties of cells."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.spec.cells import EmodelProperties

__all__ = ["EmodelProperties"]

__getattr__ = getter(__name__)
