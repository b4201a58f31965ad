"""Hoc helpers of synapse models, under the published names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bluecellab.circuit.helpers import find_helper, helper_folders
from bluecellab.compat._coming import getter
from bluecellab.errors import CircuitWarning, SynapseError, warn
from bluecellab.nrn import synapse_helpers as engine

__all__ = [
    "get_helper_needed_attributes",
    "get_helper_uhill_scale_vars",
    "helper_available",
    "helper_loaded_from",
    "load_synapse_helper",
    "warn_if_not_random123",
]


class HelperNotFoundError(SynapseError, FileNotFoundError):
    """A synapse model without a helper."""

    def __str__(self) -> str:
        return str(self.args[0])


def _load(suffix: str, extra_dirs: Iterable[str | Path]) -> engine.HelperTemplate:
    folders = tuple(map(Path, extra_dirs))
    path = find_helper(suffix, folders)
    if path is None:
        where = ", ".join(str(folder.absolute()) for folder in helper_folders(folders))
        raise HelperNotFoundError(f"there is no {suffix}Helper.hoc in any of {where}")
    return engine.load(path, suffix)


def helper_available(suffix: str, extra_dirs: Iterable[str | Path] = ()) -> bool:
    """Whether there is a file ``<suffix>Helper.hoc``."""
    return find_helper(suffix, tuple(map(Path, extra_dirs))) is not None


def load_synapse_helper(suffix: str, extra_dirs: Iterable[str | Path] = ()) -> str:
    """Load a helper, unless the same has been loaded; return the name that its template has in NEURON.

    Parameters
    ----------
    suffix
        The model.
    extra_dirs
        Folders of the circuit; the working directory and ``HOC_LIBRARY_PATH`` come first.

    Raises
    ------
    HelperNotFoundError
        A FileNotFoundError, if there is none.
    MissingMechanismError
        If mechanisms that it uses are not loaded.
    TemplateError
        If hoc refuses it, or it defines another template.
    """
    return _load(suffix, extra_dirs).name


def helper_loaded_from(suffix: str) -> str | None:
    """Return the file of the helper that was loaded last; None if none was."""
    files = [one.path for one in engine.loaded() if one.original_name == f"{suffix}Helper"]
    return files[-1] if files else None


def get_helper_needed_attributes(suffix: str, extra_dirs: Iterable[str | Path] = ()) -> list[str]:
    """Load a helper, and return the attributes of edges that it asks for; see :func:`load_synapse_helper`."""
    return list(_load(suffix, extra_dirs).needed)


def get_helper_uhill_scale_vars(suffix: str, extra_dirs: Iterable[str | Path] = ()) -> list[str]:
    """Load a helper, and return those of its parameters that depend on the extracellular calcium."""
    return list(_load(suffix, extra_dirs).scaled)


def warn_if_not_random123(mode: str) -> None:
    """Warn of a legacy random mode, which helpers do not heed."""
    if mode != "Random123":
        warn(f"helpers of synapses have Random123 streams, whatever the mode {mode!r} says", CircuitWarning)


__getattr__ = getter(__name__)
