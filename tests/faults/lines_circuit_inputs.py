"""Part B, lines 2, 5, 10, 12 and 15, as far as inputs, modifications and conditions go."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.harness import line, refused

Blocks = dict[str, dict[str, Any]]

STEP = {"module": "linear", "input_type": "current_clamp", "amp_start": 0.1, "delay": 0, "duration": 5}
SHOTS = {"delay": 1, "duration": 5, "rise_time": 0.4, "decay_time": 4, "mean_percent": 20, "sd_percent": 5}
CONDUCTANCE = {"module": "relative_shot_noise", "input_type": "conductance", **SHOTS, "node_set": "All"}
FIELD = {
    "module": "spatially_uniform_e_field",
    "input_type": "extracellular_stimulation",
    "delay": 0,
    "duration": 5,
    "fields": [{"Ex": 1, "Ey": 2, "Ez": 3}],
}
NOISE = {
    "module": "noise",
    "input_type": "current_clamp",
    "mean": 0.1,
    "variance": 0.01,
    "delay": 1,
    "duration": 9,
}
PLACES = {
    "good": {"population": "A", "compartment_set": [[0, 0, 0.5], [3, 1, 0.5]]},
    "bad": {"population": "A", "compartment_set": [[0, 0, 0.5], [1, 7, 0.5]]},
}


@contextmanager
def network(**changes: object) -> Iterator[Path]:
    from tests.unit.simulation.circuit.small import write_network

    with tempfile.TemporaryDirectory() as path:
        here = Path(path).resolve() / "network"
        changes = {"reports": {}, "compartment_sets_file": "places.json", **changes}
        config = write_network(here, **changes)
        (here / "places.json").write_text(json.dumps(PLACES))
        yield config


def conditions(*modifications: Mapping[str, object], **other: object) -> dict[str, object]:
    return {"v_init": -65, "celsius": 22, "modifications": list(modifications), **other}


def instantiate(config: Path, **options: Any) -> dict[Any, np.ndarray]:
    """Build, run 10 ms, and return the potentials."""
    from bluecellab.simulation.circuit.core import CircuitSimulation

    with CircuitSimulation(config) as simulation:
        simulation.instantiate(**{"synapses": "none", **options})
        simulation.run(10)
        return {cell_id: simulation.get_voltage_trace(cell_id) for cell_id in simulation.cells}


def sections_alive() -> int:
    from bluecellab.nrn import runtime

    return sum(1 for _ in runtime.raw_h().allsec())


@line
def line_b2_inputs_that_are_not_supported() -> None:
    from bluecellab.errors import ConfigError

    before = sections_alive()
    mistakes: dict[str, Blocks] = {
        "poisson": {"a": {**STEP, "module": "poisson", "node_set": "All"}},
        "inputs.a.module": {"a": {**STEP, "module": "relative_shot_noize", "node_set": "All"}},
        "conductance": {"a": {**STEP, "input_type": "conductance", "node_set": "All"}},
        "compartment_set": {"a": {**STEP, "node_set": "All", "compartment_set": "good"}},
        "inputs.a.node_set": {"a": STEP},
        "amp_start": {"a": {**STEP, "amp_start": "a lot", "node_set": "All"}},
        "mean_percent": {"a": {**NOISE, "mean_percent": 5, "node_set": "All"}},
    }
    for word, blocks in mistakes.items():
        with network(inputs=blocks) as config, refused(word, error=ConfigError):
            instantiate(config)
        assert sections_alive() == before


@line
def line_b2_inputs_that_the_cells_cannot_have() -> None:
    from bluecellab.errors import BluecellabError

    mistakes: dict[str, Blocks] = {
        "input resistance": {"a": {**CONDUCTANCE}},
        "orientation_w": {"a": {**FIELD, "node_set": "All"}},
        "which acts on whole cells": {"a": {**FIELD, "compartment_set": "good"}},
        "'nowhere'": {"a": {**STEP, "compartment_set": "nowhere"}},
        "No section with id 7": {"a": {**STEP, "compartment_set": "bad"}},
        "'Nobody'": {"a": {**STEP, "node_set": "Nobody"}},
    }
    for word, blocks in mistakes.items():
        with network(inputs=blocks) as config, refused(word, error=BluecellabError):
            instantiate(config)
        assert not sections_alive()


@line
def line_b2_inputs_chosen_by_name() -> None:
    from bluecellab.errors import SimulationError

    blocks = {name: {**NOISE, "node_set": "All"} for name in ("one", "two")}
    with network(inputs=blocks) as config:
        with refused("no input 'three'", error=SimulationError):
            instantiate(config, stimuli=["three"])
        first, second = (instantiate(config, stimuli=[name]) for name in blocks)
        # each has the stream that it has in the whole configuration
        assert all(np.abs(first[cell] - second[cell]).max() > 0.01 for cell in first)


@line
def line_b2_modifications_that_are_not_supported() -> None:
    from bluecellab.errors import BluecellabError, ConfigError, MissingMechanismError

    cells = {"name": "m", "node_set": "All"}
    places = {"name": "m", "compartment_set": "good"}
    for word, modification, error in (
        (
            "configure_some",
            {**cells, "type": "configure_some", "section_configure": "%s.cm = 1"},
            ConfigError,
        ),
        ("TTXDynamicsSwitch", {**cells, "type": "ttx"}, MissingMechanismError),
        (
            "gnabar_h",
            {**cells, "type": "configure_all_sections", "section_configure": "%s.gnabar_h = 1"},
            None,
        ),
        ("no list of sections", {**cells, "type": "section_list", "section_configure": "tuft.cm = 1"}, None),
        ("as a whole", {**places, "type": "compartment_set", "section_configure": "Ra = 1"}, BluecellabError),
    ):
        with network(conditions=conditions(modification)) as config, refused(word, error=error):
            instantiate(config)
        assert not sections_alive()


@line
def line_b5_section_configure_is_never_executed() -> None:
    from bluecellab.errors import BluecellabError
    from bluecellab.nrn import runtime

    h = runtime.raw_h()
    h("drill_executed = 0")
    texts = (
        "%s.cm = 1 drill_executed = 1",
        'nrnpython("import os; os.abort()")',
        '%s.cm = nrnpython("1")',
        "%s.cm = 1; quit()",
        "{drill_executed = 1}",
        "%s.L.x = 1",
        "%s.psection() = 1",
        "__import__('os').abort()",
        "%s.__class__ = 1",
        "%s.cm = (lambda: 1)()",
        "%s.cm = " + "(" * 100_000 + "1",
        "%s.hname = 1",
    )
    for kind in ("configure_all_sections", "section_list", "section"):
        for text in texts:
            shown = text if kind == "configure_all_sections" else text.replace("%s", "soma")
            change = {"name": "m", "type": kind, "node_set": "All", "section_configure": shown}
            with network(conditions=conditions(change)) as config, refused(error=BluecellabError):
                instantiate(config, cells=("A", 0))
    assert h.drill_executed == 0


@line
def line_b10_globals_of_mechanisms_one_after_another() -> None:
    from bluecellab.errors import MechanismError, MissingMechanismError
    from bluecellab.nrn import settings

    before = settings.read("usetable_hh")
    with network() as config:
        plain = instantiate(config)
        path = config.with_name("other.json")
        values = json.loads(config.read_text())
        values["conditions"] = conditions(mechanisms={"hh": {"usetable": 0}})
        path.write_text(json.dumps(values))
        other = instantiate(path)
        assert settings.read("usetable_hh") == before
        again = instantiate(config)
        assert all(np.array_equal(plain[cell], again[cell]) for cell in plain)
        assert any(not np.array_equal(plain[cell], other[cell]) for cell in plain)
        for mechanisms, word, error in (
            ({"hh": {"gnabar": 1}}, "gnabar is a RANGE variable", MechanismError),
            ({"hh": {"usetabel": 1}}, "'usetable'", MechanismError),
            ({"ProbGABAAB_EMS": {"init_depleted": 1}}, "ProbGABAAB_EMS", MissingMechanismError),
        ):
            values["conditions"] = conditions(mechanisms=mechanisms)
            path.write_text(json.dumps(values))
            with refused(word, error=error):
                instantiate(path)
            assert not sections_alive()


@line
def line_b12_streams_of_inputs_do_not_depend_on_who_is_loaded() -> None:
    blocks = {
        "noise": {**NOISE, "node_set": "All"},
        "elsewhere": {**NOISE, "node_set": "Two"},
        "placed": {**NOISE, "compartment_set": "good"},
        "shots": {"module": "shot_noise", "input_type": "current_clamp", "delay": 1, "duration": 8, "rate": 400,
                  "amp_mean": 0.1, "amp_var": 0.01, "rise_time": 0.4, "decay_time": 4, "node_set": "Two"},
    }  # fmt: skip
    with network(inputs=blocks) as config:
        whole = instantiate(config)
        for chosen in ([("A", 3)], [("A", 3), ("A", 0)], [("A", 4), ("A", 1), ("A", 3), ("A", 2)]):
            some = instantiate(config, cells=chosen)
            assert len(some) == len(chosen)
            assert all(np.array_equal(values, whole[cell]) for cell, values in some.items())


@line
def line_b15_sections_that_cells_lack() -> None:
    from bluecellab.errors import CircuitWarning

    for text, kind, words in (
        ("apical.cm = 2", "section_list", ""),
        ("axonal.cm = 2", "section_list", "none of 0 sections of 5 cells"),
        ("apic[7].cm = 2", "section", "5 of 5 cells do not have the section"),
        ("%s.e_extracellular = 1", "configure_all_sections", "changed nothing"),
    ):
        change = {"name": "m", "type": kind, "node_set": "All", "section_configure": text}
        with network(conditions=conditions(change)) as config, warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", CircuitWarning)
            assert len(instantiate(config)) == 5
        assert [words in str(each.message) for each in said] == ([True] if words else [])
