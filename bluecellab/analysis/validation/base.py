"""What every protocol of a validation is, and what measurements get to see of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bluecellab.analysis.validation.subject import Subject
from bluecellab.errors import BluecellabError, FeatureError
from bluecellab.results import Results
from bluecellab.results.measured.validation import Evidence
from bluecellab.spec.base import Site, Spec
from bluecellab.spec.protocols import Protocol

__all__ = ["Observation", "ValidationProtocol"]


@dataclass(frozen=True, eq=False)
class Observation:
    """What a measurement looks at.

    Parameters
    ----------
    subject
        The cell.
    evidence
        What the protocol gave; None for a validation without a protocol.
    window
        Begin and end of what the protocol wants measured, in ms; None where it has no such window.
    properties
        ``holding_current`` (nA), ``rheobase`` (nA), ``rin`` (Mohm), those that were asked for; in
        place of one that could not be measured, why.
    """

    subject: Subject
    evidence: Evidence | None
    window: tuple[float, float] | None
    properties: Mapping[str, float | BluecellabError]

    def results(self) -> Results:
        """Return the run that is the evidence.

        Raises
        ------
        FeatureError
            If it is something else, such as a curve.
        """
        if not isinstance(self.evidence, Results):
            kind = type(self.evidence).__name__
            raise FeatureError(f"this measurement is of one run, and its protocol gives {kind}")
        return self.evidence

    def times(self) -> tuple[float, float]:
        """Return the window in ms.

        Raises
        ------
        FeatureError
            If the protocol has none.
        """
        if self.window is None:
            raise FeatureError("this measurement needs a window of time, and its protocol has none")
        return self.window


class ValidationProtocol(Spec):
    """Base of what can be done to a cell in a validation."""

    @property
    def needs_rheobase(self) -> bool:
        """Whether an amplitude is in percent of the rheobase."""
        return getattr(self, "amplitude", None) is None

    @abstractmethod
    def runs(self, subject: Subject) -> tuple[Protocol, ...]:
        """Return the runs that it takes on a cell."""

    @abstractmethod
    def evidence(self, results: Sequence[Results], subject: Subject) -> Evidence:
        """Return what is to be measured, and shown, of the results of these runs."""

    def window(self) -> tuple[float, float] | None:
        """Return begin and end of what is to be measured, in ms."""
        return None

    def sites(self) -> tuple[Site, ...]:
        """Return the places on the cell that it takes."""
        return ()
