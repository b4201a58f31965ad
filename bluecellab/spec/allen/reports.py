"""What a simulation of the Allen dialect reports."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bluecellab.spec.base import NonNegativeMillisecond, PositiveMicrometer, PositiveMillisecond, Spec

__all__ = [
    "AnyAllenReport",
    "ClampReport",
    "ExtracellularReport",
    "MembraneReport",
    "SaveSynapses",
    "SynapseReport",
]


class _Sampled(Spec):
    """A report whose frame *j* is the state one step after ``start_time + j dt``.

    Parameters
    ----------
    name
        Its key in the configuration.
    cells
        Node set; all biophysical cells when left out.
    dt
        In ms; every step when left out.
    start_time, end_time
        In ms; the whole run when left out.
    file_name
        Within the output folder.
    enabled
        Whether it is written.
    """

    name: str
    cells: str | None = None
    dt: PositiveMillisecond | None = None
    start_time: NonNegativeMillisecond = 0.0
    end_time: PositiveMillisecond | None = None
    file_name: str = ""
    enabled: bool = True

    @property
    def output_name(self) -> str:
        """File in the output folder."""
        return self.file_name or f"{self.name}.h5"


class MembraneReport(_Sampled):
    """``membrane_report``: variables of segments.

    Parameters
    ----------
    variable_names
        Attributes of a segment, such as ``"v"``, ``"cai"``, ``"m_hh"``. Several get a file each.
    sections
        Lists of sections; ``("soma",)`` with ``soma_only`` is one value a cell.
    soma_only
        Whether only the middle of the first somatic section counts.
    transform
        ``"first_element"`` of a variable with several values, such as ``vext``.
    """

    type: Literal["membrane"] = "membrane"
    variable_names: tuple[str, ...] = ("v",)
    sections: tuple[str, ...] = ("all",)
    soma_only: bool = False
    transform: Literal["first_element"] | None = None


class SynapseReport(_Sampled):
    """``netcon_report``: variables of synapses, one column for each connection.

    Parameters
    ----------
    variable_names
        Of the point process.
    syn_type
        Beginning of the names of the mechanisms that count; None: all.
    """

    type: Literal["netcon"] = "netcon"
    variable_names: tuple[str, ...]
    syn_type: str | None = "Exp2Syn"


class ClampReport(_Sampled):
    """``clamp_report``: currents of clamps.

    Parameters
    ----------
    variable_name
        ``"se"``, ``"ic"`` or ``"f_ic"``: those of voltage clamps, of current clamps, of current files.
    """

    type: Literal["clamp"] = "clamp"
    variable_name: Literal["se", "ic", "f_ic"] = "ic"


class ExtracellularReport(_Sampled):
    """``extracellular``: potentials at electrodes, by the line-source formula.

    Parameters
    ----------
    electrode_positions
        Absolute path of the table of electrodes.
    contributions_dir
        Within the output folder: a file for each cell's part; none when left out.
    file_name_nwb
        Within the output folder: an NWB file of the same potentials; none when left out. It may be that of
        spikes.
    minimum_distance
        In um; ``"auto"``: the radius of each segment.
    cell_bounds
        First and last global id of the cells that count, instead of ``cells``.
    """

    type: Literal["extracellular"] = "extracellular"
    electrode_positions: str
    contributions_dir: str | None = None
    file_name_nwb: str | None = None
    minimum_distance: PositiveMicrometer | Literal["auto"] | None = None
    cell_bounds: tuple[int, int] | None = None


class SaveSynapses(Spec):
    """``save_synapses``: places and weights of all connections, written as SONATA edges.

    Parameters
    ----------
    name
        Its key in the configuration.
    network_dir
        Absolute path of the folder to write to.
    enabled
        Whether it is written.
    """

    type: Literal["save_synapses"] = "save_synapses"
    name: str
    network_dir: str
    enabled: bool = True

    @property
    def output_name(self) -> str:
        """What it writes to, for messages."""
        return self.network_dir


AnyAllenReport = Annotated[
    MembraneReport | SynapseReport | ClampReport | ExtracellularReport | SaveSynapses,
    Field(discriminator="type"),
]
"""Any report; told apart by ``type``."""
