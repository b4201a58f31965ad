"""Cells of the Allen dialect, made and closed; and such as cannot be made."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.unit.cell.builders.allen.cells import Files
from tests.unit.cell.builders.allen.test_loading import COMB, NML

_files: list[Files] = []
_made: dict[str, Any] = {}


def _folder() -> Files:
    if not _files:
        _files.append(Files(Path(os.environ["LEAK_FOLDER"])))
    return _files[0]


def _spec(name: str) -> Any:
    files = _folder()
    if name not in _made:
        if name == "hoc":
            path = files.write("comb.hoc", COMB.format(name="LeakComb", diameter=12, last=""))
            _made[name] = files.cell("hoc:LeakComb", template_files=(path,), morphology_path=None)
        elif name == "nml":
            path = files.write("one.nml", NML)
            _made[name] = files.cell("nml:one.nml", template_files=(path,))
        elif name.startswith("python"):
            _made[name] = files.cell("python:Leak", "leak_" + name)
        else:
            _made[name] = files.cell("ctdb:Biophys1", name, dynamics_file=files.fit())
    return _made[name]


def _made_and_closed(spec: Any) -> None:
    from bluecellab import Cell, Simulation

    with Cell.from_spec(spec) as cell:
        cell.add_step(0.1, 0.5, 0.2)
        with Simulation(cell) as simulation:
            simulation.run(1)


def built_in() -> None:
    """ctdb:, nml: and hoc: cells."""
    for name in ("aibs_perisomatic", "aibs_perisomatic_directed", "nml", "hoc"):
        _made_and_closed(_spec(name))


def functions() -> None:
    """Cells that functions make and change; the last processor raises."""
    from bluecellab import Cell, cell_model, model_processing
    from bluecellab.nrn import h

    class Ball:
        def __init__(self) -> None:
            self.soma = h.Section(name="soma", cell=self)
            self.all = [self.soma]

    @cell_model("python:Leak")
    def load(cell: Any, template_name: str, dynamics_params: Any) -> Any:
        return Ball()

    @model_processing(name="leak_python")
    def grow(hobj: Any, cell: Any, dynamics_params: Any) -> Any:
        hobj.dend = h.Section(name="dend", cell=hobj)
        hobj.dend.connect(hobj.soma(1))
        hobj.all.append(hobj.dend)
        return hobj

    @model_processing(name="leak_python_failing")
    def fail(hobj: Any, cell: Any, dynamics_params: Any) -> Any:
        hobj.dend = h.Section(name="dend", cell=hobj)
        raise ZeroDivisionError

    _made_and_closed(_spec("python"))
    with suppress(ValueError):
        Cell.from_spec(_spec("python_failing"))


def failing() -> None:
    """A fit that sets what is not there."""
    import copy

    from bluecellab import Cell
    from tests.unit.cell.builders.allen.cells import FIT

    files = _folder()
    if "wrong" not in _made:
        content = copy.deepcopy(FIT)
        content["genome"][-1]["name"] = "g_nothing"
        _made["wrong"] = files.cell(
            "ctdb:Biophys1", "aibs_perisomatic", dynamics_file=files.fit(content, "wrong.json")
        )
    with suppress(ValueError):
        Cell.from_spec(_made["wrong"])
