"""Experiments, under the published names."""

from __future__ import annotations

import importlib

from bluecellab.compat._coming import attribute_error

_MODULES = ("analysis", "inject_sequence", "plotting", "utils")


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise attribute_error(__name__, name)
    return importlib.import_module(f"{__name__}.{name}")
