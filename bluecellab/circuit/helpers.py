"""Where the hoc helpers of synapse models lie: files ``<model>Helper.hoc``."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

__all__ = ["find_helper", "helper_folders"]

_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def helper_folders(circuit: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Return the folders in which helpers are looked for, in order.

    They are the working directory, those of the environment variable ``HOC_LIBRARY_PATH``, and those of the
    circuit.
    """
    listed = re.split(rf"[{re.escape(os.pathsep)}\s]+", os.environ.get("HOC_LIBRARY_PATH", ""))
    return (Path(), *(Path(folder) for folder in listed if folder), *circuit)


def find_helper(prefix: str, circuit: Sequence[Path] = ()) -> Path | None:
    """Return the file of a helper, or None if there is none.

    Parameters
    ----------
    prefix
        What ``modoverride`` says; a name, not a path.
    circuit
        Folders of the circuit.
    """
    if _PREFIX.fullmatch(prefix) is None:
        return None
    files = (folder / f"{prefix}Helper.hoc" for folder in helper_folders(circuit))
    return next((file for file in files if file.is_file()), None)
