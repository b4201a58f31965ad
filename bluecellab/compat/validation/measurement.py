"""What is measured, under the published names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from bluecellab.analysis.features import Setting, features
from bluecellab.compat.analysis.inject_sequence import Recording
from bluecellab.compat.validation.criterion import Value
from bluecellab.errors import FeatureError
from bluecellab.results import Trace

__all__ = ["EfelMeasurement", "Measurement"]


class Measurement(ABC):
    """Base of measurements."""

    @abstractmethod
    def extract(self, recording: Recording, stim_start: float, stim_end: float) -> Value | None:
        """Return a value of a recording, or None where it has none.

        Parameters
        ----------
        recording
            What was recorded.
        stim_start, stim_end
            Of the stimulus in ms.
        """


@dataclass
class EfelMeasurement(Measurement):
    """A feature of eFEL's.

    Parameters
    ----------
    feature_name
        Its name.
    efel_settings
        Settings of eFEL's for it, such as ``{"Threshold": -40.0}``.
    """

    feature_name: str
    efel_settings: dict[str, Setting] = field(default_factory=dict)

    def extract(self, recording: Recording, stim_start: float, stim_end: float) -> Value | None:
        """Return the feature: a number if it has one value, else an array; None if it has none, or fails."""
        trace = Trace("v", recording.time, recording.voltage, "mV")
        try:
            values = features(
                trace,
                self.feature_name,
                stim_start=stim_start,
                stim_end=stim_end,
                settings=self.efel_settings,
            )[self.feature_name]
        except FeatureError:
            return None
        if len(values) == 0:
            return None
        return float(values[0]) if len(values) == 1 else values
