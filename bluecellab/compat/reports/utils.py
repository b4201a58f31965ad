"""Recording for reports, and what was recorded on the way from many processes to the one that writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from bluecellab.circuit.access import CircuitAccess
from bluecellab.circuit.compartments import read_compartment_sets
from bluecellab.circuit.obi import open_circuit
from bluecellab.compat.cell.core import Cell
from bluecellab.compat.reports._words import KINDS, recordable, report_of, spec_of
from bluecellab.compat.type_aliases import ReportSite, SiteEntry
from bluecellab.errors import CellError, NodeSetError, NotRecordedError
from bluecellab.spec.base import CellId
from bluecellab.spec.recordings import variable_key
from bluecellab.spec.simulation import Report, SimulationConfig

__all__ = [
    "DEFAULT_VOLTAGE",
    "SUPPORTED_REPORT_TYPES",
    "RecordedCell",
    "build_recording_sites",
    "collect_local_payload",
    "collect_local_spikes",
    "extract_spikes_from_cells",
    "gather_payload_to_rank0",
    "gather_recording_sites",
    "merge_dicts",
    "merge_spikes",
    "payload_to_cells",
    "prepare_recordings",
    "prepare_recordings_for_reports",
]

#: Report under which the potential of every soma is recorded.
DEFAULT_VOLTAGE = "__default_voltage__"
#: What can be recorded for reports.
SUPPORTED_REPORT_TYPES = frozenset(KINDS)
_TIME = "neuron.h._ref_t"

Recordings = Mapping[CellId, list[str]]
SpikesByPopulation = dict[str, dict[int, list[float]]]
Payload = dict[CellId, dict[str, dict[str, list[float]]]]
Segments = list[tuple[Any, str, float]]


class RecordedCell:
    """What was recorded of a cell, without the cell.

    Parameters
    ----------
    recordings
        Values by the names of recordings, each of shape (n,).
    report_sites
        Places by the names of reports.
    soma
        Its section, if it is still there.
    """

    def __init__(
        self,
        recordings: Mapping[str, npt.ArrayLike],
        report_sites: Mapping[str, list[SiteEntry]],
        soma: Any = None,
    ) -> None:
        self.recordings = {name: np.asarray(values) for name, values in recordings.items()}
        self.report_sites = dict(report_sites)
        self.soma = soma

    def get_recording(self, var_name: str) -> npt.NDArray[Any]:
        """Return what was recorded under a name.

        Raises
        ------
        NotRecordedError
            If nothing was.
        """
        if var_name not in self.recordings:
            raise NotRecordedError(
                f"{var_name!r} was not recorded; recorded were {', '.join(map(repr, self.recordings))}"
            )
        return self.recordings[var_name]

    def get_variable_recording(self, variable: str, section: Any, segx: float = 0.5) -> npt.NDArray[Any]:
        """Return a recorded variable at a place."""
        at = self.soma if section is None else section
        if at is None:
            raise NotRecordedError(f"{variable!r}: say of which section; the soma is not there any more")
        name = at if isinstance(at, str) else str(at.hname())
        return self.get_recording(variable_key(name, segx, variable))


def prepare_recordings_for_reports(
    cells: Mapping[Any, Cell], simulation_config: Any
) -> tuple[dict[CellId, list[str]], dict[CellId, list[SiteEntry]]]:
    """Let cells record what the reports of a configuration need, and the potential of every soma.

    Parameters
    ----------
    cells
        By their ids.
    simulation_config
        A ``SonataSimulationConfig``, a configuration of ours, or a path.

    Returns
    -------
    tuple
        Names of recordings, and places, of every cell.

    Warns
    -----
    CircuitWarning
        If there are reports of other types than compartment and compartment_set.
    """
    config = spec_of(simulation_config)
    with open_circuit(config.network, node_sets_file=config.node_sets_file) as circuit:
        return prepare_recordings(cells, config, circuit)


def prepare_recordings(
    cells: Mapping[Any, Cell], config: SimulationConfig, circuit: CircuitAccess
) -> tuple[dict[CellId, list[str]], dict[CellId, list[SiteEntry]]]:
    """As :func:`prepare_recordings_for_reports`, of a circuit that is open."""
    living = {cell_id: cell for cell_id, cell in cells.items() if cell.artificial is None}
    names: dict[CellId, list[str]] = {cell_id: [] for cell_id in cells}
    sites: dict[CellId, list[SiteEntry]] = {cell_id: [] for cell_id in cells}

    def record(cell_id: CellId, segments: Segments, variable: str, report: str) -> None:
        cell = living[cell_id]
        made = cell.configure_recording(segments, variable, report)
        entries = [_entry(report, site, name) for site, name in made]
        cell.report_sites.setdefault(report, []).extend(entries)
        sites[cell_id] += entries
        names[cell_id] += [name for _, name in made if name not in names[cell_id]]

    for report in recordable(config):
        for cell_id, segments in _segments_of(report, living, config, circuit).items():
            record(cell_id, segments, report.variable_name, report.name)
    for cell_id, cell in living.items():
        record(cell_id, [(cell.soma, "soma[0]", 0.5)], "v", DEFAULT_VOLTAGE)
    return names, sites


def _entry(report: str, site: ReportSite, name: str) -> SiteEntry:
    segment = site.section(min(max(site.segx, 1e-9), 1 - 1e-9)) if site.section is not None else None
    return {
        "report": report,
        "rec_name": name,
        "section": site.section_name,
        "section_id": site.section_id,
        "segx": site.segx,
        "area_um2": 0.0 if segment is None else float(segment.area()),
    }


def _segments_of(
    report: Report, cells: Mapping[CellId, Cell], config: SimulationConfig, circuit: CircuitAccess
) -> dict[CellId, Segments]:
    """Return the places of a report on those of its cells that are there."""
    if report.type == "compartment_set":
        path = config.compartment_sets_file
        sets = read_compartment_sets(path) if path else {}
        listed = sets.get(str(report.compartment_set))
        if listed is None:
            raise NodeSetError(
                f"report {report.name!r}: no compartment set {report.compartment_set!r}; there is "
                f"{', '.join(sets) or 'none'}",
                str(report.compartment_set),
            )
        rows = list(zip(listed.nodes.tolist(), listed.sections, listed.offsets.tolist(), strict=True))
        found = build_recording_sites(
            cells, sorted(set(listed.nodes.tolist())), listed.population, report.type, report, rows
        )
        return {CellId(listed.population, node): places for node, places in found.items()}
    node_set = report.cells or config.node_set
    populations: Mapping[str, Sequence[int]]
    if node_set is None:
        populations = {name: range(found.size) for name, found in circuit.node_populations.items()}
    else:
        populations = {name: ids.tolist() for name, ids in circuit.node_set(node_set).items()}
    return {
        CellId(name, node): places
        for name, ids in populations.items()
        for node, places in build_recording_sites(cells, ids, name, report.type, report, None).items()
    }


def build_recording_sites(
    cells: Mapping[Any, Cell],
    node_ids: Iterable[int],
    population: str,
    report_type: str,
    report_cfg: Any,
    compartment_nodes: Sequence[Sequence[Any]] | None = None,
) -> dict[int, Segments]:
    """Return the places of a report by node: section, its name, and position along it.

    Parameters
    ----------
    cells
        Those that are there, by their ids; others are left out.
    node_ids
        Nodes of the report.
    population
        Theirs.
    report_type
        ``"compartment"`` or ``"compartment_set"``.
    report_cfg
        Block of the configuration.
    compartment_nodes
        Of a compartment set: node, section id and offset of each place.
    """
    report = report_of(report_cfg)
    found: dict[int, Segments] = {}
    there = {cell_id: cell for cell_id, cell in cells.items() if cell_id[0] == population}
    wanted = set(node_ids)
    for (_, node), cell in there.items():
        if node not in wanted or cell.artificial is not None:
            continue
        if report_type == "compartment_set":
            found[node] = cell.resolve_segments_from_compartment_set(node, compartment_nodes or ())
        else:
            found[node] = cell.resolve_segments_from_config(report)
    return found


def extract_spikes_from_cells(
    cells: Mapping[Any, Any], location: str = "soma", threshold: float = -20.0
) -> SpikesByPopulation:
    """Return the spikes of cells in the last run: by population and id, times in ms.

    Parameters
    ----------
    cells
        By ``CellId``, pair, or ``"population_id"``.
    location, threshold
        Of the spike detector.

    Raises
    ------
    CellError
        If a key is none of these.
    """
    found: SpikesByPopulation = {}
    for key, cell in cells.items():
        population, node = _split(key)
        found.setdefault(population, {})[node] = list(cell.get_recorded_spikes(location, threshold))
    return found


def _split(key: Any) -> tuple[str, int]:
    if isinstance(key, tuple) and len(key) == 2:
        return str(key[0]), int(key[1])
    if not isinstance(key, str):
        raise CellKeyTypeError(f"a cell's key is a CellId, a pair or 'population_id', not {key!r}")
    population, _, node = key.rpartition("_")
    if not node.isdigit():
        raise CellKeyError(f"a cell's key is 'population_id' with a number at its end, not {key!r}")
    return population, int(node)


class CellKeyError(CellError, ValueError):
    """A text that does not name a cell."""


class CellKeyTypeError(CellError, TypeError):
    """Something that does not name a cell."""


def collect_local_payload(
    cells: Mapping[Any, Any], cell_ids_for_this_rank: Iterable[Any], recording_index: Recordings
) -> Payload:
    """Return what cells of this process have recorded, as lists that can be sent to another."""
    payload: Payload = {}
    for item in cell_ids_for_this_rank:
        cell_id = CellId(*item)
        cell = cells[cell_id]
        recorded = {
            name: np.asarray(cell.get_recording(name)).tolist() for name in recording_index.get(cell_id, ())
        }
        recorded[_TIME] = np.asarray(cell.get_time()).tolist()
        payload[cell_id] = {"recordings": recorded}
    return payload


def collect_local_spikes(sim: Any, cell_ids_for_this_rank: Iterable[Any]) -> SpikesByPopulation:
    """Return the spikes of cells of this process in the last run."""
    chosen = {CellId(*item): sim.cells[CellId(*item)] for item in cell_ids_for_this_rank}
    return extract_spikes_from_cells(chosen, sim.spike_location, sim.spike_threshold)


def gather_payload_to_rank0(
    pc: Any, local_payload: Payload, local_spikes: SpikesByPopulation
) -> tuple[Payload | None, SpikesByPopulation | None]:
    """Return what all processes have recorded, in the first of them; None and None in the others.

    Parameters
    ----------
    pc
        NEURON's parallel context; None: there is this process alone.
    local_payload, local_spikes
        Of this process.
    """
    if pc is None or int(pc.nhost()) == 1:
        return local_payload, local_spikes
    payloads, all_spikes = pc.py_gather(local_payload, 0), pc.py_gather(local_spikes, 0)
    if int(pc.id()) != 0:
        return None, None
    return cast("Payload", merge_dicts(payloads)), merge_spikes(all_spikes)


def merge_dicts(dicts: Iterable[Mapping[Any, Any] | None] | None) -> dict[Any, Any]:
    """Return all entries of some dictionaries; the last one wins."""
    merged: dict[Any, Any] = {}
    for some in dicts or ():
        merged.update(some or {})
    return merged


def gather_recording_sites(
    gathered_per_rank: Iterable[Mapping[CellId, list[SiteEntry]] | None],
) -> dict[CellId, list[SiteEntry]]:
    """Return the places of all processes by cell."""
    merged: dict[CellId, list[SiteEntry]] = {}
    for some in gathered_per_rank:
        for cell_id, sites in (some or {}).items():
            merged.setdefault(CellId(*cell_id), []).extend(sites)
    return merged


def merge_spikes(
    list_of_pop_dicts: Iterable[Mapping[str, Mapping[int, Sequence[float]]] | None],
) -> SpikesByPopulation:
    """Return the spikes of all processes."""
    merged: SpikesByPopulation = {}
    for some in list_of_pop_dicts:
        for population, by_node in (some or {}).items():
            for node, times in by_node.items():
                merged.setdefault(population, {}).setdefault(node, []).extend(times)
    return merged


def payload_to_cells(
    payload: Mapping[Any, Mapping[str, Mapping[str, npt.ArrayLike]]],
    sites_index: Mapping[Any, Sequence[SiteEntry]],
) -> dict[CellId, RecordedCell]:
    """Return what was recorded of each cell, as what stands in for the cell where reports are written."""
    cells = {}
    for key, part in payload.items():
        cell_id = CellId(*key)
        by_report: dict[str, list[SiteEntry]] = {}
        for site in sites_index.get(cell_id, ()):
            by_report.setdefault(site["report"], []).append(site)
        recordings = {
            name: np.asarray(values, dtype=np.float64 if name == _TIME else np.float32)
            for name, values in part["recordings"].items()
        }
        cells[cell_id] = RecordedCell(recordings, by_report)
    return cells
