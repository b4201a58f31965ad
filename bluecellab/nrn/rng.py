"""Seeds of the random streams, under their published name."""

from __future__ import annotations

from bluecellab.errors import SimulationError

__all__ = ["RNGSettings", "UndefinedRNGException"]

_MODES = ("Compatibility", "UpdatedMCell", "Random123")


class UndefinedRNGException(SimulationError):
    """A random mode that is none of Compatibility, UpdatedMCell and Random123."""


class RNGSettings:
    """Mode and seeds of the random streams.

    Making one changes nothing in NEURON; a simulation applies ``base_seed`` while it runs.

    Parameters
    ----------
    mode
        ``"Random123"``, or one of the legacy modes ``"Compatibility"`` and ``"UpdatedMCell"``.
    base_seed
        Random123 global index.
    synapse_seed, ionchannel_seed, stimulus_seed, minis_seed
        Of the streams of each purpose.

    Raises
    ------
    UndefinedRNGException
        If the mode is not known.
    """

    _instance: RNGSettings | None = None

    def __init__(
        self,
        mode: str = "Random123",
        base_seed: int = 0,
        synapse_seed: int = 0,
        ionchannel_seed: int = 0,
        stimulus_seed: int = 0,
        minis_seed: int = 0,
    ) -> None:
        self.mode = mode
        self.base_seed = _seed("base_seed", base_seed)
        self.synapse_seed = _seed("synapse_seed", synapse_seed)
        self.ionchannel_seed = _seed("ionchannel_seed", ionchannel_seed)
        self.stimulus_seed = _seed("stimulus_seed", stimulus_seed)
        self.minis_seed = _seed("minis_seed", minis_seed)

    @classmethod
    def get_instance(cls) -> RNGSettings:
        """Return the settings that simulations of this process fall back on."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    @property
    def mode(self) -> str:
        """The random mode."""
        return self._mode

    @mode.setter
    def mode(self, value: str) -> None:
        if value not in _MODES:
            raise UndefinedRNGException(
                f"random mode {value!r} is not known; it is one of {', '.join(_MODES)}"
            )
        self._mode = value

    def set_seeds(self, mode: str | None = None, base_seed: int | None = None) -> None:
        """Set mode and base seed; what is left out goes to ``"Random123"``, or stays."""
        self.mode = mode or "Random123"
        if base_seed is not None:
            self.base_seed = _seed("base_seed", base_seed)

    def __repr__(self) -> str:
        return (
            f"RNGSettings(mode={self.mode!r}, base_seed={self.base_seed}, synapse_seed={self.synapse_seed}, "
            f"ionchannel_seed={self.ionchannel_seed}, stimulus_seed={self.stimulus_seed}, "
            f"minis_seed={self.minis_seed})"
        )


def _seed(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        raise SimulationError(f"{name} must be an integer from 0 to 2**32 - 1, not {value!r}")
    return value
