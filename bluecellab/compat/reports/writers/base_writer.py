"""What a file of results is written of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["BaseReportWriter"]


class BaseReportWriter:
    """What a file is written of.

    Parameters
    ----------
    report_cfg
        Block of the configuration.
    output_path
        The file.
    sim_dt
        Interval of recordings in ms.
    """

    def __init__(self, report_cfg: Any, output_path: str | Path, sim_dt: float) -> None:
        self.cfg = report_cfg
        self.output_path = Path(output_path)
        self.sim_dt = sim_dt
