"""The ``inputs`` of the Allen dialect: what ``module`` and ``input_type`` ask for, as one of our words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bluecellab.circuit.config.allen.clamps import read_current_clamp, read_voltage_clamp
from bluecellab.circuit.config.allen.outside import read_comsol, read_xstim
from bluecellab.circuit.config.allen.spikes import read_generated, read_probe, read_replay, read_trains
from bluecellab.circuit.config.allen.values import numbers_of
from bluecellab.circuit.config.allen.wanted import Wanted
from bluecellab.circuit.config.blocks import Key
from bluecellab.circuit.config.problems import nearest
from bluecellab.spec.allen import AllenInput, AnyAllenStimulus, ModuleInput, SynapticActivity
from bluecellab.spec.functions import MODULES

__all__ = ["INPUT_MODULES", "read_input"]

Reader = Callable[[Wanted], AnyAllenStimulus | None]


def _synaptic_activity(wanted: Wanted) -> SynapticActivity | None:
    block = wanted.block
    wanted.read((Key("timestamps", "any", needed=True),), "precell_filter", "postcell_filter")
    times = numbers_of(block, "timestamps", "ms")
    sets = {name: wanted.node_set(name) for name in ("precell_filter", "postcell_filter")}
    return None if times is None else block.make(SynapticActivity, {"timestamps": times, **sets})


INPUT_MODULES: Mapping[str, Reader] = {
    "sonata": read_trains,
    "h5": read_trains,
    "csv": read_trains,
    "nwb": read_trains,
    "function": read_generated,
    "ecephys_probe": read_probe,
    "IClamp": read_current_clamp,
    "SEClamp": read_voltage_clamp,
    "xstim": read_xstim,
    "comsol": read_comsol,
    "syn_activity": _synaptic_activity,
    "replay": read_replay,
}
"""All modules of inputs that there are, beside those that are registered."""

_BY_LOWER = {name.lower(): read for name, read in INPUT_MODULES.items()}


def read_input(wanted: Wanted) -> AllenInput | None:
    """Return one block of ``inputs``; None, and problems, if it is wrong.

    Parameters
    ----------
    wanted
        It.
    """
    block = wanted.block
    module = block.values.get("module")
    for name in ("module", "input_type"):
        if name not in block.values:
            block.report(name, "is missing; a text is needed")
        elif not isinstance(block.values[name], str):
            block.report(name, "a text is needed")
    node_set = wanted.node_set("node_set")
    if not isinstance(module, str):
        return None
    read = _BY_LOWER.get(module.lower())
    if module in MODULES:
        stimulus: AnyAllenStimulus | None = _module(wanted, module)
    elif read is not None:
        stimulus = read(wanted)
    else:
        known = nearest(module, [*INPUT_MODULES, *MODULES], "modules")
        block.report("module", f"no such module of inputs, and none that is registered; {known}")
        return None
    if stimulus is None:
        return None
    return block.make(AllenInput, {"name": wanted.name, "stimulus": stimulus, "node_set": node_set})


def _module(wanted: Wanted, module: str) -> ModuleInput | None:
    known = ("module", "input_type", "node_set", "enabled")
    options = {name: value for name, value in wanted.block.values.items() if name not in known}
    return wanted.block.make(ModuleInput, {"module": module, "options": options})
