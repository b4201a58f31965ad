"""Looks at a run that all ranks make at once, so that they go on together or end together.

NEURON's integration waits for all ranks, at its beginning, its end, and whenever spikes are exchanged. So all
ranks must ask for the same stretches, and one that fails must not do so while the others wait in NEURON.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bluecellab.errors import BluecellabError, EngineError, ParallelError
from bluecellab.nrn import ending, objects
from bluecellab.nrn.parallel import ranks
from bluecellab.nrn.stepping import Sampling

__all__ = ["Meetings", "aside", "ending_all", "shortest_delay"]

_FOREVER = 1e9  # ms; the longest stretch NEURON's spike exchange may leave uncut
_ASIDE = 1e-3  # ms


class Meetings:
    """The looks of one advance.

    Parameters
    ----------
    sampling
        What takes samples on this rank, if anything does.
    """

    def __init__(self, sampling: Sampling | None) -> None:
        self._everybody = ranks()
        self._sampling = sampling
        self._failure: BaseException | None = None
        self.alone = self._everybody.alone

    @property
    def due(self) -> float:
        """When this rank samples next."""
        return math.inf if self._sampling is None or self._failure is not None else self._sampling.due

    def sample(self) -> float:
        """Take a sample; with several ranks, an error is kept until all meet."""
        if self._sampling is None:
            return math.inf
        if self.alone:
            return self._sampling.sample()
        if self._failure is None:
            try:
                return self._sampling.sample()
            except BaseException as failure:  # noqa: BLE001 - raised at the next meeting
                self._failure = failure
        return math.inf

    def look(self, look: Callable[[], tuple[float, float]]) -> tuple[float, float]:
        """Look at the run on all ranks; return the least of each of their answers.

        Raises
        ------
        BaseException
            What the look, or a sample before it, has raised here.
        RankError
            If one has raised on another rank.
        """
        if self.alone:
            return look()

        def of_this_rank() -> tuple[float, float]:
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure
            return look()

        answers = self._everybody.evaluated(of_this_rank, "running")
        return min(first for first, _ in answers), min(second for _, second in answers)

    def look_alone(self, look: Callable[[], tuple[float, float]]) -> None:
        """Look, where this rank has failed, at a run that others may go on with.

        They hear of it when they next look, unless they wait within NEURON for the spikes of this one: then
        the job ends.
        """
        if self.alone or _Spread.delay >= _FOREVER:
            self.look(look)
            return
        try:
            look()
        except BaseException as error:  # noqa: BLE001 - said, at the end of all
            ending.abort_with(error)


@contextmanager
def ending_all() -> Iterator[None]:
    """End the whole job after an error of NEURON in the block: other ranks wait there for this one."""
    if ranks().alone:
        yield
        return
    try:
        yield
    except (EngineError, RuntimeError) as error:
        if isinstance(error, BluecellabError) and not isinstance(error, EngineError):
            raise
        ending.abort_with(error)


class _Spread:
    """What the last initialisation found."""

    delay = _FOREVER


def shortest_delay(step: float) -> float:
    """Have NEURON find the shortest delay, in ms, of connections between ranks; return it.

    Parameters
    ----------
    step
        The fixed step in ms; 0 with CVODE.

    Raises
    ------
    ParallelError
        If it is shorter than the step: spikes would arrive too late.
    """
    found = float(objects.parallel_context().set_maxstep(_FOREVER))
    _Spread.delay = min(ranks().gathered(found, "finding the shortest delay"))
    if not ranks().alone and _Spread.delay < max(step, 1e-9) - 1e-9:
        raise ParallelError(
            f"a connection between cells of different ranks has a delay of {_Spread.delay:g} ms, which is "
            f"shorter than the step of {step:g} ms. Use a shorter step or longer delays, or one process."
        )
    return _Spread.delay


def aside(time: float) -> float:
    """Return a time, in ms, at or just after another, at which ranks do not exchange spikes.

    Two things that all ranks wait for must come in the same order on all of them.
    """
    delay = _Spread.delay
    if abs(time - round(time / delay) * delay) > 1e-2 * min(_ASIDE, delay):
        return time
    return time + min(_ASIDE, delay / 4)
