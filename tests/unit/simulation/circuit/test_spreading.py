"""How cells are spread: by load, largest first; what is asked for is checked on one rank as on many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bluecellab.errors import ElsewhereError, NotRecordedError, SimulationError
from bluecellab.nrn.scope import Scope
from bluecellab.simulation import CircuitSimulation
from bluecellab.simulation.circuit import across, reading, spreading
from bluecellab.simulation.circuit.spreading import balance_of, dealt_out, loads_of, ranks_of
from bluecellab.simulation.sizing.costs import BUILT_IN
from bluecellab.spec.base import CellId
from bluecellab.synapse import gids
from tests.unit.simulation.circuit.small import SIZE, write_network

CELLS = [CellId("A", node) for node in range(SIZE)]


class Rank:
    """One of two ranks, of which the other one answers what it is told to."""

    def __init__(self, number: int, *answers: object) -> None:
        self.id, self.count, self.alone = number, 2, False
        self._answers: Iterator[Any] = iter(answers)

    def gathered(self, value: object, doing: str = "") -> list[object]:
        other = next(self._answers, value)
        return [value, other] if self.id == 0 else [other, value]

    def told(self, value: object, doing: str = "") -> object:
        return value


def test_the_largest_first() -> None:
    rng = np.random.default_rng(1)
    for count in (1, 2, 3, 7):
        loads = rng.exponential(size=40)
        shares = dealt_out(loads, count)
        sums = [float(loads[shares == share].sum()) for share in range(count)]
        assert balance_of(sums) < 1.1
        assert np.array_equal(shares, dealt_out(loads, count))
    assert dealt_out(np.ones(5), 2).tolist() == [0, 1, 0, 1, 0]
    assert dealt_out([], 3).tolist() == []
    assert dealt_out([2.0], 3).tolist() == [0]
    assert balance_of([]) == balance_of([0.0, 0.0]) == 1.0


def test_alone_nothing_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spreading, "loads_of", None)
    with CircuitSimulation(write_network(tmp_path)) as simulation:
        assert ranks_of(CELLS, simulation.circuit, [], "load") == dict.fromkeys(CELLS, 0)
        with pytest.raises(SimulationError, match="not 'size'"):
            simulation.instantiate(CELLS[:2], spread="size")  # type: ignore[arg-type]
        with pytest.raises(SimulationError, match="says nothing of 2 of 2 cells"):
            simulation.instantiate(CELLS[:2], spread={})
        simulation.instantiate(CELLS[:2])
        assert [simulation.where(cell_id) for cell_id in CELLS[:2]] == [0, 0]
        with pytest.raises(NotRecordedError, match="A/4 was not instantiated on any rank"):
            simulation.where(CELLS[4])
        assert simulation.gathered(lambda found: len(found.cells)) == [2]


def test_loads_are_of_segments_and_synapses(tmp_path: Path) -> None:
    with CircuitSimulation(write_network(tmp_path)) as simulation:
        circuit = simulation.circuit
        edges = list(circuit.edge_populations.values())
        bare, loads = loads_of(CELLS, circuit, []), loads_of(CELLS, circuit, edges)
        numbers = [sum(len(circuit.edges(each.name, cell.id)) for each in edges) for cell in CELLS]
    assert np.ptp(bare) == 0
    assert bare[0] > BUILT_IN.step_seconds + 5 * BUILT_IN.segment_step_seconds
    assert np.allclose(loads - bare, BUILT_IN.synapse_step_seconds * np.array(numbers))


def test_two_ranks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with CircuitSimulation(write_network(tmp_path)) as simulation:

        def of(number: int, *answers: object, spread: Any = "index", cells: Any = CELLS) -> dict[CellId, int]:
            monkeypatch.setattr(spreading, "ranks", lambda: Rank(number, *answers))
            return ranks_of(cells, simulation.circuit, [], spread)

        assert list(of(0).values()) == list(of(1).values()) == [0, 1, 0, 1, 0]
        measured = dict(zip(CELLS, (1.0, 1.0, 5.0, 1.0, 1.0), strict=True))
        assert list(of(0, spread=measured).values()) == [1, 1, 0, 1, 1]
        with pytest.raises(SimulationError, match="says nothing of 1 of 5 cells, such as A/0"):
            of(0, spread=dict.fromkeys(CELLS[1:], 1.0))
        with pytest.raises(SimulationError, match="a load of 0 or more"):
            of(0, spread={**measured, CELLS[0]: float("nan")})
        with pytest.raises(SimulationError, match="by 'load', by 'index', or by loads .* not 'size'"):
            of(0, spread="size")
        with pytest.raises(SimulationError, match="no rank asks for any"):
            of(0, cells=[])
        # each rank for its own: the other's digest is another, and so are its cells
        assert of(0, b"other", CELLS[3:], cells=CELLS[:2]) == dict(
            zip([*CELLS[:2], *CELLS[3:]], (0, 0, 1, 1), strict=True)
        )
        with pytest.raises(SimulationError, match="ranks 0 and 1 both ask for cell A/1"):
            of(1, b"other", CELLS[:2], cells=CELLS[1:])


def test_a_cell_that_is_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with CircuitSimulation(write_network(tmp_path)) as simulation:
        simulation.instantiate(CELLS[:2])
        monkeypatch.setattr(simulation, "_ranks", dict(zip(CELLS, (0, 0, 1, 1, 1), strict=True)))
        for module in (across, reading):
            monkeypatch.setattr(module, "ranks", lambda: Rank(0))
        for read in (simulation.cell, simulation.synapses, simulation.get_voltage_trace):
            with pytest.raises(
                ElsewhereError, match="cell A/3 is on rank 1, and this is rank 0.*gathered"
            ) as at:
                read(CELLS[3])
            assert at.value.rank == 1
        here = across.CellsHere(simulation._ranks)
        with pytest.raises(ElsewhereError, match="on rank 1"):
            here[CELLS[3]]
        with pytest.raises(KeyError) as wrong:
            here[CellId("B", 0)]
        assert not isinstance(wrong.value, ElsewhereError)


def test_numbers_of_all_ranks_and_of_one_never_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Scope("one")) as one, closing(Scope("two")) as two:
        first = gids.allocate_together(one, 10)
        assert gids.allocate_together(two, 5) == first + 10
        own = gids.allocate(one, 3)
        assert own >= first + 400_000_000
        # the other rank has more in use
        monkeypatch.setattr(gids, "ranks", lambda: Rank(0, first + 100))
        assert gids.allocate_together(two, 7) == first + 100
        monkeypatch.undo()
        assert gids.allocate_together(one, 1) == first + 107
    with closing(Scope("again")) as again:
        assert gids.allocate_together(again, 1) == first
