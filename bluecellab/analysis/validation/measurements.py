"""What is measured of a protocol's results in a validation, as data."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, JsonValue

from bluecellab.analysis.attenuation import assess
from bluecellab.analysis.features import Setting, features
from bluecellab.analysis.validation.base import Observation
from bluecellab.errors import BluecellabError, FeatureError
from bluecellab.results.arrays import FloatArray
from bluecellab.results.measured import BackPropagation, FICurve, IVCurve
from bluecellab.spec.base import Millivolt, Site, Spec

__all__ = [
    "AnyMeasurement",
    "BackPropagates",
    "EfelMeasurement",
    "FeatureDifference",
    "FirstSpikeLag",
    "Measured",
    "Measurement",
    "Property",
    "Slope",
    "SpikeCount",
    "Value",
]

Value = bool | float | FloatArray
"""What can be measured."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A measured value.

    Parameters
    ----------
    value
        The value; None if it is not defined.
    values
        More to be kept with it, JSON-ready.
    notes
        What to say about it, with its verdict; by default a sentence is made of value and criterion.
    """

    value: Value | None
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    notes: str = ""


class Measurement(Spec):
    """Base of what can be measured."""

    @property
    def features(self) -> Mapping[str, str]:
        """Names of eFEL's features that it takes, by field."""
        return {}

    @abstractmethod
    def measure(self, seen: Observation) -> Measured:
        """Measure it.

        Raises
        ------
        FeatureError
            If the protocol gives nothing that this could be measured of.
        """

    @abstractmethod
    def words(self) -> str:
        """Return what it is, for messages: ``"number of spikes"``."""


class _Features(Measurement):
    """Features by eFEL, with settings of its own.

    Parameters
    ----------
    site
        Where the potential was recorded.
    settings
        Of eFEL, by name.
    """

    site: Site = Site()
    settings: Mapping[str, Setting] = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.to_json())

    def _of(self, seen: Observation, *names: str) -> dict[str, FloatArray]:
        trace = seen.results().traces[f"{seen.subject.at(self.site)}.v"]
        start, end = seen.times()
        return features(trace, names, stim_start=start, stim_end=end, settings=self.settings)


class EfelMeasurement(_Features):
    """A feature of the potential.

    Parameters
    ----------
    feature
        eFEL's name of it.
    site, settings
        Where, and how.

    Examples
    --------
    >>> EfelMeasurement(feature="depol_block_bool", settings={"depol_block_min_duration": 150}).words()
    'depol_block_bool'
    """

    type: Literal["efel"] = Field("efel", repr=False)
    feature: str

    @property
    def features(self) -> Mapping[str, str]:
        """Names of eFEL's features that it takes, by field."""
        return {"feature": self.feature}

    def measure(self, seen: Observation) -> Measured:
        """Measure it."""
        found = self._of(seen, self.feature)[self.feature]
        if len(found) == 0:
            return Measured(None, {self.feature: None})
        value: Value = float(found[0]) if len(found) == 1 else found
        return Measured(value, {self.feature: _plain(value)})

    def words(self) -> str:
        """Return what this is, for messages."""
        return self.feature


class FeatureDifference(_Features):
    """A feature less another of the same potential.

    Parameters
    ----------
    feature, less
        eFEL's names of them.
    site, settings
        Where, and how.
    """

    type: Literal["feature_difference"] = Field("feature_difference", repr=False)
    feature: str
    less: str

    @property
    def features(self) -> Mapping[str, str]:
        """Names of eFEL's features that it takes, by field."""
        return {"feature": self.feature, "less": self.less}

    def measure(self, seen: Observation) -> Measured:
        """Measure it."""
        found = self._of(seen, self.feature, self.less)
        first, second = (float(one[0]) if len(one) else None for one in found.values())
        values: dict[str, JsonValue] = {self.feature: first, self.less: second}
        if first is None or second is None:
            return Measured(None, values)
        return Measured(first - second, values)

    def words(self) -> str:
        """Return what this is, for messages."""
        return f"{self.feature} less {self.less}"


class SpikeCount(Measurement):
    """The number of spikes at a place where the protocol detects them, in the whole run.

    Parameters
    ----------
    site
        Where.
    """

    type: Literal["spike_count"] = Field("spike_count", repr=False)
    site: Site = Site()

    def measure(self, seen: Observation) -> Measured:
        """Measure it."""
        place = str(seen.subject.at(self.site))
        trains = [train for name, train in seen.results().spikes.items() if place in str(name)]
        if not trains:
            raise FeatureError(f"the protocol detects no spikes at {place}; add it to the protocol's spikes")
        return Measured(float(len(trains[0])), {"spike_count": len(trains[0])})

    def words(self) -> str:
        """Return what this is, for messages."""
        return "number of spikes"


class FirstSpikeLag(Measurement):
    """The time of the first spike at one place less that at another, in ms.

    Parameters
    ----------
    site
        Where the spike is expected to be late.
    after
        Where it is expected to be first.
    spike_threshold
        In mV; that of the validation by default.
    """

    type: Literal["first_spike_lag"] = Field("first_spike_lag", repr=False)
    site: Site = Site()
    after: Site = Site(section="axon[0]")
    spike_threshold: Millivolt | None = None

    def measure(self, seen: Observation) -> Measured:
        """Measure it."""
        first, later = self._time(seen, self.after), self._time(seen, self.site)
        values: dict[str, JsonValue] = {str(self.after): first, str(self.site): later}
        if first is None or later is None:
            silent = " and ".join(str(s) for s, t in ((self.after, first), (self.site, later)) if t is None)
            return Measured(None, values, f"there is no spike at {silent}.")
        return Measured(later - first, values)

    def _time(self, seen: Observation, site: Site) -> float | None:
        trace = seen.results().traces[f"{seen.subject.at(site)}.v"]
        start, end = seen.times()
        threshold = seen.subject.spike_threshold if self.spike_threshold is None else self.spike_threshold
        found = features(
            trace, "peak_time", stim_start=start, stim_end=end, settings={"Threshold": threshold}
        )
        peaks = found["peak_time"]
        return float(peaks[0]) if len(peaks) else None

    def words(self) -> str:
        """Return what this is, for messages."""
        return f"lag in ms of the first spike at {self.site} behind that at {self.after}"


class Property(Measurement):
    """A property of the cell that is known without a protocol.

    Parameters
    ----------
    name
        ``"holding_current"`` (nA), ``"rheobase"`` (nA) or ``"rin"`` (input resistance in Mohm).
    """

    type: Literal["property"] = Field("property", repr=False)
    name: Literal["holding_current", "rheobase", "rin"]

    def measure(self, seen: Observation) -> Measured:
        """Measure it."""
        value = seen.properties.get(self.name)
        if isinstance(value, BluecellabError):
            raise value
        return Measured(value, {self.name: value})

    def words(self) -> str:
        """Return what this is, for messages."""
        units = {"rin": "input resistance in Mohm", "rheobase": "rheobase in nA"}
        return units.get(self.name, "holding current in nA")


class Slope(Measurement):
    """The slope of the regression line of a curve: mV/nA of an IV curve, spikes/nA of an FI curve."""

    type: Literal["slope"] = Field("slope", repr=False)

    def measure(self, seen: Observation) -> Measured:
        """Measure it."""
        curve = seen.evidence
        if not isinstance(curve, IVCurve | FICurve):
            raise FeatureError(f"a slope is that of a curve, not of {type(curve).__name__}")
        iv = isinstance(curve, IVCurve)
        values = curve.voltages if isinstance(curve, IVCurve) else curve.counts
        kept: dict[str, JsonValue] = {
            "currents": _plain(curve.currents),
            "voltages" if iv else "counts": _plain(values),
        }
        if not np.isfinite(values).all() or np.ptp(curve.currents) == 0:
            return Measured(None, {"slope": None, **kept})
        slope = float(np.polynomial.Polynomial.fit(curve.currents, values, 1).convert().coef[-1])
        return Measured(slope, {"slope": slope, **kept})

    def words(self) -> str:
        """Return what this is, for messages."""
        return "slope"


class BackPropagates(Measurement):
    """Whether an action potential attenuates along the dendrites as it should.

    As published, it is not asked whether there is one: a response of the soma without a spike attenuates,
    too, and passes. Then the result says so; ``soma_fires`` is among its values.

    Parameters
    ----------
    with_fit
        Whether the exponentials that fit the amplitudes are looked at, or only the furthest sections.
    """

    type: Literal["back_propagates"] = Field("back_propagates", repr=False)
    with_fit: bool = False

    def measure(self, seen: Observation) -> Measured:
        """Measure it."""
        found = seen.evidence
        if not isinstance(found, BackPropagation):
            raise FeatureError(f"a back-propagation is needed, not {type(found).__name__}")
        passed, notes = assess(found, with_fit=self.with_fit)
        values: dict[str, JsonValue] = {"soma_amplitude": found.soma_amplitude}
        for kind, branch in (("basal", found.basal), ("apical", found.apical)):
            if branch is not None:
                furthest = int(np.argmax(branch.distances))
                values[f"{kind}_amplitude"] = float(branch.amplitudes[furthest])
                values[f"{kind}_distance"] = float(branch.distances[furthest])
        fires = self._fires(found, seen)
        values["soma_fires"] = fires
        quiet = "" if fires else " Mind that the soma does not fire within the window."
        return Measured(passed, values, notes.partition(": ")[2] + quiet)

    def _fires(self, found: BackPropagation, seen: Observation) -> bool:
        trace = found.results.traces[f"{Site(section=seen.subject.branches.soma)}.v"]
        start, end = seen.times()
        within = (trace.time >= start) & (trace.time <= end)
        return bool(trace.values[within].max(initial=-np.inf) > seen.subject.spike_threshold)

    def words(self) -> str:
        """Return what this is, for messages."""
        return "attenuation of the back-propagating action potential"


def _plain(value: Value) -> JsonValue:
    """Return a number, or a list of numbers; what is not finite is null."""
    if isinstance(value, np.ndarray):
        return [float(number) if np.isfinite(number) else None for number in value]
    return float(value) if np.isfinite(value) else None


AnyMeasurement = Annotated[
    EfelMeasurement | FeatureDifference | SpikeCount | FirstSpikeLag | Property | Slope | BackPropagates,
    Field(discriminator="type"),
]
