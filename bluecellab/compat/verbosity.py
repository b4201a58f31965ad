"""How much is logged, under the published names."""

from __future__ import annotations

import logging
import os

__all__ = ["ENV_VERBOSE_LEVEL", "VERBOSE_LEVEL", "set_verbose", "set_verbose_from_env"]

_VARIABLE = "BLUECELLULAB_VERBOSE_LEVEL"
_LEVELS = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.INFO, logging.INFO)

VERBOSE_LEVEL = 0
ENV_VERBOSE_LEVEL: str | None = os.environ.get(_VARIABLE)


def set_verbose(level: int = 1) -> None:
    """Set what the loggers ``bluecellab`` and ``bluecellulab`` let through.

    Parameters
    ----------
    level
        0 critical, 1 errors, 2 warnings, 3 to 5 information, above that everything.
    """
    global VERBOSE_LEVEL
    VERBOSE_LEVEL = level
    chosen = _LEVELS[max(level, 0)] if level < len(_LEVELS) else logging.DEBUG
    for name in ("bluecellab", "bluecellulab"):
        logging.getLogger(name).setLevel(chosen)


def set_verbose_from_env() -> None:
    """Set the level that the variable ``BLUECELLULAB_VERBOSE_LEVEL`` names, if it is set.

    Raises
    ------
    ValueError
        If it is no integer.
    """
    value = os.environ.get(_VARIABLE)
    if value is None:
        return
    try:
        level = int(value)
    except ValueError as error:
        raise ValueError(f"{_VARIABLE} must be an integer, not {value!r}") from error
    set_verbose(level)
