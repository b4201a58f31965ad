"""Validations put together of parts, under the published name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bluecellab.compat.analysis.inject_sequence import Recording
from bluecellab.compat.validation._plots import plot_trace
from bluecellab.compat.validation.base import TestResult, ValidationTest
from bluecellab.compat.validation.criterion import Criterion
from bluecellab.compat.validation.measurement import Measurement
from bluecellab.compat.validation.protocol import Protocol
from bluecellab.spec.cells import TemplateParams

__all__ = ["ParametricValidation"]


@dataclass
class ParametricValidation(ValidationTest):
    """A protocol, a measurement, and a criterion.

    Parameters
    ----------
    validation_name
        What it is called.
    protocol
        What is done.
    measurement
        What is measured.
    criterion
        What it should be.
    figure_filename
        Of the figure; made of the name by default.
    """

    validation_name: str
    protocol: Protocol
    measurement: Measurement
    criterion: Criterion
    figure_filename: str | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.validation_name

    def run(self, template_params: TemplateParams, rheobase: float, out_dir: Path) -> TestResult:
        """Validate a cell; whatever goes wrong is a validation that failed.

        Parameters
        ----------
        template_params
            What it is built from.
        rheobase
            In nA.
        out_dir
            Where the figure is written.
        """
        try:
            recording = self.protocol.execute(template_params, rheobase)
        except Exception as error:  # noqa: BLE001 - published: the others go on
            return TestResult(
                self.name, False, f"Validation failed: protocol raised {type(error).__name__}: {error}"
            )
        figures, remark = self._drawn(recording, Path(out_dir))
        try:
            passed, details = self._judged(recording)
        except Exception as error:  # noqa: BLE001
            passed = False
            details = f"Validation failed: measurement raised {type(error).__name__}: {error}"
        return TestResult(self.name, passed, details + remark, figures)

    def _judged(self, recording: Recording) -> tuple[bool, str]:
        value = self.measurement.extract(recording, self.protocol.stim_start, self.protocol.stim_end)
        if value is None:
            return False, ("Validation failed: measurement could not be extracted (feature returned None).")
        return bool(self.criterion.evaluate(value)), self.criterion.describe(value)

    def _drawn(self, recording: Recording, folder: Path) -> tuple[list[Path], str]:
        """Draw what was recorded; return the files, and what went wrong."""
        name = self.figure_filename or re.sub(r"[^\w.-]+", "_", self.name).strip("_") + ".pdf"
        try:
            return [plot_trace(recording, folder, name, self.name)], ""
        except Exception as error:  # noqa: BLE001
            return [], f" (The figure could not be made: {error})"
