"""What a validation is, and what comes of it, under the published names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from bluecellab.spec.cells import TemplateParams

__all__ = ["TestResult", "ValidationTest"]


@dataclass
class TestResult:
    """What came of a validation.

    Parameters
    ----------
    name
        Of the validation.
    passed
        Whether the cell is as it should be.
    details
        Why.
    figures
        Files with figures.
    """

    __test__: ClassVar[bool] = False  # pytest takes it for tests otherwise

    name: str
    passed: bool
    details: str
    figures: list[Path] = field(default_factory=list)


class ValidationTest(ABC):
    """Base of validations."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called."""

    @abstractmethod
    def run(self, template_params: TemplateParams, rheobase: float, out_dir: Path) -> TestResult:
        """Validate a cell.

        Parameters
        ----------
        template_params
            What it is built from.
        rheobase
            In nA.
        out_dir
            Where figures are written.
        """
