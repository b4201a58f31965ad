"""What a configuration of the Allen dialect plays to its cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from bluecellab.spec.allen.layout import EdgesFile
from bluecellab.spec.base import Fraction, Millisecond, Nanoampere, NonNegativeMillisecond, Spec, Unit

__all__ = [
    "AllenInput",
    "AnyAllenStimulus",
    "ClampPlace",
    "ComsolField",
    "CurrentClamp",
    "CurrentFile",
    "EdgeReplay",
    "FieldWaveform",
    "FunctionTrains",
    "ModuleInput",
    "PointElectrodes",
    "ProbeTrains",
    "SpikeTrains",
    "SynapticActivity",
    "VoltageClamp",
]


class ClampPlace(Spec):
    """Where on each cell a clamp sits.

    Parameters
    ----------
    section_name
        List of sections: ``"soma"``, ``"dend"``, ``"apic"``, ``"axon"`` or ``"all"``; or several, one after
        the other.
    section_index
        Which section of the list; or a range of distances from the soma in um, in which one segment is drawn.
    section_dist
        Position along the section.
    """

    section_name: str | tuple[str, ...] = "soma"
    section_index: int | tuple[float, float] = 0
    section_dist: Fraction = 0.5


class SpikeTrains(Spec):
    """Spikes of virtual cells, from a file.

    Parameters
    ----------
    input_file
        Absolute path.
    format
        Of the file.
    population
        Whose spikes in the file; the first population there when left out.
    trial
        Of an NWB file.
    """

    type: Literal["spikes"] = "spikes"
    input_file: str
    format: Literal["sonata", "csv", "nwb"] = "sonata"
    population: str | None = None
    trial: str | None = None


class FunctionTrains(Spec):
    """Spikes of virtual cells, from a registered generator ``f(node, simulation) -> times in ms``."""

    type: Literal["spikes_function"] = "spikes_function"
    function: str


class ProbeTrains(Spec):
    """Spikes of virtual cells, from units recorded by a probe (NWB 2).

    Parameters
    ----------
    input_file
        Absolute path.
    more_files
        Of further sessions; units are taken from all.
    options
        ``mapping``, ``units``, ``interval``, ``interval_offset``, ``missing_ids``, ... as in the file.
    """

    type: Literal["ecephys_probe"] = "ecephys_probe"
    input_file: str
    more_files: tuple[str, ...] = ()
    options: Mapping[str, JsonValue] = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.to_json())


class CurrentClamp(Spec):
    """Steps of current: one IClamp for each amplitude, delay and duration.

    Parameters
    ----------
    amplitudes
        In nA.
    delays, durations
        In ms; as many as amplitudes.
    place
        Where.
    """

    type: Literal["current_clamp"] = "current_clamp"
    amplitudes: tuple[Nanoampere, ...]
    delays: tuple[NonNegativeMillisecond, ...]
    durations: tuple[NonNegativeMillisecond, ...]
    place: ClampPlace = ClampPlace()


class CurrentFile(Spec):
    """A current that is played from a file.

    Parameters
    ----------
    file
        Absolute path.
    format
        A table (csv), or an Allen cell types NWB file.
    separator, timestamps_column, amplitudes_column
        Of the table.
    sweep_id, sweep_window, downsample, delay
        Of the NWB file; the last two in ms.
    place
        Where.
    """

    type: Literal["current_file"] = "current_file"
    file: str
    format: Literal["csv", "nwb"] = "csv"
    separator: str = " "
    timestamps_column: str = "timestamps"
    amplitudes_column: str = "amps"
    sweep_id: int | str | None = None
    sweep_window: tuple[float, float] | None = None
    downsample: Annotated[float, Field(gt=0), Unit("ms")] | None = None
    delay: Millisecond = 0.0
    place: ClampPlace = ClampPlace()


class VoltageClamp(Spec):
    """Steps of potential, by SEClamps.

    Parameters
    ----------
    amplitudes
        In mV.
    delays, durations
        In ms.
    resistance
        Series resistance in Mohm.
    place
        Where.
    """

    type: Literal["voltage_clamp"] = "voltage_clamp"
    amplitudes: tuple[float, ...]
    delays: tuple[NonNegativeMillisecond, ...]
    durations: tuple[NonNegativeMillisecond, ...]
    resistance: Annotated[float, Field(gt=0), Unit("Mohm")] = 1.0
    place: ClampPlace = ClampPlace()


class FieldWaveform(Spec):
    """How an extracellular stimulus goes in time.

    Parameters
    ----------
    shape
        Constant, sine, or points of a file.
    amplitude
        In mA.
    delay, duration
        In ms.
    frequency
        In Hz, of a sine.
    phase
        In rad, of a sine.
    offset
        In mA, of a sine.
    file
        Absolute path of a table with ``time`` and ``amplitude``.
    """

    shape: Literal["dc", "sin", "file"] = "dc"
    amplitude: float = 0.0
    delay: Millisecond = 0.0
    duration: NonNegativeMillisecond = 0.0
    frequency: float = 0.0
    phase: float = 3.141592653589793
    offset: float = 0.0
    file: str | None = None


class PointElectrodes(Spec):
    """``xstim``: currents of point electrodes in a homogeneous medium.

    Parameters
    ----------
    positions_file
        Absolute path of the table of electrodes.
    mesh_files_dir
        Absolute path; the folder of ``positions_file`` when left out.
    resistivity
        In ohm cm.
    waveform
        In time.
    """

    type: Literal["xstim"] = "xstim"
    positions_file: str
    mesh_files_dir: str | None = None
    resistivity: Annotated[float, Field(gt=0), Unit("ohm cm")] = 300.0
    waveform: FieldWaveform


class ComsolField(Spec):
    """``comsol``: potentials computed by COMSOL, interpolated at the segments.

    Parameters
    ----------
    files
        Absolute paths; fields add up.
    waveforms
        One for each file; None: the file has columns for times.
    amplitudes
        Factor on each.
    """

    type: Literal["comsol"] = "comsol"
    files: tuple[str, ...]
    waveforms: tuple[str | None, ...] = ()
    amplitudes: tuple[float, ...] = ()


class SynapticActivity(Spec):
    """``syn_activity``: some synapses are driven at given times, and all others are silenced.

    Parameters
    ----------
    timestamps
        In ms.
    precell_filter, postcell_filter
        Node sets of the cells on either side; all when left out.
    """

    type: Literal["syn_activity"] = "syn_activity"
    timestamps: tuple[NonNegativeMillisecond, ...]
    precell_filter: str | None = None
    postcell_filter: str | None = None


class EdgeReplay(Spec):
    """``replay``: recorded spikes of real cells arrive through edges of a file of their own.

    Parameters
    ----------
    spikes_file
        Absolute path.
    edges
        The edges.
    source_node_set, target_node_set
        Which of them; all when left out.
    """

    type: Literal["replay"] = "replay"
    spikes_file: str
    edges: EdgesFile
    source_node_set: str | None = None
    target_node_set: str | None = None


class ModuleInput(Spec):
    """A registered module of the user's: an object with ``initialize``, ``step``, ``block`` and ``finalize``.

    Parameters
    ----------
    module
        Its name.
    options
        Everything else that the block says.
    """

    type: Literal["module"] = "module"
    module: str
    options: Mapping[str, JsonValue] = Field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.to_json())


AnyAllenStimulus = Annotated[
    SpikeTrains
    | FunctionTrains
    | ProbeTrains
    | CurrentClamp
    | CurrentFile
    | VoltageClamp
    | PointElectrodes
    | ComsolField
    | SynapticActivity
    | EdgeReplay
    | ModuleInput,
    Field(discriminator="type"),
]
"""Whatever an input may do; told apart by ``type``."""


class AllenInput(Spec):
    """One block of ``inputs``.

    Parameters
    ----------
    name
        Its key in the configuration.
    stimulus
        What is done.
    node_set
        To whom, or whose spikes; all when left out.
    """

    name: str
    stimulus: AnyAllenStimulus
    node_set: str | None = None
