"""Load, build, run and close the network of the examples over and over: scenarios of :mod:`tests.leaks.cycles`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.allen import copied, edit, replace

_made: dict[str, Path] = {}

XSTIM: Mapping[str, Any] = {
    "inputs/outside": {
        "input_type": "lfp",
        "module": "xstim",
        "node_set": "all",
        "positions_file": "$HERE/stimulus.csv",
        "waveform": {"shape": "sin", "del": 1.0, "dur": 10.0, "amp": 0.05, "freq": 200.0},
    }
}


def _config(
    name: str, changes: Mapping[str, Any] | None = None, act: Callable[[Path], object] | None = None
) -> Path:
    """Return a copy of the network, made once."""
    if name not in _made:
        folder = Path(os.environ["LEAK_FOLDER"]) / name
        folder.mkdir()
        config = copied(folder, changes)
        config.with_name("stimulus.csv").write_text(
            "pos_x pos_y pos_z rotation_x rotation_y rotation_z\n300 500 60 0 0 0\n"
        )
        if act is not None:
            act(config)
        _made[name] = config
    return _made[name]


def _cycle(config: Path, **options: Any) -> None:
    from bluecellab import CircuitSimulation

    with CircuitSimulation(config, overwrite=True) as simulation:
        simulation.instantiate(**options)
        simulation.run(10)
        assert simulation.get_voltage_trace(next(iter(simulation.cells))).size


def network() -> None:
    """All cells and synapses, replayed spikes, clamps."""
    _cycle(_config("network"))


def merged() -> None:
    """The same with shared point processes."""
    _cycle(_config("network"), merge_synapses=True)


def reports() -> None:
    """Everything in one call, with reports of membranes, of the field, of connections and of clamps."""
    from bluecellab import run_sonata

    more = {
        "run/tstop": 10.0,
        "reports/field/contributions_dir": "parts",
        "reports/connections": {"module": "netcon_report", "cells": "first_two", "variable_name": "g"},
        "reports/clamps": {"module": "clamp_report", "cells": "baskets", "variable_name": "ic"},
        "reports/saved": {"module": "save_synapses", "network_dir": "saved"},
    }
    run_sonata(_config("reports", more), overwrite=True)


def outside() -> None:
    """With potentials of an electrode."""
    _cycle(_config("outside", XSTIM))


class Planned(Exception):
    """The exception that strikes in the middle."""


def failing() -> None:
    """Cells, synapses, clamps and reports that cannot be made, and runs that break off."""
    from bluecellab import CircuitSimulation, run_sonata
    from bluecellab.errors import BluecellabError, HookError
    from tests.faults.allen import EDGES, TYPES

    def broken_edges(file: Any) -> None:
        file["edges/fibres_to_cells/0/nsyns"][40] = -3

    for name, changes, act in (
        ("cell", {}, lambda path: replace(path, "components/cells/basket.json", "gnabar_hh", "gnabar_hx")),
        ("weights", {}, lambda path: replace(path, f"network/{TYPES}", "gaussianLL", "gaussian")),
        ("edges", {}, lambda path: edit(path, EDGES, broken_edges)),
        ("clamp", {"inputs/steps/section_name": "apical"}, None),
        ("report", {"reports/soma/variable_name": "cai"}, None),
    ):
        with suppress(BluecellabError):
            run_sonata(_config(name, changes, act), overwrite=True)
            raise AssertionError(name)

    def strike(_: float) -> None:
        raise Planned

    with CircuitSimulation(_config("outside", XSTIM), overwrite=True) as simulation:
        simulation.instantiate(reports="all")
        simulation.simulation.add_hook(strike, every=5)
        with suppress(HookError):
            simulation.run(10)
            raise AssertionError("strike")


def wheel() -> None:
    """Fourteen cells, ten of them of the detailed models in BMTK's package, with a report of the field."""
    if "wheel" not in _made:
        from bluecellab import load_mechanisms
        from tests.vs_bmtk.configs import config
        from tests.vs_bmtk.networks import library, networks, write_config
        from tests.vs_bmtk.variants import Case

        folder = Path(os.environ["LEAK_FOLDER"]) / "wheel"
        folder.mkdir()
        (folder / "electrodes.csv").write_text("channel x_pos y_pos z_pos\n0 300 300 300\n")
        field = {
            "module": "extracellular",
            "cells": "detailed",
            "electrode_positions": str(folder / "electrodes.csv"),
        }
        root = networks()
        load_mechanisms(library(root))
        _made["wheel"] = write_config(
            config(Case("fourteen", reports={"field": field}, tstop=10.0), root), folder
        )
    _cycle(_made["wheel"], reports="all")
