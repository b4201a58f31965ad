"""Point processes in bulk: what a loop would make one by one, in the same order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bluecellab.errors import EngineError
from bluecellab.nrn import objects, runtime, synapses


@pytest.fixture
def sections() -> Any:
    h = runtime.raw_h()
    made = [h.Section(name=f"bulk{index}") for index in range(5)]
    for index, section in enumerate(made):
        section.nseg = 2 * index + 1
    yield made
    for section in made:
        objects.delete_section(section)


def _bits(values: list[float]) -> list[int]:
    return [int(bits) for bits in np.array(values).view(np.int64)]


def _parameters(draw: np.random.Generator, count: int) -> dict[str, dict[str, np.ndarray]]:
    same = {"tau1": np.full(count, 0.3), "tau2": np.full(count, 1 / 3), "e": np.full(count, -0.0)}
    zeros = np.where(np.arange(count) % 2, 0.0, -0.0)  # equal, but not the same
    return {
        "all the same": same,
        "all different": {name: draw.uniform(1, 2, count) for name in same},
        "some": {**same, "tau2": draw.uniform(1, 2, count), "e": zeros},
        "none": {},
    }


@pytest.mark.parametrize("which", ["all the same", "all different", "some", "none"])
@pytest.mark.parametrize("count", [1, 60])
def test_as_one_by_one(sections: list[Any], which: str, count: int) -> None:
    draw = np.random.default_rng(count)
    indices, positions = draw.integers(0, 5, count), draw.uniform(0, 1, count)
    parameters = _parameters(draw, count)[which]
    made = synapses.empty_list()
    made.append(runtime.raw_h().ExpSyn(sections[0](0.5)))
    slots = synapses.add_processes(made, "Exp2Syn", sections, (indices, positions), parameters, None)
    assert sorted(slots.tolist()) == list(range(1, count + 1))
    assert int(made.count()) == count + 1
    for index, slot in enumerate(slots.tolist()):
        process = made.o(slot)
        segment = process.get_segment()
        expected = sections[indices[index]](positions[index])
        assert segment.sec == sections[indices[index]]
        assert segment.node_index() == expected.node_index()
        for name, values in parameters.items():
            assert _bits([getattr(process, name)]) == _bits([values[index]])
        del process, segment, expected
    in_order = np.argsort(slots)
    assert bool((np.diff(indices[in_order]) >= 0).all())  # section by section, those of one in their order
    synapses.release_backwards(made)


def test_a_parameter_that_there_is_not(sections: list[Any]) -> None:
    made = synapses.empty_list()
    where = np.zeros(2, np.int64), np.full(2, 0.5)
    with pytest.raises(EngineError, match="nonsense"):
        synapses.add_processes(made, "Exp2Syn", sections, where, {"nonsense": np.ones(2)}, None)
    outside = where[0], np.array([0.5, 1.5])
    with pytest.raises(EngineError, match=r"1\.5 is no position"):
        synapses.add_processes(made, "Exp2Syn", sections, outside, {"tau1": np.ones(2)}, None)
    slots = synapses.add_processes(made, "Exp2Syn", sections, where, {"tau1": np.ones(2)}, None)
    assert slots.tolist() == [0, 1]
    synapses.release_backwards(made)
