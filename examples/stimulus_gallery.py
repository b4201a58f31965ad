"""The stimulus gallery: every waveform in one figure, without NEURON."""

from dataclasses import replace

from bluecellab import StimulusFactory
from bluecellab.plotting import plot_stimulus_gallery
from bluecellab.spec import stimuli
from bluecellab.stimulus import Electrical, Seeds, Waveform, waveform_of

cell = Electrical(threshold_current=0.2, holding_current=-0.05, input_resistance=150.0)
when = {"delay": 50.0, "duration": 200.0}
shots = {"rise_time": 0.4, "decay_time": 4.0}
gallery = {
    "step": stimuli.Step(**when, amplitude=0.2),
    "ramp": stimuli.Ramp(**when, amp_end=0.3),
    "segments": stimuli.Segments(delay=50, levels=(0.1, 0.3, -0.1), durations=(60, 60, 80)),
    "pulse train": stimuli.PulseTrain(**when, amp_start=0.3, width=5, frequency=40),
    "sinusoidal": stimuli.Sinusoidal(**when, amp_start=0.2, frequency=20),
    "linear": stimuli.Linear(**when, amp_start=0.3, amp_end=-0.1),
    "relative linear": stimuli.RelativeLinear(**when, percent_start=50, percent_end=150),
    "subthreshold": stimuli.SubThreshold(**when, percent_less=20),
    "hyperpolarizing": stimuli.Hyperpolarizing(**when),
    "noise": stimuli.Noise(**when, mean_percent=100, variance=0.5),
    "shot noise": stimuli.ShotNoise(**when, **shots, rate=80, amp_mean=0.05, amp_var=4e-4),
    "relative shot noise": stimuli.RelativeShotNoise(**when, **shots, mean_percent=80, sd_percent=30),
    "Ornstein-Uhlenbeck": stimuli.OrnsteinUhlenbeck(**when, tau=3, mean=0.15, sigma=0.05),
    "relative Ornstein-Uhlenbeck": stimuli.RelativeOrnsteinUhlenbeck(
        **when, tau=20, mean_percent=80, sd_percent=25
    ),
    "voltage clamp": stimuli.VoltageClamp(
        duration=250, voltage=-80, duration_levels=(80, 80), voltage_levels=(-40, 0)
    ),
}
waveforms = [waveform_of(spec, cell, Seeds(base_seed=1)) for spec in gallery.values()]

factory = StimulusFactory(dt=1.0)
for name in ("ap_waveform", "idrest", "iv", "fire_pattern", "pos_cheops", "neg_cheops"):
    series = getattr(factory, name)(threshold_current=0.2)
    waveforms.append(Waveform(times=series.time, values=series.current, unit="nA", label=name))

names = [*gallery, *(waveform.label for waveform in waveforms[len(gallery) :])]
labelled = [replace(waveform, label=name) for waveform, name in zip(waveforms, names, strict=True)]
figure = plot_stimulus_gallery(labelled)
figure.savefig("stimulus_gallery.png", dpi=110)
print(f"{len(labelled)} stimuli drawn in stimulus_gallery.png")
