"""Texts of assignments, read but never executed."""

from __future__ import annotations

from bluecellab.circuit.config.reading import Parts

__all__ = ["check_writings"]


def check_writings(parts: Parts) -> None:
    """Report texts of ``synapse_configure`` and ``section_configure`` that are no lists of assignments."""
