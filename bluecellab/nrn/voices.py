"""Warnings of several ranks: each is shown once, by rank 0.

Ranks that do the same warn of the same. So the others keep their warnings until they next exchange something
with rank 0, which shows those that it has not shown before.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import TextIO, TypeAlias

__all__ = ["Warned", "hear", "say", "speak", "to_say"]

Warned: TypeAlias = tuple[str, type[Warning], str, int]
"""Text, class, file and line of a warning."""


class _Voice:
    """What this rank has to say, or has said."""

    rank = 0
    pending: list[Warned] = []  # noqa: RUF012 - of the process
    shown: set[str] = set()  # noqa: RUF012 - of the process


def hear(rank: int) -> None:
    """From now on show the warnings of this process if it is rank 0, else keep them for rank 0."""
    _Voice.rank = rank
    before = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if rank:
            _Voice.pending.append((str(message), category, filename, lineno))
        else:
            _Voice.shown.add(str(message))
            before(message, category, filename, lineno, file, line)

    warnings.showwarning = show


def to_say() -> tuple[Warned, ...]:
    """Return, once, what this rank has warned of since it last said so."""
    said = tuple(_Voice.pending)
    _Voice.pending.clear()
    return said


def say(told: Sequence[Sequence[Warned]]) -> None:
    """Show, on rank 0, what others have warned of, by rank, unless it has been shown."""
    if _Voice.rank:
        return
    for rank, said in enumerate(told):
        for text, category, filename, lineno in said:
            if text not in _Voice.shown:
                warnings.showwarning(f"rank {rank}: {text}", category, filename, lineno)
                _Voice.shown.add(text)


def speak() -> None:
    """Show what this rank has not been able to tell rank 0, as it is about to end."""
    for text, category, filename, lineno in to_say():
        sys.stderr.write(warnings.formatwarning(f"rank {_Voice.rank}: {text}", category, filename, lineno))
