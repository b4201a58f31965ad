"""Circuits, configurations, synapses, and what is written of them."""

from __future__ import annotations

from collections.abc import Iterable

from bluecellab.errors.base import BluecellabError

__all__ = [
    "AssignmentError",
    "CircuitError",
    "CircuitFileError",
    "ColumnError",
    "ConfigError",
    "ConfinementError",
    "NodeNotFoundError",
    "NodeSetError",
    "OutputError",
    "PopulationNotFoundError",
    "ReportError",
    "ReportNotFoundError",
    "SynapseError",
]


class CircuitError(BluecellabError, ValueError):
    """A circuit, or something in its files, that cannot be used."""


class CircuitFileError(CircuitError, OSError):
    """A file of a circuit that is missing, damaged, or not of its format.

    Parameters
    ----------
    message
        The message.
    path
        The file.
    """

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class _NamedCircuitError(CircuitError):
    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show its repr


class PopulationNotFoundError(_NamedCircuitError, KeyError):
    """A circuit has no population of that ``name``."""


class NodeSetError(_NamedCircuitError, KeyError):
    """A node set or compartment set that is unknown, cyclic or wrong; ``name`` is its name."""


class NodeNotFoundError(CircuitError, IndexError):
    """A node id that its population does not have."""


class ColumnError(_NamedCircuitError, KeyError):
    """A population has no attribute of that ``name``, which is needed."""


class ConfigError(BluecellabError, ValueError):
    """A configuration with mistakes.

    Parameters
    ----------
    message
        All of them, a line each.
    problems
        One object for each, with ``file``, ``key``, ``value`` and ``message``.
    """

    def __init__(self, message: str, problems: Iterable[object] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class ConfinementError(ConfigError, PermissionError):
    """A path outside of the folder that a configuration is confined to."""


class SynapseError(BluecellabError, ValueError):
    """Synapses that cannot be made from what was given."""


class AssignmentError(BluecellabError, ValueError):
    """A text that is not a list of assignments to an object's own parameters."""


class ReportError(BluecellabError, ValueError):
    """A report that cannot be written or read."""


class ReportNotFoundError(ReportError, FileNotFoundError):
    """There is no file of a report or of spikes."""


class OutputError(BluecellabError, OSError):
    """An output folder or file that cannot be written."""
