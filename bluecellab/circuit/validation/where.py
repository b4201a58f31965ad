"""Where the mistakes of a circuit are reported to, whichever dialect its configuration is in."""

from __future__ import annotations

from typing import Protocol

from bluecellab.circuit.config.problems import Problem, Problems
from bluecellab.errors import BluecellabError, CircuitFileError, ConfigError, ConfinementError

__all__ = ["Where", "report_error"]


class Where(Protocol):
    """A configuration whose circuit is checked."""

    @property
    def path(self) -> str:
        """The file, as an absolute path."""

    @property
    def network(self) -> str | None:
        """The configuration of the circuit."""

    @property
    def problems(self) -> Problems:
        """What is wrong."""


def report_error(where: Where, error: BluecellabError, value: str | None = None) -> None:
    """Report what an error says; each of its own problems, if it has some.

    Parameters
    ----------
    where
        The configuration.
    error
        What was raised.
    value
        What it is about.
    """
    lower = error if isinstance(error, ConfigError) else error.__cause__
    if isinstance(lower, ConfigError) and lower.problems:
        where.problems.extend(each for each in lower.problems if isinstance(each, Problem))
        return
    path = error.path if isinstance(error, CircuitFileError) else ""
    outside = isinstance(error, ConfinementError)
    text = str(error).removeprefix(f"{path}: ") if path else str(error)
    where.problems.add("", value, text, file=path or where.network or where.path, outside=outside)
