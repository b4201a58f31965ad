"""Writes spikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bluecellab.compat.reports.writers.base_writer import BaseReportWriter
from bluecellab.results.sonata import write_spikes

__all__ = ["SpikeReportWriter"]


class SpikeReportWriter(BaseReportWriter):
    """Writes spikes; parameters as :class:`BaseReportWriter`."""

    def write(self, spikes_by_pop: Mapping[str, Mapping[int, Sequence[float]]]) -> None:
        """Write a file of spikes; an older one of that name is replaced.

        Parameters
        ----------
        spikes_by_pop
            Times in ms by population and node.
        """
        tables: dict[str, tuple[npt.ArrayLike, npt.ArrayLike]] = {}
        for population, by_node in spikes_by_pop.items():
            counts = np.array([len(times) for times in by_node.values()], dtype=np.int64)
            nodes = np.repeat(np.array(list(by_node), dtype=np.int64), counts)
            tables[population] = np.concatenate([np.empty(0), *map(np.asarray, by_node.values())]), nodes
        write_spikes(self.output_path, tables, overwrite=True)
