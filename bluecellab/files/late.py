"""Names of a package that are loaded on first use."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping

__all__ = ["loaded_late"]


def loaded_late(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the functions ``__getattr__`` and ``__dir__`` of a package whose names are loaded on first use.

    Parameters
    ----------
    package
        Its name.
    homes
        The module that each name is from: one of the package, or any by its whole name.

    Examples
    --------
    >>> load, _ = loaded_late("bluecellab.files", {"common": "distinct"})
    >>> load("common").__module__
    'bluecellab.files.distinct'
    """

    def load(name: str) -> object:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(importlib.import_module(home if "." in home else f"{package}.{home}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return load, names
