"""Sweeps of a real cell, with mechanisms of its own and stochastic channels."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bluecellab.simulation import run_here, run_isolated, sweep
from bluecellab.spec.cells import HocCell
from bluecellab.spec.protocols import Placed, Protocol
from bluecellab.spec.simulation import RunConditions
from bluecellab.spec.stimuli import Step
from tests.material import material


@pytest.mark.material
def test_results_are_those_of_a_fresh_process_bit_for_bit() -> None:
    model = material().cell("sscx_v6_noisy")
    cell = HocCell(
        template_path=str(model.template),
        morphology_path=str(model.morphology),
        template_format=model.template_format,
        emodel_properties=model.emodel_properties,
        mechanisms=str(model.mechanisms),
    )
    protocols = [
        Protocol(
            duration=8,
            stimuli=(Placed(stimulus=Step(delay=1, duration=6, amplitude=amplitude)),),
            conditions=RunConditions(celsius=model.celsius, v_init=model.v_init, base_seed=seed),
        )
        for amplitude, seed in ((0.0, 0), (2.0, 1))
    ]
    expected = [run_isolated(run_here, cell, protocol) for protocol in protocols]
    assert expected[0].traces != expected[1].traces
    assert sweep(cell, protocols, processes=2, ordered=False).results() == expected
    assert sweep(cell, protocols[::-1], isolated=False).results() == expected[::-1]
    with ThreadPoolExecutor(1) as executor:
        assert sweep(cell, protocols, executor=executor).results() == expected
