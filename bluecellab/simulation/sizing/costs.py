"""What parts of simulations cost, as measured: built-in figures, or those of ``bluecellab calibrate``."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from bluecellab.errors import CalibrationError
from bluecellab.nrn.mechanisms import cache_folder

__all__ = ["BUILT_IN", "Costs", "calibration_file", "read_costs", "write_costs"]

_FORMAT = 1
_NAME = "calibration.json"


@dataclass(frozen=True)
class Costs:
    """What parts of simulations cost: CPU seconds, and bytes.

    Parameters
    ----------
    start_seconds, start_bytes
        Of a process that has loaded NEURON, the package and its libraries.
    cell_seconds, section_seconds, segment_seconds, cell_bytes, section_bytes, segment_bytes
        Of each cell, section and segment that is made.
    mechanism_bytes
        Of each mechanism in each segment.
    point_seconds
        Of each 3-D point of a morphology that is read for the first time, by NEURON's own reader.
    synapse_seconds, connection_seconds, synapse_bytes, connection_bytes
        Of each synapse and each NetCon.
    segment_step_seconds, mechanism_step_seconds
        Of each segment, and each mechanism in a segment, in each step.
    synapse_step_seconds, plastic_step_seconds
        Of each synapse in each step; plastic ones draw random numbers and have more states.
    step_seconds
        Of each step beyond.
    event_seconds
        Of each spike that arrives at a synapse.
    variable_seconds, variable_bytes
        Of each variable of a report that is set up.
    sample_seconds
        Of each variable of a report that is sampled and written.
    build, run, memory
        Factors by which a user's own circuit differs from these figures.
    engines
        Factors of the run by engine.
    efficiency
        What each further thread or rank does of what the first one does.
    low, high
        Factors of the range in which times are expected.
    source
        Where the figures are from.
    """

    start_seconds: float = 0.75
    start_bytes: float = 106e6
    cell_seconds: float = 7e-4
    section_seconds: float = 5e-5
    segment_seconds: float = 1.5e-6
    point_seconds: float = 6e-5
    synapse_seconds: float = 5e-6
    connection_seconds: float = 3e-6
    cell_bytes: float = 45e3
    section_bytes: float = 1.6e3
    segment_bytes: float = 850.0
    mechanism_bytes: float = 500.0
    synapse_bytes: float = 900.0
    connection_bytes: float = 450.0
    segment_step_seconds: float = 9e-9
    mechanism_step_seconds: float = 20e-9
    synapse_step_seconds: float = 20e-9
    plastic_step_seconds: float = 45e-9
    step_seconds: float = 2e-6
    event_seconds: float = 6e-7
    variable_seconds: float = 2e-6
    variable_bytes: float = 900.0
    sample_seconds: float = 4e-8
    build: float = 1.0
    run: float = 1.0
    memory: float = 1.0
    engines: Mapping[str, float] = field(default_factory=lambda: {"neuron": 1.0, "coreneuron": 0.75})
    efficiency: float = 0.95
    low: float = 0.5
    high: float = 2.0
    source: str = "built in, measured by the developers on a server; bluecellab calibrate measures them here"

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.type == "float" and not (_is_number(value) and value >= 0):
                raise CalibrationError(f"{each.name} of a calibration is a number from 0 on, not {value!r}")
        if not (self.efficiency and self.low and self.high >= self.low):
            raise CalibrationError("efficiency, low and high of a calibration are positive, and low <= high")
        if not all(_is_number(value) and value > 0 for value in self.engines.values()):
            raise CalibrationError(f"engines of a calibration are positive factors, not {self.engines!r}")


def calibration_file() -> Path:
    """Return the file that ``bluecellab calibrate`` writes, in the folder of the cache."""
    return cache_folder() / _NAME


def read_costs(path: str | os.PathLike[str] | None = None) -> Costs:
    """Return costs as they were measured here; without a calibration, those that are built in.

    Parameters
    ----------
    path
        A file that :func:`write_costs` has written; that of the cache, if it is there, when left out.

    Raises
    ------
    CalibrationError
        If the file is damaged, or a file was named that is not there.
    """
    file = calibration_file() if path is None else Path(path)
    again = (
        "make it anew: bluecellab calibrate"
        if path is None
        else "make it anew: bluecellab calibrate --output"
    )
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if path is None:
            return BUILT_IN
        raise CalibrationError(f"there is no calibration {file}; {again}") from error
    except (OSError, ValueError) as error:
        raise CalibrationError(f"calibration {file} cannot be read: {error}; {again}") from error
    if (
        not isinstance(found, dict)
        or found.get("format") != _FORMAT
        or not isinstance(found.get("costs"), dict)
    ):
        raise CalibrationError(f"{file} is no calibration of this version; {again}")
    known = {each.name for each in fields(Costs)}
    unknown, missing = sorted(set(found["costs"]) - known), sorted(known - set(found["costs"]))
    if unknown or missing:
        what = f"has no {missing[0]}" if missing else f"has {unknown[0]!r}, which is not known"
        raise CalibrationError(f"calibration {file} {what}; {again}")
    try:
        return Costs(**found["costs"])
    except (CalibrationError, TypeError, AttributeError) as error:
        raise CalibrationError(f"calibration {file} is damaged: {error}; {again}") from error


def write_costs(costs: Costs, path: str | os.PathLike[str] | None = None) -> Path:
    """Write costs, whole or not at all.

    Parameters
    ----------
    costs
        What was measured.
    path
        Where; the file of the cache when left out.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CalibrationError
        If it cannot be written.
    """
    file = calibration_file() if path is None else Path(path).absolute()
    text = json.dumps({"format": _FORMAT, "costs": asdict(costs)}, indent=1) + "\n"
    partial: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        partial = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        partial.replace(file)
    except OSError as error:
        if partial is not None:
            partial.unlink(missing_ok=True)
        raise CalibrationError(
            f"calibration {file} cannot be written: {error.strerror or error}. Choose another file by "
            "--output, or another folder of the cache by BLUECELLAB_CACHE_DIR"
        ) from error
    return file


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


BUILT_IN = Costs()
"""Those that were measured by the developers; ratios carry over to other machines, times do less."""
