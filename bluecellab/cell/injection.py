"""Injecting into a cell: every published ``add_*`` is one line over :mod:`bluecellab.stimulus`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bluecellab.cell.recording import RecordingMixin
from bluecellab.cell.sections import AnyPlace
from bluecellab.errors import StimulusError
from bluecellab.nrn import runtime
from bluecellab.nrn.handles import Section, Segment
from bluecellab.nrn.rng import RNGSettings
from bluecellab.spec import stimuli
from bluecellab.spec.stimuli import InjectionMode, Stimulus
from bluecellab.stimulus import Electrical, LiveStimulus, Seeds, play, stream_of
from bluecellab.stimulus.inputs import SOMA, Place, PlannedInput, Recipient, play_input

__all__ = ["Convertible", "InjectionMixin"]

FloatArray = npt.NDArray[np.float64]


class Convertible(Protocol):
    """A published stimulus definition, which says what it is in our words."""

    def to_spec(self) -> Stimulus:
        """Return the specification."""


Given = Stimulus | Convertible


class InjectionMixin(RecordingMixin):
    """Stimuli played at any place of the cell; each can be closed again."""

    threshold: float
    hypamp: float | None

    def _start_injection(self) -> None:
        self.input_resistance: float | None = None
        self.stimuli: list[LiveStimulus] = self._scope.own([], list.clear)

    def add_stimulus(
        self,
        stimulus: Given,
        section: AnyPlace | None = None,
        segx: float | None = None,
        *,
        seeds: Seeds | None = None,
    ) -> LiveStimulus:
        """Play a stimulus.

        Parameters
        ----------
        stimulus
            Any of :mod:`bluecellab.spec.stimuli`.
        section, segx
            Where: a section (handle or name), segment or site, and a position along it; the middle
            of the soma by default.
        seeds
            What decides the streams of random stimuli, beside the stimulus itself.

        Returns
        -------
        LiveStimulus
            Closing it takes the stimulus away again.

        Raises
        ------
        StimulusError
            If it is relative to a property that the cell does not have, or random while
            :class:`~bluecellab.nrn.rng.RNGSettings` asks for a legacy mode.
        SectionNotFoundError, SiteError
            If there is no such place.
        BusyError
            If a run is in progress.
        """
        self._scope.check()
        runtime.refuse_while_running("adding a stimulus")
        spec = stimulus if isinstance(stimulus, Stimulus) else stimulus.to_spec()
        _refuse_legacy_streams(spec)
        at = self.at(section, segx)
        chosen = seeds or self._seeds(0)
        live = play(spec, at, self._scope, electrical=self._electrical(), seeds=chosen)
        self._keep([live])
        return live

    def _electrical(self) -> Electrical:
        return Electrical(self.threshold or None, self.hypamp, self.input_resistance)

    def _keep(self, live: Sequence[LiveStimulus]) -> None:
        self.stimuli[:] = [*(item for item in self.stimuli if not item.closed), *live]

    def add_input(
        self, planned: PlannedInput, gid: int | None = None, places: Sequence[Place] = SOMA
    ) -> list[LiveStimulus]:
        """Play a block of a circuit's inputs; see :func:`bluecellab.stimulus.play_input`.

        Parameters
        ----------
        planned
            The block, numbered.
        gid
            Global id of the cell, from 0; its id when left out.
        places
            Where: sections by SONATA id or name, and positions on them; the middle of the soma by default.
        """
        self._scope.check()
        number = self.cell_id.id if gid is None else gid
        electrical = self._electrical()
        recipient = Recipient(self._scope, self._scope.name, self.cell_id, number, self._place, electrical)
        live = play_input(planned, recipient, places)
        self._keep(live)
        return live

    def _place(self, section: int | str | None, x: float) -> Segment:
        return self.at(self.get_section_by_id(section) if isinstance(section, int) else section, x)

    def add_step(
        self,
        start_time: float,
        stop_time: float,
        level: float,
        section: Section | None = None,
        segx: float = 0.5,
    ) -> LiveStimulus:
        """Inject ``level`` nA from ``start_time`` to ``stop_time`` ms."""
        return self.add_stimulus(stimuli.Step.between(start_time, stop_time, level), section, segx)

    def add_ramp(
        self,
        start_time: float,
        stop_time: float,
        start_level: float,
        stop_level: float,
        section: Section | None = None,
        segx: float = 0.5,
    ) -> LiveStimulus:
        """Inject a current that goes from ``start_level`` to ``stop_level`` nA."""
        ramp = stimuli.Ramp.between(start_time, stop_time, start_level, stop_level)
        return self.add_stimulus(ramp, section, segx)

    def add_pulse(self, stimulus: Given, section: Section | None = None, segx: float = 0.5) -> LiveStimulus:
        """Inject a train of pulses."""
        return self.add_stimulus(stimulus, section, segx)

    def add_sinusoidal(
        self, stimulus: Given, section: Section | None = None, segx: float = 0.5
    ) -> LiveStimulus:
        """Inject a sinusoidal current."""
        return self.add_stimulus(stimulus, section, segx)

    def add_seclamp(self, stimulus: Given, section: Section | None = None, segx: float = 0.5) -> LiveStimulus:
        """Clamp the potential as SONATA's ``seclamp`` says."""
        return self.add_stimulus(stimulus, section, segx)

    def add_voltage_clamp(
        self,
        stop_time: float,
        level: float,
        durations: Sequence[float] | None = None,
        levels: Sequence[float] | None = None,
        rs: float | None = None,
        section: Section | None = None,
        segx: float = 0.5,
        current_record_name: str | None = None,
        current_record_dt: float | None = None,
    ) -> LiveStimulus:
        """Clamp the potential until ``stop_time`` ms.

        Parameters
        ----------
        stop_time
            End of the clamp in ms; it begins at 0.
        level
            Potential in mV.
        durations, levels
            Potentials that follow, each after the duration (ms) of the same index.
        rs
            Series resistance in Mohm; NEURON's 1 by default.
        section, segx
            Where.
        current_record_name
            Record the clamp's current in nA under this name; see :meth:`get_recording`.
        current_record_dt
            Interval of that recording in ms.
        """
        clamp = stimuli.VoltageClamp(
            duration=stop_time,
            voltage=level,
            duration_levels=tuple(durations or ()),
            voltage_levels=tuple(levels or ()),
            series_resistance=1.0 if rs is None else rs,
        )
        live = self.add_stimulus(clamp, section, segx)
        if current_record_name is not None:
            self.record_pointer(current_record_name, live.current_ref, interval=current_record_dt, unit="nA")
        return live

    def add_alpha_synapse(
        self, onset: float, tau: float, gmax: float, e: float, section: Section, segx: float = 0.5
    ) -> LiveStimulus:
        """Add an alpha-function conductance: ``onset``, ``tau`` (ms), ``gmax`` (uS), ``e`` (mV)."""
        return self.add_stimulus(stimuli.AlphaSynapse(onset=onset, tau=tau, gmax=gmax, e=e), section, segx)

    def add_noise_step(
        self,
        section: Section,
        segx: float,
        mean: float,
        variance: float,
        delay: float,
        duration: float,
        seed: int | None = None,
        noisestim_count: int = 0,
    ) -> LiveStimulus:
        """Inject normally distributed current: ``mean`` (nA) and ``variance`` (nA2)."""
        noise = stimuli.Noise(delay=delay, duration=duration, mean=mean, variance=variance, seed=seed)
        return self.add_stimulus(noise, section, segx, seeds=self._seeds(noisestim_count))

    def _seeds(self, count: int) -> Seeds:
        settings = RNGSettings.get_instance()
        return Seeds(
            base_seed=settings.base_seed,
            stimulus_seed=settings.stimulus_seed,
            cell=self.cell_id.id,
            count=count,
        )

    def add_replay_noise(
        self,
        stimulus: Given,
        noise_seed: int | None = None,
        noisestim_count: int = 0,
        section: Section | None = None,
        segx: float = 0.5,
    ) -> LiveStimulus:
        """Inject the noise that a circuit's configuration describes."""
        spec = stimulus if isinstance(stimulus, Stimulus) else stimulus.to_spec()
        if noise_seed is not None:
            spec = spec.model_copy(update={"seed": noise_seed})
        return self.add_stimulus(spec, section, segx, seeds=self._seeds(noisestim_count))

    def add_replay_hypamp(
        self, stimulus: Given, section: Section | None = None, segx: float = 0.5
    ) -> LiveStimulus:
        """Inject the cell's holding current."""
        return self.add_stimulus(stimulus, section, segx)

    def add_replay_linear(
        self, stimulus: Given, section: Section | None = None, segx: float = 0.5
    ) -> LiveStimulus:
        """Inject a linear current."""
        return self.add_stimulus(stimulus, section, segx)

    def add_replay_relativelinear(
        self, stimulus: Given, section: Section | None = None, segx: float = 0.5
    ) -> LiveStimulus:
        """Inject a linear current in percent of the threshold current."""
        return self.add_stimulus(stimulus, section, segx)

    def add_replay_subthreshold(
        self, stimulus: Given, section: Section | None = None, segx: float = 0.5
    ) -> LiveStimulus:
        """Inject a constant current so many percent below the threshold current."""
        return self.add_stimulus(stimulus, section, segx)

    def add_replay_shotnoise(
        self, section: Section, segx: float, stimulus: Given, shotnoise_stim_count: int = 0
    ) -> tuple[Any, Any]:
        """Inject shot noise; returns NEURON's Vectors of times (ms) and values played."""
        return _vectors(self.add_stimulus(stimulus, section, segx, seeds=self._seeds(shotnoise_stim_count)))

    def add_replay_relative_shotnoise(
        self, section: Section, segx: float, stimulus: Given, shotnoise_stim_count: int = 0
    ) -> tuple[Any, Any]:
        """Inject shot noise relative to the threshold current; returns as the former."""
        return self.add_replay_shotnoise(section, segx, stimulus, shotnoise_stim_count)

    def add_ornstein_uhlenbeck(
        self, section: Section, segx: float, stimulus: Given, stim_count: int = 0
    ) -> tuple[Any, Any]:
        """Inject an Ornstein-Uhlenbeck process; returns NEURON's Vectors of times and values."""
        return _vectors(self.add_stimulus(stimulus, section, segx, seeds=self._seeds(stim_count)))

    def add_relative_ornstein_uhlenbeck(
        self, section: Section, segx: float, stimulus: Given, stim_count: int = 0
    ) -> tuple[Any, Any]:
        """Inject the same relative to the threshold current; returns as the former."""
        return self.add_ornstein_uhlenbeck(section, segx, stimulus, stim_count)

    def inject_current_waveform(
        self,
        t_content: npt.ArrayLike,
        i_content: npt.ArrayLike,
        section: Section | None = None,
        segx: float = 0.5,
    ) -> tuple[LiveStimulus, Any]:
        """Inject sampled current, each sample (nA) held until the time (ms) of the next.

        Returns
        -------
        LiveStimulus
            The clamp.
        hoc.Vector
            NEURON's Vector of the samples.
        """
        live = self.add_stimulus(_sampled(t_content, i_content, hold=True), section, segx)
        return live, live.stim

    def inject_current_clamp_signal(
        self, section: Section, segx: float, tvec: npt.ArrayLike, svec: npt.ArrayLike
    ) -> tuple[Any, Any]:
        """Inject interpolated current: times in ms, values in nA."""
        return _vectors(self.add_stimulus(_sampled(tvec, svec), section, segx))

    def inject_dynamic_clamp_signal(
        self, section: Section, segx: float, tvec: npt.ArrayLike, svec: npt.ArrayLike, reversal: float
    ) -> tuple[Any, Any]:
        """Impose a conductance: times in ms, values in uS, reversal potential in mV."""
        spec = _sampled(tvec, svec, mode="conductance", reversal=reversal)
        return _vectors(self.add_stimulus(spec, section, segx))

    def add_sin_current(
        self,
        amp: float,
        start_time: float,
        duration: float,
        frequency: float,
        section: Section | None = None,
        segx: float = 0.5,
    ) -> LiveStimulus:
        """Inject ``amp`` (nA) times the sine of ``frequency`` (Hz)."""
        sine = stimuli.Sinusoidal(delay=start_time, duration=duration, amp_start=amp, frequency=frequency)
        return self.add_stimulus(sine, section, segx)

    def addSineCurrentInject(
        self,
        start_time: float,
        stop_time: float,
        freq: float,
        amplitude: float,
        mid_level: float,
        dt: float = 1.0,
    ) -> tuple[FloatArray, FloatArray]:
        """Inject ``amplitude * sin(2 pi freq (t - start)) + mid_level``; ``freq`` in 1/ms.

        Deprecated by its publishers; :meth:`add_sin_current` is the one to use.
        """
        times = np.arange(start_time, stop_time, dt)
        current = amplitude * np.sin(2 * np.pi * freq * (times - start_time)) + mid_level
        self.inject_current_waveform(times, current)
        return times, current

    def relativity_proportion(self, stim_mode: str) -> float:
        """Return what 100 percent of a relative stimulus are: nA for current, uS for conductance."""
        mode: InjectionMode = "conductance" if "conductance" in str(stim_mode).lower() else "current"
        return self._electrical().reference(mode)


def _refuse_legacy_streams(spec: Stimulus) -> None:
    """Raise if a random stimulus would draw from streams that are not made here."""
    mode = RNGSettings.get_instance().mode
    if mode == "Random123":
        return
    if any(
        stream_of(part, Seeds()) is not None and getattr(part, "seed", None) is None
        for part in stimuli.parts_of(spec)
    ):
        raise StimulusError(
            f"a random stimulus in the legacy mode {mode!r}, whose streams are not made here; use "
            "RNGSettings.get_instance().set_seeds(mode='Random123'), or give a noise a seed of its own"
        )


def _sampled(
    times: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    hold: bool = False,
    mode: InjectionMode = "current",
    reversal: float = 0.0,
) -> stimuli.Sampled:
    return stimuli.Sampled(
        times=tuple(np.asarray(times, float)),
        values=tuple(np.asarray(values, float)),
        interpolation="hold" if hold else "linear",
        mode=mode,
        reversal=reversal,
    )


def _vectors(live: LiveStimulus) -> tuple[Any, Any]:
    return live.tvec, live.stim
