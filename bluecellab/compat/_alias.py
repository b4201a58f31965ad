"""Make ``import bluecellulab`` mean ``bluecellab.compat`` in this process."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from bluecellab.compat._coming import watch_imports
from bluecellab.errors import BluecellabError

__all__ = ["AlreadyImportedError", "install", "installed"]

_PUBLISHED = "bluecellulab"
_OURS = "bluecellab.compat"
_LOCK = threading.RLock()

watch_imports()


class AlreadyImportedError(BluecellabError, ImportError):
    """The real BlueCelluLab has been imported, so its name is taken in this process."""


class _Loader(Loader):
    """Puts a module of ours where Python expects the one it asked for."""

    def __init__(self, ours: str) -> None:
        self._ours = ours

    def exec_module(self, module: ModuleType) -> None:
        # What stands in sys.modules when this returns is what the import gives, and our module keeps
        # its own name and spec.
        sys.modules[module.__name__] = importlib.import_module(self._ours)


class _Finder(MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname != _PUBLISHED and not fullname.startswith(f"{_PUBLISHED}."):
            return None
        ours = _OURS + fullname.removeprefix(_PUBLISHED)
        if find_spec(ours) is None:
            raise ModuleNotFoundError(
                f"No module named {fullname!r} in bluecellab.compat, which stands in for bluecellulab",
                name=fullname,
            )
        return ModuleSpec(fullname, _Loader(ours))


_FINDER = _Finder()


def installed() -> bool:
    """Whether ``import bluecellulab`` means this package."""
    return _FINDER in sys.meta_path


def install() -> None:
    """Make ``bluecellulab`` and its modules mean this package, in this process, from now on.

    Calling it again changes nothing. It does not matter whether BlueCelluLab is installed.

    Raises
    ------
    AlreadyImportedError
        If the real BlueCelluLab has been imported in this process.
    """
    with _LOCK:
        if installed():
            return
        real = sys.modules.get(_PUBLISHED)
        if real is not None:
            where = getattr(real, "__file__", None) or "an unknown place"
            raise AlreadyImportedError(
                f"bluecellulab has already been imported from {where}, and NEURON is its: call "
                "bluecellab.compat.install() before anything imports bluecellulab",
                name=_PUBLISHED,
            )
        sys.meta_path.insert(0, _FINDER)
