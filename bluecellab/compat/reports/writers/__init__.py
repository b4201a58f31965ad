"""Writers of reports and spikes, under the published names."""

from __future__ import annotations

from bluecellab.compat._coming import getter
from bluecellab.compat.reports.writers.base_writer import BaseReportWriter
from bluecellab.compat.reports.writers.compartment import CompartmentReportWriter
from bluecellab.compat.reports.writers.spikes import SpikeReportWriter
from bluecellab.errors import ReportError

__all__ = ["REGISTRY", "BaseReportWriter", "CompartmentReportWriter", "SpikeReportWriter", "get_writer"]

#: Writers by the types of reports.
REGISTRY: dict[str, type[BaseReportWriter]] = {
    "compartment": CompartmentReportWriter,
    "spikes": SpikeReportWriter,
}


def get_writer(report_type: str) -> type[BaseReportWriter]:
    """Return the writer of a type of report: ``"compartment"`` or ``"spikes"``.

    Raises
    ------
    ReportError
        If there is none.
    """
    if report_type not in REGISTRY:
        raise ReportError(f"no writer of {report_type!r}; there is {', '.join(REGISTRY)}")
    return REGISTRY[report_type]


__getattr__ = getter(__name__)
