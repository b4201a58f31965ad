"""The validations of a model of a cell, under the published names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bluecellab.analysis.validation import DEFAULT_SUITE, Suite, validate_cell
from bluecellab.cell import Cell
from bluecellab.compat import _running
from bluecellab.compat._coming import getter
from bluecellab.compat._figures import finish
from bluecellab.compat.tools._properties import conditions_of
from bluecellab.compat.validation._plots import plot_trace, plot_traces
from bluecellab.plotting import (
    plot_back_propagation,
    plot_back_propagation_traces,
    plot_fi,
    plot_iv,
    plot_response,
)
from bluecellab.plotting import plot_traces as draw_traces
from bluecellab.results import Results
from bluecellab.results.measured import BackPropagation, FICurve, IVCurve, ValidationReport, ValidationResult
from bluecellab.simulation.conditions import NeuronGlobals
from bluecellab.spec.cells import TemplateParams
from bluecellab.spec.simulation import RunConditions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "DEFAULT_SPIKE_THRESHOLD_VOLTAGE",
    "EFEL_DEFAULT_SPIKE_THRESHOLD_VOLTAGE",
    "ais_spiking_test",
    "bpap_test",
    "depolarization_block_test",
    "fi_test",
    "hyperpolarization_test",
    "iv_test",
    "plot_trace",
    "plot_traces",
    "rin_test",
    "run_validations",
    "spiking_test",
    "thumbnail_test",
]

__getattr__ = getter(__name__)

DEFAULT_SPIKE_THRESHOLD_VOLTAGE = -40.0
"""What is a spike in these validations, in mV."""
EFEL_DEFAULT_SPIKE_THRESHOLD_VOLTAGE = -20.0
"""What is a spike to eFEL, in mV."""

Published = dict[str, Any]
_MAX_RIN = 1000.0  # Mohm
_RIN = "Simulatable Neuron Input Resistance Validation"


def run_validations(
    cell: Cell,
    cell_name: str,
    spike_threshold_voltage: float = DEFAULT_SPIKE_THRESHOLD_VOLTAGE,
    v_init: float = -80.0,
    celsius: float = 34.0,
    output_dir: str | Path = "./memodel_validation_figures",
    n_processes: int | None = None,
) -> Published:
    """Validate a cell, and draw what is seen.

    Parameters
    ----------
    cell
        What is built again; it is not touched.
    cell_name
        Of the folder of the figures.
    spike_threshold_voltage
        Potential in mV above which is a spike.
    v_init, celsius
        Initial potential in mV and temperature in degC, of these simulations.
    output_dir
        Where the folder of the figures is.
    n_processes
        How many simulations at once; by default as many as there are processors but one.

    Returns
    -------
    dict of str to dict
        ``memodel_properties``: ``holding_current``, ``rheobase`` (nA), ``rin`` (Mohm). And by the key of each
        validation ``name``, ``passed``, ``validation_details``, ``figures``.

    See Also
    --------
    bluecellab.analysis.validation.validate_cell
    """
    params = _running.template_of(cell)
    folder = Path(output_dir) / cell_name
    folder.mkdir(parents=True, exist_ok=True)
    report = _validated(
        params,
        DEFAULT_SUITE,
        rheobase=cell.threshold or None,
        threshold=spike_threshold_voltage,
        conditions=conditions_of(params, v_init, celsius),
        processes=n_processes,
    )
    found: Published = {"memodel_properties": dict(report.properties)}
    return {**found, **{result.key: _published(result, folder) for result in report.results}}


def _validated(
    params: TemplateParams,
    suite: Suite,
    *,
    rheobase: float | None,
    threshold: float = DEFAULT_SPIKE_THRESHOLD_VOLTAGE,
    conditions: RunConditions,
    processes: int | None = None,
) -> ValidationReport:
    """Put a suite to what parameters build."""
    spec = _running.specification(params)
    with _running.workers(processes, len(suite.validations)) as keywords:
        return validate_cell(
            spec,
            suite=suite,
            rheobase=rheobase,
            spike_threshold_voltage=threshold,
            conditions=conditions,
            **keywords,
        )


def _published(result: ValidationResult, folder: Path) -> Published:
    """Return a result as published, its figures drawn."""
    figures = []
    if result.evidence is not None:
        for name, draw in _FIGURES[result.key].items():
            figure = draw(result.evidence, "" if result.key == "thumbnail_test" else result.name)
            figures.append(finish(figure, False, True, folder, name))
    return {
        "name": result.name,
        "passed": result.passed,
        "validation_details": result.details,
        "figures": figures,
    }


def _response(evidence: Results, title: str) -> Figure:
    return plot_response(evidence, title=title)


def _zoomed(evidence: Results, title: str) -> Figure:
    figure = plot_response(evidence, title=title)
    for axes in figure.axes:
        axes.set_xlim(250.0, 350.0)
    return figure


def _amplitudes(evidence: BackPropagation, title: str) -> Figure:
    return plot_back_propagation(evidence, title=title)


def _recordings(evidence: BackPropagation, title: str) -> Figure:
    return plot_back_propagation_traces(evidence, title=title)


def _iv(evidence: IVCurve, title: str) -> Figure:
    return plot_iv(evidence, title=title)


def _fi(evidence: FICurve, title: str) -> Figure:
    return plot_fi(evidence, title=title)


def _thumbnail(evidence: Results, title: str) -> Figure:
    return draw_traces(evidence.traces, title=title)


_FIGURES: Mapping[str, Mapping[str, Callable[[Any, str], Figure]]] = {
    "spiking_test": {"spiking_validation.pdf": _response},
    "depolarization_block_test": {"depolarization_block_validation.pdf": _response},
    "bpap_test": {
        "back-propagating_action_potential.pdf": _amplitudes,
        "back-propagating_action_potential_recordings.pdf": _recordings,
    },
    "ais_spiking_test": {
        "ais_spiking_validation.pdf": _response,
        "ais_spiking_validation_zoomed.pdf": _zoomed,
    },
    "hyperpolarization_test": {"hyperpolarization_validation.pdf": _response},
    "rin_test": {},
    "iv_test": {"iv_curve.pdf": _iv},
    "fi_test": {"fi_curve.pdf": _fi},
    "thumbnail_test": {"thumbnail.png": _thumbnail},
}


def _one(
    key: str,
    params: TemplateParams,
    rheobase: float,
    out_dir: str | Path,
    threshold: float = DEFAULT_SPIKE_THRESHOLD_VOLTAGE,
    **named: float | None,
) -> Published:
    """Do one of the validations: temperature and potential are those of this process if left out."""
    now = NeuronGlobals.get_instance()
    v_init, celsius = named.get("v_init"), named.get("celsius")
    processes = named.get("n_processes")
    report = _validated(
        params,
        DEFAULT_SUITE.only(key),
        rheobase=rheobase,
        threshold=threshold,
        conditions=conditions_of(
            params,
            now.v_init if v_init is None else v_init,
            now.temperature if celsius is None else celsius,
        ),
        processes=None if processes is None else int(processes),
    )
    return _published(report.results[0], Path(out_dir))


def spiking_test(
    template_params: TemplateParams,
    rheobase: float,
    out_dir: str | Path,
    spike_threshold_voltage: float = DEFAULT_SPIKE_THRESHOLD_VOLTAGE,
) -> Published:
    """Whether a cell spikes at 130 % of its rheobase.

    Parameters
    ----------
    template_params
        What it is built from.
    rheobase
        In nA.
    out_dir
        Where figures are written.
    spike_threshold_voltage
        Potential in mV above which is a spike.

    Returns
    -------
    dict
        ``name``, ``passed``, ``validation_details``, ``figures``.
    """
    return _one("spiking_test", template_params, rheobase, out_dir, spike_threshold_voltage)


def depolarization_block_test(
    template_params: TemplateParams, rheobase: float, out_dir: str | Path
) -> Published:
    """Whether a cell goes on spiking at 200 % of its rheobase; as :func:`spiking_test`."""
    return _one("depolarization_block_test", template_params, rheobase, out_dir)


def bpap_test(template_params: TemplateParams, rheobase: float, out_dir: str | Path = "./") -> Published:
    """Whether action potentials attenuate along the dendrites; as :func:`spiking_test`."""
    return _one("bpap_test", template_params, rheobase, out_dir)


def ais_spiking_test(
    template_params: TemplateParams,
    rheobase: float,
    out_dir: str | Path,
    spike_threshold_voltage: float = DEFAULT_SPIKE_THRESHOLD_VOLTAGE,
) -> Published:
    """Whether the axon spikes before the soma; as :func:`spiking_test`."""
    return _one("ais_spiking_test", template_params, rheobase, out_dir, spike_threshold_voltage)


def hyperpolarization_test(
    template_params: TemplateParams, rheobase: float, out_dir: str | Path
) -> Published:
    """Whether a negative current hyperpolarizes a cell; as :func:`spiking_test`."""
    return _one("hyperpolarization_test", template_params, rheobase, out_dir)


def rin_test(rin: float) -> Published:
    """Whether an input resistance in Mohm is below 1000."""
    passed = bool(rin < _MAX_RIN)
    words = f"{'passed' if passed else 'failed'}: the input resistance, {rin:.2f} Mohm, is"
    return {
        "name": _RIN,
        "passed": passed,
        "validation_details": f"Validation {words} {'' if passed else 'not '}below {_MAX_RIN:g} Mohm.",
        "figures": [],
    }


def iv_test(
    template_params: TemplateParams,
    rheobase: float,
    out_dir: str | Path,
    spike_threshold_voltage: float = DEFAULT_SPIKE_THRESHOLD_VOLTAGE,
    n_processes: int | None = None,
    celsius: float | None = None,
    v_init: float | None = None,
) -> Published:
    """Whether the slope of the IV curve is positive.

    Parameters as of :func:`spiking_test`; ``n_processes`` says how many simulations at once, ``celsius`` and
    ``v_init`` temperature in degC and initial potential in mV, if not those of this process.
    """
    named = {"n_processes": n_processes, "celsius": celsius, "v_init": v_init}
    return _one("iv_test", template_params, rheobase, out_dir, spike_threshold_voltage, **named)


def fi_test(
    template_params: TemplateParams,
    rheobase: float,
    out_dir: str | Path,
    spike_threshold_voltage: float = DEFAULT_SPIKE_THRESHOLD_VOLTAGE,
    n_processes: int | None = None,
    celsius: float | None = None,
    v_init: float | None = None,
) -> Published:
    """Whether the slope of the FI curve is positive; as :func:`iv_test`."""
    named = {"n_processes": n_processes, "celsius": celsius, "v_init": v_init}
    return _one("fi_test", template_params, rheobase, out_dir, spike_threshold_voltage, **named)


def thumbnail_test(template_params: TemplateParams, rheobase: float, out_dir: str | Path) -> Published:
    """Draw a cell's answer to 130 % of its rheobase; as :func:`spiking_test`."""
    return _one("thumbnail_test", template_params, rheobase, out_dir)
