"""Experiments in published names only; both Pythons run it, and what it writes must agree.

Run with the path of a task, it uses BlueCelluLab; with ``compat`` behind it, bluecellab in its place.
"""

from __future__ import annotations

import inspect
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

if __name__ == "__main__" and sys.argv[2:] == ["compat"]:
    import bluecellab.compat

    bluecellab.compat.install()

import numpy as np
from experiments_validation import error_of, part_composed, part_validations


def _published():
    """Load everything once; nothing here is imported where the tests only read this file."""
    import bluecellulab
    from bluecellulab import tools
    from bluecellulab.analysis import analysis, inject_sequence
    from bluecellulab.cell.template import TemplateParams
    from bluecellulab.simulation.neuron_globals import NeuronGlobals, set_neuron_globals
    from bluecellulab.stimulus import StimulusFactory

    return SimpleNamespace(
        Cell=bluecellulab.Cell,
        EmodelProperties=bluecellulab.EmodelProperties,
        NeuronGlobals=NeuronGlobals,
        StimulusFactory=StimulusFactory,
        TemplateParams=TemplateParams,
        analysis=analysis,
        inject_sequence=inject_sequence,
        set_neuron_globals=set_neuron_globals,
        tools=tools,
    )


class Model:
    """A cell model of the task, as arguments of what is published."""

    def __init__(self, P, found):
        self.template, self.morphology = found["template"], found["morphology"]
        self.format = found["format"]
        values = found["properties"]
        self.properties = P.EmodelProperties(**values) if values else None
        self.four = (self.template, self.morphology, self.format, self.properties)
        self.params = P.TemplateParams(*self.four)

    def cell(self, P):
        return P.Cell.from_template_parameters(self.params)


def part_steady(P, model, _):
    """Steady potentials and resistances."""
    tools = P.tools
    level = model.properties.holding_current if model.properties else -0.1
    return {
        "at rest": tools.calculate_SS_voltage(*model.four, 0.0),
        "held": tools.calculate_SS_voltage(*model.four, level),
        "below": tools.calculate_SS_voltage(*model.four, -0.05, section="dend[0]", segx=0.3),
        "checked": tools.calculate_SS_voltage(*model.four, level, True, -20.0),
        "resistance": tools.calculate_input_resistance(*model.four),
        "resistance, larger step": tools.calculate_input_resistance(*model.four, current_delta=-0.1),
        "resistance of a dendrite": tools.calculate_input_resistance(
            *model.four, section="dend[0]", segx=0.3
        ),
    }


def part_spiking_steady(P, model, _):
    """A cell that spikes has no steady potential."""
    strong = 4 * model.properties.threshold_current
    return {"error": error_of(P.tools.calculate_SS_voltage, *model.four, strong, check_for_spiking=True)}


def part_hyperpolarizing(P, model, _):
    """Currents for a potential."""
    return {
        "detected": P.tools.detect_hyp_current(*model.four, -85.0),
        "searched": P.tools.search_hyp_current(*model.four, -88.0, -0.5, 0.1),
    }


def part_threshold(P, model, _):
    """Spikes of steps, and the threshold."""
    tools = P.tools
    hold, threshold = model.properties.holding_current, model.properties.threshold_current
    step = (hold, 300.0, 1000.0)
    return {
        "above": tools.detect_spike_step(*model.four, *step, 1.5 * threshold),
        "below": tools.detect_spike_step(*model.four, *step, 0.5 * threshold),
        "threshold": tools.search_threshold_current(*model.four, *step, 0.0, 3 * threshold, 0.02),
        "of a trace": [
            tools.detect_spike(np.array([-80.0, -20.0])),
            tools.detect_spike(np.array([-80.0, -19.9])),
            tools.detect_spike(np.array([-80.0, -35.0]), -40.0),
            tools.detect_spike(np.array([])),
        ],
    }


def part_rheobase(P, model, _):
    """The bound, and the rheobase."""
    cell = model.cell(P)
    found = {
        "bound": P.tools.calculate_max_thresh_current(cell),
        "rheobase": P.tools.calculate_rheobase(cell),
        "section": error_of(P.tools.calculate_rheobase, cell, section="dend[9999]"),
        "segment": error_of(P.tools.validate_section_and_segment, cell, "soma[0]", 1.5),
    }
    cell.delete()
    return found


def part_rheobase_needs(P, model, _):
    """Without properties there is no rheobase."""
    cell = model.cell(P)
    found = {"error": error_of(P.tools.calculate_rheobase, cell)}
    cell.delete()
    return found


def part_properties(P, model, _):
    """All properties, both ways."""
    cell = model.cell(P)
    first = P.tools.compute_memodel_properties(cell)
    cell.delete()
    kept = P.EmodelProperties(**vars_of(model.properties))
    second = P.tools.compute_memodel_properties_v2(*model.four[:3], -83.0, kept)
    return {"first": first, "second": second}


def vars_of(properties):
    names = ("threshold_current", "holding_current", "AIS_scaler", "soma_scaler")
    return {name: getattr(properties, name) for name in names}


def part_facts(P, model, task):
    """What needs no run."""
    tools = P.tools
    cell = model.cell(P)
    found = {
        "cvode": tools.template_accepts_cvode(model.template),
        "noisy": tools.template_accepts_cvode(task["noisy"]),
        "topology": tools.check_empty_topology(),
        "properties": [cell.hypamp, cell.threshold],
    }
    cell.delete()
    return found


def part_holding(P, model, task):
    """The holding current of a cell of a circuit."""
    cells = [tuple(cell) for cell in task["circuit_cells"]]
    return {
        "plain": P.tools.holding_current(-75.0, cells[0], task["circuit"]),
        "TTX": P.tools.holding_current(-65.0, cells[1], task["circuit"], enable_ttx=True),
    }


def recording(found, stride=25):
    """A recording, thinned: fixed-step ones alone are compared sample by sample."""
    return {
        "length": len(found.time),
        "t": [float(value) for value in found.time[::stride]],
        "v": [float(value) for value in found.voltage[::stride]],
        "i": [float(value) for value in found.current[::stride]],
        "spike": None if found.spike is None else [float(value) for value in found.spike],
    }


def part_sequences(P, model, _):
    """Stimuli and what is recorded of them."""
    inject, factory = P.inject_sequence, P.StimulusFactory(dt=0.1)
    short = factory.step(20, 80, 20, 2 * model.properties.threshold_current)
    places = [("soma[0]", 0.5), ("dend[0]", 0.3), ("axon[0]", 0.5)]
    cell = model.cell(P)
    found = {
        "one": recording(
            inject.run_stimulus(model.params, short, "soma[0]", 0.5, cvode=False, enable_spike_detection=True)
        ),
        "dendrite": recording(
            inject.run_stimulus(model.params, short, "dend[0]", 0.3, False, False, "dend[0]", 0.3)
        ),
        "places": [
            recording(one)
            for one in inject.run_multirecordings_stimulus(
                model.params, short, "soma[0]", 0.5, False, True, places, True, -30.0
            )
        ],
        "no section": error_of(inject.run_stimulus, model.params, short, "dend[9999]", 0.5),
        "no segment": error_of(inject.run_stimulus, model.params, short, "soma[0]", -0.5),
        "no name": error_of(inject.apply_multiple_stimuli, cell, "IDREST", [100]),
        "names": [f"{one.name}={one.value}" for one in inject.StimulusName],
        "fields": list(inject.Recording._fields),
    }
    cell.delete()
    return found


def part_stimuli(P, model, _):
    """Several stimuli of the factory."""
    inject = P.inject_sequence
    cell = model.cell(P)
    name = inject.StimulusName.AP_WAVEFORM
    by_percent = inject.apply_multiple_stimuli(cell, name, [150, 250, 150], cvode=False, n_processes=2)
    by_current = inject.apply_multiple_stimuli(
        cell, name, [0.1], threshold_based=False, cvode=False, add_hypamp=False, n_processes=1
    )
    cell.delete()
    return {
        "percent": {key: recording(value) for key, value in by_percent.items()},
        "current": {key: recording(value) for key, value in by_current.items()},
    }


def part_curves(P, model, task):
    """IV and FI."""
    cell = model.cell(P)
    shared = {
        "nb_bins": 3,
        "n_processes": 3,
        "show_figure": False,
        "save_figure": True,
        "output_dir": task["figures"],
    }
    threshold = model.properties.threshold_current
    iv = P.analysis.compute_plot_iv_curve(cell, rheobase=threshold, **shared)
    fi = P.analysis.compute_plot_fi_curve(
        cell, rheobase=1.2 * threshold, max_current=3.6 * threshold, **shared
    )
    cell.delete()
    figures = sorted(path.name for path in Path(task["figures"]).iterdir())
    return {
        "iv": [list(one) for one in iv],
        "fi": [[float(x) for x in one] for one in fi],
        "figures": figures,
    }


def part_bpap(P, model, task):
    """A back-propagating action potential."""
    from bluecellulab.analysis.analysis import BPAP

    cell = model.cell(P)
    bpap = BPAP(cell, stim_duration=1.0)
    bpap.run(1100, 3.0)
    soma, dendrites, far, apical, apical_far = bpap.get_amplitudes_and_distances()
    everything = (soma, dendrites, far, apical, apical_far)
    quiet = {"show_figure": False, "save_figure": True, "output_dir": task["figures"]}
    found = {
        "soma": [float(one) for one in soma],
        "dendrites": by_distance(far, dendrites),
        "apical": by_distance(apical_far, apical),
        "fit": fitted(bpap.fit(soma, dendrites, far)),
        "apical fit": fitted(bpap.fit(soma, apical, apical_far)),
        "empty fit": fitted(bpap.fit(soma, [], [])),
        "validated": [bpap.validate(*everything)[0], bpap.validate(*everything, validate_with_fit=False)[0]],
        "figures": [
            Path(bpap.plot_amp_vs_dist(*everything, **quiet)).name,
            Path(bpap.plot_recordings(**quiet)).name,
        ],
        "wrong durations": [error_of(BPAP, cell, value) for value in (True, "5", 0.0, float("nan"))],
    }
    cell.delete()
    return found


def by_distance(distances, amplitudes):
    if not amplitudes:
        return None
    order = np.argsort(distances, kind="stable")
    return [[float(distances[index]), float(amplitudes[index])] for index in order]


def fitted(result):
    values, wrong = result
    return [None if values is None else [float(one) for one in values], bool(wrong)]


def part_signatures(P, model, task):
    """Names and defaults of parameters of everything that is called."""
    import importlib

    found = {}
    for module, names in task["signatures"].items():
        there = importlib.import_module(f"bluecellulab.{module}")
        for name in names.split():
            item = there
            for part in name.split("."):
                item = getattr(item, part)
            parameters = [each for each in inspect.signature(item).parameters.values() if each.name != "self"]
            found[f"{module}:{name}"] = [
                [each.name, repr(each.default) if isinstance(each.default, (int, float, str, bool)) else "-"]
                for each in parameters
            ]
    return found


PARTS = {"composed": part_composed, "validations": part_validations}


def main(path):
    """Do the jobs of a task, and write what came of each, with the CPU seconds that it took."""
    import os

    task = json.loads(Path(path).read_text())
    P = _published()
    start = P.NeuronGlobals.get_instance().export_params()
    answers = {}
    for job in task["jobs"]:
        name, _, model = job.partition(" ")
        P.NeuronGlobals.get_instance().load_params(start)
        P.set_neuron_globals(temperature=34.0, v_init=-80.0)
        begin = sum(os.times()[:4])
        wall = time.time()
        try:
            found = PARTS.get(name, globals().get(f"part_{name}"))(
                P, Model(P, task["models"][model]) if model else None, task
            )
        except Exception as error:
            import traceback

            found = {"failed": f"{type(error).__name__}: {error}", "where": traceback.format_exc()}
        print(
            job,
            round(sum(os.times()[:4]) - begin, 1),
            round(time.time() - wall, 1),
            file=sys.stderr,
            flush=True,
        )
        answers[job] = found
        Path(task["answers"]).write_text(json.dumps(answers, default=float))


if __name__ == "__main__":
    main(sys.argv[1])
