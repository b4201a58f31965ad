"""A script in published names only; both Pythons run it, and what it prints must agree.

Run as it is, it uses BlueCelluLab; with the argument ``compat`` it uses bluecellab in its place.
"""

from __future__ import annotations

import inspect
import json
import sys

if sys.argv[1:] == ["compat"]:
    import bluecellab.compat

    bluecellab.compat.install()

import bluecellulab
import numpy as np
from bluecellulab import Simulation, create_ball_stick, exceptions, psection, utils
from bluecellulab.cell import morphio_wrapper, random, section_tools, stimuli_generator, template
from bluecellulab.cell.section_distance import EuclideanSectionDistance
from bluecellulab.cell.section_tools import section_to_variable_recording_str
from bluecellulab.circuit.node_id import create_cell_id
from bluecellulab.importer import neuron
from bluecellulab.rngsettings import RNGSettings
from bluecellulab.simulation.neuron_globals import NeuronGlobals
from bluecellulab.stimulus import StimulusFactory
from bluecellulab.stimulus import circuit_stimulus_definitions as definitions
from bluecellulab.stimulus.circuit_stimulus_definitions import ClampMode, Hyperpolarizing

TSTOP = 60


def sonata(**entry):
    return definitions.Stimulus.from_sonata({"node_set": "All", "duration": 100, **entry})


def waveform(cell):
    step = StimulusFactory(dt=0.5).ramp(pre_delay=5, duration=30, post_delay=5, amplitude=0.5)
    iclamp, _ = cell.inject_current_waveform(step.time, step.current)
    vector = neuron.h.Vector()
    vector.record(iclamp._ref_i)
    cell.persistent.append(vector)
    return lambda: {"i": sampled(vector)}


def voltage_clamp(cell):
    cell.add_voltage_clamp(
        stop_time=50, level=-70, durations=[10, 20], levels=[-60, -40], rs=0.1, current_record_name="clamp"
    )
    return lambda: {"i": sampled(cell.get_recording("clamp"))}


def recordings(cell):
    cell.add_step(5, 50, 0.3)
    dend = cell.sections["dend[0]"]
    cell.add_variable_recording("ina", cell.soma, 0.5)
    cell.add_variable_recording("hh.m", dend, 0.25)
    cell.add_voltage_recording(dend, 0.75)
    cell.add_recording("self.basal[0](0.1)._ref_v")
    cell.add_allsections_voltagerecordings()
    cell.start_recording_spikes(None, "soma", -20)
    currents = [name for name in cell.add_currents_recordings(cell.soma) if name in {"ina", "ik"}]
    return lambda: {
        "ina": sampled(cell.get_variable_recording("ina", cell.soma, 0.5)),
        "m": sampled(cell.get_variable_recording("hh.m", dend, 0.25)),
        "dend": sampled(cell.get_voltage_recording(dend, 0.75)),
        "expression": sampled(cell.get_recording("self.basal[0](0.1)._ref_v")),
        "sections": [sampled(trace) for trace in cell.get_allsections_voltagerecordings().values()],
        "currents": [sampled(cell.get_variable_recording(name, cell.soma, 0.5)) for name in currents],
        "spikes": cell.get_recorded_spikes("soma", -20),
        "time": sampled(cell.get_time()),
    }


def raw_sections(cell):
    clamp = neuron.h.IClamp(0.5, sec=cell.soma)
    clamp.delay, clamp.dur, clamp.amp = 5, 30, 0.25
    other = neuron.h.IClamp(cell.basal[0](0.9))
    other.delay, other.dur, other.amp = 10, 10, 0.05
    cell.persistent += [clamp, other]
    for section in cell.sections.values():
        section.gkbar_hh *= 1.1
    return None


def seeded(cell):
    RNGSettings.get_instance().set_seeds(mode="Random123", base_seed=7)
    cell.add_noise_step(cell.soma, 0.5, 0.1, 0.01, 0, 100)
    RNGSettings.get_instance().set_seeds(mode="Random123", base_seed=0)


PLAYED = {
    "nothing": lambda cell: None,
    "step": lambda cell: cell.add_step(5, 50, 0.3),
    "step in the dendrite": lambda cell: cell.add_step(5, 50, 0.3, section=cell.basal[0], segx=0.7),
    "ramp": lambda cell: cell.add_ramp(5, 50, 0.0, 0.5),
    "sine": lambda cell: cell.add_sin_current(0.2, 5, 80, 50),
    "sinusoidal": lambda cell: cell.add_sinusoidal(
        sonata(module="sinusoidal", delay=5, amp_start=0.2, frequency=30)
    ),
    "pulse": lambda cell: cell.add_pulse(
        sonata(module="pulse", delay=5, amp_start=1.0, width=1, frequency=80)
    ),
    "hypamp": lambda cell: cell.add_replay_hypamp(Hyperpolarizing("single-cell", delay=0, duration=100)),
    "linear": lambda cell: cell.add_replay_linear(
        sonata(module="linear", delay=5, amp_start=0.1, amp_end=0.3)
    ),
    "relative linear": lambda cell: cell.add_replay_relativelinear(
        sonata(module="relative_linear", delay=5, percent_start=120)
    ),
    "subthreshold": lambda cell: cell.add_replay_subthreshold(
        sonata(module="subthreshold", delay=5, percent_less=20)
    ),
    "seclamp": lambda cell: cell.add_seclamp(
        sonata(module="seclamp", delay=0, voltage=-70, duration_levels=[10, 20], voltage_levels=[-60, -50])
    ),
    "noise": lambda cell: cell.add_replay_noise(
        sonata(module="noise", delay=5, mean_percent=80, variance=10), noisestim_count=2
    ),
    "noise with a seed": lambda cell: cell.add_noise_step(cell.soma, 0.5, 0.1, 0.01, 0, 100, seed=11),
    "noise with a base seed": seeded,
    "shot noise": lambda cell: cell.add_replay_shotnoise(
        cell.soma,
        0.5,
        sonata(
            module="shot_noise", delay=5, rise_time=0.4, decay_time=4, rate=300, amp_mean=0.05, amp_var=0.001
        ),
    ),
    "shot noise, conductance": lambda cell: cell.add_replay_shotnoise(
        cell.soma,
        0.5,
        definitions.ShotNoise("x", 5, 100, 0.4, 4, 300, 0.002, 1e-6, mode=ClampMode.CONDUCTANCE),
    ),
    "relative shot noise": lambda cell: cell.add_replay_relative_shotnoise(
        cell.soma, 0.5, definitions.RelativeShotNoise("x", 5, 100, 0.4, 4, 60, 20, seed=3), 4
    ),
    "OU": lambda cell: cell.add_ornstein_uhlenbeck(
        cell.soma, 0.5, definitions.OrnsteinUhlenbeck("x", 0, 100, 3, 0.1, 0.15), stim_count=1
    ),
    "OU, conductance": lambda cell: cell.add_ornstein_uhlenbeck(
        cell.soma,
        0.5,
        definitions.OrnsteinUhlenbeck("x", 0, 100, 3, 0.001, 0.002, mode=ClampMode.CONDUCTANCE),
    ),
    "relative OU": lambda cell: cell.add_relative_ornstein_uhlenbeck(
        cell.soma, 0.5, definitions.RelativeOrnsteinUhlenbeck("x", 0, 100, 3, 70, 20)
    ),
    "voltage clamp": voltage_clamp,
    "alpha synapse": lambda cell: cell.add_alpha_synapse(5, 2, 0.01, 0, cell.basal[0], 0.3),
    "waveform": waveform,
    "clamp signal": lambda cell: cell.inject_current_clamp_signal(
        cell.soma, 0.5, neuron.h.Vector([0, 10, 20, 30]), neuron.h.Vector([0, 0.3, 0.1, 0.4])
    ),
    "dynamic clamp signal": lambda cell: cell.inject_dynamic_clamp_signal(
        cell.soma, 0.5, neuron.h.Vector([1, 10, 20, 30]), neuron.h.Vector([0, 3e-3, 1e-3, 4e-3]), 0.0
    ),
    "recordings": recordings,
    "raw sections": raw_sections,
    # documented differences
    "late OU": lambda cell: cell.add_ornstein_uhlenbeck(
        cell.soma, 0.5, definitions.OrnsteinUhlenbeck("x", 20, 100, 3, 0.1, 0.15)
    ),
    "noise that ends": lambda cell: cell.add_noise_step(cell.soma, 0.5, 0.1, 0.02, 0, 20),
}


def sampled(values):
    return [float(value) for value in np.array(values)[::40]]


def play(start):
    neuron.h.t = 0  # BlueCelluLab's noise looks at the time where the last run ended
    cell = create_ball_stick()
    read = start(cell)
    simulation = Simulation()
    simulation.add_cell(cell)
    simulation.run(TSTOP, cvode=False, dt=0.025)
    result = {"v": sampled(cell.get_soma_voltage())}
    if inspect.isfunction(read):  # what hoc gives is callable too
        result |= read()
    del simulation
    cell.delete()
    return result


def signals():
    stream = neuron.h.Random()
    stream.Random123(5, 4000000000, 7)
    shot = stimuli_generator.gen_shotnoise_signal(4, 0.4, 500, 0.05, 0.001, 30, 0.25, stream)
    noise = stimuli_generator.gen_ornstein_uhlenbeck(3, 0.1, 0.5, 30, 0.1, stream)
    gammas = [list(random.gamma(stream, shape, 2.0, 20)) for shape in (0.3, 1.0, 7.5)]
    return {
        "shot": [list(vector) for vector in shot],
        "OU": [list(vector) for vector in noise],
        "defaults": list(stimuli_generator.gen_ornstein_uhlenbeck(3, 0.1, 0.5, 10)[1]),
        "gamma": gammas,
        "then": [stream.normal(0, 1), stream.uniform(0, 1)],
        "parameters": list(stimuli_generator.get_relative_shotnoise_params(0.5, 0.1, 4, 0.4, 0.5)),
    }


def facts():
    cell = create_ball_stick()
    soma, dend = cell.sections.values()
    full, short = dend.hname(), dend.hname().rpartition(".")[2]
    result = {
        "names": list(cell.sections),
        "lists": [len(cell.somatic), len(cell.basal), len(cell.apical), len(cell.axonal)],
        "area": cell.area(),
        "segments": cell.n_segments,
        "distance": neuron.h.distance(soma(0.5), dend(0.3)),
        "euclid": EuclideanSectionDistance()(soma, dend, 0.5, 1.0),
        "psection": [cell.get_psection(full).isec, cell.get_psection(1).section_type, short],
        "leaf": [cell.get_psection(index).is_leaf for index in (0, 1)],
        "maxsegdiam": cell.get_psection(0).maxsegdiam,
        "key": section_to_variable_recording_str(dend, 0.25, "hh.m").partition("dend")[2],
        "globals": list(NeuronGlobals.get_instance().export_params()),
        "seeds": [RNGSettings.get_instance().mode, RNGSettings.get_instance().stimulus_seed],
        "currents": [cell.threshold, cell.hypamp],
        "proportion": cell.relativity_proportion(ClampMode.CURRENT),
        "dt": cell.get_precise_record_dt(0.1),
        "id": list(create_cell_id(3)),
        "info": cell.info_dict,
        "format": [cell.template_params.emodel_properties],
        "version": bluecellulab.BLUEPY_AVAILABLE,
    }
    cell.delete()
    return result


CALLED = [
    (bluecellulab, "create_ball_stick Simulation set_verbose"),
    (bluecellulab.Cell, " ".join(name for name in dir(bluecellulab.Cell) if not name.startswith("_"))),
    (Simulation, "add_cell run"),
    (StimulusFactory, " ".join(name for name in dir(StimulusFactory) if not name.startswith("_"))),
    (RNGSettings, "get_instance set_seeds"),
    (NeuronGlobals, "get_instance export_params load_params"),
    (definitions, " ".join(kind.__name__ for kind in definitions.Stimulus.__subclasses__())),
    (definitions.Stimulus, "from_sonata"),
    (random, "gamma"),
    (stimuli_generator, "gen_shotnoise_signal get_relative_shotnoise_params gen_ornstein_uhlenbeck"),
    (section_tools, "currents_vars mechs_vars section_to_variable_recording_str"),
    (template, "NeuronTemplate TemplateParams public_hoc_cell shorten_and_hash_string"),
    (morphio_wrapper, "MorphIOWrapper split_morphology_path contourcenter get_sides make_convex"),
    (morphio_wrapper, "contour2centroid resolve_case_insensitive_path is_h5_container_path SectionName"),
    (psection, "PSection init_psections"),
    (exceptions, "error_context SectionDoesNotExistError ExtraDependencyMissingError"),
    (utils, "run_once NestedPool"),
]


def signatures():
    """Return the names of the parameters of what scripts call."""
    found = {}
    for owner, names in CALLED:
        for name in names.split():
            item = getattr(owner, name, None)
            if callable(item):
                parameters = list(inspect.signature(item).parameters.values())
                owner_name = "" if owner is bluecellulab else owner.__name__.rpartition(".")[2]
                found[f"{owner_name}.{name}"] = [one.name for one in parameters if one.name != "self"]
    return found


if __name__ == "__main__":
    played = {name: play(start) for name, start in PLAYED.items()}
    print(json.dumps({"played": played, "signals": signals(), "facts": facts(), "signatures": signatures()}))
