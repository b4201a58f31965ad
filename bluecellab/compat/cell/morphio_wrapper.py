"""Morphologies read by MorphIO, under the published names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import morphio
import numpy as np
import numpy.typing as npt

from bluecellab.cell import morphology
from bluecellab.cell.morphology import checking, contour
from bluecellab.errors import MorphologyNotFoundError

__all__ = [
    "MorphIOWrapper",
    "SectionName",
    "contour2centroid",
    "contourcenter",
    "get_sides",
    "is_h5_container_path",
    "make_convex",
    "resolve_case_insensitive_path",
    "single_point_sphere_to_circular_contour",
    "split_morphology_path",
]

Floats = npt.NDArray[np.floating]
_H5 = ".h5"


@dataclass(frozen=True)
class SectionName:
    """Name of a section, ``dend[3]``.

    Parameters
    ----------
    name
        Of the array.
    id
        Index in it.
    """

    name: str
    id: int

    def __str__(self) -> str:
        return f"{self.name}[{self.id}]"

    __repr__ = __str__


class MorphIOWrapper(morphology.MorphIOWrapper):
    """A morphology as MorphIO's object and as hoc statements.

    Parameters
    ----------
    input_file
        ``x.asc``, ``x.swc``, ``x.h5`` or ``container.h5/name``.
    options
        MorphIO's, on top of the order of sections that NEURON has.

    Raises
    ------
    MorphologyNotFoundError, MorphologyError
        If it cannot be used.
    """

    def __init__(self, input_file: str, options: int = 0) -> None:
        super().__init__(input_file)
        self._location = morphology.find(input_file)
        self._options = int(options) | int(morphio.Option.nrn_order)

    @property
    def morph(self) -> morphio.Morphology:
        """The morphology."""
        return checking.load(self._location, self._options)


def is_h5_container_path(path: str | Path) -> bool:
    """Return whether a path is an existing .h5 file, or leads into one."""
    given = Path(path)
    existing = next((one for one in (given, *given.parents) if one.exists()), given)
    return existing.is_file() and existing.suffix.lower() == _H5


def split_morphology_path(morphology_path: str | Path) -> tuple[str, str, str]:
    """Split a path into folder, name and extension; for an entry of a container, the container is the folder.

    Raises
    ------
    MorphologyNotFoundError
        If no file is there.

    """
    given = Path(os.path.abspath(morphology_path))
    if given.exists() or not is_h5_container_path(given):
        if not given.parent.is_dir():
            raise MorphologyNotFoundError(f"Couldn't find morphology file: {morphology_path}")
        known = given.suffix.lower() in (".asc", ".swc", _H5)
        return str(given.parent), given.stem if known else given.name, given.suffix if known else ""
    container = next(parent for parent in given.parents if parent.exists())
    entry = str(given.relative_to(container))
    for extension in (".asc", ".swc", _H5):
        if entry.lower().endswith(extension):
            return str(container), entry[: -len(extension)], entry[-len(extension) :]
    return str(container), entry, ""


def resolve_case_insensitive_path(path: str | Path) -> str:
    """Return the path of a file that may be spelt in another case.

    Raises
    ------
    MorphologyNotFoundError
        If there is none, or several.
    """
    given = Path(path)
    if given.exists():
        return str(given)
    folder = given.parent
    alike = (
        [one for one in folder.iterdir() if one.name.lower() == given.name.lower()] if folder.is_dir() else []
    )
    if len(alike) != 1:
        found = ", ".join(sorted(one.name for one in alike)) or "nothing of that name in any case"
        raise MorphologyNotFoundError(f"Couldn't find morphology file: {path}; there is {found}")
    return str(alike[0])


def contourcenter(xyz: Floats) -> tuple[Floats, Floats]:
    """Return the centre of an outline, and 101 points at equal distances along it, relative to the centre.

    Parameters
    ----------
    xyz
        The outline in um, shape (n, 3).
    """
    samples = contour._sampled(np.asarray(xyz, dtype=float))
    centre = samples.mean(axis=0)
    return centre, samples - centre


def get_sides(points: Floats, major: Floats, minor: Floats) -> tuple[list[Floats], list[Floats]]:
    """Split an outline into its two sides along the major axis.

    Parameters
    ----------
    points
        Relative to the centre, shape (n, 3).
    major, minor
        The axes, shape (3,).

    Returns
    -------
    sides, rads
        Places along the major axis, ascending, and along the minor axis: two arrays each.
    """
    halves = contour._halves(points @ major, points @ minor)
    return [half[:, 0] for half in halves], [half[:, 1] for half in halves]


def make_convex(sides: list[Floats], rads: list[Floats]) -> tuple[list[Floats], list[Floats]]:
    """Drop the points of :func:`get_sides` at which a side turns back."""
    kept = [contour._ascending(np.stack([side, rad], axis=1)) for side, rad in zip(sides, rads, strict=True)]
    return [side[:, 0] for side in kept], [side[:, 1] for side in kept]


def contour2centroid(mean: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Return 21 discs along the major axis of an outline: their centres, shape (21, 3), and diameters.

    Parameters
    ----------
    mean, points
        As :func:`contourcenter` returns them.

    Raises
    ------
    MorphologyError
        If the outline encloses no area.
    """
    discs = contour._discs(np.asarray(mean), np.asarray(points))
    return discs[:, :3], discs[:, 3]


def single_point_sphere_to_circular_contour(neuron: morphio.mut.Morphology) -> None:
    """Replace the soma of a morphology, given as a point, by a ring of 20 points."""
    ring = contour.point_to_ring(neuron.soma.points[0], float(neuron.soma.diameters[0]))
    neuron.soma.points = ring[:, :3]
    neuron.soma.diameters = ring[:, 3]
