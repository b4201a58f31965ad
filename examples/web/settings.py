"""What the operator of the server decides: the cells on offer, and every limit."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bluecellab.spec.cells import AnyCell, BallStickCell

__all__ = ["Settings"]

_PREFIX = "BLUECELLAB_WEB_"


@dataclass(frozen=True)
class Settings:
    """The settings of a server; each can be given as ``BLUECELLAB_WEB_<NAME>`` in the environment.

    Parameters
    ----------
    processes
        How many protocols run at once, of all clients together.
    time_limit
        Seconds that one protocol may take; then its process is killed.
    memory_limit
        Megabytes that one protocol may take on top of its cell.
    max_runs
        Runs that wait or go on at once; one more is refused with status 429.
    max_protocols
        Protocols of one run.
    max_duration
        Simulated ms of one protocol.
    max_samples
        Samples that one protocol may record, all its traces together; and steps that it may take.
    max_stimuli
        Stimuli, and recordings, of one protocol.
    max_body
        Bytes of a request.
    max_listeners
        Clients that follow one run at once.
    body_patience
        Seconds within which a request must have arrived whole.
    send_patience
        Seconds within which a client must read what it is sent.
    heartbeat
        Seconds between signs of life in a stream in which nothing happens.
    orphan_patience
        Seconds after which a run that nobody follows is cancelled.
    keep
        Seconds for which an ended run is remembered.
    max_kept
        Ended runs that are remembered; the oldest is forgotten first.
    cells
        The cells on offer, by name. In the environment: a JSON file of them.
    """

    processes: int = 2
    time_limit: float = 30.0
    memory_limit: int = 1024
    max_runs: int = 32
    max_protocols: int = 50
    max_duration: float = 10_000.0
    max_samples: int = 2_000_000
    max_stimuli: int = 20
    max_body: int = 1_000_000
    max_listeners: int = 8
    body_patience: float = 10.0
    send_patience: float = 30.0
    heartbeat: float = 10.0
    orphan_patience: float = 60.0
    keep: float = 300.0
    max_kept: int = 50
    cells: Mapping[str, AnyCell] = field(default_factory=lambda: {"ball_stick": BallStickCell()})

    @classmethod
    def from_environment(cls) -> Settings:
        """Return the settings that the environment asks for.

        Raises
        ------
        ValueError
            If one of them is no number, or the file of cells is not one.
        """
        default = cls()
        given: dict[str, Any] = {}
        for each in fields(cls):
            variable = f"{_PREFIX}{each.name.upper()}"
            text = os.environ.get(variable)
            if text is None:
                continue
            kind = type(getattr(default, each.name))
            try:
                given[each.name] = _cells(Path(text)) if each.name == "cells" else kind(text)
            except (OSError, ValueError) as error:
                raise ValueError(f"{variable}={text}: {error}") from error
        return cls(**given)


def _cells(path: Path) -> dict[str, AnyCell]:
    """Read a table of cells: ``{"name": {"type": "hoc", "template_path": ..., ...}, ...}``."""
    adapter: TypeAdapter[AnyCell] = TypeAdapter(AnyCell)
    return {name: adapter.validate_python(spec) for name, spec in json.loads(path.read_text()).items()}
