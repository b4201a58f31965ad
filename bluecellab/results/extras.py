"""Optional packages, asked for when they are needed."""

from __future__ import annotations

import importlib
from types import ModuleType

from bluecellab.errors import MissingDependencyError

__all__ = ["require"]


def require(module: str, *, extra: str, doing: str) -> ModuleType:
    """Import an optional package.

    Parameters
    ----------
    module
        Its import name, such as ``"xarray"``.
    extra
        The extra of bluecellab that installs it.
    doing
        What it is needed for, to begin the message with.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingDependencyError
        If it is not installed; names the extra.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # it is installed, and something else is missing within it
        raise MissingDependencyError(
            f"{doing} needs the package {module.partition('.')[0]}, which is not installed. "
            f"Install it with: pip install 'bluecellab[{extra}]'",
            extra=extra,
        ) from error
