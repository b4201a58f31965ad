"""What all stimuli share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from bluecellab.spec.base import Millivolt, NonNegativeMillisecond, Spec, Unit

if TYPE_CHECKING:
    from bluecellab.spec.stimuli.compose import Sum

__all__ = [
    "AMOUNT",
    "Amount",
    "ConductanceOrCurrent",
    "InjectionMode",
    "Numbers",
    "Seed",
    "Stimulus",
    "TimedStimulus",
    "refuse_negative",
]

InjectionMode = Literal["current", "conductance"]

#: Unit of a strength: nA in current mode, uS in conductance mode.
AMOUNT = "nA|uS"
_CURRENT = Unit("nA")
_CONDUCTANCE = Unit("uS")

Amount = Annotated[float, Unit(AMOUNT)]


def _plain(values: object) -> object:
    """Turn a numpy array, or anything else with ``tolist``, into plain numbers."""
    plain = values.tolist() if hasattr(values, "tolist") else values
    return tuple(plain) if isinstance(plain, list) else plain


#: Lets a field that is a tuple of numbers take numpy arrays.
Numbers = BeforeValidator(_plain)
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Stimulus(Spec):
    """Base of all stimuli.

    ``a + b`` is a :class:`Sum`: both are played at the same site and at the same time, and their
    currents add. (The time series of :class:`~bluecellab.stimulus.StimulusFactory` are another
    thing: there ``a + b`` is ``a`` followed by ``b``.)
    """

    #: Adds two. Set by the module compose, which knows all stimuli, as this one must not.
    _added: ClassVar[Callable[[Stimulus, Stimulus], Sum]]

    def __add__(self, other: Stimulus) -> Sum:
        if not isinstance(other, Stimulus):
            return NotImplemented
        return Stimulus._added(self, other)

    def __radd__(self, other: object) -> Stimulus:
        """Let ``sum(stimuli)`` work: it begins with ``0 + first``."""
        return self if other == 0 else NotImplemented


class TimedStimulus(Stimulus):
    """A stimulus with a beginning and an end.

    Parameters
    ----------
    delay
        When it begins, in ms.
    duration
        How long it lasts, in ms.
    """

    delay: NonNegativeMillisecond = 0.0
    duration: NonNegativeMillisecond

    @property
    def end(self) -> float:
        """When it ends, in ms."""
        return self.delay + self.duration


class ConductanceOrCurrent(Stimulus):
    """A waveform that is injected as a current or as a conductance.

    Parameters
    ----------
    mode
        ``"current"``: the waveform is a current in nA. ``"conductance"``: it is a conductance *g*
        in uS with the current *g* (V - reversal) leaving the cell; where *g* is not positive there
        is no current.
    reversal
        Reversal potential of the conductance, in mV; without meaning in current mode.
    """

    _amounts: ClassVar[tuple[str, ...]] = ()

    mode: InjectionMode = "current"
    reversal: Millivolt = 0.0

    @model_validator(mode="before")
    @classmethod
    def _read_amounts(cls, fields: Any) -> Any:
        """Read texts such as ``"20 pA"`` or ``"2 nS"`` in the unit that the mode asks for."""
        if not isinstance(fields, Mapping):
            return fields
        unit = _CONDUCTANCE if fields.get("mode") == "conductance" else _CURRENT
        parsed = dict(fields)
        for name in cls._amounts:
            value = _plain(fields.get(name))
            if isinstance(value, tuple):
                parsed[name] = tuple(unit.parse(item) for item in value)
            elif name in fields:
                parsed[name] = unit.parse(value)
        return parsed

    @property
    def unit(self) -> str:
        """Unit of the waveform: ``"nA"`` or ``"uS"``."""
        return "uS" if self.mode == "conductance" else "nA"


def refuse_negative(stimulus: ConductanceOrCurrent, values: Mapping[str, float]) -> None:
    """Raise ValueError for a conductance that is given as a negative number."""
    if stimulus.mode == "conductance":
        for name, value in values.items():
            if value < 0:
                raise ValueError(f"{name}={value} is a negative conductance; give it in uS, >= 0")
