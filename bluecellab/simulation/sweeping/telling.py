"""Progress of a sweep: a bar, or a function of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["telling"]


@contextmanager
def telling(
    progress: bool | Callable[[int, int | None], object], total: int | None
) -> Iterator[Callable[[int], object]]:
    """Yield what is to be called with the number of jobs done, whenever it has grown.

    Parameters
    ----------
    progress
        Whether to show a bar, or a function of the number done and of the total.
    total
        How many jobs there are, if that is known.
    """
    if callable(progress):
        function = progress
        yield lambda done: function(done, total)
        return
    if not progress:
        yield lambda _: None
        return
    from tqdm.auto import tqdm  # which costs more than many a job

    with tqdm(total=total, unit="job") as bar:
        yield lambda done: bar.update(done - bar.n)
