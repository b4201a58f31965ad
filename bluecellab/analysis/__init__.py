"""Experiments on cells: searches, curves, features and validation.

Each measurement is one function of a cell: of a live one, in place, which is put back as it was; or of a
specification, in a process of its own, which leaves this one alone. The answers are the same, bit for bit.
:func:`measure` measures several cells, with several sets of parameters, side by side.

Currents are in nA and relative to the holding current, potentials in mV, times in ms, resistances in Mohm.
"""

from __future__ import annotations

from bluecellab.analysis.attenuation import assess, fit_attenuation
from bluecellab.analysis.back_propagation import back_propagation
from bluecellab.analysis.curves import CurveSettings, fi_curve, iv_curve, voltage_at_end
from bluecellab.analysis.epsp import epsp_attenuation
from bluecellab.analysis.features import efel_settings, feature_names, features, features_of
from bluecellab.analysis.impedance import chirp_impedance
from bluecellab.analysis.measuring import measure, table
from bluecellab.analysis.properties import memodel_properties
from bluecellab.analysis.rheobase import rheobase, upper_bound_of_threshold
from bluecellab.analysis.running import on_live, run_all
from bluecellab.analysis.searches import (
    Bracket,
    SpikeTest,
    hyperpolarizing_current,
    spikes_at,
    threshold_current,
)
from bluecellab.analysis.spikes import count_spikes, detect_spike, spike_times
from bluecellab.analysis.steady import holding_current, input_resistance, steady_state_voltage
from bluecellab.analysis.steps import StepTimes, step_protocol

__all__ = [
    "Bracket",
    "CurveSettings",
    "SpikeTest",
    "StepTimes",
    "assess",
    "back_propagation",
    "chirp_impedance",
    "count_spikes",
    "detect_spike",
    "efel_settings",
    "epsp_attenuation",
    "feature_names",
    "features",
    "features_of",
    "fi_curve",
    "fit_attenuation",
    "holding_current",
    "hyperpolarizing_current",
    "input_resistance",
    "iv_curve",
    "measure",
    "memodel_properties",
    "on_live",
    "rheobase",
    "run_all",
    "spike_times",
    "spikes_at",
    "steady_state_voltage",
    "step_protocol",
    "table",
    "threshold_current",
    "upper_bound_of_threshold",
    "voltage_at_end",
]
