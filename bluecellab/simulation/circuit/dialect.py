"""What the dialects of SONATA do each in their own way, so that all else of a simulation is said once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bluecellab.circuit.access import CircuitAccess
from bluecellab.nrn.scope import Scope
from bluecellab.results import Spikes
from bluecellab.simulation.circuit.assembly import Assembly, Progress
from bluecellab.simulation.circuit.ids import GlobalIds
from bluecellab.simulation.circuit.request import AnyConfig, AnyReport, Request
from bluecellab.spec.base import CellId
from bluecellab.spec.simulation.conditions import SeedConvention

__all__ = ["Dialect", "PathLike"]

PathLike = str | os.PathLike[str]


class Dialect(Protocol):
    """A simulation's configuration, and how its dialect has it built and written."""

    @property
    def config(self) -> AnyConfig:
        """What is simulated."""

    def changed(
        self, *, dt: float | None, base_seed: int | None, seeds: SeedConvention, directory: str | None
    ) -> Dialect:
        """Return it with another step in ms, base seed, streams and output folder, where they are given."""

    def open(self, confine_to: PathLike | None) -> CircuitAccess:
        """Open the circuit."""

    def simulated(self, circuit: CircuitAccess) -> list[CellId]:
        """Return the cells that the configuration simulates, in the order of building."""

    def global_ids(self, circuit: CircuitAccess, cells: Iterable[CellId]) -> GlobalIds:
        """Return the numbers of a circuit's nodes."""

    def assemble(
        self, scope: Scope, circuit: CircuitAccess, request: Request, ids: GlobalIds, progress: Progress
    ) -> Assembly:
        """Build what is requested."""

    def attach_reports(
        self, assembly: Assembly, reports: Sequence[AnyReport], circuit: CircuitAccess, *, overwrite: bool
    ) -> Mapping[str, Path]:
        """Let every run write reports; return the file of each."""

    def output_names(self) -> list[str]:
        """Return the names of all files that reports and spikes are written to, within the output folder."""

    def write_spikes(self, spikes: Spikes, cells: Sequence[CellId], *, overwrite: bool) -> list[Path]:
        """Write the spikes of cells; return the files, of which there is at least one."""

    def input_files(self) -> list[str]:
        """Return the files that go into a result, for its provenance."""

    def facts(self) -> Mapping[str, Any]:
        """Return what its provenance says beside the configuration."""
