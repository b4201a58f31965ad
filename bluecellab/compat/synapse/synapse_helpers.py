"""Hoc helpers of synapse models, under the published names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bluecellab.circuit.helpers import find_helper, helper_folders
from bluecellab.compat._coming import getter
from bluecellab.compat.rngsettings import RNGSettings
from bluecellab.errors import CircuitWarning, SynapseError, warn

__all__ = ["helper_available", "load_synapse_helper", "warn_if_not_random123"]


class HelperNotFoundError(SynapseError, FileNotFoundError):
    """A synapse model without a helper."""

    def __str__(self) -> str:
        return str(self.args[0])


def helper_available(suffix: str, extra_dirs: Iterable[str | Path] = ()) -> bool:
    """Whether there is a file ``<suffix>Helper.hoc``."""
    return find_helper(suffix, tuple(map(Path, extra_dirs))) is not None


def load_synapse_helper(suffix: str, extra_dirs: Iterable[str | Path] = ()) -> Path:
    """Return the file of a helper; it is loaded when synapses are made by it.

    Raises
    ------
    HelperNotFoundError
        If there is none.
    """
    folders = tuple(map(Path, extra_dirs))
    path = find_helper(suffix, folders)
    if path is None:
        where = ", ".join(str(folder.absolute()) for folder in helper_folders(folders))
        raise HelperNotFoundError(f"there is no {suffix}Helper.hoc in any of {where}")
    return path


def warn_if_not_random123(suffix: str) -> None:
    """Warn where a legacy random mode is set, which helpers do not heed."""
    mode = RNGSettings.get_instance().mode
    if mode != "Random123":
        warn(f"the helper of {suffix} has Random123 streams, whatever the mode {mode!r} says", CircuitWarning)


__getattr__ = getter(__name__)
