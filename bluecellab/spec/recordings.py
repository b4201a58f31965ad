"""What to record, and the published names of what is recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, field_validator

from bluecellab.errors import SiteError
from bluecellab.spec.base import Millivolt, PositiveMillisecond, Site, Spec

__all__ = [
    "AIS_VOLTAGE",
    "SOMA_VOLTAGE",
    "TIME",
    "AnyRecording",
    "CurrentsRecording",
    "PointProcessRecording",
    "Recording",
    "SpikeLocation",
    "SpikeRecording",
    "VariableRecording",
    "VoltageRecording",
    "parse_spike_location",
    "spike_key",
    "variable_key",
    "voltage_key",
]

#: Published name of the potential in the middle of the soma.
SOMA_VOLTAGE = "self.soma(0.5)._ref_v"
#: Published name of the potential in the second axonal section.
AIS_VOLTAGE = "self.axonal[1](0.5)._ref_v"
#: Published name of time.
TIME = "neuron.h._ref_t"

_VARIABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?")
_LOCATION = re.compile(
    r"(?P<name>[A-Za-z_]\w*)(?:\[(?P<index>\d+)\])?(?:\((?P<x>[-+]?(?:\d+\.?\d*|\.\d+))\))?"
)


@dataclass(frozen=True)
class SpikeLocation:
    """Where spikes are detected: a section by name, and a position along it."""

    name: str
    index: int | None
    x: float

    @property
    def section_names(self) -> tuple[str, ...]:
        """Names that the section may have within its cell; the first that exists is meant."""
        if self.index is not None:
            return (f"{self.name}[{self.index}]",)
        return (f"{self.name}[0]", self.name)


def parse_spike_location(location: str) -> SpikeLocation:
    """Read a spike detection location.

    ``"soma"`` is ``soma[0](1)`` and ``"AIS"`` is ``axon[1](0.5)``. Anything else is
    ``name``, ``name[index]``, ``name(x)`` or ``name[index](x)``; the position is 0.5 when left out.

    Parameters
    ----------
    location
        Such as ``"soma"``, ``"AIS"`` or ``"dend[3](0.7)"``.

    Returns
    -------
    SpikeLocation
        Name, index and position.

    Raises
    ------
    SiteError
        If the text has another form, or the position is outside 0 to 1.

    Examples
    --------
    >>> parse_spike_location("soma")
    SpikeLocation(name='soma', index=0, x=1.0)
    >>> parse_spike_location("dend[3](1)")
    SpikeLocation(name='dend', index=3, x=1.0)
    """
    if location == "soma":
        return SpikeLocation("soma", 0, 1.0)
    if location == "AIS":
        return SpikeLocation("axon", 1, 0.5)
    match = _LOCATION.fullmatch(location)
    if match is None:
        raise SiteError(
            f"Invalid location format: {location!r}. Write 'soma', 'AIS', 'dend[3]' or 'dend[3](0.5)'."
        )
    x = 0.5 if match["x"] is None else float(match["x"])
    if not 0 <= x <= 1:
        raise SiteError(
            f"Invalid spike detection location: {location!r}. Positions go from 0 (start) to 1 (end)."
        )
    return SpikeLocation(match["name"], None if match["index"] is None else int(match["index"]), x)


def voltage_key(section: str, x: float = 0.5) -> str:
    """Return the published name of a recorded potential.

    Parameters
    ----------
    section
        NEURON's full name of the section, such as ``"Cell[0].dend[3]"``.
    x
        Position along it. ``1`` and ``1.0`` give one name.

    Examples
    --------
    >>> voltage_key("Cell[0].soma[0]")
    'neuron.h.Cell[0].soma[0](0.5)._ref_v'
    """
    return variable_key(section, x, "v")


def variable_key(section: str, x: float, variable: str) -> str:
    """Return the published name of a recorded variable.

    Parameters
    ----------
    section
        NEURON's full name of the section.
    x
        Position along it.
    variable
        ``"v"``, ``"ina"``, ``"gna_hh"`` or, by mechanism, ``"hh.m"``.

    Examples
    --------
    >>> variable_key("Cell[0].soma[0]", 0.5, "hh.m")
    'neuron.h.Cell[0].soma[0](0.5).hh._ref_m'
    """
    mechanism, dot, name = variable.rpartition(".")
    return f"neuron.h.{section}({float(x)!r}){dot}{mechanism}._ref_{name}"


def spike_key(location: str, threshold: float = -30.0) -> str:
    """Return the published name of recorded spikes.

    Parameters
    ----------
    location
        As given to :func:`parse_spike_location`.
    threshold
        In mV.

    Examples
    --------
    >>> spike_key("soma", -30)
    'spike_detector_soma_-30.0'
    """
    return f"spike_detector_{location}_{float(threshold)!r}"


class Recording(Spec):
    """Base of everything that can be recorded.

    Parameters
    ----------
    interval
        Time between samples in ms: a multiple of the step of the run under a fixed step, any under
        CVODE. Every integration step when left out. The last sample is at the end of the run, if the
        interval divides its length.
    """

    interval: PositiveMillisecond | None = None


class VoltageRecording(Recording):
    """The membrane potential at a site.

    Parameters
    ----------
    site
        Where.
    interval
        Time between samples in ms; every step when left out.

    Examples
    --------
    >>> VoltageRecording(site=Site(section="dend[3]", x=0.7)).name
    'dend[3](0.7).v'
    """

    type: Literal["voltage"] = Field("voltage", repr=False)
    site: Site = Site()

    @property
    def name(self) -> str:
        """Name of the trace in results."""
        return f"{self.site}.v"


class VariableRecording(Recording):
    """A range variable at a site.

    Parameters
    ----------
    variable
        ``"v"``; of an ion ``"ina"``, ``"cai"``, ``"ek"``; of a mechanism ``"gIh_Ih"`` or ``"hh.m"``;
        ``"i_membrane_"``, the total current through the membrane of the segment in nA.
    site
        Where.
    interval
        Time between samples in ms; every step when left out.

    Examples
    --------
    >>> VariableRecording(variable="hh.m").name
    'soma[0](0.5).hh.m'
    """

    type: Literal["variable"] = Field("variable", repr=False)
    variable: str
    site: Site = Site()

    @field_validator("variable")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if _VARIABLE.fullmatch(value) is None:
            raise ValueError("not the name of a variable; write 'ina', 'gna_hh' or 'hh.m'")
        return value

    @property
    def name(self) -> str:
        """Name of the trace in results."""
        return f"{self.site}.{self.variable}"


class CurrentsRecording(Recording):
    """Every membrane current at a site, each in mA/cm2.

    Parameters
    ----------
    site
        Where.
    include_nonspecific
        Whether to include the currents of mechanisms that no ion carries, such as ``i_pas``.
    interval
        Time between samples in ms; every step when left out.
    """

    type: Literal["currents"] = Field("currents", repr=False)
    site: Site = Site()
    include_nonspecific: bool = True


class SpikeRecording(Spec):
    """Times at which the potential at a location crosses a threshold upwards.

    Parameters
    ----------
    location
        ``"soma"`` (its end), ``"AIS"`` (the middle of the second axonal section), or a section and
        position such as ``"dend[3](0.7)"``.
    threshold
        In mV.

    Examples
    --------
    >>> SpikeRecording(location="AIS", threshold=-20).name
    'spike_detector_AIS_-20.0'
    """

    type: Literal["spikes"] = Field("spikes", repr=False)
    location: str = "soma"
    threshold: Millivolt = -30.0

    @field_validator("location")
    @classmethod
    def _has_the_form(cls, value: str) -> str:
        parse_spike_location(value)
        return value

    @property
    def name(self) -> str:
        """Name in results, the published one."""
        return spike_key(self.location, self.threshold)


class PointProcessRecording(Recording):
    """A variable of something placed on the cell, such as the current of a clamp.

    Parameters
    ----------
    target
        Name of the stimulus or synapse.
    variable
        NEURON's name of the variable; ``"i"`` is the current of clamps and synapses, in nA.
    interval
        Time between samples in ms; every step when left out.
    """

    type: Literal["point_process"] = Field("point_process", repr=False)
    target: str = Field(min_length=1)
    variable: str = Field("i", pattern=r"^[A-Za-z_]\w*$")

    @property
    def name(self) -> str:
        """Name of the trace in results."""
        return f"{self.target}.{self.variable}"


AnyRecording = Annotated[
    VoltageRecording | VariableRecording | CurrentsRecording | SpikeRecording | PointProcessRecording,
    Field(discriminator="type"),
]
