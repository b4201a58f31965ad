"""Published measurements and searches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluecellab import analysis
from bluecellab.compat import CircuitSimulation, create_ball_stick, exceptions, tools
from bluecellab.compat.cell.core import BALL_STICK, Cell
from bluecellab.compat.circuit.config import SonataSimulationConfig
from bluecellab.compat.graph import build_graph
from bluecellab.nrn import runtime
from bluecellab.simulation import run_isolated
from bluecellab.simulation.conditions import NeuronGlobals, set_neuron_globals
from bluecellab.spec.base import Site
from bluecellab.spec.cells import EmodelProperties, TemplateParams
from bluecellab.spec.simulation import RunConditions
from tests.unit.simulation.circuit.small import write_network

PROPERTIES = EmodelProperties(threshold_current=0.2, holding_current=-0.05)
PARAMS = BALL_STICK._replace(emodel_properties=PROPERTIES)
CONDITIONS = RunConditions(cvode="auto", cvode_atol=1e-4, celsius=34.0, v_init=-65.0)


def test_steady_potentials_are_those_of_analysis() -> None:
    with create_ball_stick() as cell:
        site = Site(section="dend[0]", x=0.3)
        wanted = analysis.steady_state_voltage(cell, -0.1, site=site, conditions=CONDITIONS)
        resistance = analysis.input_resistance(cell, current_delta=-0.05, conditions=CONDITIONS)
        assert tools.calculate_SS_voltage(*PARAMS, -0.1, section="dend[0]", segx=0.3) == wanted
    assert tools.calculate_SS_voltage_subprocess(*PARAMS, -0.1, False, -20.0, "dend[0]", 0.3) == wanted
    assert tools.calculate_input_resistance(*PARAMS, current_delta=-0.05) == resistance


def test_cells_that_spike_are_unsteady() -> None:
    with pytest.raises(exceptions.UnsteadyCellError, match="fires"):
        tools.calculate_SS_voltage(*PARAMS, 0.3, check_for_spiking=True)


def test_globals_of_this_process_hold() -> None:
    before = NeuronGlobals.get_instance().export_params()
    cold = tools.calculate_SS_voltage(*PARAMS, -0.1)
    try:
        set_neuron_globals(temperature=6.3, v_init=-70.0)
        warm = tools.calculate_SS_voltage(*PARAMS, -0.1)
    finally:
        NeuronGlobals.get_instance().load_params(before)
    assert abs(warm - cold) > 1e-6


def test_currents_of_potentials() -> None:
    current = tools.detect_hyp_current(*PARAMS, -75.0)
    assert abs(tools.calculate_SS_voltage(*PARAMS, current) + 75.0) < 0.5
    assert tools.search_hyp_current(*PARAMS, -75.0, -1.0, 0.0) == current
    with pytest.raises(ValueError, match="Use a wider range"):
        tools.detect_hyp_current(*PARAMS, -1000.0)


def test_spikes_of_steps() -> None:
    step = (*PARAMS, 0.0, 50.0, 100.0)
    assert tools.detect_spike_step(*step, 0.5)
    assert not tools.detect_spike_step(*step, 0.01)
    assert not tools.detect_spike_step(*step, 0.5, step_thresh=100.0)
    assert tools.detect_spike_step_subprocess(*step, 0.5)
    threshold = tools.search_threshold_current(*step, 0.0, 1.0, 0.05)
    assert tools.detect_spike_step(*step, threshold)
    assert not tools.detect_spike_step(*step, threshold - 0.05)
    with pytest.raises(ValueError, match="makes no spike"):
        tools.search_threshold_current(*step, 0.0, 0.01)


def test_rheobase() -> None:
    with Cell.from_template_parameters(PARAMS) as cell:
        found = tools.calculate_rheobase(cell)
        bound = tools.calculate_max_thresh_current(cell)
        assert found < bound <= 2.0
        assert tools.detect_spike_step(*PARAMS, -0.05, 300.0, 1000.0, found)
        assert not tools.detect_spike_step(*PARAMS, -0.05, 300.0, 1000.0, found - 0.005)
        with pytest.raises(ValueError, match="'dend.7.' not found in Cell"):
            tools.calculate_rheobase(cell, section="dend[7]")
        with pytest.raises(ValueError, match="between 0 and 1"):
            tools.validate_section_and_segment(cell, "soma[0]", 1.5)
        properties = tools.compute_memodel_properties(cell, v_init=-65.0)
        assert properties["holding_current"] == (cell.hypamp or 0.0)
        assert 0 < properties["rheobase"] <= found + 0.005
        assert properties["rin"] > 0
    with create_ball_stick() as cell, pytest.raises(ValueError, match="has no emodel_properties"):
        tools.calculate_rheobase(cell)


def test_properties_of_a_holding_potential() -> None:
    found = tools.compute_memodel_properties_v2(*PARAMS[:3], -70.0, PROPERTIES, v_init=-65.0)
    assert set(found) == {"holding_current", "resting_potential", "input_resistance", "threshold_current"}
    assert abs(tools.calculate_SS_voltage(*PARAMS, found["holding_current"]) + 70.0) < 0.1
    assert found["resting_potential"] == tools.calculate_SS_voltage(*PARAMS, 0.0)
    assert PROPERTIES.holding_current == -0.05  # published: overwritten


def test_holding_current_in_this_process() -> None:
    made = {"template_path": "", "morphology_path": "", "template_format": "ball_stick"}
    current, clamped = tools.holding_current_subprocess(-70.0, False, made)
    assert clamped == -70.0
    assert current < 0
    # elsewhere, because another test may have loaded the mechanism here
    with pytest.raises(exceptions.BluecellulabError, match="no mechanism 'TTXDynamicsSwitch'"):
        run_isolated(tools.holding_current_subprocess, -70.0, True, made)


def test_holding_current_of_a_cell_of_a_circuit(tmp_path: Path) -> None:
    """By its configuration, as a path and as an object, as psp-validation calls it."""
    config = str(write_network(tmp_path))
    current, clamped = tools.holding_current(-70.0, ("A", 1), config)
    assert clamped == -70.0
    assert tools.holding_current(-70.0, ("A", 1), SonataSimulationConfig(config)) == (current, clamped)
    with CircuitSimulation(config) as simulation:
        made = simulation.fetch_cell_kwargs(("A", 1))
        assert tools.holding_current_subprocess(-70.0, False, made)[0] == current
        simulation.instantiate_gids([("A", 0), ("A", 1)], add_synapses=True)
        graph = build_graph(simulation.cells)
        assert list(graph.nodes) == [("A", 0), ("A", 1)]
        assert set(graph.edges) <= {(one, two) for one in graph for two in graph}
        assert graph.edges
        with simulation.create_cell_from_circuit(("A", 2)) as cell:
            assert 0 < tools.calculate_max_thresh_current(cell) <= 2


def test_cells_without_parameters_are_refused() -> None:
    def make() -> list[object]:
        return [runtime.raw_h().Section(name="soma")]

    with (
        Cell.from_python(make) as cell,
        pytest.raises(exceptions.BluecellulabError, match="has no template_params"),
    ):
        tools.calculate_max_thresh_current(cell)


def test_the_rest(tmp_path: Path) -> None:
    template = tmp_path / "cell.hoc"
    template.write_text("insert Kv // \xe9", encoding="latin-1")
    assert tools.template_accepts_cvode(template)
    template.write_text("insert StochKv")
    assert not tools.template_accepts_cvode(str(template))
    assert tools.check_empty_topology()
    with create_ball_stick():
        assert not tools.check_empty_topology()
    assert tools.detect_spike(np.array([-70.0, -19.0]))
    assert not tools.detect_spike(np.array([]))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = tools.nonsense
    assert TemplateParams(*PARAMS) == PARAMS


def test_sources_of_reports() -> None:
    cells = {("p", 1): 0, ("p", 2): 0, ("q", 7): 0}
    places = [[3, 0, 0.5], [1, 0, 0.5], [1, 1, 0.2]]
    resolve = tools.resolve_source_nodes
    assert resolve({"node_id": [5]}, "compartment", cells, "p") == ([5], None)
    assert resolve({}, "compartment", cells, "p") == ([1, 2], None)
    assert resolve({"compartment_set": places}, "compartment_set", cells, "p") == ([1, 3], places)
    assert resolve({}, "compartment_set", cells, "p") == ([], [])
    with pytest.raises(exceptions.ConfigError, match="Unsupported source type 'summation'"):
        resolve({}, "summation", cells, "p")
