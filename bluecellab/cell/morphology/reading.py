"""From a MorphIO morphology to the instructions that make it in NEURON."""

from __future__ import annotations

from pathlib import Path

import morphio
import numpy as np
import numpy.typing as npt

from bluecellab.cell.morphology.checking import load, soma_of
from bluecellab.cell.morphology.contour import contour_to_discs, point_to_ring
from bluecellab.cell.morphology.paths import find
from bluecellab.errors import MorphologyError
from bluecellab.nrn.geometry import Arrangement, SectionShape

__all__ = ["arrange"]

_ARRAYS = {2: ("axon", "axonal"), 3: ("dend", "basal"), 4: ("apic", "apical")}


def arrange(path: str | Path) -> Arrangement:
    """Read a morphology with MorphIO as instructions for NEURON.

    Sections are numbered by type (axon, basal, apical), and within a type in the order of the file.
    Roots are connected to the middle of the soma, other sections to the end of their parent.

    Parameters
    ----------
    path
        See :func:`bluecellab.cell.morphology.find`.

    Raises
    ------
    MorphologyNotFoundError
        If there is none.
    MorphologyError
        If it cannot be used.
    """
    location = find(path)
    morphology = load(location, morphio.Option.nrn_order)
    counts: dict[int, int] = {}
    names: dict[int, str] = {}
    sections = list(morphology.sections)
    for section in sections:
        kind = int(section.type)
        names[section.id] = f"{_names_of_type(kind)[0]}[{counts.get(kind, 0)}]"
        counts[kind] = counts.get(kind, 0) + 1
    shapes = [SectionShape("soma[0]", "", 0.0, None, _soma(morphology, location.path), 0)]
    for section in sections:
        parent = ("soma[0]", 0.5) if section.is_root else (names[section.parent.id], 1.0)
        points = np.column_stack([section.points, section.diameters])
        shapes.append(SectionShape(names[section.id], *parent, None, _rounded(points), len(shapes)))
    structure = ["~create soma[1]\n", 'forsec "soma" somatic.append\n']
    for kind in sorted(counts):
        array, subset = _names_of_type(kind)
        structure += [f"~create {array}[{counts[kind]}]\n", f'forsec "{array}" {subset}.append\n']
    structure.append("forall all.append\n")
    return Arrangement(tuple(structure), tuple(shapes))


def _names_of_type(kind: int) -> tuple[str, str]:
    """Return names of the array and of the list for a type of sections."""
    if kind in _ARRAYS:
        return _ARRAYS[kind]
    return (f"dend_{kind}", f"dendritic_{kind}") if kind > 0 else (f"minus_{-kind}", f"minus_{-kind}set")


def _rounded(points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return points with 8 significant digits, which is how hoc statements carry them."""
    rounded = [float(f"{value:.8g}") for value in points.ravel().tolist()]
    return np.array(rounded).reshape(points.shape)


def _soma(morphology: morphio.Morphology, path: str) -> npt.NDArray[np.float64]:
    soma = soma_of(morphology, path)
    if soma.type == morphio.SomaType.SOMA_SINGLE_POINT:
        points = point_to_ring(soma.points[0], float(soma.diameters[0]))
    elif soma.type == morphio.SomaType.SOMA_SIMPLE_CONTOUR:
        points = contour_to_discs(soma.points)
    else:
        raise MorphologyError(
            f"morphology {path} has a soma of the kind {soma.type.name}; only a single point and a simple "
            "contour can be made into a section from .h5"
        )
    return _rounded(points[::-1])
