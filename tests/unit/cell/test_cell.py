"""Cells: families, sections, membrane, recording and injection by their published names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bluecellab import (
    Cell,
    CellId,
    EmodelProperties,
    HocCell,
    PythonCell,
    Simulation,
    create_ball_stick,
    run_isolated,
)
from bluecellab.errors import (
    BrokenError,
    CellError,
    MissingMechanismError,
    NeuronEvalError,
    NotRecordedError,
    RecordingError,
    SectionNotFoundError,
    SiteError,
    StimulusError,
)
from bluecellab.nrn import h, runtime
from bluecellab.spec import stimuli
from bluecellab.spec.base import Site
from tests.faults.hocs import SWC, template, write


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick(CellId("S1", 12)) as made:
        yield made


def run(cell: Cell, tstop: float = 10.0, **how: object) -> np.ndarray:
    with Simulation() as simulation:
        simulation.add_cell(cell)
        simulation.run(tstop, **({"cvode": False} | how))
    return cell.get_soma_voltage()


def test_ball_stick_is_the_published_one(cell: Cell) -> None:
    assert list(cell.sections) == ["soma[0]", "dend[0]"]
    assert cell.area() == pytest.approx(2757.523270487169, rel=1e-12)
    assert cell.n_segments == 201
    assert (cell.threshold, cell.hypamp) == (0.184062, -0.070557)
    assert (cell.soma.L, cell.soma.diam) == (19.600000381469727, 10.228999903372351)
    assert repr(cell) == "<Cell S1/12 open, 2 sections>"
    assert cell.apical == cell.axonal == cell.myelinated == []


def test_lookup(cell: Cell) -> None:
    assert cell.get_section("dend[0]") == cell.basal[0]
    assert cell.get_sections("dend") == cell.basal
    assert cell.get_section_by_id(1) == cell.basal[0]
    assert cell.get_section_id(cell.soma) == 0
    assert cell.get_psection(1).isec == 1
    assert cell.get_psection(np.int64(1)).name == cell.basal[0].hname()
    assert cell.get_psection(cell.soma.hname()).pchildren[0].hsection == cell.basal[0]
    assert cell.get_childrensections(cell.soma) == cell.basal
    assert cell.get_parentsection(cell.basal[0]) == cell.soma
    with pytest.raises(
        SectionNotFoundError, match=r"No section 'dend\[7\]' in Cell S1/12; it has soma\[0\], dend\[0\]"
    ):
        cell.get_section("dend[7]")
    with pytest.raises(IndexError, match="No section with id 9 in Cell S1/12; it has 0..1"):
        cell.get_section_by_id(9)
    with pytest.raises(CellError, match="id \\(int\\) or name"):
        cell.get_psection(1.5)
    with pytest.raises(SectionNotFoundError, match="is a root"):
        cell.get_parentsection(cell.soma)


def test_places(cell: Cell) -> None:
    assert cell.at() == cell.soma(0.5)
    assert cell.at("dend[0]", 0.3) == cell.basal[0](0.3)
    assert cell.at(Site(section="dend[0]", x=0.7)) == cell.basal[0](0.7)
    assert cell.at(cell.basal[0](0.2)) == cell.basal[0](0.2)
    assert cell.at(cell.basal[0].raw) == cell.basal[0](0.5)
    assert cell.distance("dend[0]") == pytest.approx(100.5, abs=1)
    for x in (-0.1, 1.1, float("nan"), "x"):
        with pytest.raises(SiteError, match="from 0"):
            cell.soma(x)
    with create_ball_stick() as other, pytest.raises(SectionNotFoundError, match="not one of Cell S1/12"):
        cell.at(other.soma)


def test_distances_in_space(cell: Cell) -> None:
    assert cell.euclid_section_distance(cell.soma, cell.basal[0], 0, 1) == pytest.approx(219.6, abs=0.01)
    assert cell.euclid_section_distance(cell.soma, cell.basal[0], 0, 1, "y") == 0
    with pytest.raises(CellError, match="x, y and z"):
        cell.euclid_section_distance(cell.soma, cell.basal[0], 0, 1, "w")


def test_section_deleted_by_foreign_code() -> None:
    cell = create_ball_stick()
    section = cell.basal[0]
    runtime.raw_h().delete_section(sec=section.raw)
    with pytest.raises(BrokenError, match="deleted by hoc code outside bluecellab"):
        _ = section.L
    cell.close()


def test_passive_cell_has_no_channels(cell: Cell) -> None:
    cell.add_step(1, 5, 0.5)
    assert run(cell).max() > -20
    cell.make_passive()
    assert cell.is_made_passive
    assert not cell.soma.has_membrane("hh")
    assert run(cell)[0] == -65
    cell.re_init_rng()


def test_ttx_needs_its_mechanism() -> None:
    def refused() -> bool:
        with create_ball_stick() as cell:
            with pytest.raises(MissingMechanismError, match="TTXDynamicsSwitch"):
                cell.enable_ttx()
            return not cell.ttx_enabled

    assert run_isolated(refused)  # elsewhere, because another test may have loaded the mechanism here


class TestRecording:
    def test_published_names(self, cell: Cell) -> None:
        cell.add_recording("self.basal[0](0.3)._ref_v")
        cell.add_recordings(["neuron.h._ref_t", "self.soma(0.5).hh._ref_m"], dt=0.1)
        cell.add_variable_recording("ina", cell.basal[0], 0.7)
        cell.add_allsections_voltagerecordings()
        names = cell.add_currents_recordings(cell.soma)
        run(cell)
        assert np.array_equal(cell.get_recording("self.soma(0.5)._ref_v"), cell.get_soma_voltage())
        assert len(cell.get_recording("self.soma(0.5).hh._ref_m")) == 101
        assert cell.get_variable_recording("ina", cell.basal[0], 0.7).shape == (401,)
        assert set(cell.get_allsections_voltagerecordings()) == {cell.soma.hname(), cell.basal[0].hname()}
        assert names == sorted(names)
        assert {"ina", "ik", "il_hh"} <= set(names)
        assert cell.traces()["self.soma(0.5)._ref_v"].unit == "mV"

    def test_what_is_refused(self, cell: Cell) -> None:
        with pytest.raises(NeuronEvalError, match="__import__"):
            cell.add_recording("__import__('os').system('true')")
        with pytest.raises(NeuronEvalError):
            cell.add_recording("self.soma(0.5).__class__")
        with pytest.raises(RecordingError, match="not a reference"):
            cell.add_recording("self.soma(0.5).v")
        with pytest.raises(RecordingError, match="second axonal"):
            cell.add_ais_recording()
        with pytest.raises(NotRecordedError, match="is not recorded"):
            cell.get_variable_recording("ina")
        with pytest.raises(NotRecordedError, match="no run yet"):
            cell.get_soma_voltage()
        with pytest.raises(KeyError):
            cell.get_recorded_spikes("soma")

    def test_record_dt_of_the_cell(self) -> None:
        with create_ball_stick(record_dt=0.5) as cell:
            assert len(run(cell)) == 21
            assert len(cell.get_time()) == 21

    def test_spikes(self, cell: Cell) -> None:
        cell.add_step(1, 9, 0.5)
        cell.start_recording_spikes(None, "soma", -20)
        assert cell.is_recording_spikes("soma", -20)
        assert not cell.is_recording_spikes("soma", -30)
        voltage = run(cell)
        crossings = np.flatnonzero((voltage[1:] > -20) & (voltage[:-1] <= -20))
        assert len(cell.get_recorded_spikes("soma", -20)) == len(crossings) > 2

    def test_numpy_copies_outlive_later_runs(self, cell: Cell) -> None:
        first = run(cell)
        copy = first.copy()
        run(cell, 50.0)
        assert np.array_equal(first, copy)
        with pytest.raises(ValueError, match="read-only"):
            first[0] = 1


class TestInjection:
    @pytest.mark.parametrize(
        "add",
        [
            lambda c: c.add_step(2, 8, 0.4),
            lambda c: c.add_ramp(2, 8, 0.1, 0.6),
            lambda c: c.add_pulse(
                stimuli.PulseTrain(delay=2, duration=6, amp_start=0.5, width=1, frequency=400)
            ),
            lambda c: c.add_voltage_clamp(8, -40),
            lambda c: c.add_noise_step(c.soma, 0.5, 0.4, 0.01, 2, 6),
            lambda c: c.add_replay_hypamp(stimuli.Hyperpolarizing(duration=8)),
            lambda c: c.add_replay_relativelinear(stimuli.RelativeLinear(duration=8, percent_start=200)),
            lambda c: c.add_sin_current(0.4, 2, 6, 200),
            lambda c: c.add_alpha_synapse(2, 1, 0.01, 0, c.soma),
        ],
    )
    def test_acts_and_can_be_taken_away(self, cell: Cell, add: object) -> None:
        without = run(cell)
        live = add(cell)
        assert not np.array_equal(run(cell), without)
        live.close()
        assert np.array_equal(run(cell), without)

    def test_vectors_are_returned(self, cell: Cell) -> None:
        process = stimuli.OrnsteinUhlenbeck(delay=1, duration=8, tau=3, mean=0.3, sigma=0.05)
        times, values = cell.add_ornstein_uhlenbeck(cell.soma, 0.5, process)
        assert len(times) == len(values) > 30
        clamp, played = cell.inject_current_waveform([0, 1, 2], [0.1, 0.2, 0.3])
        assert list(played) == [0.1, 0.2, 0.3]
        assert clamp.dur == 2
        cell.record_pointer("i", clamp._ref_i)
        run(cell)
        assert cell.get_recording("i").max() == pytest.approx(0.2)  # the last time ends it

    def test_both_play(self, cell: Cell) -> None:
        both = cell.add_stimulus(
            stimuli.Step(delay=2, duration=6, amplitude=0.2)
            + stimuli.Step(delay=2, duration=6, amplitude="200 pA")
        )
        assert len(both.parts) == 2
        together = run(cell)
        both.close()
        cell.add_step(2, 8, 0.4)
        assert np.allclose(together, run(cell), rtol=0, atol=1e-9)

    def test_relative_needs_a_property(self) -> None:
        with Cell.from_python(_two_sections) as plain:
            with pytest.raises(StimulusError, match="threshold current"):
                plain.add_stimulus(stimuli.SubThreshold(duration=5, percent_less=10))
            with pytest.raises(StimulusError, match="holding current"):
                plain.add_stimulus(stimuli.Hyperpolarizing(duration=5))

    def test_list_of_stimuli_does_not_pile_up(self, cell: Cell) -> None:
        for _ in range(5):
            cell.add_step(1, 2, 0.1).close()
        items = len(cell._scope._items)
        for _ in range(5):
            cell.add_step(1, 2, 0.1).close()
        assert len(cell._scope._items) == items
        assert len(cell.stimuli) <= 1


def _two_sections(length: float = 100) -> list[object]:
    soma, dend = h.Section(name="soma[0]"), h.Section(name="dend[0]")
    dend.L = length
    dend.connect(soma(1))
    return [soma, dend]


class _Model:
    threshold_current = 0.3
    holding_current = -0.1

    def __init__(self) -> None:
        self.body, self.trunk = h.Section(name="body"), h.Section(name="trunk")
        self.trunk.connect(self.body)
        self.somatic, self.apical = [self.body], [self.trunk]


class TestPythonCells:
    def test_function_and_class(self) -> None:
        with Cell.from_python(_two_sections, {"length": 70}) as cell:
            assert cell.basal[0].L == 70
        with Cell.from_python(_Model) as cell:
            assert (cell.soma.name, cell.apical[0].name) == ("body", "trunk")
            assert (cell.threshold, cell.hypamp) == (0.3, -0.1)
            assert isinstance(cell.hoc, _Model)

    def test_spec(self) -> None:
        spec = PythonCell(factory="tests.unit.cell.test_cell:_two_sections", arguments={"length": 50})
        with Cell.from_spec(spec) as cell:
            assert cell.basal[0].L == 50
        for factory in (
            "no.such.module:x",
            "tests.unit.cell.test_cell:absent",
            "tests.unit.cell.test_cell:SWC",
        ):
            with pytest.raises(CellError, match="factory|class or function"):
                Cell.from_spec(PythonCell(factory=factory))

    def test_failures_leave_nothing(self) -> None:
        def raises() -> None:
            h.Section(name="soma[0]")
            keep.append(h.Section(name="dend[0]"))
            raise LookupError("mine")

        keep: list[object] = []
        with pytest.raises(CellError, match="LookupError: .*mine"):
            Cell.from_python(raises)
        with pytest.raises(CellError, match="no sections"):
            Cell.from_python(lambda: None)
        with pytest.raises(CellError, match="two sections"):
            Cell.from_python(lambda: [h.Section(name="a"), h.Section(name="a")])
        assert not list(runtime.raw_h().allsec())


class TestHocCells:
    def test_small_template(self, tmp_path: object) -> None:
        hoc, swc = write(tmp_path / "small.hoc", template()), write(tmp_path / "cell.swc", SWC)
        properties = EmodelProperties(threshold_current=0.2, holding_current=-0.01)
        spec = HocCell(
            template_path=str(hoc), morphology_path=str(swc), template_format="v6",
            emodel_properties=properties, id=CellId("S1", 3),
        )  # fmt: skip
        with Cell.from_spec(spec) as cell:
            assert cell.cell.gid == 3
            assert list(cell.section_ids) == list(range(len(cell.sections)))
            assert (cell.threshold, cell.hypamp) == (0.2, -0.01)
            assert cell.template_id.startswith("Small")
            with Cell.from_template_parameters(cell.template_params) as twin:
                assert twin.area() == cell.area()
                assert twin.template_id == cell.template_id
            assert run(cell)[-1] == pytest.approx(-70, abs=5)

    def test_template_without_a_soma_or_with_a_bad_interval(self, tmp_path: object) -> None:
        bare = template("Bare", biophysics="somatic = new SectionList()")
        hoc, swc = write(tmp_path / "bare.hoc", bare), write(tmp_path / "cell.swc", SWC)
        properties = EmodelProperties(threshold_current=0.2, holding_current=0)
        with pytest.raises(SectionNotFoundError, match="has no soma; it has"):
            Cell(hoc, swc, template_format="v6", emodel_properties=properties)
        with pytest.raises(RecordingError, match="positive"):
            create_ball_stick(record_dt=-1)
        assert not list(runtime.raw_h().allsec())

    def test_creating_a_cell_disturbs_no_recording(self, tmp_path: object) -> None:
        hoc = write(
            tmp_path / "rude.hoc", template("Rude", biophysics="forsec all { insert pas } finitialize(-10)")
        )
        swc = write(tmp_path / "cell.swc", SWC)
        with create_ball_stick() as cell:
            before = run(cell).copy()
            properties = EmodelProperties(threshold_current=0.2, holding_current=0)
            with Cell(hoc, swc, template_format="v6", emodel_properties=properties):
                assert np.array_equal(cell.get_soma_voltage(), before)
