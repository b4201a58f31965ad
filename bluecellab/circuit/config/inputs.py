"""The ``inputs``: each module of SONATA becomes one of our stimuli."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bluecellab.circuit.config.blocks import Block, Key
from bluecellab.circuit.config.places import Places
from bluecellab.circuit.config.problems import join, nearest
from bluecellab.spec.base import Spec
from bluecellab.spec.circuit_stimuli import ElectricField, SpatiallyUniformField, SynapseReplay
from bluecellab.spec.simulation import CircuitInput
from bluecellab.spec.stimuli import (
    AbsoluteShotNoise,
    Hyperpolarizing,
    Linear,
    Noise,
    OrnsteinUhlenbeck,
    PulseTrain,
    RelativeLinear,
    RelativeOrnsteinUhlenbeck,
    RelativeShotNoise,
    ShotNoise,
    Sinusoidal,
    SubThreshold,
    VoltageClamp,
)

__all__ = ["COMMON", "INPUT_TYPES", "MODULES", "Module", "read_input"]

INPUT_TYPES = ("spikes", "extracellular_stimulation", "current_clamp", "voltage_clamp", "conductance")

COMMON = (
    Key("module", "text", needed=True),
    Key("input_type", "text", needed=True, choices=INPUT_TYPES),
    Key("delay", "number", needed=True, unit="ms"),
    Key("duration", "number", needed=True, unit="ms"),
    Key("node_set", "text"),
    Key("compartment_set", "text"),
    Key("represents_physical_electrode", "flag"),
)
_OF_INPUT = ("module", "input_type", "node_set", "compartment_set", "represents_physical_electrode")


@dataclass(frozen=True)
class Module:
    """What a module of inputs is to us.

    Parameters
    ----------
    stimulus
        The word for it.
    keys
        Its own keys, beside those that all inputs have.
    input_types
        The types of input that it may have.
    defaults
        Values that SONATA gives where our word wants one.
    """

    stimulus: type[Spec]
    keys: tuple[Key, ...] = ()
    input_types: tuple[str, ...] = ("current_clamp",)
    defaults: Mapping[str, object] | None = None


def _numbers(*names: str, unit: str = "", needed: bool = True) -> tuple[Key, ...]:
    return tuple(Key(name, "number", needed=needed, unit=unit) for name in names)


_BOTH = ("current_clamp", "conductance")
_SIGNAL = (*_numbers("reversal", unit="mV", needed=False), *_numbers("dt", unit="ms", needed=False))
_SIGNAL = (*_SIGNAL, Key("random_seed", "integer"))
_SHOTS = (*_numbers("rise_time", "decay_time", unit="ms"), *_SIGNAL)
_SKEW = _numbers("relative_skew", needed=False)

MODULES: Mapping[str, Module] = {
    "linear": Module(
        Linear, (*_numbers("amp_start", unit="nA"), *_numbers("amp_end", unit="nA", needed=False))
    ),
    "relative_linear": Module(
        RelativeLinear,
        (*_numbers("percent_start", unit="%"), *_numbers("percent_end", unit="%", needed=False)),
    ),
    "pulse": Module(
        PulseTrain,
        (*_numbers("amp_start", unit="nA"), *_numbers("width", unit="ms"), *_numbers("frequency", unit="Hz")),
    ),
    "sinusoidal": Module(
        Sinusoidal,
        (
            *_numbers("amp_start", unit="nA"),
            *_numbers("frequency", unit="Hz"),
            *_numbers("dt", unit="ms", needed=False),
        ),
    ),
    "subthreshold": Module(SubThreshold, _numbers("percent_less", unit="%")),
    "hyperpolarizing": Module(Hyperpolarizing),
    "synapse_replay": Module(SynapseReplay, (Key("spike_file", "text", needed=True),), ("spikes",)),
    "noise": Module(
        Noise,
        (*_numbers("mean", unit="nA", needed=False), *_numbers("mean_percent", "variance", needed=False)),
        defaults={"variance": 0.0},
    ),
    "shot_noise": Module(
        ShotNoise, (*_SHOTS, *_numbers("rate", unit="Hz"), *_numbers("amp_mean", "amp_var")), _BOTH
    ),
    "relative_shot_noise": Module(
        RelativeShotNoise, (*_SHOTS, *_numbers("mean_percent", "sd_percent", unit="%"), *_SKEW), _BOTH
    ),
    "absolute_shot_noise": Module(AbsoluteShotNoise, (*_SHOTS, *_numbers("mean", "sigma"), *_SKEW), _BOTH),
    "ornstein_uhlenbeck": Module(
        OrnsteinUhlenbeck, (*_SIGNAL, *_numbers("tau", unit="ms"), *_numbers("mean", "sigma")), _BOTH
    ),
    "relative_ornstein_uhlenbeck": Module(
        RelativeOrnsteinUhlenbeck,
        (*_SIGNAL, *_numbers("tau", unit="ms"), *_numbers("mean_percent", "sd_percent", unit="%")),
        _BOTH,
    ),
    "seclamp": Module(
        VoltageClamp,
        (
            *_numbers("voltage", unit="mV"),
            *_numbers("series_resistance", unit="Mohm", needed=False),
            Key("duration_levels", "numbers", unit="ms"),
            Key("voltage_levels", "numbers", unit="mV"),
        ),
        ("voltage_clamp",),
    ),
    "spatially_uniform_e_field": Module(
        SpatiallyUniformField,
        (
            Key("fields", "list", needed=True),
            *_numbers("ramp_up_time", "ramp_down_time", unit="ms", needed=False),
        ),
        ("extracellular_stimulation",),
    ),
}
"""All modules of inputs that there are."""

_FIELD = (
    *_numbers("Ex", "Ey", "Ez", unit="V/m"),
    *_numbers("frequency", unit="Hz", needed=False),
    *_numbers("phase", unit="rad", needed=False),
)
#: Some writers give a reversal potential with every input; a current has no use for it.
_NO_USE = ("reversal",)


def read_input(name: str, block: Block, places: Places) -> CircuitInput | None:
    """Return one block of ``inputs``; None, and problems, if it is wrong.

    Parameters
    ----------
    name
        Its key.
    block
        It.
    places
        For the file of spikes.
    """
    module_name = block.values.get("module")
    module = MODULES.get(module_name) if isinstance(module_name, str) else None
    if module is None:
        if isinstance(module_name, str):
            block.report("module", f"not supported; {nearest(module_name, MODULES, 'modules')}")
        block.read(COMMON, ignored=tuple(block.values))
        _check_target(block)
        return None
    fields = block.read((*COMMON, *module.keys), ignored=_NO_USE)
    _check_target(block)
    input_type = fields.get("input_type")
    if input_type is not None and input_type not in module.input_types:
        allowed = " or ".join(map(repr, module.input_types))
        block.report("input_type", f"module {module_name!r} goes with {allowed}")
    of_input = {key: fields.pop(key) for key in _OF_INPUT if key in fields}
    if module.stimulus is SpatiallyUniformField and "fields" in fields:
        fields["fields"] = _electric_fields(block)
    if "spike_file" in fields:
        fields["spike_file"] = places.path(str(fields["spike_file"]), block.at("spike_file"))
        if fields["spike_file"] is None:
            return None
    if input_type == "conductance":
        fields["mode"] = "conductance"
    stimulus = block.make(module.stimulus, {**(module.defaults or {}), **fields})
    if stimulus is None or ("node_set" in of_input) == ("compartment_set" in of_input):
        return None
    of_input = {key: value for key, value in of_input.items() if key not in ("module", "input_type")}
    return block.make(CircuitInput, {"name": name, "stimulus": stimulus, **of_input})


def _check_target(block: Block) -> None:
    given = [name for name in ("node_set", "compartment_set") if name in block.values]
    if not given:
        block.report("node_set", "is missing; the name of a node set is needed, or a compartment_set")
    elif len(given) == 2:
        block.report("compartment_set", "is given beside a node_set; give one of the two")


def _electric_fields(block: Block) -> list[ElectricField]:
    """Return the components of an electric field."""
    values = block.values["fields"]
    made: list[ElectricField] = []
    if not isinstance(values, list) or not values:
        block.report("fields", 'at least one field is needed: {"Ex": 0, "Ey": 0, "Ez": 100}')
        return made
    for number, value in enumerate(values):
        key = join(block.at("fields"), number)
        if not isinstance(value, dict):
            block.problems.add(key, value, "an object {...} is needed, with Ex, Ey and Ez in V/m")
            continue
        inner = Block(value, key, block.problems)
        field = inner.make(ElectricField, inner.read(_FIELD))
        if field is not None:
            made.append(field)
    return made
