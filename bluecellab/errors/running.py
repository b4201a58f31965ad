"""Cells, places, recordings, stimuli and runs."""

from __future__ import annotations

from bluecellab.errors.base import BluecellabError

__all__ = [
    "BracketError",
    "CancelledError",
    "CellError",
    "DivergedError",
    "FeatureError",
    "HookError",
    "NeuronEvalError",
    "NotRecordableError",
    "NotRecordedError",
    "RecordingError",
    "ResultsError",
    "RunError",
    "SearchError",
    "SectionNotFoundError",
    "SimulationError",
    "SiteError",
    "StimulusArgumentError",
    "StimulusError",
    "TimeLimitError",
    "UnsteadyCellError",
]


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


class FeatureError(BluecellabError, ValueError):
    """A feature of a trace that cannot be measured as asked."""


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


class UnsteadyCellError(BluecellabError, ValueError):
    """A cell fires where a steady potential was asked for."""


class SearchError(BluecellabError, ValueError):
    """A search for a current did not find one."""


class BracketError(SearchError):
    """The range of a search does not hold what is searched for.

    Parameters
    ----------
    message
        What there is at both ends.
    lower, upper
        The ends, in nA.
    """

    def __init__(self, message: str, *, lower: float = float("nan"), upper: float = float("nan")) -> None:
        super().__init__(message)
        self.lower = lower
        self.upper = upper
