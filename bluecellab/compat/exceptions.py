"""The published exceptions, in our tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bluecellab.errors import (
    BluecellabError,
    ConfigError,
    MissingDependencyError,
    NeuronEvalError,
    NodeSetError,
    SectionNotFoundError,
    StimulusError,
    UnsteadyCellError,
)
from bluecellab.nrn.rng import UndefinedRNGException

__all__ = [
    "BluecellulabError",
    "ConfigError",
    "ConfigNotFoundError",
    "ExtraDependencyMissingError",
    "MissingSonataPropertyError",
    "NeuronEvalError",
    "NotAConfigError",
    "SectionDoesNotExistError",
    "TargetDoesNotExist",
    "UndefinedRNGException",
    "UnsteadyCellError",
    "error_context",
]

BluecellulabError = BluecellabError
TargetDoesNotExist = NodeSetError


class ConfigNotFoundError(ConfigError, FileNotFoundError):
    """There is no such configuration."""

    def __str__(self) -> str:
        return str(self.args[0])


class NotAConfigError(ConfigError, TypeError):
    """What was given as a configuration is none."""


class MissingSonataPropertyError(StimulusError):
    """A cell has no such property."""


class SectionDoesNotExistError(SectionNotFoundError, KeyError):
    """A cell has no section of that id.

    Parameters
    ----------
    section_id
        The id, or the name.
    message
        More about it.
    """

    def __init__(self, section_id: int | str, message: str = "") -> None:
        super().__init__(f"Section id {section_id} does not exist on the cell. {message}".strip())
        self.section_id = section_id

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the message in quotes


class ExtraDependencyMissingError(MissingDependencyError):
    """A package is not installed.

    Parameters
    ----------
    dependency_name
        Its name.
    """

    def __init__(self, dependency_name: str) -> None:
        super().__init__(
            f"The extra dependency {dependency_name!r} is missing. Please install it to use this feature."
        )


@contextmanager
def error_context(context_info: str) -> Iterator[None]:
    """Begin the messages of AttributeError and LookupError raised in the block with ``context_info``."""
    try:
        yield
    except (AttributeError, LookupError) as error:
        reason = error.args[0] if len(error.args) == 1 else error
        raise type(error)(f"{context_info}: {reason}") from error
