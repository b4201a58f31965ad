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
    ├── FeatureError (ValueError)              a feature of a trace that cannot be measured as asked
    ├── StimulusError (ValueError)             a stimulus that cannot be played there
    │   └── StimulusArgumentError (TypeError)  an argument is missing, or one too many is given
    ├── SimulationError (ValueError)           a run that was asked for wrongly
    ├── UnsteadyCellError (ValueError)         a cell that fires where a steady potential was asked for
    ├── SearchError (ValueError)               a search for a current that found none
    │   └── BracketError                       its range does not hold it; ``.lower``, ``.upper``
    ├── RunError (RuntimeError)                a run that failed; ``.time`` is how far it got
    │   ├── DivergedError                      NaN or |v| too large; ``.cell``, ``.section``
    │   ├── HookError                          a user's hook raised; see ``__cause__``
    │   ├── CancelledError                     cancelled
    │   ├── EngineCrashedError (WorkerCrashedError) its engine ended; ``.output`` is what it printed
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
    ├── ParallelError (RuntimeError)           several ranks cannot do what was asked
    │   ├── ElsewhereError (NotRecordedError)  a cell that another rank has made; ``.rank``
    │   ├── LauncherError                      ranks that were started and those that NEURON sees differ
    │   └── RankError                          another rank failed; ``.rank``, ``.traceback``
    ├── CalibrationError (ValueError)          costs for estimates that cannot be read, made or written
    ├── UnsupportedByEngineError (ValueError)  beyond the chosen engine; ``.offenders``
    └── MissingDependencyError (ImportError)   an extra is not installed; ``.extra``

    BluecellabWarning (UserWarning)
    ├── UnaddedCellWarning                     a living cell that is integrated unasked
    ├── MechanismWarning                       about mechanism libraries
    ├── CircuitWarning                         something in a circuit that was left out or put right
    └── TemplateWarning                        a template did something that was put right
"""

from __future__ import annotations

from bluecellab.errors.base import (
    BluecellabError,
    BrokenError,
    BusyError,
    ClosedError,
    InvalidSpecError,
    MissingDependencyError,
)
from bluecellab.errors.circuits import (
    AssignmentError,
    CircuitError,
    CircuitFileError,
    ColumnError,
    ConfigError,
    ConfinementError,
    NodeNotFoundError,
    NodeSetError,
    OutputError,
    PopulationNotFoundError,
    ReportError,
    ReportNotFoundError,
    SynapseError,
)
from bluecellab.errors.engine import (
    CompileError,
    EngineError,
    MechanismConflictError,
    MechanismError,
    MissingMechanismError,
    MorphologyError,
    MorphologyNotFoundError,
    NoCompilerError,
    TemplateError,
    TemplateNotFoundError,
)
from bluecellab.errors.running import (
    BracketError,
    CancelledError,
    CellError,
    DivergedError,
    FeatureError,
    HookError,
    NeuronEvalError,
    NotRecordableError,
    NotRecordedError,
    RecordingError,
    ResultsError,
    RunError,
    SearchError,
    SectionNotFoundError,
    SimulationError,
    SiteError,
    StimulusArgumentError,
    StimulusError,
    TimeLimitError,
    UnsteadyCellError,
)
from bluecellab.errors.scaling import (
    CalibrationError,
    ElsewhereError,
    EngineCrashedError,
    LauncherError,
    ParallelError,
    RankError,
    UnsupportedByEngineError,
)
from bluecellab.errors.warned import (
    BluecellabWarning,
    CircuitWarning,
    MechanismWarning,
    TemplateWarning,
    UnaddedCellWarning,
    warn,
)
from bluecellab.errors.workers import (
    NotPicklableError,
    RemoteError,
    WorkerCrashedError,
    WorkerError,
    WorkerMemoryError,
    WorkerTimeoutError,
)

__all__ = [
    "AssignmentError",
    "BluecellabError",
    "BluecellabWarning",
    "BracketError",
    "BrokenError",
    "BusyError",
    "CalibrationError",
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
    "ElsewhereError",
    "EngineCrashedError",
    "EngineError",
    "FeatureError",
    "HookError",
    "InvalidSpecError",
    "LauncherError",
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
    "ParallelError",
    "PopulationNotFoundError",
    "RankError",
    "RecordingError",
    "RemoteError",
    "ReportError",
    "ReportNotFoundError",
    "ResultsError",
    "RunError",
    "SearchError",
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
    "UnsteadyCellError",
    "UnsupportedByEngineError",
    "WorkerCrashedError",
    "WorkerError",
    "WorkerMemoryError",
    "WorkerTimeoutError",
    "warn",
]

for _name in __all__:  # where they are to be imported from, also in tracebacks
    globals()[_name].__module__ = __name__
