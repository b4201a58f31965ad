"""Small published helpers."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from types import SimpleNamespace

import morphio
import numpy as np
import pytest

from bluecellab import compat
from bluecellab.compat import exceptions, neuron, type_aliases, utils
from bluecellab.compat.cell import morphio_wrapper, random, stimuli_generator
from bluecellab.compat.cell.recording import section_to_voltage_recording_str
from bluecellab.compat.cell.section_tools import currents_vars, mechs_vars, section_to_variable_recording_str
from bluecellab.compat.neuron_interpreter import NeuronEvalError, eval_neuron
from bluecellab.compat.rngsettings import RNGSettings
from bluecellab.compat.simulation.parallel import IsolatedProcess
from bluecellab.nrn import objects, rng, runtime
from bluecellab.stimulus import Random123, gamma, gen_ornstein_uhlenbeck

SWC = "1 1 0 0 0 5 -1\n2 3 5 0 0 1 1\n3 3 50 0 0 1 2\n"


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    runtime.start()


def test_neuron_is_neuron() -> None:
    assert neuron.h.celsius == runtime.raw_h().celsius
    assert neuron.nrn is runtime.neuron_module().nrn
    assert neuron.__version__ == runtime.neuron_version()
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = neuron.nonsense
    vector = neuron.h.Vector([1, 2])
    assert isinstance(vector, neuron.h.Vector)
    assert list(neuron.h.Vector().copy(vector)) == [1, 2]


def test_run_once() -> None:
    calls = []

    @utils.run_once
    def work(value: int) -> int:
        calls.append(value)
        return value

    assert (work(1), work(2), calls) == (1, None, [1])
    work.has_run = False
    assert work(3) == 3


def test_captured_output(capsys: pytest.CaptureFixture[str]) -> None:
    with utils.CaptureOutput() as lines:
        print("one\ntwo")
    print("three")
    assert lines == ["one", "two"]
    with pytest.raises(KeyError), utils.CaptureOutput() as lines:
        print("four")
        raise KeyError
    assert lines == ["four"]
    assert capsys.readouterr().out == "three\n"


def test_numpy_as_json() -> None:
    data = {"a": np.arange(3), "b": np.float32(0.5), "c": np.int64(2), "d": np.bool_(True)}
    assert json.dumps(data, cls=utils.NumpyEncoder) == '{"a": [0, 1, 2], "b": 0.5, "c": 2, "d": true}'
    with pytest.raises(TypeError):
        json.dumps(object(), cls=utils.NumpyEncoder)


def test_error_context() -> None:
    for kind in (AttributeError, KeyError, IndexError):
        with pytest.raises(kind) as caught, exceptions.error_context("here"):
            raise kind("there")
        assert caught.value.args == ("here: there",)
    with pytest.raises(ValueError, match="^there$"), exceptions.error_context("here"):
        raise ValueError("there")


def test_exceptions() -> None:
    names = [name for name in exceptions.__all__ if name != "error_context"]
    assert all(issubclass(getattr(exceptions, name), exceptions.BluecellulabError) for name in names)
    assert str(exceptions.SectionDoesNotExistError(3)) == "Section id 3 does not exist on the cell."
    assert "dependency 'x' is missing" in str(exceptions.ExtraDependencyMissingError("x"))


def test_levels_of_logging() -> None:
    loggers = [logging.getLogger(name) for name in ("bluecellab", "bluecellulab")]
    before = [logger.level for logger in loggers], compat.VERBOSE_LEVEL
    try:
        for level, wanted in {-1: 50, 0: 50, 1: 40, 2: 30, 3: 20, 5: 20, 6: 10}.items():
            compat.set_verbose(level)
            assert compat.VERBOSE_LEVEL == level
            assert {logger.level for logger in loggers} == {wanted}
    finally:
        compat.set_verbose(before[1])
        for logger, level in zip(loggers, before[0], strict=True):
            logger.setLevel(level)


def test_seeds() -> None:
    before = rng.RNGSettings._instance
    try:
        rng.RNGSettings._instance = None
        shared = RNGSettings.get_instance()
        assert shared is RNGSettings.get_instance() is rng.RNGSettings.get_instance()
        assert RNGSettings("UpdatedMCell", base_seed=5, stimulus_seed=2).stimulus_seed == 2
        assert (shared.base_seed, shared.stimulus_seed, shared.mode) == (5, 0, "Random123")
        config = SimpleNamespace(
            rng_mode="Random123",
            base_seed=1,
            synapse_seed=2,
            ionchannel_seed=3,
            stimulus_seed=4,
            minis_seed=5,
        )
        shared.set_seeds(sim_config=config, base_seed=9)
        assert (shared.base_seed, shared.synapse_seed, shared.ionchannel_seed) == (9, 2, 3)
        assert (shared.stimulus_seed, shared.minis_seed) == (4, 5)
        shared.set_seeds("Compatibility", None, 0)
        assert (shared.mode, shared.base_seed) == ("Compatibility", 0)
        with pytest.raises(exceptions.UndefinedRNGException):
            RNGSettings("dice")
    finally:
        rng.RNGSettings._instance = before


def test_random_vectors_come_from_the_given_generator() -> None:
    generator = objects.random_generator()
    generator.Random123(1, 2, 3)
    drawn = random.gamma(generator, 2.5, 2.0, 5)
    ours = Random123(1, 2, 3)
    assert objects.values_of(drawn).tolist() == gamma(ours, 2.5, 2.0, 5).tolist()
    assert generator.seq() == ours.position
    times, values = stimuli_generator.gen_ornstein_uhlenbeck(3, 0.1, 0.5, 10, 0.25, generator)
    wanted = gen_ornstein_uhlenbeck(3, 0.1, 0.5, 10, 0.25, ours)
    assert np.array_equal([objects.values_of(times), objects.values_of(values)], wanted)
    assert generator.seq() == ours.position
    times, values = stimuli_generator.gen_shotnoise_signal(4, 0.4, 500, 0.05, 0.001, 10)
    assert len(times) == len(values) == 42


def test_tools_of_sections() -> None:
    with compat.create_ball_stick() as cell:
        assert {"ina", "ik"} <= set(currents_vars(cell.soma))
        assert "gnabar" in mechs_vars(cell.soma)["mech"]["hh"]
        assert section_to_variable_recording_str(cell.soma, 0.5, "hh.m") == "neuron.h.soma[0](0.5).hh._ref_m"
        assert section_to_voltage_recording_str(cell.soma) == "neuron.h.soma[0](0.5)._ref_v"
        assert eval_neuron("self.soma(0.5).diam", self=cell) == cell.soma(0.5).diam
        with pytest.raises(NeuronEvalError):
            eval_neuron("[x for x in 'abc']")


def test_paths_of_morphologies(tmp_path: Path) -> None:
    for name in ("x.y.asc", "c.h5", "N.SWC"):
        (tmp_path / name).write_text("text")
    root = str(tmp_path)
    split = morphio_wrapper.split_morphology_path
    assert split(f"{root}/x.y.asc") == (root, "x.y", ".asc")
    assert split(f"{root}/c.h5") == (root, "c", ".h5")
    assert split(f"{root}/n.swc") == (root, "n", ".swc")
    for entry, wanted in {"m.1": ("m.1", ""), "m.1.h5": ("m.1", ".h5"), "m.asc": ("m", ".asc")}.items():
        assert split(f"{root}/c.h5/{entry}") == (f"{root}/c.h5", *wanted)
    with pytest.raises(exceptions.BluecellulabError, match="Couldn't find"):
        split(f"{root}/no/where.asc")
    assert morphio_wrapper.is_h5_container_path(f"{root}/c.h5/m.1")
    assert not morphio_wrapper.is_h5_container_path(f"{root}/x.y.asc")
    assert morphio_wrapper.resolve_case_insensitive_path(f"{root}/n.swc") == f"{root}/N.SWC"
    assert morphio_wrapper.resolve_case_insensitive_path(f"{root}/N.SWC") == f"{root}/N.SWC"
    with pytest.raises(FileNotFoundError, match="Couldn't find"):
        morphio_wrapper.resolve_case_insensitive_path(f"{root}/no.swc")
    assert str(morphio_wrapper.SectionName("dend", 3)) == "dend[3]"


def test_outlines_of_somata() -> None:
    outline = np.array([[0, 0, 0], [10, 0, 0], [14, 4, 1], [10, 9, 0], [0, 10, 0], [-2, 5, 0.0]])
    mean, points = morphio_wrapper.contourcenter(outline)
    assert mean == pytest.approx([6.31618612, 5.00984228, 0.15922773])
    assert points.shape == (101, 3)
    centres, diameters = morphio_wrapper.contour2centroid(mean, points)
    if centres[0, 0] < centres[-1, 0]:  # the sign of an eigenvector is a matter of taste
        centres, diameters = centres[::-1], diameters[::-1]
    assert centres[0] == pytest.approx([13.3530626, 2.49364067, 0.45027171])
    assert diameters[[0, 1, -1]] == pytest.approx([1.36201381, 2.39189413, 3.39821639])
    _, vectors = np.linalg.eigh(points.T @ points)
    sides, rads = morphio_wrapper.get_sides(points, vectors[:, 2], vectors[:, 1] * [1, 1, 0])
    assert sum(map(len, sides)) == sum(map(len, rads)) == 101
    convex = morphio_wrapper.make_convex(sides, rads)
    assert all(np.all(np.diff(side) > 0) for side in convex[0])


def test_morphologies(tmp_path: Path) -> None:
    (tmp_path / "cell.swc").write_text(SWC)
    wrapper = morphio_wrapper.MorphIOWrapper(str(tmp_path / "cell.swc"))
    assert len(wrapper.morph.sections) == 1
    with pytest.raises(exceptions.BluecellulabError):
        morphio_wrapper.MorphIOWrapper(str(tmp_path / "no.swc"))
    neuron_morphology = morphio.mut.Morphology(str(tmp_path / "cell.swc"))
    morphio_wrapper.single_point_sphere_to_circular_contour(neuron_morphology)
    assert neuron_morphology.soma.points.shape == (20, 3)
    assert neuron_morphology.soma.diameters == pytest.approx(np.full(20, 5.0))


def _in_a_worker() -> list[str]:
    import bluecellulab

    with bluecellulab.create_ball_stick() as cell:
        return list(cell.sections)


def _nested(numbers: list[int]) -> list[int]:
    with utils.NestedPool(1) as pool:
        return pool.map(abs, numbers)


def _missing() -> str:
    try:
        import bluecellulab
    except ImportError:
        return "no bluecellulab"
    return bluecellulab.__name__


def test_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    with IsolatedProcess() as pool:
        assert pool.apply(_missing) != "bluecellab.compat"
    monkeypatch.setattr("bluecellab.compat._alias.installed", lambda: True)
    with IsolatedProcess() as pool:
        assert pool.apply(_missing) == "bluecellab.compat"
        assert pool.apply(_in_a_worker) == ["soma[0]", "dend[0]"]


def test_pools_of_workers() -> None:
    with utils.NestedPool(2) as pool:
        assert pool.map(_nested, [[1, -2], [-3]]) == [[1, 2], [3]]


def test_types() -> None:
    site = type_aliases.ReportSite(None, "soma[0]", 0.5, 0)
    assert site.section_name == "soma[0]"
    assert type_aliases.SectionMapping == dict[str, type_aliases.NeuronSection]
