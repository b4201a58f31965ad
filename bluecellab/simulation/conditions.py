"""What simulations fall back on when they are not told: temperature and initial potential."""

from __future__ import annotations

from typing import NamedTuple

from bluecellab.errors import SimulationError

__all__ = ["ALWAYS_PUT_BACK", "NeuronGlobalParams", "NeuronGlobals", "set_neuron_globals"]

#: Settings of NEURON that are after a run what they were before.
ALWAYS_PUT_BACK = (
    "celsius",
    "v_init",
    "dt",
    "tstop",
    "steps_per_ms",
    "secondorder",
    "nthread",
    "cvode",
    "cvode_minstep",
    "cvode_maxstep",
    "cvode_atol",
    "cvode_rtol",
    "use_fast_imem",
    "random123_globalindex",
)


class NeuronGlobalParams(NamedTuple):
    """Temperature (degC) and initial membrane potential (mV)."""

    temperature: float
    v_init: float


class NeuronGlobals:
    """The defaults of this process, under their published name; one object, see :meth:`get_instance`.

    Setting them changes no global of NEURON's: a simulation applies them while it runs.
    """

    _instance: NeuronGlobals | None = None

    def __init__(self) -> None:
        raise RuntimeError("Call NeuronGlobals.get_instance() instead")

    @classmethod
    def get_instance(cls) -> NeuronGlobals:
        """Return the one object there is."""
        if cls._instance is None:
            cls._instance = cls.__new__(cls)
            cls._instance._params = NeuronGlobalParams(34.0, -65.0)
        return cls._instance

    _params: NeuronGlobalParams

    @property
    def temperature(self) -> float:
        """Temperature in degC."""
        return self._params.temperature

    @temperature.setter
    def temperature(self, value: float) -> None:
        self._params = NeuronGlobalParams(_number("temperature", value), self.v_init)

    @property
    def v_init(self) -> float:
        """Initial membrane potential in mV."""
        return self._params.v_init

    @v_init.setter
    def v_init(self, value: float) -> None:
        self._params = NeuronGlobalParams(self.temperature, _number("v_init", value))

    def export_params(self) -> NeuronGlobalParams:
        """Return both, to hand to another process."""
        return self._params

    def load_params(self, params: NeuronGlobalParams) -> None:
        """Take both over."""
        self.temperature, self.v_init = params


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise SimulationError(f"{name} must be a number, not {value!r}")
    return float(value)


def set_neuron_globals(temperature: float | None = 34.0, v_init: float | None = -80.0) -> None:
    """Set the defaults of this process; ``None`` leaves one as it is.

    Parameters
    ----------
    temperature
        In degC.
    v_init
        Initial membrane potential in mV.
    """
    defaults = NeuronGlobals.get_instance()
    if temperature is not None:
        defaults.temperature = temperature
    if v_init is not None:
        defaults.v_init = v_init
