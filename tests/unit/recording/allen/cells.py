"""Cells that tests of reports of the Allen dialect are of: made in Python, with built-in mechanisms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np

from bluecellab import Cell, Simulation
from bluecellab.nrn import runtime
from bluecellab.recording import Recordable
from bluecellab.spec.base import CellId

DT = 0.1


def made(*, extracellular: bool = False) -> SimpleNamespace:
    """A soma, an apical dendrite, and a dendrite that bends; points in space."""
    h = runtime.raw_h()
    soma, dend, apic = (h.Section(name=name) for name in ("soma", "dend", "apic"))
    for x in (-10, 0, 10):
        soma.pt3dadd(100 + x, 50, 0, 20)
    for x, y in ((110, 50), (150, 50), (150, 130)):
        dend.pt3dadd(x, y, 0, 2)
    for z in (0, 60):
        apic.pt3dadd(100, 50, z, 3)
    dend.connect(soma(1))
    apic.connect(soma(0.5))
    dend.nseg, apic.nseg = 5, 3
    soma.insert("hh")
    dend.insert("pas")
    apic.insert("pas")
    if extracellular:
        for section in (soma, dend, apic):
            section.insert("extracellular")
    return SimpleNamespace(soma=[soma], dend=[dend], apic=[apic], all=[soma, dend, apic])


@contextmanager
def cells(count: int = 3, *, extracellular: bool = False) -> Iterator[dict[CellId, Cell]]:
    """Cells of population A, which spike at different times, in no order."""
    built: dict[CellId, Cell] = {}
    try:
        for number in reversed(range(count)):
            cell_id = CellId("A", 2 * number)
            built[cell_id] = Cell.from_python(made, {"extracellular": extracellular}, cell_id=cell_id)
            built[cell_id].add_step(1 + number, 8, 1.0)
        yield built
    finally:
        for cell in built.values():
            cell.close()


def run(
    members: dict[CellId, Cell], recorders: Sequence[Recordable] = (), t_stop: float = 10.0
) -> dict[CellId, np.ndarray]:
    """Run cells with recorders; return the potential of each soma at every step."""
    with Simulation() as simulation:
        for cell in members.values():
            simulation.add_cell(cell)
        for recorder in recorders:
            simulation.attach(recorder)
        simulation.run(t_stop, cvode=False, dt=DT)
        return {cell_id: cell.get_soma_voltage() for cell_id, cell in members.items()}


def numbers(path: Path) -> dict[str, Any]:
    """All data sets of a file by name."""
    found: dict[str, Any] = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]} if hasattr(item, "shape") else {}))
        found["complete"] = file.attrs["complete"]
    return found
