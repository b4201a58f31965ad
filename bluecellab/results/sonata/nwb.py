"""NWB 2 files: what each of them has, and potentials at electrodes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bluecellab.results.sonata.files import PathLike
from bluecellab.results.sonata.frame_writer import FrameWriter

if TYPE_CHECKING:
    import h5py

__all__ = ["PotentialNwbWriter", "describe_nwb", "name_type"]

_NWB_VERSION = "2.5.0"
_SECOND = 1000.0  # ms
_VOLT = 1e-3  # of a mV
_SERIES = "acquisition/ElectricalSeries"
_GROUP = "array"
_COMMON = "hdmf-common"
_FOLDERS = (
    "acquisition",
    "analysis",
    "general",
    "processing",
    "stimulus/presentation",
    "stimulus/templates",
)


def describe_nwb(file: h5py.File) -> None:
    """Write what every NWB file has.

    Parameters
    ----------
    file
        It; groups may be there already.
    """
    now = datetime.now(timezone.utc).isoformat()
    name_type(file, "core", "NWBFile")
    file.attrs["nwb_version"] = _NWB_VERSION
    for name in _FOLDERS:
        file.require_group(name)
    file["identifier"] = str(uuid.uuid4())
    file["session_description"] = "a simulation by bluecellab"
    file["session_start_time"] = file["timestamps_reference_time"] = now
    file["file_create_date"] = [now]


def name_type(holder: Any, namespace: str, kind: str, description: str = "") -> None:
    """Say of what type a group or data set is.

    Parameters
    ----------
    holder
        The group or data set.
    namespace
        ``"core"`` or ``"hdmf-common"``.
    kind
        The type.
    description
        Of it; none when left out.
    """
    holder.attrs["namespace"] = namespace
    holder.attrs["neurodata_type"] = kind
    holder.attrs["object_id"] = str(uuid.uuid4())
    if description:
        holder.attrs["description"] = description


class PotentialNwbWriter(FrameWriter):
    """Writes potentials at electrodes as an NWB 2 file, block by block: ``/acquisition/ElectricalSeries``.

    Its numbers are in mV, with the factor that makes volts of them beside, and its time is in seconds. A
    table has the place of each electrode in um, and its channel.

    Parameters
    ----------
    path
        Where it will lie.
    channels
        Number of each electrode, shape (n,).
    positions
        Of each in um, shape (n, 3).
    overwrite
        Whether an older file of that name may be replaced, when this one is complete.

    References
    ----------
    Neurodata Without Borders, https://doi.org/10.7554/eLife.78362
    """

    kind = np.float64

    def __init__(
        self, path: PathLike, channels: npt.ArrayLike, positions: npt.ArrayLike, *, overwrite: bool = False
    ) -> None:
        super().__init__(path, overwrite=overwrite)
        self.channels = np.asarray(channels, dtype=np.int64)
        self.positions = np.asarray(positions, dtype=np.float64).reshape(len(self.channels), 3)

    def _parts(self) -> Iterator[tuple[str, int]]:
        yield f"{_SERIES}/data", len(self.channels)

    def _times(self) -> Iterator[str]:
        yield from ()  # a rate says when frames are

    def _write_beside(self, file: h5py.File) -> None:
        describe_nwb(file)
        table = _write_electrodes(file, self.channels, self.positions)
        series = file[_SERIES]
        name_type(series, "core", "ElectricalSeries", "potentials at electrodes outside of cells")
        series.attrs["comments"] = "made of membrane currents by the line-source formula"
        facts = {"unit": "volts", "conversion": _VOLT, "offset": 0.0, "resolution": -1.0}
        series["data"].attrs.update(facts)
        series["starting_time"] = self.start / _SECOND
        series["starting_time"].attrs.update({"rate": _SECOND / self.dt, "unit": "seconds"})
        series["electrodes"] = np.arange(len(self.channels), dtype=np.int64)
        name_type(series["electrodes"], _COMMON, "DynamicTableRegion", "all electrodes")
        series["electrodes"].attrs["table"] = table.ref

    def _bytes_beside(self) -> int:
        return 1024 * len(self.channels)


def _write_electrodes(
    file: h5py.File, channels: npt.NDArray[np.int64], positions: npt.NDArray[np.float64]
) -> h5py.Group:
    """Write a table of electrodes, and return it."""
    import h5py

    count = len(channels)
    device = file.create_group("general/devices/electrodes")
    name_type(device, "core", "Device", "point electrodes of a simulation")
    group = file.create_group(f"general/extracellular_ephys/{_GROUP}")
    name_type(group, "core", "ElectrodeGroup", "all electrodes of the report")
    group.attrs["location"] = "unknown"
    group["device"] = h5py.SoftLink(device.name)
    table = file.create_group("general/extracellular_ephys/electrodes")
    name_type(table, _COMMON, "DynamicTable", "metadata about extracellular electrodes")
    text = h5py.string_dtype()
    columns: dict[str, tuple[object, object, str]] = {
        "x": (positions[:, 0], np.float64, "x coordinate in um"),
        "y": (positions[:, 1], np.float64, "y coordinate in um"),
        "z": (positions[:, 2], np.float64, "z coordinate in um"),
        "location": (["unknown"] * count, text, "location of the electrode"),
        "group": ([group.ref] * count, h5py.ref_dtype, "the group of the electrode"),
        "group_name": ([_GROUP] * count, text, "name of that group"),
        "channel_id": (channels, np.int64, "number of the channel"),
    }
    table.attrs.create("colnames", list(columns), dtype=text)
    table["id"] = np.arange(count, dtype=np.int64)
    name_type(table["id"], _COMMON, "ElementIdentifiers")
    for name, (values, kind, description) in columns.items():
        table.create_dataset(name, data=values, dtype=kind)
        name_type(table[name], _COMMON, "VectorData", description)
    return table
