"""The properties of a model of a cell."""

from __future__ import annotations

from pathlib import Path

from bluecellab.analysis.steady import holding_current, input_resistance, steady_state_voltage
from bluecellab.cell import Cell
from bluecellab.compat import _running
from bluecellab.compat.tools._threshold import rheobase_of
from bluecellab.spec.cells import EmodelProperties, TemplateParams
from bluecellab.spec.simulation import RunConditions

__all__ = ["compute_memodel_properties", "compute_memodel_properties_v2", "conditions_of"]

AnyPath = str | Path


def compute_memodel_properties(
    cell: Cell, spike_threshold_voltage: float = -30, v_init: float = -80.0, celsius: float = 34.0
) -> dict[str, float]:
    """Return holding current, rheobase (nA) and input resistance (Mohm) of a cell.

    Parameters
    ----------
    cell
        As of :func:`calculate_rheobase`.
    spike_threshold_voltage
        In mV.
    v_init, celsius
        Initial potential in mV and temperature in degC, of these simulations.

    Returns
    -------
    dict of str to float
        ``holding_current``, ``rheobase``, ``rin``.
    """
    holding = _running.properties_of(cell).holding_current
    params = _running.template_of(cell)
    conditions = conditions_of(params, v_init, celsius)
    return {
        "holding_current": cell.hypamp or 0.0,
        "rheobase": rheobase_of(
            params, conditions, holding_current=holding, spike_threshold=spike_threshold_voltage
        ),
        "rin": _running.rebuilt(input_resistance, params, spike_threshold=None, conditions=conditions),
    }


def conditions_of(params: TemplateParams, v_init: float, celsius: float) -> RunConditions:
    """Return the conditions of this process with another potential (mV) and temperature (degC)."""
    return _running.conditions(params).model_copy(update={"v_init": float(v_init), "celsius": float(celsius)})


def compute_memodel_properties_v2(
    template_path: AnyPath,
    morphology_path: AnyPath,
    template_format: str,
    holding_voltage: float,
    emodel_properties: EmodelProperties,
    spike_threshold_voltage: float = -30,
    v_init: float = -80.0,
    celsius: float = 34.0,
) -> dict[str, float]:
    """Return the current that holds a cell at a potential, and what it does on top of that.

    ``emodel_properties`` are not changed, other than published.

    Parameters
    ----------
    template_path, morphology_path, template_format, emodel_properties
        What the cell is built from.
    holding_voltage
        In mV.
    spike_threshold_voltage
        In mV.
    v_init, celsius
        Initial potential in mV and temperature in degC, of these simulations.

    Returns
    -------
    dict of str to float
        ``holding_current`` and ``threshold_current``, on top of it, in nA; ``resting_potential`` in mV
        and ``input_resistance`` in Mohm, both without it.
    """
    params = TemplateParams(template_path, morphology_path, template_format, emodel_properties)
    conditions = conditions_of(params, v_init, celsius)
    fixed = conditions.model_copy(update={"cvode": False})
    holding = _running.rebuilt(holding_current, params, holding_voltage, conditions=fixed)
    return {
        "holding_current": holding,
        "resting_potential": _running.rebuilt(
            steady_state_voltage, params, 0.0, spike_threshold=None, conditions=conditions
        ),
        "input_resistance": _running.rebuilt(
            input_resistance, params, spike_threshold=None, conditions=conditions
        ),
        "threshold_current": rheobase_of(
            params, conditions, holding_current=holding, spike_threshold=spike_threshold_voltage
        ),
    }
