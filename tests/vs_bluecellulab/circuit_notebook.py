"""A script about a circuit in published names only; both Pythons run it, and what it prints must agree.

``circuit_notebook.py simulation_config.json`` (beside which lies ``simulation_config_finished.json``) uses BlueCelluLab; with a further argument ``compat`` it uses
bluecellab in its place.
"""

from __future__ import annotations

import inspect
import json
import sys

if sys.argv[2:] == ["compat"]:
    import bluecellab.compat

    bluecellab.compat.install()

import bluecellulab
import libsonata
import numpy as np
from bluecellulab import Cell, CircuitSimulation, Connection, Simulation, exceptions
from bluecellulab.circuit import CellId, SonataCircuitAccess, SonataSimulationAccess, SynapseProperty
from bluecellulab.circuit.circuit_access import get_synapse_connection_parameters
from bluecellulab.circuit.config import SonataSimulationConfig
from bluecellulab.circuit.config.sections import Conditions, ConnectionOverrides
from bluecellulab.circuit.simulation_access import get_synapse_replay_spikes
from bluecellulab.circuit.synapse_properties import synapse_property_decoder, synapse_property_encoder
from bluecellulab.reports import utils as reports
from bluecellulab.reports.manager import ReportManager
from bluecellulab.simulation.modifications import parse_section_configure
from bluecellulab.simulation.neuron_globals import NeuronGlobals
from bluecellulab.synapse import GabaabSynapse, SynapseFactory, synapse_types
from bluecellulab.synapse.synapse_types import SynapseID

CONFIG = sys.argv[1]
FINISHED = CONFIG.replace(".json", "_finished.json")
TSTOP = 30
MISSING = 4  # id of a section that the cells do not have, but some synapses ask for
A, B = CellId("NodeA", 0), CellId("NodeB", 0)


def plain(value):
    """Return something as JSON has it, keys as texts."""
    if isinstance(value, dict):
        return {plain_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and np.isnan(value):
        return "nan"
    return value


def plain_key(key):
    if isinstance(key, SynapseProperty):
        return key.name
    return ":".join(map(str, key)) if isinstance(key, tuple) else str(key)


def access():
    """What is asked of the circuit."""
    circuit = SonataCircuitAccess(CONFIG)
    results = {
        "columns": circuit.available_cell_properties & {"mtype", "etype", "x", "@dynamics:holding_current"},
        "virtual": [circuit.is_virtual_population(name) for name in ("NodeA", "Virtual")],
        "emodel": [vars(circuit.get_emodel_properties(cell)) for cell in (A, B)],
        "format": circuit.get_template_format(),
        "properties": circuit.get_cell_properties(A, ["mtype", "etype"]).to_dict(),
        "one property": circuit.get_cell_properties(B, "etype").to_dict(),
        "populations": circuit.get_population_ids("NodeA", "Virtual"),
        "contains": [circuit.target_contains_cell(name, B) for name in ("A", "All", "Everybody")],
        "groups": [circuit.is_valid_group(name) for name in ("A", "Nobody")],
        "nodes": circuit.get_target_cell_ids("Either"),
        "of several": circuit.get_cell_ids_of_targets(["A", "B"]),
        "simulated": circuit.get_simulation_cell_ids(),
        "info": circuit.fetch_cell_info(A).to_dict(),
        "minis": circuit.fetch_mini_frequencies(A),
        "mtypes": circuit.get_gids_of_mtypes(["L4_UPC"]),
        "morphology": circuit.morph_filepath(A).rpartition("/")[2],
        "emodel file": circuit.emodel_path(A).rpartition("/")[2],
        "sizes": [circuit.node_population_sizes(), circuit.virtual_population_sizes()],
        "there": circuit.node_properties_available,
    }
    for name, projections in {"own": None, "all": True, "one": ["Virtual__NodeB__chemical"]}.items():
        table = circuit.extract_synapses(B, projections)
        results[f"synapses, {name}"] = {
            "names": [*table.index.names, *map(plain_key, table.columns)],
            "shape": table.shape,
            "index": [list(key) for key in table.index[:: max(1, len(table) // 40)]],
            "sums": {
                plain_key(name): float(table[name].sum())
                for name in table
                if name != "source_population_name"
            },
            "row": table.iloc[-1].to_dict(),
        }
    return results


def configuration():
    """What is asked of the configuration."""
    config = SonataSimulationConfig(CONFIG)
    names = "base_seed synapse_seed ionchannel_seed stimulus_seed minis_seed rng_mode spike_threshold"
    names += " spike_location tstop dt celsius v_init extracellular_calcium"
    found = {name: getattr(config, name) for name in names.split()}
    found["projections"] = config.get_all_projection_names()
    found["inputs"] = [
        [type(one).__name__, {k: v for k, v in vars(one).items() if k not in ("spike_file", "seed")}]
        for one in config.get_all_stimuli_entries()
    ]
    found["conditions"] = {
        name: value
        for name, value in vars(config.condition_parameters()).items()
        if name not in ("mech_conditions", "mechanisms")
    }
    found["node sets"] = config.get_node_sets()
    found["reports"] = list(config.get_report_entries())
    found["overrides"] = len(config.connection_entries())
    config.add_connection_override(ConnectionOverrides(source="Everybody", target="All", weight=0.5))
    config.add_connection_override(
        ConnectionOverrides(
            source="B", target="A", weight=2.0, spont_minis=3.0, synapse_configure="%s.mg = 2"
        )
    )
    circuit = SonataCircuitAccess(config)
    for name, source in {"A": A, "B": B, "V": CellId("Virtual", 1)}.items():
        found[f"overrides {name}"] = dict(get_synapse_connection_parameters(circuit, source, A))
    found["modification"] = parse_section_configure("%s.g_pas *= 1.5; %s.cm = 1")
    row = {SynapseProperty.PRE_GID: 1, "volume_CR": 2.0}
    found["encoded"] = json.dumps(synapse_property_encoder(row))
    found["decoded"] = json.loads(found["encoded"], object_hook=synapse_property_decoder) == row
    return found


def results_of(simulation, cells):
    """What is asked of a simulation after its run."""
    found = {"time": [float(simulation.get_time()[-1]), len(simulation.get_time())]}
    for cell_id in cells:
        cell = simulation.cells[cell_id]
        found[plain_key(cell_id)] = {
            "v": simulation.get_voltage_trace(cell_id, 0, TSTOP, 1.0),
            "all": float(np.sum(cell.get_soma_voltage())),
            "spikes": cell.get_recorded_spikes(simulation.spike_location, simulation.spike_threshold),
            "global id": cell.post_gid,
            "pre gids": cell.pre_gids()[:20],
            "of one": [list(key) for key in cell.pre_gid_synapse_ids(cell.pre_gids()[0])]
            if cell.synapses
            else [],
            "synapses": len(cell.synapses),
            "connected": len(cell.connections),
        }
    return found


def service():
    """As a service does: everything the configuration says, reports from payloads."""
    simulation = CircuitSimulation(CONFIG)
    cells = simulation.circuit_access.get_simulation_cell_ids()
    simulation.instantiate_gids(
        cells,
        add_stimuli=True,
        add_synapses=True,
        add_minis=True,
        add_projections=True,
        interconnect_cells=True,
    )
    simulation.run(TSTOP, cvode=False, show_progress=False)
    found = results_of(simulation, cells)
    payload = reports.collect_local_payload(simulation.cells, cells, dict(simulation.recording_index))
    spikes = reports.collect_local_spikes(simulation, cells)
    context = bluecellulab.neuron.h.ParallelContext()
    short = {cell_id: simulation.cells[cell_id].hocname for cell_id in cells}
    payload, spikes = reports.gather_payload_to_rank0(context, payload, spikes)
    sites = reports.gather_recording_sites(context.py_gather(simulation.sites_index, 0))
    merged = reports.payload_to_cells(payload, sites)
    found["types"] = [type(one).__name__ for one in merged.values()]
    found["payload"] = {
        key: [name.replace(short[key], "cell") for name in sorted(part["recordings"])[:3]]
        for key, part in payload.items()
    }
    found["lengths"] = {key: len(part["recordings"]["neuron.h._ref_t"]) for key, part in payload.items()}
    site = next(one for one in sites[A] if one["report"] == "soma")
    found["site"] = {name: site[name] for name in ("report", "section", "segx", "section_id", "area_um2")}
    ReportManager(simulation.circuit_access.config, simulation.dt).write_all(merged, spikes_by_pop=spikes)
    config = simulation.circuit_access.config
    for name in ("soma", "places"):
        path = str(config.report_file_path(config.get_report_entries()[name], name))
        reader = libsonata.ElementReportReader(path)
        for population in reader.get_population_names():
            frames = reader[population].get()
            found[f"{name} {population}"] = {
                "ids": frames.ids,
                "times": [reader[population].times, frames.times[::50]],
                "data": frames.data[::10],
                "units": [reader[population].data_units, reader[population].time_units],
            }
    written = libsonata.SpikeReader(str(config.spikes_file_path))
    found["spikes"] = {
        name: written[name].get()
        for name in sorted(written.get_population_names())
        if len(written[name].get())
    }
    simulation.delete()
    return found


def finished():
    """What is asked of the files of a finished simulation; bluepysnap cannot have reports of compartment sets."""
    read = SonataSimulationAccess(FINISHED)
    simulation = CircuitSimulation(FINISHED)
    found = {
        "v": read.get_soma_voltage(A, 0, 10, 1.0),
        "t": read.get_soma_time_trace(1.0),
        "spikes": read.get_spikes(),
        "replay": get_synapse_replay_spikes(SonataSimulationConfig(FINISHED).spikes_file_path),
        "main": simulation.get_mainsim_voltage_trace(A, 0, 5, 0.5),
        "main time": simulation.get_mainsim_time_trace(1.0),
    }
    simulation.delete()
    return found


def psp():
    """As psp-validation does: a clamped cell, an override of its own, one source that fires."""
    config = SonataSimulationConfig(CONFIG)
    config.add_connection_override(
        ConnectionOverrides(source="Everybody", target="All", synapse_configure="%s.mg = 0.5")
    )
    simulation = CircuitSimulation(config, record_dt=0.1, base_seed=42, rng_mode="Random123")
    simulation.instantiate_gids(
        [B],
        add_stimuli=False,
        add_synapses=True,
        add_minis=False,
        intersect_pre_gids=[A],
        pre_spike_trains={A: np.array([5.0, 9.0, 9.5])},
    )
    cell = simulation.cells[B]
    cell.add_voltage_clamp(stop_time=100, level=-70, rs=0.1, current_record_name="clamp_i")
    cell.enable_ttx()
    kinds = {
        plain_key(key): [type(one).__name__, isinstance(one, GabaabSynapse), one.is_inhibitory]
        for key, one in cell.synapses.items()
    }
    simulation.run(t_stop=TSTOP, dt=config.dt, v_init=-70, forward_skip=False)
    found = {
        "v": cell.get_soma_voltage()[::10],
        "i": cell.get_recording("clamp_i")[::10],
        "kinds": kinds,
        "lengths": [len(simulation.get_time()), len(cell.get_soma_voltage())],
        "descriptions": simulation.get_syn_descriptions(B).shape,
        "info": {
            plain_key(key): {name: value for name, value in one.items() if name != "post_netcon"}
            for key, one in cell.info_dict["connections"].items()
        },
    }
    simulation.delete()
    return found


def plasticity():
    """As plastyfire does: trains of some sources, currents by hand, parameters of synapses read."""
    h = bluecellulab.neuron.h
    simulation = CircuitSimulation(CONFIG)
    trains = CircuitSimulation.merge_pre_spike_trains({A: [8.0, 4.0]}, None, {A: np.array([20.0]), B: [1.0]})
    found = {"merged": trains}
    trains.pop(B)
    simulation.instantiate_gids(
        [B], add_synapses=True, add_minis=True, pre_spike_trains=trains, intersect_pre_gids=[A]
    )
    cell = simulation.cells[B]
    clamp = h.IClamp(0.5, sec=cell.soma)
    clamp.delay, clamp.dur, clamp.amp = 2, 20, 0.1
    cell.persistent.append(clamp)
    names = {
        "ProbAMPANMDA_EMS": "Use Dep Fac Nrrp tau_d_AMPA NMDA_ratio mg",
        "ProbGABAAB_EMS": "Use Dep Fac Nrrp tau_d_GABAA tau_r_GABAA",
    }
    found["synapses"] = {}
    for key, synapse in cell.synapses.items():
        mechanism = synapse.hsynapse.hname().partition("[")[0]
        values = [getattr(synapse.hsynapse, name) for name in names[mechanism].split()]
        connection = cell.connections[key]
        found["synapses"][plain_key(key)] = [
            mechanism,
            synapse.mech_name,
            values,
            synapse.syn_id,
            [synapse.pre_gid, synapse.source_popid, synapse.target_popid, synapse.post_gid],
            [synapse.randseed1, synapse.randseed2, synapse.randseed3],
            [synapse.weight, connection.weight, connection.delay],
            [connection.post_netcon.weight[0], connection.post_netcon.delay],
            [synapse.hoc_args.location, synapse.hoc_args.section.name().rpartition(".")[2]],
        ]
    found["minis"] = [
        len(cell.syn_mini_netcons),
        float(sum(one.weight[0] for one in cell.syn_mini_netcons.values())),
    ]
    simulation.run(TSTOP, cvode=False)
    found["results"] = results_of(simulation, [B])
    simulation.delete()
    return found


def web():
    """As a web back end does: a cell alone, some synapses of it, spikes that it gives them."""
    simulation = CircuitSimulation(CONFIG)
    arguments = simulation.fetch_cell_kwargs(B)
    found = {
        "arguments": [sorted(arguments), arguments["template_format"], vars(arguments["emodel_properties"])]
    }
    table = SonataCircuitAccess(CONFIG).extract_synapses(B, True)
    cell = Cell(**arguments)
    conditions = Conditions(celsius=34.0, v_init=-80.0, randomize_gaba_rise_time=True)
    step = len(table) // 50
    there = [item for item in table.iterrows() if item[1][SynapseProperty.POST_SECTION_ID] != MISSING]
    for number, (key, row) in enumerate(there[::step]):
        synapse_id = SynapseID(*key)
        cell.add_replay_synapse(
            synapse_id=synapse_id,
            syn_description=row,
            connection_modifiers={"add_synapse": True},
            condition_parameters=conditions,
            popids=(int(row["source_popid"]), int(row["target_popid"])),
            extracellular_calcium=1.2,
        )
        synapse = cell.synapses[synapse_id]
        train = np.sort([3.0 + number / 4, 12.0, 15.5])
        cell.connections[synapse_id] = Connection(
            synapse,
            pre_spiketrain=train,
            pre_cell=None,
            stim_dt=0.025,
            spike_threshold=-30.0,
            spike_location="soma[0]",
        )
    found["kinds"] = [SynapseFactory.determine_synapse_type(row).name for _, row in there[:: 10 * step]]
    found["places"] = [
        SynapseFactory.determine_synapse_location(row, cell).location for _, row in there[:: 10 * step]
    ]
    found["factor"] = synapse_types.Synapse.calc_u_scale_factor(2.79, 1.2)
    info = cell.info_dict
    found["connections"] = {plain_key(key): one["post_netcon"] for key, one in info["connections"].items()}
    key, row = next(item for item in table.iterrows() if item[1][SynapseProperty.POST_SECTION_ID] == MISSING)
    try:
        cell.add_replay_synapse(SynapseID(*key), row, {"add_synapse": True}, conditions, (0, 0), 1.2)
    except exceptions.SectionDoesNotExistError as error:
        found["missing"] = error.section_id
    cell.add_voltage_recording(cell.soma, 0.5)
    NeuronGlobals.get_instance().v_init = -80.0
    other = Simulation(cell)
    other.run(TSTOP, cvode=False, dt=0.025)
    found["v"] = cell.get_soma_voltage()[::40]
    del other
    cell.delete()
    simulation.delete()
    return found


CALLED = {
    CircuitSimulation: "instantiate_gids run get_time get_time_trace get_voltage_trace get_mainsim_voltage_trace "
    "get_mainsim_time_trace get_syn_descriptions fetch_cell_kwargs create_cell_from_circuit global_gid delete",
    SonataCircuitAccess: " ".join(name for name in dir(SonataCircuitAccess) if not name.startswith("_")),
    SonataSimulationAccess: "get_soma_voltage get_soma_time_trace get_spikes",
    SonataSimulationConfig: " ".join(
        name for name in dir(SonataSimulationConfig) if not name.startswith("_")
    ),
    Connection: "set_weight_scalar set_netcon_weight set_netcon_delay delete",
    SynapseFactory: " ".join(name for name in dir(SynapseFactory) if not name.startswith("_")),
    ReportManager: "write_all",
    reports: "prepare_recordings_for_reports build_recording_sites extract_spikes_from_cells payload_to_cells "
    "collect_local_payload collect_local_spikes gather_payload_to_rank0 gather_recording_sites merge_dicts "
    "merge_spikes",
    synapse_types: "Synapse AmpanmdaSynapse GabaabSynapse GluSynapse Exp2Syn GenericSpikeSynapse",
    bluecellulab: "Connection",
}


def signatures():
    """Return the names of the parameters of what scripts call."""
    found = {}
    for owner, names in CALLED.items():
        for name in names.split():
            item = getattr(owner, name, None)
            if callable(item):
                parameters = list(inspect.signature(item).parameters.values())
                owner_name = "" if owner is bluecellulab else owner.__name__.rpartition(".")[2]
                found[f"{owner_name}.{name}"] = [one.name for one in parameters if one.name != "self"]
    return found


if __name__ == "__main__":
    parts = (access, configuration, service, finished, psp, plasticity, web, signatures)
    print(json.dumps({part.__name__: plain(part()) for part in parts}))
