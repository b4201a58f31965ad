"""Cells without sections, under the published names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bluecellab.cell.builders.point import build_point
from bluecellab.compat.cell.core import Cell
from bluecellab.errors import CellError
from bluecellab.nrn import runtime, templates
from bluecellab.recording import SpikeDetector
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import PointCell

__all__ = ["BasePointProcessCell", "HocPointProcessCell", "mechanism_name_from_model_template"]

_PREFIXES = ("hoc:", "nrn:")
_KEY = "pointcell", 0.0
_files: dict[str, str] = {}  # of the templates that have been loaded, by the name NEURON knows them by


def mechanism_name_from_model_template(template_path: str | Path | None, model_template: str) -> str:
    """Return what makes the artificial cell of a SONATA ``model_template``; its template is loaded.

    Parameters
    ----------
    template_path
        The hoc file of ``"hoc:NAME"`` or ``"nrn:NAME"``; None for a mechanism of NEURON's.
    model_template
        With a prefix, or the name itself.

    Raises
    ------
    TemplateNotFoundError, TemplateError
        If the file is missing, or does not load.

    Examples
    --------
    >>> mechanism_name_from_model_template(None, "nrn:IntFire1")
    'IntFire1'
    """
    prefixed = model_template.startswith(_PREFIXES)
    if not prefixed or template_path is None:
        return model_template.partition(":")[2] if prefixed else model_template
    runtime.start()
    name = templates.load(template_path).name
    _files[name] = str(template_path)
    return name


class BasePointProcessCell(Cell):
    """A cell that is one artificial cell of NEURON's."""

    @property
    def pointcell(self) -> Any:
        """NEURON's artificial cell."""
        return self.artificial

    @property
    def hoc_cell(self) -> Any:
        """The same as :attr:`pointcell`."""
        return self.artificial

    def connect_to_circuit(self, proxy: object) -> None:
        """Note what the circuit says of this cell."""
        super().connect_to_circuit(proxy)

    def create_netcon_spikedetector(
        self,
        sec: Any = None,
        location: str | None = None,  # noqa: ARG002 - published
        threshold: float = 0.0,  # noqa: ARG002 - published
    ) -> Any:
        """Return a NetCon of the events it sends; ``location`` and ``threshold`` are ignored."""
        return super().create_netcon_spikedetector(sec, *_KEY)

    def start_recording_spikes(
        self,
        sec: Any = None,
        location: str | None = None,  # noqa: ARG002 - published
        threshold: float = 0.0,  # noqa: ARG002 - published
    ) -> SpikeDetector:
        """Record the events it sends; ``location`` and ``threshold`` are ignored."""
        return super().start_recording_spikes(sec, *_KEY)

    def is_recording_spikes(self, location: str | None = None, threshold: float | None = None) -> bool:  # noqa: ARG002
        """Return whether the events it sends are recorded; both arguments are ignored."""
        self._scope.check()
        return bool(self._detectors)

    @property
    def soma(self) -> None:  # type: ignore[override]  # as published
        """None: it has no sections."""

    def get_recorded_spikes(self, location: str = "pointcell", threshold: float = -20.0) -> list[float]:  # noqa: ARG002
        """Return the times in ms of the events it has sent in the last run; both arguments are ignored."""
        self._scope.check()
        for detector in self._detectors.values():  # whatever they are called, they have the same events
            return [float(time) for time in detector.times()]
        return super().get_recorded_spikes(*_KEY)  # says what is wrong

    def get_spike_times(self) -> list[float]:
        """Return the times in ms of the events it has sent in the last run."""
        return self.get_recorded_spikes()


class HocPointProcessCell(BasePointProcessCell):
    """A point cell made by a mechanism, or by a hoc template that has it as ``pointcell``.

    Parameters
    ----------
    cell_id
        Population and id.
    mechanism_name
        From :func:`mechanism_name_from_model_template`.
    spike_threshold
        Of no meaning for an artificial cell.

    Raises
    ------
    CellError
        If there is no id, or the mechanism is no artificial cell.
    MissingMechanismError
        If the mechanism is not loaded.
    """

    def __init__(
        self,
        cell_id: CellId | None,
        mechanism_name: str,
        spike_threshold: float = 0.0,  # noqa: ARG002 - published
    ) -> None:
        if cell_id is None:
            raise CellError("a point cell needs a cell_id: CellId(population_name, id)")
        identity = self._identify(cell_id)
        spec = PointCell(mechanism=mechanism_name, template_path=_files.get(mechanism_name), id=identity)
        self._assemble(lambda scope: build_point(scope, spec), identity, None, None)
        self.start_recording_spikes(None, *_KEY)
