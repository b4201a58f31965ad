"""``ReportManager``: writes all files of a configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bluecellab.compat.reports._words import recordable, spec_of
from bluecellab.compat.reports.utils import SUPPORTED_REPORT_TYPES, extract_spikes_from_cells
from bluecellab.compat.reports.writers import CompartmentReportWriter, SpikeReportWriter

__all__ = ["SUPPORTED_REPORT_TYPES", "ReportManager"]


class ReportManager:
    """Writes reports and spikes where a configuration wants them.

    Parameters
    ----------
    config
        A ``SonataSimulationConfig``, a configuration of ours, or a path.
    sim_dt
        Interval of recordings in ms.
    """

    def __init__(self, config: Any, sim_dt: float) -> None:
        self.cfg = config
        self.dt = sim_dt

    def write_all(
        self,
        cells: Mapping[Any, Any],
        spikes_by_pop: Mapping[str, Mapping[int, Sequence[float]]] | None = None,
    ) -> None:
        """Write all reports that cells have recorded for, and the spikes; older files are replaced.

        Parameters
        ----------
        cells
            Cells, or what was recorded of them, by their ids.
        spikes_by_pop
            Times in ms by population and node; those of the cells when left out.
        """
        config = spec_of(self.cfg)
        folder = Path(config.output.directory)
        for report in recordable(config):
            writer = CompartmentReportWriter(report, folder / report.output_name, self.dt)
            writer.write(cells, tstart=0.0)
        if spikes_by_pop is None:
            location, threshold = config.conditions.spike_location, config.run.spike_threshold
            spikes_by_pop = extract_spikes_from_cells(cells, location, threshold)
        SpikeReportWriter(None, folder / config.output.spikes_file, self.dt).write(spikes_by_pop)
