"""Warnings."""

from __future__ import annotations

import logging
import sys
import warnings

__all__ = [
    "BluecellabWarning",
    "CircuitWarning",
    "MechanismWarning",
    "TemplateWarning",
    "UnaddedCellWarning",
    "warn",
]

_LOG = logging.getLogger("bluecellab")


class BluecellabWarning(UserWarning):
    """Base of every warning that bluecellab gives."""


class UnaddedCellWarning(BluecellabWarning):
    """A living cell was not added to the simulation; NEURON integrates it all the same."""


class MechanismWarning(BluecellabWarning):
    """Something about mechanism libraries that the user should know."""


class TemplateWarning(BluecellabWarning):
    """A hoc template did something to NEURON that has been put right."""


class CircuitWarning(BluecellabWarning):
    """Something in a circuit was left out or put right; the message counts it."""


def warn(message: str, category: type[BluecellabWarning]) -> None:
    """Warn at the line outside of this package that has led here.

    Parameters
    ----------
    message
        What happened, and what to do.
    category
        Which warning.
    """
    level = 2
    frame = sys._getframe(1)
    package = __name__.partition(".")[0] + "."
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(package):
        frame = frame.f_back
        level += 1
    _LOG.info("%s: %s", category.__name__, message)
    warnings.warn(message, category, stacklevel=level - 1 if level > 2 else 2)
