"""Measurements on the detailed cell of layer 5, against what a bare script has measured on it."""

from __future__ import annotations

import numpy as np
import pytest

from bluecellab.analysis import CurveSettings, fi_curve, holding_current, iv_curve, on_live, rheobase
from bluecellab.cell import Cell
from bluecellab.results.measured import FICurve, IVCurve
from bluecellab.spec.cells import HocCell
from bluecellab.spec.simulation import RunConditions
from tests.material import material

pytestmark = pytest.mark.material

CONDITIONS = RunConditions(cvode="auto", v_init=-80.0)
EXACT = RunConditions(cvode="auto", v_init=-80.0, cvode_atol=1e-6)


def _spec() -> HocCell:
    model = material().cell("l5pc_v6")
    return HocCell(
        template_path=str(model.template),
        morphology_path=str(model.morphology),
        template_format=model.template_format,
        emodel_properties=model.emodel_properties,
        mechanisms=str(model.mechanisms),
    )


def _in_place(cell: Cell, threshold: float) -> tuple[float, IVCurve, IVCurve, FICurve]:
    settings = CurveSettings(conditions=CONDITIONS)
    iv = iv_curve(cell, bins=5, threshold_current=threshold, settings=settings)
    exact = iv_curve(cell, iv.currents, settings=CurveSettings(conditions=EXACT))
    fi = fi_curve(cell, [0.9 * threshold, 0.6], settings=settings)
    return holding_current(cell, -82.0, conditions=CONDITIONS), iv, exact, fi


def test_measurements_of_the_detailed_cell() -> None:
    spec = _spec()
    assert spec.emodel_properties is not None
    threshold = spec.emodel_properties.threshold_current
    found = rheobase(spec, conditions=CONDITIONS)
    assert threshold - 0.001 < found.current < threshold + 0.006  # known to 1e-4, for a step of 1000 ms
    held, iv, exact, fi = on_live(_in_place, spec, threshold)
    assert held == pytest.approx(spec.emodel_properties.holding_current, abs=1e-4)
    assert iv.voltages == pytest.approx(exact.voltages, abs=1e-3)
    assert np.all(np.diff(iv.voltages) > 0)
    assert fi.counts.tolist() == [0, 4]
    assert fi.rates.tolist() == [0.0, 8.0]
    some = iv_curve(spec, iv.currents[[0, -1]], settings=CurveSettings(conditions=CONDITIONS))
    assert some.voltages.tobytes() == iv.voltages[[0, -1]].tobytes()
