"""Create, record, stimulate, run and close a cell over and over; measure what stays.

``python -m tests.leaks.cycles SCENARIO CYCLES`` prints one line of JSON: growth of the resident memory
in kB a cycle after warm-up, the change of the census over the cycles, and the CPU time of the last
fifth of the cycles over that of the first.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from tests.leaks import (
    allen_cycles,
    allen_networks,
    circuit_cycles,
    figure_cycles,
    protocol_cycles,
    report_cycles,
    synapse_cycles,
)

ROOT = Path(__file__).resolve().parents[2]
_PAGE = os.sysconf("SC_PAGE_SIZE") / 1024


class Planned(Exception):
    """The exception that strikes in the middle."""


def _new_ball() -> object:
    from bluecellab import create_ball_stick

    return create_ball_stick()


def _new_detailed() -> object:
    from bluecellab import Cell, load_mechanisms
    from tests.material import material

    model = material().cell("l5pc_v6")
    load_mechanisms(model.mechanisms)
    return Cell(
        model.template,
        model.morphology,
        template_format=model.template_format,
        emodel_properties=model.emodel_properties,
    )


def _use(
    cell: object, *, progress: bool = False, fail: bool = False, cvode: bool = False, threads: int = 1
) -> object:
    from bluecellab import Simulation

    cell.add_step(1, 4, 0.3)
    cell.add_voltage_clamp(2, -70, section=cell.basal[0], current_record_name="clamp")
    cell.add_voltage_recording(cell.basal[0], 0.3)
    cell.add_variable_recording("ina")
    cell.start_recording_spikes(None, "soma", -20)
    simulation = Simulation(custom_progress_function=(lambda: None) if progress else None)
    simulation.add_cell(cell)
    if fail:

        def strike(now: float) -> None:
            raise Planned

        simulation.add_hook(strike, every=2)
    try:
        simulation.run(5, cvode=cvode, show_progress=progress, threads=threads)
        cell.get_soma_voltage()
        cell.traces()
    except Exception as error:
        if not isinstance(error.__cause__, Planned):
            raise
    return simulation


def _closed(new: Callable[[], object], **how: int) -> None:
    cell = new()
    _use(cell, **how).close()
    cell.close()


def _dropped(new: Callable[[], object], **how: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        cell = new()
        simulation = _use(cell, **how)
        del cell, simulation


def _failing_creation() -> None:
    from bluecellab import Cell
    from bluecellab.nrn import h

    def factory() -> list[object]:
        sections = [h.Section(name="soma[0]"), h.Section(name="dend[0]")]
        sections[0].insert("hh")
        raise Planned

    with suppress(ValueError):
        Cell.from_python(factory)


def _failing_template() -> None:
    from bluecellab import Cell, EmodelProperties
    from tests.faults.hocs import SWC, template, write

    folder = Path(os.environ["LEAK_FOLDER"])
    hoc, swc = folder / "late.hoc", folder / "good.swc"
    if not hoc.exists():
        write(hoc, template("Late", biophysics='forsec all { insert pas } execerror("late", "")'))
        write(swc, SWC)
    properties = EmodelProperties(threshold_current=0.2, holding_current=0.0)
    with suppress(RuntimeError):
        Cell(hoc, swc, template_format="v6", emodel_properties=properties)


SCENARIOS: dict[str, Callable[[], None]] = {
    "shapes": figure_cycles.shapes,
    "figures": figure_cycles.figures,
    "ball_closed": lambda: _closed(_new_ball),
    "ball_dropped": lambda: _dropped(_new_ball),
    "ball_progress": lambda: _closed(_new_ball, progress=True),
    "ball_cvode": lambda: _closed(_new_ball, cvode=True, progress=True),
    "ball_failing_run": lambda: _closed(_new_ball, fail=True),
    "ball_threads": lambda: _closed(_new_ball, threads=2),
    "ball_threads_failing_run": lambda: _closed(_new_ball, threads=2, fail=True),
    "ball_failing_creation": _failing_creation,
    "template_failing_creation": _failing_template,
    "detailed_closed": lambda: _closed(_new_detailed),
    "detailed_dropped": lambda: _dropped(_new_detailed),
    "detailed_progress": lambda: _closed(_new_detailed, progress=True),
    "detailed_failing_run": lambda: _closed(_new_detailed, fail=True),
    "allen_built_in": allen_cycles.built_in,
    "allen_functions": allen_cycles.functions,
    "allen_failing": allen_cycles.failing,
    "allen_network": allen_networks.network,
    "allen_network_merged": allen_networks.merged,
    "allen_network_reports": allen_networks.reports,
    "allen_network_outside": allen_networks.outside,
    "allen_network_failing": allen_networks.failing,
    "allen_wheel": allen_networks.wheel,
    "circuit": circuit_cycles.ten_cells,
    "circuit_overrides": lambda: circuit_cycles.ten_cells(overrides=True),
    "protocols_ball": lambda: protocol_cycles.kept_cell(_new_ball),
    "protocols_detailed": lambda: protocol_cycles.kept_cell(_new_detailed),
    "reports": report_cycles.reports,
    "synapses_allen": synapse_cycles.allen,
    "synapses_exponential": synapse_cycles.exponential,
    "synapses_stochastic": synapse_cycles.stochastic,
}


def _resident() -> float:
    """Return the resident memory in kB, after giving back what is free."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def measure(scenario: str, cycles: int, warm_up: int = 30) -> dict[str, object]:
    """Run the cycles and return the figures."""
    from bluecellab.nrn import runtime
    from bluecellab.nrn.census import census

    runtime.start()
    cycle = SCENARIOS[scenario]
    for _ in range(warm_up):
        cycle()
    before = census()
    every = max(1, cycles // 20)
    memory, seconds, worst = [_resident()], [], ""
    for number in range(1, cycles + 1):
        begin = time.process_time()
        cycle()
        seconds.append(time.process_time() - begin)
        if number % every == 0:
            memory.append(_resident())
            worst = worst or before.difference(census())
    growth = np.polyfit(np.arange(len(memory)) * every, memory, 1)[0]
    fifth = max(1, cycles // 5)
    return {
        "scenario": scenario,
        "cycles": cycles,
        "growth_kb": round(float(growth), 3),
        "census_change": worst,
        "time_ratio": round(float(np.median(seconds[-fifth:]) / np.median(seconds[:fifth])), 3),
        "cpu_ms": round(float(np.median(seconds)) * 1000, 2),
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
