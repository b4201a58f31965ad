"""Experiments on cells: searches, curves, features and validation."""

from __future__ import annotations
