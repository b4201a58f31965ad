"""One tree of exceptions and one of warnings.

Every error says what was asked, what there is, and what to do. Each class also derives from the
builtin that a caller expects, carries its data as attributes, and chains the lower error that
caused it.

::

    BluecellabError
    ├── ClosedError (RuntimeError)             used after close()
    ├── BrokenError (RuntimeError)             NEURON freed the object behind our back
    ├── BusyError (RuntimeError)               a run is in progress, NEURON cannot do this now
    ├── InvalidSpecError (ValueError)          a specification with a bad, missing or unknown field
    ├── EngineError (RuntimeError)             NEURON refused; ``.output`` is what it printed
    │   ├── MechanismError                     about mechanism libraries
    │   │   ├── MissingMechanismError          not loaded; ``.names``
    │   │   ├── MechanismConflictError         defined twice; ``.names``
    │   │   ├── CompileError                   nrnivmodl failed; ``.output`` is its message
    │   │   └── NoCompilerError                no g++, make or nrnivmodl
    │   └── TemplateError                      a hoc template that does not load or construct
    │       └── TemplateNotFoundError (FileNotFoundError)
    ├── MorphologyError (ValueError)           a morphology that cannot be read
    │   └── MorphologyNotFoundError (FileNotFoundError)
    ├── CellError (ValueError)                 a cell that cannot be made from what was given
    ├── SectionNotFoundError (ValueError, IndexError)
    ├── SiteError (ValueError)                 a location outside the cell
    ├── RecordingError (ValueError)            a recording that cannot be made as asked
    │   └── NotRecordableError (AttributeError) no such variable there
    ├── NotRecordedError (ValueError, KeyError) read before it was recorded or run
    ├── ResultsError (ValueError)              results that cannot be combined or exported so
    ├── StimulusError (ValueError)             a stimulus that cannot be played there
    │   └── StimulusArgumentError (TypeError)  an argument is missing, or one too many is given
    ├── SimulationError (ValueError)           a run that was asked for wrongly
    ├── RunError (RuntimeError)                a run that failed; ``.time`` is how far it got
    │   ├── DivergedError                      NaN or |v| too large; ``.cell``, ``.section``
    │   ├── HookError                          a user's hook raised; see ``__cause__``
    │   ├── CancelledError                     cancelled
    │   └── TimeLimitError (TimeoutError)      overran its time limit
    ├── WorkerError (RuntimeError)             a job in another process failed
    │   ├── RemoteError                        it raised; ``.traceback`` is the worker's
    │   ├── WorkerCrashedError                 it died; ``.exitcode``, ``.signal``, ``.output``
    │   ├── WorkerTimeoutError (TimeoutError)
    │   ├── WorkerMemoryError (MemoryError)
    │   └── NotPicklableError (TypeError)      an argument that cannot go to another process
    ├── CircuitError (ValueError)              a circuit, or something in its files, that cannot be used
    │   ├── CircuitFileError (OSError)         a file that is missing, damaged or not of its format; ``.path``
    │   ├── PopulationNotFoundError (KeyError) no such population; ``.name``
    │   ├── NodeSetError (KeyError)            a node or compartment set that is unknown, cyclic or wrong
    │   ├── NodeNotFoundError (IndexError)     a node id outside its population
    │   └── ColumnError (KeyError)             a population without an attribute that is needed; ``.name``
    ├── ConfigError (ValueError)               a configuration with mistakes; ``.problems`` has them all
    │   └── ConfinementError (PermissionError) a path outside of the folder that is allowed
    ├── SynapseError (ValueError)              synapses that cannot be made from what was given
    ├── AssignmentError (ValueError)           a text that is not a list of assignments
    ├── ReportError (ValueError)               a report that cannot be written, or read
    │   └── ReportNotFoundError (FileNotFoundError) no file of that name
    ├── OutputError (OSError)                  an output folder or file that cannot be written
    └── MissingDependencyError (ImportError)   an extra is not installed; ``.extra``

    BluecellabWarning (UserWarning)
    ├── UnaddedCellWarning                     a living cell that is integrated unasked
    ├── MechanismWarning                       about mechanism libraries
    ├── CircuitWarning                         something in a circuit that was left out or put right
    └── TemplateWarning                        a template did something that was put right
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable

__all__ = [
    "AssignmentError",
    "BluecellabError",
    "BluecellabWarning",
    "BrokenError",
    "BusyError",
    "CancelledError",
    "CellError",
    "CircuitError",
    "CircuitFileError",
    "CircuitWarning",
    "ClosedError",
    "ColumnError",
    "CompileError",
    "ConfigError",
    "ConfinementError",
    "DivergedError",
    "EngineError",
    "HookError",
    "InvalidSpecError",
    "MechanismConflictError",
    "MechanismError",
    "MechanismWarning",
    "MissingDependencyError",
    "MissingMechanismError",
    "MorphologyError",
    "MorphologyNotFoundError",
    "NeuronEvalError",
    "NoCompilerError",
    "NodeNotFoundError",
    "NodeSetError",
    "NotPicklableError",
    "NotRecordableError",
    "NotRecordedError",
    "OutputError",
    "PopulationNotFoundError",
    "RecordingError",
    "RemoteError",
    "ReportError",
    "ReportNotFoundError",
    "ResultsError",
    "RunError",
    "SectionNotFoundError",
    "SimulationError",
    "SiteError",
    "StimulusArgumentError",
    "StimulusError",
    "SynapseError",
    "TemplateError",
    "TemplateNotFoundError",
    "TemplateWarning",
    "TimeLimitError",
    "UnaddedCellWarning",
    "WorkerCrashedError",
    "WorkerError",
    "WorkerMemoryError",
    "WorkerTimeoutError",
    "warn",
]


class BluecellabError(Exception):
    """Base of every error that bluecellab raises."""


class ClosedError(BluecellabError, RuntimeError):
    """Something was used after it, or its owner, had been closed."""


class BrokenError(BluecellabError, RuntimeError):
    """NEURON, or foreign hoc code, freed an object that is still in use here."""


class BusyError(BluecellabError, RuntimeError):
    """A run is in progress and NEURON cannot do what was asked before it ends."""


class InvalidSpecError(BluecellabError, ValueError):
    """A specification has a bad, missing or unknown field."""


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


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


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


class CellError(BluecellabError, ValueError):
    """A cell cannot be made from what was given."""


class SectionNotFoundError(BluecellabError, ValueError, IndexError):
    """The cell has no such section."""


class SiteError(BluecellabError, ValueError):
    """A location is outside the section."""


class RecordingError(BluecellabError, ValueError):
    """A variable cannot be recorded as asked."""


class NotRecordableError(RecordingError, AttributeError):
    """There is no variable of that name at that place."""


class NeuronEvalError(RecordingError):
    """An expression such as ``self.soma(0.5)._ref_v`` cannot be evaluated."""


class NotRecordedError(BluecellabError, ValueError, KeyError):
    """A trace was asked for that has not been recorded, or not yet."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError would show the message in quotes


class ResultsError(BluecellabError, ValueError):
    """Results do not fit together, or not into what they should be exported to."""


class StimulusError(BluecellabError, ValueError):
    """A stimulus cannot be played as asked."""


class StimulusArgumentError(StimulusError, TypeError):
    """An argument is missing that a stimulus needs, such as an amplitude."""


class SimulationError(BluecellabError, ValueError):
    """A run was asked for with parameters that make no sense."""


class RunError(BluecellabError, RuntimeError):
    """A run did not reach its end.

    Parameters
    ----------
    message
        What happened.
    time
        Simulated time reached, in ms.
    """

    def __init__(self, message: str, *, time: float = float("nan")) -> None:
        super().__init__(message)
        self.time = time


class DivergedError(RunError):
    """A membrane potential became NaN, infinite or absurdly large.

    Parameters
    ----------
    message
        What happened.
    time
        First time it was seen, in ms.
    cell, section
        Where.
    value
        The potential found there, in mV.
    """

    def __init__(
        self,
        message: str,
        *,
        time: float = float("nan"),
        cell: str = "",
        section: str = "",
        value: float = float("nan"),
    ) -> None:
        super().__init__(message, time=time)
        self.cell = cell
        self.section = section
        self.value = value


class HookError(RunError):
    """A hook or progress function of the user's raised; the original is ``__cause__``."""


class CancelledError(RunError):
    """The run was cancelled."""


class TimeLimitError(RunError, TimeoutError):
    """The run overran its time limit."""


class WorkerError(BluecellabError, RuntimeError):
    """A job in another process did not deliver; ``output`` is the end of what it printed."""

    def __init__(self, message: str, *, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class RemoteError(WorkerError):
    """The job raised; ``traceback`` is the worker's own, as text, and the original the cause.

    What is raised also derives from the builtin exception that the original derives from: a
    ``ValueError`` in the job is caught by ``except ValueError`` around the call.
    """

    def __init__(self, message: str, *, traceback: str = "", output: str = "") -> None:
        super().__init__(message, output=output)
        self.traceback = traceback

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""  # not KeyError's, which shows the repr


class WorkerCrashedError(WorkerError):
    """The worker process ended without an answer."""

    def __init__(
        self,
        message: str,
        *,
        exitcode: int | None = None,
        signal: int | None = None,
        output: str = "",
    ) -> None:
        super().__init__(message, output=output)
        self.exitcode = exitcode
        self.signal = signal


class WorkerTimeoutError(WorkerError, TimeoutError):
    """The worker overran its time limit and was killed."""


class WorkerMemoryError(WorkerError, MemoryError):
    """The worker overran its memory limit."""


class NotPicklableError(WorkerError, TypeError):
    """A function or an argument cannot be sent to another process."""


class MissingDependencyError(BluecellabError, ImportError):
    """An optional package is not installed; ``extra`` names the extra that brings it."""

    def __init__(self, message: str, *, extra: str = "") -> None:
        super().__init__(message)
        self.extra = extra


class BluecellabWarning(UserWarning):
    """Base of every warning that bluecellab gives."""


class UnaddedCellWarning(BluecellabWarning):
    """A living cell was not added to the simulation; NEURON integrates it all the same."""


class MechanismWarning(BluecellabWarning):
    """Something about mechanism libraries that the user should know."""


class TemplateWarning(BluecellabWarning):
    """A hoc template did something to NEURON that has been put right."""


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
    warnings.warn(message, category, stacklevel=level - 1 if level > 2 else 2)
