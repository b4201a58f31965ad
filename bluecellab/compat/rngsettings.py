"""Seeds of the random streams, under the published names."""

from __future__ import annotations

from typing import Protocol

from bluecellab.nrn import rng
from bluecellab.nrn.rng import UndefinedRNGException

__all__ = ["RNGSettings", "UndefinedRNGException"]


class _SimulationConfig(Protocol):
    """A configuration of a simulation, as far as seeds are concerned."""

    rng_mode: str
    base_seed: int
    synapse_seed: int
    ionchannel_seed: int
    stimulus_seed: int
    minis_seed: int


class RNGSettings(rng.RNGSettings):
    """Mode and seeds of the random streams.

    As published, making one also sets the base seed (the Random123 global index) that simulations use
    from then on, and the cells' random stimuli take the other seeds from :meth:`get_instance`.

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

    def __init__(
        self,
        mode: str = "Random123",
        base_seed: int = 0,
        synapse_seed: int = 0,
        ionchannel_seed: int = 0,
        stimulus_seed: int = 0,
        minis_seed: int = 0,
    ) -> None:
        super().__init__(mode, base_seed, synapse_seed, ionchannel_seed, stimulus_seed, minis_seed)
        self._share()

    @classmethod
    def get_instance(cls) -> RNGSettings:
        """Return the settings that cells and simulations of this process fall back on."""
        shared = rng.RNGSettings.get_instance()
        if not isinstance(shared, cls):
            own = cls.__new__(cls)
            vars(own).update(vars(shared))
            rng.RNGSettings._instance = shared = own
        return shared

    def set_seeds(  # type: ignore[override]  # the published order
        self,
        mode: str | None = None,
        sim_config: _SimulationConfig | None = None,
        base_seed: int | None = None,
    ) -> None:
        """Set mode and seeds.

        Parameters
        ----------
        mode
            Random mode; by default that of the configuration, else ``"Random123"``.
        sim_config
            Has all seeds.
        base_seed
            Wins over that of the configuration.
        """
        if sim_config is not None:
            mode = mode or sim_config.rng_mode
            base_seed = sim_config.base_seed if base_seed is None else base_seed
            self.synapse_seed = sim_config.synapse_seed
            self.ionchannel_seed = sim_config.ionchannel_seed
            self.stimulus_seed = sim_config.stimulus_seed
            self.minis_seed = sim_config.minis_seed
        super().set_seeds(mode, base_seed)
        self._share()

    def _share(self) -> None:
        """Let simulations use this base seed, as NEURON's one global index would."""
        rng.RNGSettings.get_instance().base_seed = self.base_seed
