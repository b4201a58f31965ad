"""What ranks do together: each method is called by all of them, and none waits for one that has failed.

Every exchange says what it is for. One that fails within :meth:`Ranks.agreed` sends its traceback instead
of what the others wait for, wherever they wait; one that ends says so. So an error on one rank is an error on
all.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ParallelError, RankError
from bluecellab.nrn import objects, voices
from bluecellab.nrn.launch import OFF
from bluecellab.nrn.voices import Warned

__all__ = ["Ranks"]

T = TypeVar("T")

_ENDED = "having ended"
_HINT = f"If every rank is to work by itself, set {OFF}=0."


@dataclass(frozen=True)
class _Failure:
    """What a rank says of its error."""

    kind: str
    reason: str
    trace: str

    @classmethod
    def of(cls, error: BaseException) -> _Failure:
        return cls(type(error).__name__, str(error), "".join(traceback.format_exception(error)))


@dataclass(frozen=True)
class _Message:
    """What each rank sends in an exchange: what for, how deep in blocks that are agreed, and its part."""

    doing: str
    depth: int
    part: bytes | None = None
    failure: _Failure | None = None
    said: tuple[Warned, ...] = ()


class Ranks:
    """The ranks of this job. Every method but the three properties must be called by all of them.

    Parameters
    ----------
    context
        NEURON's ParallelContext.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._depth = 0
        self._settled: tuple[int, ParallelError] | None = None  # blocks from this depth on have failed
        self._ended: ParallelError | None = None

    @property
    def id(self) -> int:
        """Which one this process is, from 0."""
        return int(self._context.id())

    @property
    def count(self) -> int:
        """How many there are; 1 without MPI."""
        return int(self._context.nhost())

    @property
    def alone(self) -> bool:
        """Whether there is but one."""
        return self.count == 1

    def barrier(self, doing: str = "waiting for all") -> None:
        """Wait for all.

        Raises
        ------
        RankError
            If another rank has failed or ended instead.
        ParallelError
            If others do something else.
        """
        if not self.alone:
            self._exchange(doing)

    def gathered(self, value: T, doing: str = "gathering values") -> list[T]:
        """Return everybody's value, by rank, to everybody; values are pickled.

        Raises
        ------
        RankError, ParallelError
            As :meth:`barrier`.
        """
        if self.alone:
            return [value]
        return [cast("T", pickle.loads(part)) for part in self._exchange(doing, self._pickled(value, doing))]  # noqa: S301

    def collected(self, value: T, doing: str = "collecting values") -> list[T] | None:
        """Return everybody's value, by rank, to rank 0; None to the others.

        Raises
        ------
        RankError, ParallelError
            As :meth:`barrier`.
        """
        if self.alone:
            return [value]
        part = self._pickled(value, doing)
        self._exchange(doing)
        parts = cast("list[bytes] | None", self._context.py_gather(part, 0))
        return None if parts is None else [cast("T", pickle.loads(one)) for one in parts]  # noqa: S301

    def told(self, value: T, doing: str = "hearing of rank 0") -> T:
        """Return the value that rank 0 has to everybody.

        Raises
        ------
        RankError, ParallelError
            As :meth:`barrier`.
        """
        if self.alone:
            return value
        part = self._pickled(value, doing) if self.id == 0 else b""
        return cast("T", pickle.loads(self._exchange(doing, part)[0]))  # noqa: S301

    def summed(self, values: npt.ArrayLike, doing: str = "adding up") -> npt.NDArray[np.float64]:
        """Return the sum over all ranks of arrays of one shape, to everybody.

        Raises
        ------
        ParallelError
            If shapes differ.
        RankError
            As :meth:`barrier`.
        """
        array = np.asarray(values, dtype=np.float64)
        if self.alone:
            return array.copy()
        self.same(array.shape, f"{doing} arrays of the same shape")
        vector = objects.vector(array.ravel())
        if array.size:
            self._context.allreduce(vector, 1)
        return objects.values_of(vector).reshape(array.shape)

    def same(self, value: object, doing: str) -> None:
        """Raise, on all ranks, if they do not all have the same value; of dictionaries, say what differs.

        Raises
        ------
        ParallelError
            With the values.
        RankError
            As :meth:`barrier`.
        """
        told = self.gathered(value, doing)
        if any(other != told[0] for other in told):
            shown = "; ".join(f"rank {rank}: {other}" for rank, other in enumerate(_different(told)[:4]))
            raise ParallelError(
                f"{doing} must be asked for alike on all {self.count} ranks, but was not. {shown}"
                f"{'; ...' if self.count > 4 else ''}. {_HINT}"
            )

    def evaluated(self, function: Callable[[], T], doing: str) -> list[T]:
        """Call a function on every rank; return everybody's result, by rank, to everybody.

        Raises
        ------
        BaseException
            What the function has raised here.
        RankError
            If it has raised on another rank.
        """
        if self.alone:
            return [function()]
        with self._deeper() as depth:
            try:
                part = pickle.dumps(function())
            except BaseException as error:
                self._fail(doing, depth, error)
                raise
            parts = self._closing(doing, depth, part)
        return [cast("T", pickle.loads(part)) for part in parts]  # noqa: S301

    @contextmanager
    def agreed(self, doing: str) -> Iterator[None]:
        """Make an error that a rank raises within the block an error on all, at its end at the latest.

        What is exchanged within must be called by all; NEURON's own collectives must not be called where
        another rank may have failed before: end the block first.

        Parameters
        ----------
        doing
            What the block does, for messages: ``"building the cells"``.

        Raises
        ------
        BaseException
            What the block has raised here.
        RankError
            If it has raised on another rank.
        """
        if self.alone:
            yield
            return
        with self._deeper() as depth:
            try:
                yield
            except BaseException as error:
                self._fail(doing, depth, error)
                raise
            self._closing(doing, depth, b"")

    def farewell(self) -> bool:
        """Tell the others that this rank ends, and wait for them to end; return whether they do.

        Those that still wait for this one hear of it.
        """
        if self.alone or self._ended is not None:
            return True
        told = self._send(_Message(_ENDED, 0))
        return all(message.doing == _ENDED for message in told)

    @contextmanager
    def _deeper(self) -> Iterator[int]:
        self._depth += 1
        depth = self._depth
        try:
            yield depth
        finally:
            self._depth = depth - 1
            if self._settled is not None and (self._settled[0] >= depth or not self._depth):
                self._settled = None

    def _fail(self, doing: str, depth: int, error: BaseException) -> None:
        """Let the others know of an error in a block, unless they have heard of one in it."""
        if self._ended is None and self._settled is None:
            self._note(self._send(_Message(doing, depth, failure=_Failure.of(error))))

    def _closing(self, doing: str, depth: int, part: bytes) -> list[bytes]:
        """Return everybody's part at the end of a block that has not failed here."""
        return self._exchange(doing, part, depth)

    def _pickled(self, value: object, doing: str) -> bytes:
        """Return a value as bytes; one that cannot be sent is an error on all ranks."""
        try:
            return pickle.dumps(value)
        except Exception as error:
            if self._ended is None and self._settled is None:
                self._note(self._send(_Message(doing, self._depth, failure=_Failure.of(error))))
            raise ParallelError(f"{doing}: {value!r:.80} cannot be sent to other ranks: {error}") from error

    def _exchange(self, doing: str, part: bytes = b"", depth: int | None = None) -> list[bytes]:
        """Return everybody's part of an exchange, by rank."""
        if self._ended is not None:
            raise self._ended
        if self._settled is not None:  # somebody caught the error, and went on where others do not
            raise self._settled[1]
        told = self._send(_Message(doing, self._depth if depth is None else depth, part))
        error = self._note(told)
        if error is not None:
            raise error
        return [cast("bytes", message.part) for message in told]

    def _send(self, message: _Message) -> list[_Message]:
        plain = (message.doing, message.depth, message.part, message.failure, voices.to_say())
        told = [_Message(*other) for other in self._context.py_allgather(plain)]
        if any(other.said for other in told):
            voices.say([other.said for other in told])
        return told

    def _note(self, told: list[_Message]) -> ParallelError | None:
        """Remember which blocks have ended by an exchange; return what to raise, if anything."""
        error = self._problem(told)
        if error is None:
            return None
        if any(message.doing == _ENDED for message in told):
            self._ended = error
        else:
            if self._depth:
                self._settled = min(message.depth for message in told), error
        return error

    def _problem(self, told: list[_Message]) -> ParallelError | None:
        for rank, message in enumerate(told):
            if message.failure is not None:
                failure = message.failure
                return RankError(
                    f"rank {rank} failed while {message.doing}: {failure.kind}: {failure.reason}",
                    rank=rank,
                    kind=failure.kind,
                    reason=failure.reason,
                    traceback=failure.trace,
                )
        for rank, message in enumerate(told):
            if message.doing == _ENDED:
                return RankError(
                    f"rank {rank} has ended, while rank {self.id} is {told[self.id].doing}: all ranks must "
                    f"do the same to the end. {_HINT}",
                    rank=rank,
                )
        if len({(message.doing, message.depth) for message in told}) > 1:
            shown = "; ".join(f"rank {rank} is {message.doing}" for rank, message in enumerate(told[:4]))
            return ParallelError(f"ranks must do the same in the same order, but {shown}. {_HINT}")
        return None


def _different(values: Sequence[object]) -> list[object]:
    """Return values without what they have in common, as far as they are dictionaries of the same names."""
    if not all(isinstance(value, dict) for value in values):
        return list(values)
    parts = cast("Sequence[dict[str, object]]", values)
    names = dict.fromkeys(name for part in parts for name in part)
    odd = [name for name in names if len({repr(part.get(name)) for part in parts}) > 1]
    return [", ".join(f"{name} = {part.get(name)!r}" for name in odd) for part in parts]
