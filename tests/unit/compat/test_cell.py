"""Cells in the way scripts and services use them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from bluecellab import compat
from bluecellab.cell import Cell as FaceCell
from bluecellab.compat import neuron
from bluecellab.compat.cell import Cell, CellDict, create_ball_stick
from bluecellab.compat.cell.section_distance import EuclideanSectionDistance
from bluecellab.compat.cell.serialized_sections import SerializedSections
from bluecellab.compat.cell.template import NeuronTemplate, TemplateParams, public_hoc_cell
from bluecellab.compat.circuit import CellId, EmodelProperties
from bluecellab.compat.exceptions import BluecellulabError, SectionDoesNotExistError
from bluecellab.compat.psection import PSection, init_psections
from bluecellab.compat.rngsettings import RNGSettings
from bluecellab.compat.stimulus.circuit_stimulus_definitions import Hyperpolarizing, Noise
from bluecellab.errors import CellError, ClosedError, StimulusError
from bluecellab.nrn import objects, runtime, templates

TEMPLATE = """
begintemplate {name}
public soma, dend, all, somatic, basal, getCell, nSecAll, getThreshold, getHypAmp
create soma[1], dend[2]
objref all, somatic, basal, this
proc init() {{ local i
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    soma[0] {{ all.append() somatic.append() pt3dadd(0, 0, 0, 10) pt3dadd(10, 0, 0, 10) v(0.0001) = 0 }}
    for i = 0, 1 dend[i] {{ all.append() basal.append() v(0.0001) = 2 * i + 1 }}
    connect dend[0](0), soma[0](1)
    connect dend[1](0), dend[0](1)
    nSecAll = 4
}}
func getThreshold() {{ return 0.2 }}
func getHypAmp() {{ return -0.1 }}
obfunc getCell() {{ return this }}
endtemplate {name}
"""
SWC = "1 1 0 0 0 5 -1\n2 1 0 5 0 5 1\n3 1 0 -5 0 5 1\n4 3 5 0 0 1 1\n5 3 50 0 0 1 4\n"


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    runtime.start()


@pytest.fixture
def params(tmp_path):
    (tmp_path / "cell.hoc").write_text(TEMPLATE.format(name="CompatTemplate"))
    (tmp_path / "cell.swc").write_text(SWC)
    return TemplateParams(tmp_path / "cell.hoc", tmp_path / "cell.swc", "v5", None)


def test_single_cell_as_a_service_runs_it() -> None:
    """The flow of BlueNaaS for one cell."""
    cell = create_ball_stick()
    RNGSettings("Random123", base_seed=3).set_seeds(base_seed=0)
    cell.add_replay_hypamp(Hyperpolarizing(target="", delay=0, duration=30))
    iclamp, played = cell.inject_current_waveform(np.arange(0, 20, 0.5), np.full(40, 0.4))
    current = neuron.h.Vector()
    current.record(iclamp._ref_i)
    for name, section in cell.sections.items():
        assert cell.get_psection(section.name()).isec == cell.get_psection(name).isec
        cell.add_voltage_recording(section, 0.5)
        cell.add_variable_recording("ina", section, 0.5)
    names = cell.add_currents_recordings(cell.sections["dend[0]"], 0.25)
    calls: list[int] = []
    simulation = compat.Simulation(cell, custom_progress_function=lambda: calls.append(1))
    simulation.run(30, cvode=False, dt=0.05, show_progress=True)
    assert len(calls) == 101
    assert len(cell.get_time()) == 601
    assert cell.get_soma_voltage().max() > -20
    assert np.array_equal(cell.get_voltage_recording(cell.soma), cell.get_soma_voltage())
    assert {"ina", "ik"} <= set(names)
    for name in names:
        assert np.ptp(cell.get_variable_recording(name, cell.sections["dend[0]"], 0.25)) > 0
    assert len(played) == 40
    recorded = objects.values_of(current)
    assert np.allclose(recorded[2:390], 0.4)  # IClamp's window closes at 19.5 ms
    assert np.all(recorded[392:] == 0)
    assert cell.template_params.template_format == "ball_stick"
    del current, iclamp, played
    simulation.close()
    cell.delete()


def test_sections_are_neurons_own() -> None:
    h = neuron.h
    with create_ball_stick() as cell:
        own = runtime.neuron_module().nrn.Section
        assert all(type(section) is own for section in cell.sections.values())
        assert type(cell.soma) is type(cell.get_section("dend[0]")) is type(cell.get_section_by_id(1)) is own
        assert type(cell.somatic[0]) is type(cell.basal[0]) is type(cell.get_sections("dend")[0]) is own
        assert type(cell.get_childrensections(cell.soma)[0]) is type(cell.section_ids[1]) is own
        assert cell.get_parentsection(cell.basal[0]) == cell.soma
        assert cell.apical == cell.axonal == cell.myelinated == []
        assert cell.get_section_id(cell.basal[0]) == 1
        assert cell.n_segments == 201
        assert cell.area() == pytest.approx(cell.soma(0.5).area() + sum(seg.area() for seg in cell.basal[0]))
        plain = runtime.raw_h()
        clamp = plain.IClamp(cell.soma(0.5))
        assert clamp.get_segment() == cell.soma(0.5)
        assert h.distance(cell.soma(0.5), cell.basal[0](1)) == pytest.approx(200, abs=1)
        assert cell.euclid_section_distance(cell.soma, cell.basal[0]) == EuclideanSectionDistance()(
            cell.soma, cell.basal[0]
        )
        cell.make_passive()
        assert cell.is_made_passive
        assert cell.apical_trunk() == []
        del clamp


def test_sections_of_a_closed_cell() -> None:
    cell = create_ball_stick()
    soma = cell.soma
    cell.delete()
    for name in ("sections", "soma", "basal", "psections", "section_ids", "info_dict"):
        with pytest.raises(ClosedError, match="is closed"):
            getattr(cell, name)
    with pytest.raises(ReferenceError):
        _ = soma.L


def test_recordings_and_spikes() -> None:
    with create_ball_stick() as cell, compat.Simulation() as simulation:
        cell.add_allsections_voltagerecordings()
        cell.add_recording("self.basal[0](0.3)._ref_v")
        cell.start_recording_spikes(None, "soma", -20)
        netcon = cell.create_netcon_spikedetector(None, "dend[0](0.5)")
        cell.add_step(2, 20, 0.5)
        simulation.add_cell(cell)
        simulation.run(20, cvode=False)
        assert len(cell.get_recorded_spikes("soma", -20)) >= 1
        assert list(cell.get_allsections_voltagerecordings()) == ["soma[0]", "dend[0]"]
        assert len(cell.get_recording("self.basal[0](0.3)._ref_v")) == 801
        del netcon


def test_psections() -> None:
    with create_ball_stick() as cell:
        assert list(cell.psections) == [0, 1]
        assert list(cell.secname_to_psection) == ["soma[0]", "dend[0]"]
        soma, dend = cell.psections.values()
        assert (soma.section_type, dend.section_type, dend.isec, dend.name) == ("soma", "dend", 1, "dend[0]")
        assert dend.pparent.isec == 0
        assert soma.pparent is None
        assert soma.hparent is None
        assert [child.isec for child in soma.pchildren] == [1]
        assert (soma.is_leaf, dend.is_leaf) == (False, True)
        assert (dend.L, dend.diam, dend.maxsegdiam) == (200, 3, 3)
        assert dend.hsection == cell.basal[0]
        assert dend.href.sec == cell.basal[0]
        assert len(dend.psegments) == 200
        segment = dend.psegments[3]
        assert (segment.L, segment.diam, segment.parentsection) == (1, 3, dend)
        assert "hh" in segment.mechanism_names
        assert "PSegment" in repr(segment)
        assert PSection(cell.soma).isec is None
        assert repr(dend) == "<PSection dend[0] id=1>"
        assert cell.get_psection(np.int64(1)).isec == 1
        for missing in (7, "dend[7]"):
            with pytest.raises(
                SectionDoesNotExistError, match=r"does not exist on the cell\. Cell"
            ) as caught:
                cell.get_psection(missing)
            assert caught.value.section_id == missing
            assert isinstance(caught.value, KeyError)
        with pytest.raises(BluecellulabError, match="a section id"):
            cell.get_psection(1.5)


def test_cells_of_templates(params) -> None:
    with Cell(
        params.template_filepath, params.morph_filepath, cell_id=CellId("pop", 7), record_dt=0.1
    ) as cell:
        assert (cell.threshold, cell.hypamp) == (0.2, -0.1)
        assert list(cell.psections) == [0, 1, 3]
        name = cell.basal[1].hname()
        assert name == f"{cell.hocname}.dend[1]"
        assert cell.get_psection(name).isec == cell.get_psection("dend[1]").isec == 3
        assert cell.get_psection(3).pparent.isec == 1
        assert list(cell.sections) == ["soma[0]", "dend[0]", "dend[1]"]
        rebuilt = pickle.loads(pickle.dumps(cell.template_params))
        with Cell.from_template_parameters(rebuilt, CellId("pop", 8)) as other:
            assert type(other) is Cell
            assert other.template_params == cell.template_params
            assert type(other.soma) is type(cell.soma)


def test_hoc_cells(params) -> None:
    template = NeuronTemplate(*params)
    assert template.template_name == NeuronTemplate.load(params.template_filepath)
    hoc = template.get_cell(None)
    public = public_hoc_cell(hoc)
    by_id, by_name = init_psections(public)
    assert list(by_id) == [0, 1, 3]
    assert by_id[3].name in by_name
    references = SerializedSections(public).isec2sec
    assert {index: reference.sec.hname() for index, reference in references.items()} == {
        index: section.name for index, section in by_id.items()
    }
    del by_id, by_name, references, public
    templates.release(hoc)
    with pytest.raises(FileNotFoundError, match="Couldn't find template file"):
        NeuronTemplate(params.template_filepath.with_name("no.hoc"), params.morph_filepath, "v5", None)
    with pytest.raises(FileNotFoundError, match="Couldn't find morphology file"):
        NeuronTemplate(params.template_filepath, params.morph_filepath.with_name("no.swc"), "v5", None)
    with pytest.raises(CellError, match=r"Either getCell\(\) or CellRef"):
        public_hoc_cell(object())


def test_ball_stick_is_rebuilt_from_its_parameters() -> None:
    with create_ball_stick() as cell:
        again = pickle.loads(pickle.dumps(cell.template_params))
        with Cell.from_template_parameters(again) as other:
            assert list(other.sections) == ["soma[0]", "dend[0]"]


def test_definitions_are_played_by_both_faces() -> None:
    from bluecellab import create_ball_stick as make

    with make() as face, create_ball_stick() as wing:
        for cell in (face, wing):
            live = cell.add_replay_hypamp(Hyperpolarizing("single-cell", delay=0, duration=100))
            assert set(live.waveform.values) == {0, cell.hypamp}
        assert isinstance(wing, FaceCell)


def test_legacy_random_modes_are_refused_for_random_stimuli() -> None:
    settings = RNGSettings.get_instance()
    settings.set_seeds(mode="Compatibility")
    try:
        with create_ball_stick() as cell:
            cell.add_step(0, 1, 0.1)
            cell.add_replay_noise(Noise("x", 0, 10, 0.1, mean=0.1), noise_seed=4)
            with pytest.raises(StimulusError, match="legacy mode 'Compatibility'"):
                cell.add_replay_noise(Noise("x", 0, 10, 0.1, mean=0.1))
    finally:
        settings.set_seeds()
    assert settings.mode == "Random123"


def test_state_that_scripts_look_at() -> None:
    with create_ball_stick() as cell:
        assert cell.info_dict == {"synapses": {}, "connections": {}}
        assert cell.delayed_weights.empty()
        assert cell.sonata_proxy is None
        assert cell.get_precise_record_dt(0.1) == pytest.approx(0.1, rel=1e-9)
        cell.persistent.append(object())
        assert cell.relativity_proportion("current") == cell.threshold


def test_cell_dict() -> None:
    cells = CellDict()
    with create_ball_stick() as cell:
        cells[3] = cell
        assert cells[CellId("", 3)] is cells["", 3] is cells[3] is cells.get(3) is cell
        assert 3 in cells
        assert ("", 3) in cells
        assert "text" not in cells
        assert cells.get(4) is None
        assert cells.get(("pop", 3), "none") == "none"
        assert list(cells) == [CellId("", 3)]
        del cells[3]
        with pytest.raises(CellError, match="an integer or"):
            cells["text"] = cell
    assert not cells


def test_properties_of_emodels() -> None:
    assert EmodelProperties(0.2, -0.1).soma_scaler == 1
