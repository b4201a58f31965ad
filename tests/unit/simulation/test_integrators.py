"""Which integrator ``cvode="auto"`` chooses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bluecellab.cell import Cell, create_ball_stick
from bluecellab.errors import EngineError
from bluecellab.nrn import objects
from bluecellab.nrn.mechanisms import load_mechanisms
from bluecellab.simulation import Isolation, integrates_with_cvode, run_on
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Noise
from tests.material import material

VARIABLE = RunConditions(cvode=True)


@pytest.fixture
def cell() -> Iterator[Cell]:
    with create_ball_stick() as made:
        yield made


class TestIntegrator:
    def test_cells(self, cell: Cell) -> None:
        assert integrates_with_cvode(cell)
        assert not objects.cvode().active()
        auto = Protocol(duration=2, conditions=RunConditions(cvode="auto"))
        assert run_on(cell, auto).provenance["integrator"] == "variable step"
        cell.sections["dend[0]"].raw.insert("extracellular")
        assert not integrates_with_cvode(cell)
        assert run_on(cell, auto).provenance["integrator"] == "fixed step"

    def test_finely_sampled_stimuli(self, cell: Cell) -> None:
        auto = RunConditions(cvode="auto")
        noise = Placed(stimulus=Noise(duration=200, mean=0.1, variance=0.01))
        results = run_on(cell, Protocol(duration=5, stimuli=(noise,), conditions=auto))
        assert results.provenance["integrator"] == "fixed step"
        assert results.provenance["settings"]["cvode"] is False


def chosen_integrators(folder: str) -> list[tuple[bool, object]]:
    """Return what is said, and then done, with a synapse and with channels that draw numbers."""
    load_mechanisms(folder)
    auto = Protocol(duration=1, conditions=RunConditions(cvode="auto"))
    found = []

    def look() -> None:
        found.append((integrates_with_cvode(cell), run_on(cell, auto).provenance["integrator"]))

    with create_ball_stick() as cell:
        synapse = objects.point_process("ProbAMPANMDA_EMS", cell.soma.raw(0.5))
        synapse.setRNG(1, 2, 3)
        look()
        with pytest.raises(EngineError, match="cannot be used with CVODE"):
            run_on(cell, auto.replace(conditions=VARIABLE))
        del synapse
        look()
        dendrite = cell.sections["dend[0]"].raw
        dendrite.insert("StochKv3")
        found.append((integrates_with_cvode(cell), None))
        for segment in dendrite:
            segment.deterministic_StochKv3 = 1
        look()
    return found


@pytest.mark.material
def test_integrators_of_real_mechanisms() -> None:
    folder = str(material().mechanisms["sscx"])
    assert Isolation(mechanisms=(folder,)).run(chosen_integrators, folder) == [
        (False, "fixed step"),
        (True, "variable step"),
        (False, None),
        (True, "variable step"),
    ]
