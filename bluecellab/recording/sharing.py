"""Recorders of one run that share a bank, because there are many of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bluecellab.nrn.banks import Bank, possible
from bluecellab.recording.plan import RunPlan
from bluecellab.recording.recorder import Recorder

__all__ = ["Sharing"]

_FEWEST = 1_000
_MOST_BYTES = 64 * 2**20


class Sharing:
    """Has the recorders of a run with a fixed step read together, if there are so many that it pays.

    What they record is the same, bit for bit. It is owned by a scope, which releases it.
    """

    def __init__(self) -> None:
        self._bank: Bank | None = None
        self._groups: list[list[Recorder]] = []

    def prepare(self, plan: RunPlan, members: Iterable[object]) -> frozenset[int]:
        """Get ready for a run; call after the members have been checked.

        Returns
        -------
        frozenset of int
            ``id()`` of the members that need not prepare for it any more.

        Raises
        ------
        EngineError
            If NEURON refuses.
        """
        self.release()
        recorders = [member for member in members if isinstance(member, Recorder)] if plan.fixed else []
        if len(recorders) < _FEWEST or not possible():
            return frozenset()
        chosen = [recorder for recorder in recorders if recorder.shareable]
        if len(chosen) < _FEWEST:
            return frozenset()
        groups: dict[int, list[Recorder]] = {}
        references: dict[int, list[Any]] = {}
        for recorder in chosen:
            stride, pointer = recorder.prepare_shared(plan, self)
            groups.setdefault(stride, []).append(recorder)
            references.setdefault(stride, []).append(pointer)
        self._bank = Bank(references)
        self._groups = list(groups.values())
        return frozenset(map(id, chosen))

    @property
    def active(self) -> bool:
        """Whether there is a bank."""
        return self._bank is not None

    def begin(self) -> None:
        """Take the first samples: NEURON has been initialised, and recorders have been reset."""
        if self._bank is not None:
            self._bank.begin()

    @property
    def full(self) -> bool:
        """Whether so much has been recorded that it should be taken out of NEURON."""
        return self._bank is not None and self._bank.pending > _MOST_BYTES

    def collect(self) -> None:
        """Give every recorder what has been recorded of it since the last call."""
        if self._bank is None or not self._bank.pending:
            return
        for group, values in zip(self._groups, self._bank.take(), strict=True):
            if values.shape[1]:
                _deal_out(group, values)

    def release(self) -> None:
        """Let go of everything in NEURON."""
        if self._bank is not None:
            self._bank.release()
        self._bank = None
        self._groups = []


def _deal_out(group: Sequence[Recorder], values: Any) -> None:
    for recorder, row in zip(group, values, strict=True):
        recorder.receive(row)
