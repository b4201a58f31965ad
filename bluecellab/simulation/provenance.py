"""Where a result comes from: versions, platform, mechanisms; what circuits and protocols share."""

from __future__ import annotations

import functools
import platform
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib import metadata

from pydantic import JsonValue

from bluecellab.nrn import mechanisms

__all__ = ["PACKAGES", "libraries", "now", "system", "versions"]

#: Whose versions can change the numbers of a run.
PACKAGES = ("bluecellab", "neuron", "numpy", "pydantic")


def now() -> str:
    """Return the time of day in ISO 8601, to the second, in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


@functools.cache
def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, JsonValue]:
    """Return the versions of packages, None for those that are not installed, and of Python."""
    found: dict[str, JsonValue] = {name: _version(name) for name in packages}
    found["python"] = platform.python_version()
    return found


@functools.lru_cache(maxsize=1)
def system() -> str:
    """Return the operating system and machine."""
    return platform.platform()


def libraries() -> list[JsonValue]:
    """Return the mechanism libraries that are loaded: source, key of the content, names, flags, changes."""
    return [
        {
            "source": library.source,
            "key": library.key,
            "names": list(library.names),
            "flags": list(library.flags),
            "changes": list(library.changes),
        }
        for library in mechanisms.loaded()
    ]
