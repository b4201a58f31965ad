"""The jobs of a sweep, and what a worker sends back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from bluecellab.errors import BluecellabError
from bluecellab.results import Results
from bluecellab.results.outcomes import Outcome
from bluecellab.simulation.protocol import run_on
from bluecellab.spec.cells import AnyCell
from bluecellab.spec.protocols import Protocol

__all__ = ["Job", "Reply", "label_of"]


@dataclass(frozen=True)
class Job:
    """One job of a sweep: something that is done to one cell.

    Parameters
    ----------
    index
        Its number, from 0.
    cell
        The cell.
    protocol
        What is done to it.
    function
        Or this is called with it.
    parameters
        With these keyword arguments.
    """

    index: int
    cell: AnyCell
    protocol: Protocol | None = None
    function: Callable[..., object] | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is, for messages."""
        if self.protocol is not None:
            what = f"protocol {self.protocol.name!r}" if self.protocol.name else "protocol"
        else:
            what = str(getattr(self.function, "__qualname__", None) or repr(self.function)[:80])
        return f"job {self.index} ({what} on {label_of(self.cell)})"

    def call(self) -> tuple[Callable[..., object], dict[str, object]]:
        """Return what is called with the live cell, and with which keywords."""
        if self.protocol is not None:
            return run_on, {"protocol": self.protocol}
        assert self.function is not None
        return self.function, dict(self.parameters)

    def outcome(self, reply: Reply, *, resumed: bool = False) -> Outcome[object]:
        """Return what became of it."""
        return Outcome(
            self.index,
            self.cell,
            self.protocol,
            self.parameters,
            reply.value,
            reply.error,
            reply.seconds,
            resumed,
        )


@dataclass(frozen=True)
class Reply:
    """What came of a job: its value or its error, and the seconds that it took."""

    value: object = None
    error: BluecellabError | None = None
    seconds: float = 0.0

    @classmethod
    def kept(cls, results: Results) -> Reply:
        """Return results that were kept, with the seconds that they took when they were made."""
        seconds = results.provenance.get("seconds")
        return cls(results, seconds=float(seconds) if isinstance(seconds, int | float) else 0.0)


def label_of(cell: AnyCell) -> str:
    """Return a short name of a cell, for tables: its id, or what it is made from.

    Examples
    --------
    >>> from bluecellab.spec.cells import BallStickCell, CellId
    >>> label_of(BallStickCell()), label_of(BallStickCell(id=CellId("S1", 12)))
    ('ball_stick', 'S1/12')
    """
    if cell.id.population_name:
        return str(cell.id)
    fields = ("template", "mechanism", "factory", "template_path")
    source = next((str(getattr(cell, name)) for name in fields if getattr(cell, name, None)), cell.type)
    name = PurePath(source).stem if "/" in source else source
    return f"{name}/{cell.id.id}" if cell.id.id else name
