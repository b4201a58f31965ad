"""NEURON refuses, or what it needs is missing or broken."""

from __future__ import annotations

from collections.abc import Iterable

from bluecellab.errors.base import BluecellabError

__all__ = [
    "CompileError",
    "EngineError",
    "MechanismConflictError",
    "MechanismError",
    "MissingMechanismError",
    "MorphologyError",
    "MorphologyNotFoundError",
    "NoCompilerError",
    "TemplateError",
    "TemplateNotFoundError",
]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


class EngineError(BluecellabError, RuntimeError):
    """NEURON refused or failed.

    Parameters
    ----------
    message
        What was being done, and NEURON's reason.
    output
        What NEURON printed meanwhile; it becomes part of the message.
    """

    _heading = "NEURON printed"

    def __init__(self, message: str, output: str = "") -> None:
        self.output = output.strip()
        if self.output and self.output not in message:
            message = f"{message}\n{self._heading}:\n{_indented(self.output)}"
        super().__init__(message)
        self.message = message


class MechanismError(EngineError):
    """Something is wrong with a library of mechanisms."""


class _NamedMechanismError(MechanismError):
    def __init__(self, message: str, output: str = "", *, names: Iterable[str] = ()) -> None:
        super().__init__(message, output)
        self.names = tuple(names)


class MissingMechanismError(_NamedMechanismError):
    """A mechanism that is needed is not loaded; ``names`` lists which."""


class MechanismConflictError(_NamedMechanismError):
    """A library defines a mechanism that is already defined; ``names`` lists which."""


class CompileError(MechanismError):
    """A library could not be compiled; ``output`` is the compiler's message."""

    _heading = "The compiler said"


class NoCompilerError(MechanismError):
    """There is no compiler (g++, make or nrnivmodl) on this machine."""


class TemplateError(EngineError):
    """A hoc template cannot be loaded or does not make a cell."""


class TemplateNotFoundError(TemplateError, FileNotFoundError):
    """There is no template file at that path."""


class MorphologyError(BluecellabError, ValueError):
    """A morphology file cannot be used."""


class MorphologyNotFoundError(MorphologyError, FileNotFoundError):
    """There is no morphology at that path."""
