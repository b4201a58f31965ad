"""Cells of the Allen dialect against a bare script: Import3d, a new axon, define_shape, numbers of segments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab import Cell
from bluecellab.nrn import biophysical, objects, runtime
from bluecellab.nrn import geometry as memory
from bluecellab.spec.cells import AllenCell
from tests.faults.hocs import SWC
from tests.material import material
from tests.unit.cell.builders.allen.cells import ACTIVE, FIT, Files
from tests.vs_neuron.geometry import geometry

WHEEL = "bmtk/bmtk/utils/scripts/bionet/morphologies"


class Bare:
    """What Import3d fills."""


def bare(path: Path, processing: str | None, longest: float) -> list[Any]:
    """Return the sections of a cell, the new axon last."""
    h = runtime.raw_h()
    cell: Any = Bare()
    reader = h.Import3d_SWC_read()
    reader.quiet = 1
    reader.input(str(path))
    h.Import3d_GUI(reader, 0).instantiate(cell)
    sections = list(cell.all)
    if processing is not None:
        old = [section for section in sections if "axon" in section.name()]
        sections = [section for section in sections if "axon" not in section.name()]
        active = processing == "aibs_allactive"
        diameters = [old[0](0.5).diam, old[-1](0.5).diam] if active else [1, 1]
        for section in old:
            h.delete_section(sec=section)
        new = [h.Section(name=f"axon[{index}]") for index in range(2)]
        for section, diameter in zip(new, diameters, strict=True):
            section.L, section.diam = 30, diameter
        new[0].connect(cell.soma[0](1 if active else 0.5), 0)
        new[1].connect(new[0](1), 0)
        sections += new
        h.define_shape()
    for section in sections:
        section.nseg = 1 + 2 * int(section.L / (2 * longest))
    return sections


def named(sections: list[Any]) -> dict[str, Any]:
    return {section.name().rpartition(".")[2]: section for section in sections}


def compare(path: Path, processing: str | None, files: Files, longest: float = 20.0) -> None:
    sections = bare(path, processing, longest)
    theirs = geometry(named(sections))
    for section in sections:
        objects.delete_section(section)
    del sections
    memory.forget()
    biophysical.forget()
    content = ACTIVE if processing == "aibs_allactive" else FIT
    spec = AllenCell(
        template="ctdb:Biophys1.hoc",
        morphology_path=str(path),
        dynamics_file=files.fit(_for_all(content)),
        processing=() if processing is None else (processing,),
        max_segment_length=longest,
    )
    with Cell.from_spec(spec) as first, Cell.from_spec(spec) as second:
        for cell in (first, second):
            ours = geometry({name: section.raw for name, section in cell.sections.items()})
            for name in ("names", "parents", "ends", "points", "segments"):
                if name == "segments":  # without ri, which depends on Ra
                    np.testing.assert_array_equal(ours[name][:, [0, 1, 2, 4]], theirs[name][:, [0, 1, 2, 4]])
                else:
                    np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
            np.testing.assert_array_equal(ours["sections"][:, :2], theirs["sections"][:, :2])


def _for_all(content: dict[str, Any]) -> dict[str, Any]:
    """Return a fit that has a capacitance for apical dendrites too."""
    passive = dict(content["passive"][0])
    if "cm" in passive:
        passive["cm"] = [*passive["cm"], {"section": "apic", "cm": 2.5}]
    return {**content, "passive": [passive]}


@pytest.mark.parametrize("longest", [20.0, 7.0])
@pytest.mark.parametrize("processing", [None, "aibs_perisomatic", "aibs_allactive"])
def test_small(processing: str | None, longest: float, tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.swc.read_text() == SWC
    compare(files.swc, processing, files, longest)


@pytest.mark.material
@pytest.mark.parametrize("processing", [None, "aibs_perisomatic", "aibs_allactive"])
@pytest.mark.parametrize(
    "name",
    [
        "Scnn1a_473845048_m",
        "Rorb_325404214_m",
        "Nr5a1_471087815_m",
        "Pvalb_470522102_m",
        "Pvalb_469628681_m",
    ],
)
def test_real(name: str, processing: str | None, tmp_path: Path) -> None:
    compare(material().packages / WHEEL / f"{name}.swc", processing, Files(tmp_path))
