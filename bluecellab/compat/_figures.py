"""What published functions do with figures: show them, save them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bluecellab.plotting.windows import show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["finish"]


def finish(
    figure: Figure, show_figure: bool, save_figure: bool, output_dir: str | Path, output_fname: str
) -> Path:
    """Save a figure and show it, as asked, and return where it is saved, or would be.

    Parameters
    ----------
    figure
        The figure.
    show_figure
        Whether to show it, if there is where: nothing is waited for without a display.
    save_figure
        Whether to write it; the folder is made.
    output_dir, output_fname
        Where.
    """
    path = Path(output_dir) / output_fname
    if save_figure:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
    if show_figure:
        show(figure)
    return path
