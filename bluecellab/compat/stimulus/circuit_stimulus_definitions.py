"""The published definitions of stimuli, as SONATA's ``inputs`` describe them.

They are values with the published fields in the published order; :meth:`Stimulus.to_spec` says the same
in the words of :mod:`bluecellab.spec.stimuli`, and making one checks that it can be said. Where it
differs from the published behaviour, a class says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import Enum
from typing import Any, ClassVar

from bluecellab.errors import InvalidSpecError, StimulusError
from bluecellab.spec import stimuli

__all__ = [
    "ClampMode",
    "Hyperpolarizing",
    "Linear",
    "Noise",
    "OrnsteinUhlenbeck",
    "Pattern",
    "Pulse",
    "RelativeLinear",
    "RelativeOrnsteinUhlenbeck",
    "RelativeShotNoise",
    "SEClamp",
    "ShotNoise",
    "Sinusoidal",
    "Stimulus",
    "SubThreshold",
    "SynapseReplay",
]


class ClampMode(Enum):
    """What a random signal is: a current or a conductance."""

    CURRENT = "current_clamp"
    CONDUCTANCE = "conductance"


class Pattern(Enum):
    """The kinds of stimuli, by SONATA's names of their modules."""

    NOISE = "noise"
    HYPERPOLARIZING = "hyperpolarizing"
    PULSE = "pulse"
    LINEAR = "linear"
    RELATIVE_LINEAR = "relative_linear"
    SYNAPSE_REPLAY = "synapse_replay"
    SHOT_NOISE = "shot_noise"
    RELATIVE_SHOT_NOISE = "relative_shot_noise"
    ORNSTEIN_UHLENBECK = "ornstein_uhlenbeck"
    RELATIVE_ORNSTEIN_UHLENBECK = "relative_ornstein_uhlenbeck"
    SINUSOIDAL = "sinusoidal"
    SECLAMP = "seclamp"
    SUBTHRESHOLD = "subthreshold"


_TARGETS = ("target", "node_set", "compartment_set")
_SONATA_NAMES = {"durations": "duration_levels", "voltages": "voltage_levels", "seed": "random_seed"}


@dataclass(frozen=True)
class Stimulus:
    """A stimulus of a target.

    Parameters
    ----------
    target
        Name of the node set or compartment set.
    delay, duration
        When it begins and how long it lasts, in ms.
    node_set, compartment_set
        Which of the two the target is.

    Raises
    ------
    InvalidSpecError
        If a field makes no sense.
    """

    #: What it is in bluecellab's words; and what fields of SONATA's may be left out.
    _spec: ClassVar[type[stimuli.Stimulus] | None] = None
    _optional: ClassVar[Mapping[str, object]] = {}

    target: str
    delay: float
    duration: float
    node_set: str | None = field(default=None, kw_only=True)
    compartment_set: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self._spec is not None:
            self.to_spec()

    @classmethod
    def _own_fields(cls) -> list[Field[Any]]:
        return [one for one in fields(cls) if one.name not in _TARGETS]

    def to_spec(self) -> stimuli.Stimulus:
        """Return the same in bluecellab's words.

        Raises
        ------
        StimulusError
            If no single cell can play it.
        """
        if self._spec is None:
            raise StimulusError(f"a {type(self).__name__} cannot be played by a single cell")
        given: dict[str, Any] = {}
        for one in self._own_fields():
            value = getattr(self, one.name)
            if isinstance(value, ClampMode):
                value = "conductance" if value is ClampMode.CONDUCTANCE else "current"
            if value is not None or one.default is not MISSING:
                given[_SONATA_NAMES.get(one.name, one.name)] = value
        return self._spec(**given)

    @classmethod
    def from_sonata(cls, stimulus_entry: Mapping[str, Any], config_dir: str | None = None) -> Stimulus:
        """Make the stimulus that a block of SONATA's ``inputs`` describes.

        Parameters
        ----------
        stimulus_entry
            The block; keys that are not known are ignored.
        config_dir
            Folder that relative paths start from.

        Raises
        ------
        InvalidSpecError
            If the module is not known, a key is missing, a value makes no sense, or it does not have
            exactly one of ``node_set`` and ``compartment_set``.

        Examples
        --------
        >>> block = {"module": "linear", "delay": 0, "duration": 5, "amp_start": 0.1, "node_set": "All"}
        >>> Stimulus.from_sonata(block).amp_end
        0.1
        """
        targets: dict[str, Any] = {name: stimulus_entry.get(name) for name in _TARGETS[1:]}
        named = [name for name in targets.values() if name is not None]
        if not named:
            raise InvalidSpecError("Stimulus entry must contain either 'node_set' or 'compartment_set'.")
        if len(named) > 1:
            raise InvalidSpecError("Stimulus entry must not contain both 'node_set' and 'compartment_set'.")
        module = stimulus_entry.get("module")
        kind = _KINDS.get(str(module))
        if kind is None:
            raise InvalidSpecError(f"Unknown pattern {module}; there are {', '.join(_KINDS)}")
        values = kind._read(stimulus_entry)
        if kind is SynapseReplay:
            values["config_dir"] = config_dir
        return kind(target=named[0], **targets, **values)

    @classmethod
    def _read(cls, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Take the fields of this kind from a block."""
        values: dict[str, Any] = {}
        for one in cls._own_fields():
            key = _SONATA_NAMES.get(one.name, one.name)
            if one.name == "mode":
                values["mode"] = ClampMode(entry.get("input_type", ClampMode.CURRENT))
            elif key in entry:
                values[one.name] = entry[key]
            elif one.name in cls._optional:
                default = cls._optional[one.name]
                values[one.name] = values[default] if isinstance(default, str) else default
            elif one.default is MISSING:
                raise InvalidSpecError(f"an input of module {entry['module']} needs {key!r}")
        return values

    @classmethod
    def from_blueconfig(cls, stimulus_entry: Mapping[str, Any]) -> Stimulus:  # noqa: ARG003 - published
        """Raise: BlueConfigs belong to bluepy, which is archived."""
        raise StimulusError("BlueConfigs are not read; convert the circuit to SONATA and use from_sonata()")


@dataclass(frozen=True)
class Noise(Stimulus):
    """Normally distributed current: ``variance`` and ``mean`` in nA² and nA, or in percent of threshold."""

    _spec = stimuli.Noise

    variance: float
    mean: float | None = None
    mean_percent: float | None = None


@dataclass(frozen=True)
class Hyperpolarizing(Stimulus):
    """The cell's holding current."""

    _spec = stimuli.Hyperpolarizing


@dataclass(frozen=True)
class Pulse(Stimulus):
    """A train of pulses: amplitude in nA, width in ms, frequency in Hz."""

    _spec = stimuli.PulseTrain

    amp_start: float
    width: float
    frequency: float


@dataclass(frozen=True)
class Linear(Stimulus):
    """A line between two amplitudes in nA."""

    _spec = stimuli.Linear
    _optional: ClassVar[Mapping[str, object]] = {"amp_end": "amp_start"}

    amp_start: float
    amp_end: float


@dataclass(frozen=True)
class RelativeLinear(Stimulus):
    """A line between two percentages of the threshold current."""

    _spec = stimuli.RelativeLinear
    _optional: ClassVar[Mapping[str, object]] = {"percent_end": "percent_start"}

    percent_start: float
    percent_end: float


@dataclass(frozen=True)
class SynapseReplay(Stimulus):
    """Spikes of a file; a definition only, for the synapses of a circuit's cells."""

    spike_file: str
    config_dir: str | None = None

    def __post_init__(self) -> None:
        stimuli.Hyperpolarizing(delay=self.delay, duration=self.duration)  # checks the times


@dataclass(frozen=True)
class ShotNoise(Stimulus):
    """Shot noise: times in ms, rate in Hz, peaks in nA (uS for a conductance)."""

    _spec = stimuli.ShotNoise

    rise_time: float
    decay_time: float
    rate: float
    amp_mean: float
    amp_var: float
    dt: float = 0.25
    seed: int | None = None
    mode: ClampMode = ClampMode.CURRENT
    reversal: float = 0.0


@dataclass(frozen=True)
class RelativeShotNoise(Stimulus):
    """Shot noise in percent of the threshold current (input conductance)."""

    _spec = stimuli.RelativeShotNoise

    rise_time: float
    decay_time: float
    mean_percent: float
    sd_percent: float
    relative_skew: float = 0.5
    dt: float = 0.25
    seed: int | None = None
    mode: ClampMode = ClampMode.CURRENT
    reversal: float = 0.0


@dataclass(frozen=True)
class OrnsteinUhlenbeck(Stimulus):
    """An Ornstein-Uhlenbeck process, in nA (uS); nothing plays before the delay, other than published."""

    _spec = stimuli.OrnsteinUhlenbeck

    tau: float
    sigma: float
    mean: float
    dt: float = 0.25
    seed: int | None = None
    mode: ClampMode = ClampMode.CURRENT
    reversal: float = 0.0


@dataclass(frozen=True)
class RelativeOrnsteinUhlenbeck(Stimulus):
    """An Ornstein-Uhlenbeck process in percent of the threshold current (input conductance)."""

    _spec = stimuli.RelativeOrnsteinUhlenbeck

    tau: float
    mean_percent: float
    sd_percent: float
    dt: float = 0.25
    seed: int | None = None
    mode: ClampMode = ClampMode.CURRENT
    reversal: float = 0.0


@dataclass(frozen=True)
class Sinusoidal(Stimulus):
    """A sine current: amplitude in nA, frequency in Hz."""

    _spec = stimuli.Sinusoidal

    amp_start: float
    frequency: float


@dataclass(frozen=True)
class SEClamp(Stimulus):
    """A voltage clamp: potentials in mV, resistance in Mohm; its delay counts, other than published."""

    _spec = stimuli.VoltageClamp
    _optional: ClassVar[Mapping[str, object]] = {
        "durations": None,
        "voltages": None,
        "series_resistance": 0.01,
    }

    voltage: float
    durations: Sequence[float] | None
    voltages: Sequence[float] | None
    series_resistance: float


@dataclass(frozen=True)
class SubThreshold(Stimulus):
    """A constant current so many percent below the threshold current."""

    _spec = stimuli.SubThreshold

    percent_less: float


_KINDS: dict[str, type[Stimulus]] = {
    "noise": Noise,
    "hyperpolarizing": Hyperpolarizing,
    "pulse": Pulse,
    "linear": Linear,
    "relative_linear": RelativeLinear,
    "synapse_replay": SynapseReplay,
    "shot_noise": ShotNoise,
    "relative_shot_noise": RelativeShotNoise,
    "ornstein_uhlenbeck": OrnsteinUhlenbeck,
    "relative_ornstein_uhlenbeck": RelativeOrnsteinUhlenbeck,
    "sinusoidal": Sinusoidal,
    "seclamp": SEClamp,
    "subthreshold": SubThreshold,
}
