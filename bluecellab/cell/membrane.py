"""What can be done to a cell's membrane: passive, TTX, streams of stochastic channels."""

from __future__ import annotations

from bluecellab.cell.model import Model
from bluecellab.nrn import mechanisms, runtime
from bluecellab.nrn.scope import Live

__all__ = ["MembraneMixin"]

_KEPT_WHEN_PASSIVE = frozenset({"k_ion", "na_ion", "ca_ion", "pas", "ttx_ion", "capacitance", "morphology"})
_TTX = "TTXDynamicsSwitch"
_TTX_ON, _TTX_OFF = 1.0, 1e-14  # level in the bath; exactly 0 would be invalid


class MembraneMixin(Live):
    """Changes of a cell's membrane as a whole."""

    _model: Model

    def _start_membrane(self) -> None:
        self._passive = False
        self._ttx = False

    @property
    def is_made_passive(self) -> bool:
        """Whether :meth:`make_passive` has been called."""
        return self._passive

    def make_passive(self) -> None:
        """Take out every density mechanism but the passive one; ion pools stay.

        Raises
        ------
        ClosedError, BusyError
            If the cell is closed, or a run is in progress.
        """
        self._check_changeable("making a cell passive")
        for section in self._model.sections.values():
            names = [str(mechanism.name()) for mechanism in section(0.5)]
            for name in names:  # NEURON aborts if a mechanism object outlives its mechanism
                if name not in _KEPT_WHEN_PASSIVE:
                    section.uninsert(name)
        self._passive = True

    @property
    def ttx_enabled(self) -> bool:
        """Whether TTX is in the bath."""
        self._scope.check()
        return self._ttx

    def enable_ttx(self) -> None:
        """Block the sodium channels that know TTX, from the next initialisation on.

        Raises
        ------
        MissingMechanismError
            If the mechanism ``TTXDynamicsSwitch`` is not loaded.
        """
        self._set_ttx(True)

    def disable_ttx(self) -> None:
        """Wash TTX out, from the next initialisation on."""
        self._set_ttx(False)

    def _set_ttx(self, on: bool) -> None:
        self._check_changeable("changing TTX")
        own = getattr(self._model.public, "enable_ttx" if on else "disable_ttx", None)
        if own is not None:
            with runtime.guard("changing TTX by the template's own procedure"):
                own()
        else:
            mechanisms.require([_TTX])
            for section in self._model.sections.values():
                section.insert(_TTX)
                setattr(section, f"ttxo_level_{_TTX}", _TTX_ON if on else _TTX_OFF)
        self._ttx = on

    def re_init_rng(self, channel_seed: int | None = None) -> None:
        """Start the streams of stochastic channels anew, as every run does.

        Parameters
        ----------
        channel_seed
            Handed to the template; its own default when left out.
        """
        self._check_changeable("starting random streams anew")
        self.reseed(channel_seed)

    def reseed(self, channel_seed: int | None) -> None:
        """Do :meth:`re_init_rng` as part of a run; cells without stochastic channels have nothing to do."""
        self._scope.check()
        if self._model.reseed is not None and not self._passive:
            self._model.reseed(channel_seed)

    def _check_changeable(self, doing: str) -> None:
        self._scope.check()
        runtime.refuse_while_running(doing)
