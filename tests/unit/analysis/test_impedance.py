"""Impedance by a chirp against NEURON's own linear analysis."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from bluecellab.analysis.impedance import chirp_impedance
from bluecellab.cell import Cell, create_ball_stick
from bluecellab.errors import FeatureError, SimulationError
from bluecellab.nrn import runtime
from bluecellab.spec.base import Site
from bluecellab.spec.cells import PythonCell
from bluecellab.spec.simulation import RunConditions


def passive_cell() -> object:
    """Return a passive ball and stick."""
    h = runtime.raw_h()
    soma, dend = h.Section(name="soma"), h.Section(name="dend")
    soma.L = soma.diam = 20
    dend.L, dend.diam, dend.nseg = 500, 2, 51
    dend.connect(soma(1), 0)
    for section in (soma, dend):
        section.Ra, section.cm = 100, 1
        section.insert("pas")
        section.g_pas, section.e_pas = 1e-4, -70
    return SimpleNamespace(soma=soma, dend=dend)


PASSIVE = RunConditions(v_init=-70, dt=0.1)


def _linear(cell: Cell, frequency: float, at: str, recorded: str) -> complex:
    h = runtime.raw_h()
    h.finitialize(-70)
    zz = h.Impedance()
    zz.loc(0.5, sec=cell.sections[at].raw)
    zz.compute(frequency, 1)
    section = cell.sections[recorded].raw
    same = at == recorded
    size = zz.input(0.5, sec=section) if same else zz.transfer(0.5, sec=section)
    phase = zz.input_phase(0.5, sec=section) if same else zz.transfer_phase(0.5, sec=section)
    return complex(size * np.exp(1j * phase))


@pytest.mark.parametrize("recorded", ["soma", "dend"])
def test_the_chirp_agrees_with_the_linear_analysis(recorded: str) -> None:
    with Cell.from_python(passive_cell) as cell:
        found = chirp_impedance(
            cell,
            site=Site(section="soma"),
            recorded=Site(section=recorded),
            frequencies=(1, 100),
            duration=2000,
            conditions=PASSIVE,
        )
        assert found.frequencies[0] >= 1
        assert found.frequencies[-1] <= 100
        for wanted in (2, 5, 10, 20, 50, 95):
            index = int(np.argmin(np.abs(found.frequencies - wanted)))
            exact = _linear(cell, float(found.frequencies[index]), "soma", recorded)
            ours = found.magnitude[index] * np.exp(1j * found.phase[index])
            assert abs(ours) == pytest.approx(abs(exact), rel=0.02), wanted
            assert np.angle(ours / exact) == pytest.approx(0, abs=0.04), wanted
    assert found.resonance_strength == pytest.approx(1.0, abs=0.01)  # a passive cell has no resonance
    assert found.resonance_frequency < 2


def test_a_specification_gives_the_same() -> None:
    keywords = {"site": Site(section="soma"), "frequencies": (5, 50), "duration": 300, "conditions": PASSIVE}
    isolated = chirp_impedance(PythonCell(factory=f"{__name__}:passive_cell"), **keywords)
    with Cell.from_python(passive_cell) as cell:
        live = chirp_impedance(cell, **keywords)
    assert np.array_equal(live.magnitude, isolated.magnitude)
    assert np.array_equal(live.phase, isolated.phase)


def test_what_makes_no_sense_is_refused() -> None:
    with create_ball_stick() as cell:
        for wrong in ((0, 10), (10, 10), (20, 10)):
            with pytest.raises(SimulationError, match="from one above 0 Hz"):
                chirp_impedance(cell, frequencies=wrong)
        with pytest.raises(SimulationError, match="one period of its lowest frequency: 2000 ms"):
            chirp_impedance(cell, duration=1500)
        with pytest.raises(SimulationError, match="here 0 nA"):
            chirp_impedance(cell, amplitude=0)
        with pytest.raises(FeatureError, match="spikes"):
            chirp_impedance(cell, amplitude=1.0, frequencies=(5, 50), duration=300)
