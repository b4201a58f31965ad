"""What injects into cells, at its published place."""

from __future__ import annotations

from bluecellab.cell.injection import InjectionMixin as InjectableMixin

__all__ = ["InjectableMixin"]
