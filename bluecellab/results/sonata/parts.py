"""Results that several processes write together: each its part, of which the first makes the whole.

A part lies beside the final name, as ``name.h5.partial-3``. It is a result by itself, of the cells of one
process, marked as incomplete. While processes run none waits for another; at the end the first one puts the
parts together, block by block, into the file that one process would have written, and they go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from bluecellab.errors import OutputError
from bluecellab.results.sonata.files import PARTIAL, PathLike, writing
from bluecellab.results.sonata.layout import IntArray, ReportLayout

if TYPE_CHECKING:
    import h5py

__all__ = ["ALONE", "MergedColumns", "ReportFile", "Share", "opened_parts", "part_path"]

T = TypeVar("T")

_CACHE_BYTES = 2**22  # of each part that is read


def _only_here(value: Any, doing: str) -> Any:
    del doing
    return [value]


@dataclass(frozen=True)
class Share:
    """Which of the processes that make a result together this one is.

    Parameters
    ----------
    rank, count
        Which one, of how many.
    gathering
        Returns the values of all, by rank, to all; to be called by all alike, with a word on what for. It
        raises where another process has failed.
    collecting
        As that, but returns None to all but the first.

    Examples
    --------
    >>> Share().alone, Share().gathered("mine", "showing")
    (True, ['mine'])
    """

    rank: int = 0
    count: int = 1
    gathering: Callable[[Any, str], list[Any]] = _only_here
    collecting: Callable[[Any, str], list[Any] | None] = _only_here

    @property
    def alone(self) -> bool:
        """Whether there is but one process."""
        return self.count == 1

    @property
    def first(self) -> bool:
        """Whether this is the one that makes the whole."""
        return self.rank == 0

    def gathered(self, value: T, doing: str) -> list[T]:
        """Return everybody's value, by rank, to everybody."""
        return self.gathering(value, doing)

    def collected(self, value: T, doing: str) -> list[T] | None:
        """Return everybody's value, by rank, to the first; None to the others."""
        return self.collecting(value, doing)


ALONE = Share()
"""That of a process which writes by itself."""


@dataclass(frozen=True)
class ReportFile:
    """A file that a result goes to.

    Parameters
    ----------
    path
        Where it will lie.
    overwrite
        Whether an older file of that name may be replaced, when this one is complete.
    share
        Which part of it this process writes.
    """

    path: PathLike
    overwrite: bool = False
    share: Share = ALONE

    @classmethod
    def of(cls, path: PathLike | ReportFile, *, overwrite: bool = False) -> ReportFile:
        """Return a path as a file of this process alone; what is a file already, as it is."""
        return path if isinstance(path, ReportFile) else cls(path, overwrite)


def part_path(path: Path, rank: int) -> Path:
    """Return where the part of one process grows.

    Examples
    --------
    >>> part_path(Path("soma.h5"), 3).name
    'soma.h5.partial-3'
    """
    return path.with_name(f"{path.name}{PARTIAL}-{rank}")


@contextmanager
def opened_parts(path: Path, count: int) -> Iterator[list[h5py.File]]:
    """Open the parts of all processes to read them.

    Raises
    ------
    OutputError
        If one cannot be read. The folder must be one that all processes share.
    """
    import h5py

    with ExitStack() as stack:
        files = []
        for rank in range(count):
            part = part_path(path, rank)
            if not part.is_file():
                raise OutputError(
                    f"{path} cannot be completed: the part of rank {rank}, {part.name}, is not there. All "
                    "ranks must write to one folder that they share."
                )
            with writing(path):
                files.append(stack.enter_context(h5py.File(part, "r", rdcc_nbytes=_CACHE_BYTES)))
        yield files


@dataclass(frozen=True, eq=False)
class MergedColumns:
    """Where the columns of parts of a report go: those of a whole are in the order of populations and nodes.

    Parameters
    ----------
    layouts
        Of the whole, by population.
    places
        Part, data set and columns of the whole, of each population of each part.
    orders
        For each population, where each column comes from among those of all parts, side by side; and these
        parts.
    """

    layouts: Mapping[str, ReportLayout]
    places: Sequence[tuple[int, str, IntArray]]
    orders: Mapping[str, tuple[IntArray, tuple[int, ...]]]

    @classmethod
    def of(cls, parts: Sequence[h5py.File]) -> MergedColumns:
        """Return those of parts.

        Raises
        ------
        OutputError
            If a node is in two parts.
        """
        names = sorted({name for part in parts for name in part["report"]})
        layouts: dict[str, ReportLayout] = {}
        places: list[tuple[int, str, IntArray]] = []
        orders: dict[str, tuple[IntArray, tuple[int, ...]]] = {}
        before = 0
        for name in names:
            having = tuple(index for index, part in enumerate(parts) if name in part["report"])
            mappings = [parts[index]["report"][name]["mapping"] for index in having]
            own = [
                np.repeat(mapping["node_ids"][()], np.diff(mapping["index_pointers"][()]).astype(np.int64))
                for mapping in mappings
            ]
            _refuse_twice(name, [np.unique(nodes) for nodes in own])
            nodes = np.concatenate(own).astype(np.int64)
            order = np.argsort(nodes, kind="stable")
            elements = np.concatenate([mapping["element_ids"][()] for mapping in mappings])
            layouts[name] = ReportLayout.of_columns(nodes[order], elements.astype(np.int64)[order])
            orders[name] = order, having
            targets = np.empty(len(order), dtype=np.int64)
            targets[order] = np.arange(before, before + len(order))
            ends = np.cumsum([len(each) for each in own])
            for index, columns in zip(having, np.split(targets, ends[:-1]), strict=True):
                places.append((index, f"report/{name}/data", columns))
            before += len(order)
        return cls(layouts, places, orders)

    def column(self, parts: Sequence[h5py.File], name: str, title: str) -> npt.NDArray[Any]:
        """Return what is known of each column of a population, from the mappings of its parts."""
        order, having = self.orders[name]
        values = np.concatenate([parts[index]["report"][name]["mapping"][title][()] for index in having])
        return np.asarray(values[order])

    def frames(
        self, parts: Sequence[h5py.File], rows: slice, kind: type[np.floating[Any]]
    ) -> npt.NDArray[np.floating]:
        """Return frames of the whole, shape (n, columns)."""
        made = np.empty((rows.stop - rows.start, sum(map(len, self.layouts.values()))), dtype=kind)
        for index, name, columns in self.places:
            values = parts[index][name][rows]
            if len(columns) and columns[-1] - columns[0] == len(columns) - 1:
                made[:, columns[0] : columns[-1] + 1] = values  # ascending, so that these are all of them
            else:
                made[:, columns] = values
        return made


def _refuse_twice(name: str, nodes: Sequence[npt.NDArray[Any]]) -> None:
    found, counts = np.unique(np.concatenate(nodes), return_counts=True)
    if (counts > 1).any():
        raise OutputError(
            f"node {found[counts > 1][0]} of {name} has been made by several ranks; each cell belongs to one"
        )
