"""The published ``MorphIOWrapper``, and the bare module by which hoc templates look for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

from bluecellab.cell.morphology.reading import arrange
from bluecellab.nrn.geometry import Arrangement

__all__ = ["MorphIOWrapper", "install_wrapper_module"]


class MorphIOWrapper:
    """A morphology as hoc statements.

    Parameters
    ----------
    input_file
        See :func:`bluecellab.cell.morphology.find`.

    Raises
    ------
    MorphologyNotFoundError, MorphologyError
        If it cannot be used.
    """

    def __init__(self, input_file: str) -> None:
        self._arrangement = arrange(str(input_file))

    def morph_as_hoc(self) -> list[str]:
        """Return the statements that make it, each to be executed in the context of a cell."""
        return list(_statements(self._arrangement))


def _statements(arrangement: Arrangement) -> Iterator[str]:
    for statement in arrangement.structure:
        yield statement.strip().removeprefix("~")
    for section in arrangement.sections:
        name = "soma" if section.name == "soma[0]" else section.name
        if section.parent:
            parent = "soma" if section.parent == "soma[0]" else section.parent
            yield f"{parent} connect {name}(0), {section.parent_x:g}"
        for x, y, z, diameter in section.points.tolist():
            yield f"{name} {{ pt3dadd({x:.8g}, {y:.8g}, {z:.8g}, {diameter:.8g}) }}"


def install_wrapper_module() -> None:
    """Make ``from morphio_wrapper import MorphIOWrapper`` work, as templates do; existing modules stay."""
    module = ModuleType("morphio_wrapper", "MorphIOWrapper of bluecellab, for hoc templates.")
    module.MorphIOWrapper = MorphIOWrapper  # type: ignore[attr-defined]
    sys.modules.setdefault("morphio_wrapper", module)
