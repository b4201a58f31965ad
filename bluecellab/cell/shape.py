"""The shape of a live cell as a plain value: what figures, tables and other processes need of it."""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from bluecellab.cell.model import SECTION_LISTS, Model
from bluecellab.cell.sections import SectionsMixin
from bluecellab.errors import NotRecordableError
from bluecellab.nrn import runtime, space
from bluecellab.nrn.handles import Section
from bluecellab.recording import available
from bluecellab.recording.variables import FAST_IMEM, unit_of_variable
from bluecellab.results.measured.shapes import CellShape, Kind, Plane, SectionShape
from bluecellab.spec.base import Site

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ShapeMixin", "shape_of"]

FloatArray = npt.NDArray[np.float64]

_LEAST = 2  # points that make a line
_KINDS: Mapping[str, Kind] = {
    "somatic": "soma",
    "basal": "basal",
    "apical": "apical",
    "axonal": "axon",
    "myelinated": "myelin",
}
_NAMES: tuple[tuple[str, Kind], ...] = (
    ("soma", "soma"),
    ("apic", "apical"),
    ("dend", "basal"),
    ("basal", "basal"),
    ("myelin", "myelin"),
    ("axon", "axon"),
    ("ais", "axon"),
    ("hillock", "axon"),
    ("iseg", "axon"),
)
_FAN = math.radians(90.0)  # between the outermost of several sections that go on from one place
_DOWN = math.radians(-90.0)
_APART = 100.0  # um, between unconnected trees without points


class ShapeMixin(SectionsMixin):
    """The shape of a cell, and pictures of it."""

    def shape(self, variables: str | Sequence[str] = ()) -> CellShape:
        """Return the shape of the cell as a plain value, with what its range variables are now.

        The model is not changed. A section without 3-D points is laid out straight, in the plane of x and y:
        a root along x about the origin; a section at the end of another goes on in its direction, several
        fan out over 90 degrees; sections in the middle of another leave to both its sides by turns, but an
        axon leaves the soma straight down (-y).

        Parameters
        ----------
        variables
            Names of range variables: ``"v"``, ``"cm"``, ``"gnabar_hh"``, ``"hh.gnabar"``, ``"cai"`` ...

        Returns
        -------
        CellShape
            Lengths in um, variables in NEURON's units; what can be drawn, pickled and compared bit for bit.

        Raises
        ------
        NotRecordableError
            If no section has such a variable; lists what there is.
        ClosedError
            If the cell is closed.

        Examples
        --------
        >>> from bluecellab import create_ball_stick
        >>> with create_ball_stick() as cell:
        ...     shape = cell.shape(["gnabar_hh"])
        >>> shape["dend[0]"].kind, shape["dend[0]"].parent, shape["dend[0]"].distances[-1]
        ('basal', 'soma[0]', np.float64(199.5))
        """
        self._scope.check()
        chosen = (variables,) if isinstance(variables, str) else tuple(variables)
        return shape_of(self._scope.name, self._model, self._sections, chosen)

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
        """Draw the cell as it is now; see :func:`bluecellab.plotting.plot_morphology`.

        Parameters
        ----------
        variable
            Colour by this range variable, such as ``"v"`` or ``"gnabar_hh"``; by kind of section by default.
        dimensions
            2 or 3.
        plane
            Of a picture in two dimensions: which axis goes across, and which up.
        limits
            Least and greatest value that have colours of their own; those that occur by default.
        sites
            Places to mark, or such by name: where a stimulus is, or what is recorded.
        title
            Title of the figure.

        Raises
        ------
        NotRecordableError
            If no section has such a variable; lists what there is.
        ResultsError
            If the cell has no sections.
        MissingDependencyError
            If matplotlib is not installed.
        """
        shape = self.shape(variable or ())
        return shape.plot(
            variable, dimensions=dimensions, plane=plane, limits=limits, sites=sites, title=title
        )

    def plot_dendrogram(
        self, variable: str | None = None, *, limits: tuple[float, float] | None = None, title: str = ""
    ) -> Figure:
        """Draw the tree of the cell as it is now; see :func:`bluecellab.plotting.plot_dendrogram`.

        Parameters
        ----------
        variable, limits, title
            As of :meth:`plot`.

        Raises
        ------
        NotRecordableError
            If no section has such a variable; lists what there is.
        ResultsError
            If the cell has no sections.
        MissingDependencyError
            If matplotlib is not installed.
        """
        return self.shape(variable or ()).plot_dendrogram(variable, limits=limits, title=title)


def shape_of(name: str, model: Model, sections: Mapping[str, Section], variables: Sequence[str]) -> CellShape:
    """Return the shape of a cell; see :meth:`bluecellab.Cell.shape`.

    Parameters
    ----------
    name
        What the cell is called.
    model
        Its raw parts.
    sections
        Its sections by name.
    variables
        Range variables to read.
    """
    raws = {key: section.raw for key, section in sections.items()}
    _refuse_unknown(name, sections, variables)
    order = _parents_first(raws)
    lines = _Lines(raws, order, _kinds(model, raws))
    origin = _origin(raws, lines.kinds)
    distance = runtime.raw_h().distance
    found = []
    for key, link in order.items():
        raw = raws[key]
        nseg = int(raw.nseg)
        points, arc = lines.of(key)
        row = [float(distance(origin, segment)) for segment in raw]  # two places: NEURON's own origin stays
        found.append(
            SectionShape(
                name=key,
                kind=lines.kinds[key],
                parent=link.parent,
                points=points,
                arc=arc,
                length=float(raw.L),
                positions=(np.arange(nseg) + 0.5) / nseg,
                distances=np.where(np.array(row) < 1e19, row, np.nan),  # 1e20 where there is no path
                diameters=np.array([float(segment.diam) for segment in raw]),
                values={variable: _values(raw, variable) for variable in variables},
                parent_x=link.x,
                start=link.start,
            )
        )
    return CellShape(name, tuple(found), {variable: unit_of_variable(variable) for variable in variables})


class _Link:
    """Where a section is connected to which."""

    def __init__(self, raw: Any, names: Mapping[Any, str]) -> None:
        at = raw.parentseg()
        self.parent = "" if at is None else names.get(at.sec, "")
        self.x = float(at.x) if self.parent else 1.0
        self.start = float(raw.orientation())


def _parents_first(raws: Mapping[str, Any]) -> dict[str, _Link]:
    """Return how each section is connected, parents before children, otherwise in the cell's order."""
    names = {raw: key for key, raw in raws.items()}
    links = {key: _Link(raw, names) for key, raw in raws.items()}
    done: dict[str, _Link] = {}
    for key in links:
        waiting = []
        while key and key not in done:
            waiting.append(key)
            key = links[key].parent
        done.update((late, links[late]) for late in reversed(waiting))
    return done


def _kinds(model: Model, raws: Mapping[str, Any]) -> dict[str, Kind]:
    """Return what each section is: by the template's lists, else by its name."""
    kinds: dict[str, Kind] = {}
    for listed in SECTION_LISTS:
        for key in model.lists.get(listed, ()):
            kinds.setdefault(key, _KINDS[listed])
    for key in raws:
        if key not in kinds:
            known = (kind for start, kind in _NAMES if key.lower().startswith(start))
            kinds[key] = next(known, "other")
    return kinds


def _origin(raws: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Any:
    """Return the middle of the soma, or of the first section where there is none."""
    somatic = [key for key, kind in kinds.items() if kind == "soma" and key in raws]
    chosen = next((key for key in raws if key in somatic), next(iter(raws), None))
    return None if chosen is None else raws[chosen](0.5)


class _Lines:
    """Points of sections; those that have none get some."""

    def __init__(self, raws: Mapping[str, Any], links: Mapping[str, _Link], kinds: dict[str, Kind]) -> None:
        self.kinds = kinds
        self._raws = raws
        self._links = links
        self._made: dict[str, tuple[FloatArray, FloatArray]] = dict(self._given())
        self._angles: dict[str, float] = {}
        self._lay_out()

    def of(self, key: str) -> tuple[FloatArray, FloatArray]:
        """Return points, shape (n, 4), and path lengths, shape (n,), of a section."""
        return self._made[key]

    def _given(self) -> Iterator[tuple[str, tuple[FloatArray, FloatArray]]]:
        sections = list(self._raws.values())
        points, counts = space.points_of(sections)
        diameters = space.diameters_of(sections)
        borders = np.concatenate([[0], np.cumsum(counts)]).tolist()
        for key, (first, last) in zip(self._raws, itertools.pairwise(borders), strict=True):
            if last - first >= _LEAST:
                x, y, z, arc = points[:, first:last]
                yield key, (np.stack([x, y, z, diameters[first:last]], axis=-1), arc)

    def _lay_out(self) -> None:
        """Give the sections without points some, in the plane of x and y; the model is not changed."""
        bare = [key for key in self._links if key not in self._made]
        places: dict[tuple[str, float], list[str]] = {}
        for key in bare:
            link = self._links[key]
            places.setdefault((link.parent, link.x), []).append(key)
        for key in bare:
            link = self._links[key]
            here = places[link.parent, link.x]
            if not link.parent:
                start = np.array([0.0, -_APART * here.index(key), 0.0])
                self._draw(key, start, 0.0, centred=True)
                continue
            points, arc = self._made[link.parent]
            start = np.array([np.interp(link.x * arc[-1], arc, column) for column in points.T[:3]])
            self._draw(key, start, self._angle(key, link, here))

    def _angle(self, key: str, link: _Link, here: Sequence[str]) -> float:
        """Return in which direction a section goes on from its parent, in rad from x."""
        if self.kinds[key] in ("axon", "myelin") and self.kinds[link.parent] == "soma":
            return _DOWN
        index, count = here.index(key), len(here)
        outwards = self._direction(link.parent)
        if 0.0 < link.x < 1.0:  # to both sides of the middle of a section, by turns
            side, rank, most = index % 2, index // 2, (count + 1) // 2
            turn = math.radians(180.0) * (rank + 1) / (most + 1)
            return outwards + (turn if side == 0 else -turn)
        if link.x == 0.0:
            outwards += math.pi
        spread = 0.0 if count == 1 else _FAN * (index / (count - 1) - 0.5)
        return outwards + spread

    def _direction(self, parent: str) -> float:
        if parent in self._angles:
            return self._angles[parent]
        points, _ = self._made[parent]
        across, up = points[-1, :2] - points[0, :2]
        return math.atan2(up, across) if across or up else 0.0

    def _draw(self, key: str, start: FloatArray, angle: float, *, centred: bool = False) -> None:
        """Lay a section out in a straight line: its ends, and the middles of its segments."""
        raw = self._raws[key]
        length, nseg = float(raw.L), int(raw.nseg)
        x = np.concatenate([[0.0], (np.arange(nseg) + 0.5) / nseg, [1.0]])
        widths = np.array([float(segment.diam) for segment in raw])
        backwards = self._links[key].start == 1.0
        along = ((1.0 - x) if backwards else x) * length - (length / 2 if centred else 0.0)
        points = np.empty((len(x), 4))
        points[:, :3] = start + along[:, None] * np.array([math.cos(angle), math.sin(angle), 0.0])
        points[:, 3] = np.concatenate([widths[:1], widths, widths[-1:]])
        self._made[key] = points, x * length
        self._angles[key] = angle + math.pi if backwards else angle


def _values(raw: Any, variable: str) -> FloatArray:
    """Return a range variable at each segment of a section; NaN where there is none."""
    return np.array([_value(segment, variable) for segment in raw], dtype=np.float64)


def _value(segment: Any, variable: str) -> float:
    mechanism, dot, name = variable.rpartition(".")
    holder = getattr(segment, mechanism, None) if dot else segment
    try:
        found = getattr(holder, name)
    except (AttributeError, RuntimeError):  # none there; or, as i_membrane_, switched off
        return math.nan
    return float(found) if isinstance(found, int | float) else math.nan


def _refuse_unknown(name: str, sections: Mapping[str, Section], variables: Sequence[str]) -> None:
    """Refuse variables that no section has."""
    for variable in variables:
        if any(not math.isnan(_value(section.raw(0.5), variable)) for section in sections.values()):
            continue
        there: dict[str, None] = {"v": None, "diam": None, "cm": None}
        for section in sections.values():
            there.update((known, None) for names in available(section(0.5)).values() for known in names)
        there.pop(FAST_IMEM, None)  # there is none between runs
        close = difflib.get_close_matches(variable, there, n=1, cutoff=0.6)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise NotRecordableError(
            f"no section of {name} has a number {variable!r}.{hint} There is {', '.join(there) or 'nothing'}."
        )
