"""Formats of circuits, under the published names."""

from __future__ import annotations

import json
import os
from enum import Enum
from pathlib import Path

from bluecellab.compat.circuit.config.definition import SimulationConfig

__all__ = ["CircuitFormat", "determine_circuit_format", "is_valid_json_file"]


class CircuitFormat(Enum):
    """A format of simulation configurations; those of bluepy are known, but not read."""

    SONATA = "sonata"
    BLUECONFIG = "blueconfig"


def determine_circuit_format(circuit: str | os.PathLike[str] | SimulationConfig) -> CircuitFormat:
    """Return the format of a configuration: SONATA's are JSON."""
    if isinstance(circuit, (str, os.PathLike)) and not is_valid_json_file(circuit):
        return CircuitFormat.BLUECONFIG
    return CircuitFormat.SONATA


def is_valid_json_file(fpath: str | os.PathLike[str]) -> bool:
    """Return whether a file is JSON.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    try:
        json.loads(Path(fpath).read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True
