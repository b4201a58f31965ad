"""The shape of a cell: what is needed to draw it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from bluecellab.errors import ResultsError
from bluecellab.results.arrays import FloatArray, frozen, same_bits
from bluecellab.results.drawing import drawn
from bluecellab.spec.base import Site

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CellShape", "Kind", "Plane", "SectionShape"]

Kind = Literal["soma", "axon", "basal", "apical", "myelin", "other"]
"""What a section is."""
Plane = Literal["xy", "yx", "xz", "zx", "yz", "zy"]
"""Which axis of a picture goes across, and which up."""

_COLUMNS = 4  # x, y, z, diameter
_LEAST = 2  # points that make a line


def _table(numbers: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    table = np.array(numbers, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != _COLUMNS or len(table) < _LEAST:
        raise ResultsError(
            f"section {name} has points of shape {table.shape}; each has x, y, z and diameter, and there are "
            f"at least {_LEAST}"
        )
    table.setflags(write=False)
    return table


@dataclass(frozen=True, eq=False)
class SectionShape:
    """One section.

    Parameters
    ----------
    name
        Within its cell, such as ``"dend[3]"``.
    kind
        ``"soma"``, ``"axon"``, ``"basal"``, ``"apical"``, ``"myelin"`` or ``"other"``.
    parent
        Name of the parent section; "" for a root.
    points
        x, y, z and diameter in um, shape (n, 4).
    arc
        Path length along the section at each point in um, shape (n,).
    length
        In um.
    positions
        Normalised positions of the middles of its segments, shape (k,).
    distances
        Path distances of these from the middle of the soma in um, shape (k,); NaN in a part of the cell that
        is not connected to it.
    diameters
        Of the segments in um, shape (k,).
    values
        Range variables by name at each segment, each of shape (k,); NaN where a segment has no such variable.
    parent_x
        Normalised position on the parent that it is connected to.
    start
        Which of its own ends is connected there: 0, or 1.

    Raises
    ------
    ResultsError
        If points do not have four columns, or numbers of a kind are not equally many.
    """

    name: str
    kind: Kind
    parent: str
    points: npt.NDArray[np.float64]
    arc: FloatArray
    length: float
    positions: FloatArray
    distances: FloatArray
    diameters: FloatArray
    values: Mapping[str, FloatArray] = field(default_factory=dict)
    parent_x: float = 1.0
    start: float = 0.0

    __hash__ = None  # type: ignore[assignment]  # holds arrays, compares by them

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", _table(self.points, self.name))
        for name in ("arc", "positions", "distances", "diameters"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        object.__setattr__(self, "values", {name: frozen(row) for name, row in self.values.items()})
        rows = {"distances": self.distances, "diameters": self.diameters, **self.values}
        wrong = [name for name, row in rows.items() if len(row) != len(self.positions)]
        if wrong or len(self.arc) != len(self.points):
            raise ResultsError(
                f"section {self.name} has {len(self.positions)} segments and {len(self.points)} points, but "
                f"not as many {', '.join(wrong) or 'path lengths'}"
            )

    @property
    def centres(self) -> npt.NDArray[np.float64]:
        """Where the middles of its segments are: x, y, z and diameter there in um, shape (k, 4)."""
        return self.at(self.positions)

    def at(self, x: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return x, y, z and diameter in um at normalised positions, each of shape (k,): shape (k, 4)."""
        along = np.asarray(x, dtype=np.float64) * self.arc[-1]
        return np.stack([np.interp(along, self.arc, column) for column in self.points.T], axis=-1)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SectionShape):
            return NotImplemented
        return all(_same(getattr(self, part.name), getattr(other, part.name)) for part in fields(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # through the constructor, because numpy forgets in a pickle that an array is read-only
        return SectionShape, tuple(getattr(self, part.name) for part in fields(self))


def _same(one: object, two: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(two, np.ndarray):
        return same_bits(one, two)
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        return one.keys() == two.keys() and all(_same(one[name], two[name]) for name in one)
    return bool(one == two)


@dataclass(frozen=True)
class CellShape:
    """A cell to be drawn: its sections, parents before children.

    Parameters
    ----------
    name
        Of the cell.
    sections
        All of them.
    units
        Units of the variables by name.

    Raises
    ------
    ResultsError
        If two sections have one name, or a section comes before its parent or without it.
    """

    name: str
    sections: tuple[SectionShape, ...]
    units: Mapping[str, str] = field(default_factory=dict)

    __hash__ = None  # type: ignore[assignment]  # holds arrays, compares by them

    def __post_init__(self) -> None:
        object.__setattr__(self, "sections", tuple(self.sections))
        object.__setattr__(self, "units", dict(self.units))
        seen = {""}
        for section in self.sections:
            if section.parent not in seen or section.name in seen:
                raise ResultsError(
                    f"section {section.name!r} of {self.name} needs a name of its own and its parent "
                    f"{section.parent!r} before it"
                )
            seen.add(section.name)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables that there are values of."""
        return tuple(self.units)

    def without(self, *kinds: Kind) -> CellShape:
        """Return the shape without sections of some kinds, and whatever they carry.

        Parameters
        ----------
        kinds
            Such as ``"axon"`` and ``"myelin"``: a stub that replaces an axon is longer than many cells.
        """
        left = {""}
        kept = []
        for section in self.sections:
            if section.kind not in kinds and section.parent in left:
                left.add(section.name)
                kept.append(section)
        return CellShape(self.name, tuple(kept), self.units)

    def plot(
        self,
        variable: str | None = None,
        *,
        dimensions: Literal[2, 3] = 2,
        plane: Plane = "xy",
        limits: tuple[float, float] | None = None,
        sites: Mapping[str, Site] | Iterable[Site] = (),
        title: str = "",
    ) -> Figure:
        """Draw the cell; see :func:`bluecellab.plotting.plot_morphology`.

        Raises
        ------
        ResultsError
            If there is nothing to draw, or no such variable.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn(
            "plot_morphology",
            self,
            variable,
            dimensions=dimensions,
            plane=plane,
            limits=limits,
            sites=sites,
            title=title,
        )

    def plot_dendrogram(
        self, variable: str | None = None, *, limits: tuple[float, float] | None = None, title: str = ""
    ) -> Figure:
        """Draw the tree of the cell by path length; see :func:`bluecellab.plotting.plot_dendrogram`.

        Raises
        ------
        ResultsError
            If there is nothing to draw, or no such variable.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return drawn("plot_dendrogram", self, variable, limits=limits, title=title)

    def __getitem__(self, name: str) -> SectionShape:
        for section in self.sections:
            if section.name == name:
                return section
        raise ResultsError(f"no section {name!r} in the shape of {self.name}; it has {len(self)} others")

    def __len__(self) -> int:
        return len(self.sections)

    def __iter__(self) -> Iterator[SectionShape]:
        return iter(self.sections)

    def __repr__(self) -> str:
        names = f", {', '.join(self.units)}" if self.units else ""
        return f"<CellShape {self.name} {len(self)} sections{names}>"
