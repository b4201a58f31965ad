"""Validations of a cell: their figures, and a page that holds all of it."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from bluecellab.errors import ResultsError
from bluecellab.plotting.canvas import new_figure, tidy
from bluecellab.plotting.curves import plot_fi, plot_iv
from bluecellab.plotting.propagation import plot_back_propagation, plot_back_propagation_traces
from bluecellab.plotting.responses import plot_response, waveforms_of
from bluecellab.results import Results
from bluecellab.results.measured import BackPropagation, FICurve, IVCurve, ValidationReport, ValidationResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["validation_figures", "validation_html"]

_THUMBNAIL = "thumbnail_test"
_ZOOMED = "ais_spiking_test"
_ZOOM = (250.0, 350.0)  # ms, as published
_DPI = 130
_UNITS = {"holding_current": "nA", "rheobase": "nA", "rin": "MΩ"}
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid #ddd }
th { font-weight: 600 }
td.number { font-variant-numeric: tabular-nums }
.status { font-weight: 600; white-space: nowrap }
.passed { color: #00664a } .failed, .error { color: #a33c00 } .skipped { color: #555 }
figure { margin: 1rem 0 } img { max-width: 100%; height: auto }
pre { background: #f6f6f6; padding: .7rem; overflow-x: auto; font-size: .85rem }
@media print { body { margin: 0; max-width: none } figure { break-inside: avoid } }
"""
_MARKS = {"passed": "✓ passed", "failed": "✗ failed", "skipped": "○ skipped", "error": "! error"}


def validation_figures(report: ValidationReport) -> dict[str, Figure]:
    """Draw what the validations of a cell have seen.

    Parameters
    ----------
    report
        What the validation found.

    Returns
    -------
    dict
        By key of the validation, of those that have something to show. ``"bpap_test"`` has its traces as
        ``"bpap_test_recordings"``, ``"ais_spiking_test"`` its first spikes as ``"ais_spiking_test_zoomed"``;
        ``"thumbnail_test"`` is the potential alone, without a title, as published.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    figures: dict[str, Figure] = {}
    for result in report.results:
        figures.update(_figures_of(result)[0])
    return figures


def _figures_of(result: ValidationResult) -> tuple[dict[str, Figure], str]:
    """Draw one validation; where its evidence holds nothing to draw, say why."""
    seen, key, title = result.evidence, result.key, result.name
    figures: dict[str, Figure] = {}
    try:
        if isinstance(seen, IVCurve):
            figures[key] = plot_iv(seen, title=title)
        elif isinstance(seen, FICurve):
            figures[key] = plot_fi(seen, title=title)
        elif isinstance(seen, BackPropagation):
            figures[key] = plot_back_propagation(seen, title=title)
            figures[f"{key}_recordings"] = plot_back_propagation_traces(seen, title=title)
        elif isinstance(seen, Results) and key == _THUMBNAIL:
            figures[key] = _thumbnail(seen)
        elif isinstance(seen, Results):
            figures[key] = _response(seen, title)
            if key == _ZOOMED:
                zoomed = _response(seen, title)
                zoomed.axes[0].set_xlim(*_ZOOM)  # all panels share their time axis
                figures[f"{key}_zoomed"] = zoomed
    except ResultsError as error:
        return figures, str(error)
    return figures, ""


def _response(results: Results, title: str) -> Figure:
    """Draw stimuli above traces; traces alone, where currents are relative to something that is not known."""
    try:
        stimuli = waveforms_of(results)
    except ResultsError:
        stimuli = ()
    return plot_response(results, stimuli=stimuli, title=title)


def _thumbnail(results: Results) -> Figure:
    potentials = [trace for trace in results.traces.values() if trace.unit == "mV"]
    if not potentials:
        raise ResultsError("there is no potential to draw a thumbnail of")
    figure = new_figure(4.0, 2.4)
    axes = figure.add_subplot()
    axes.plot(potentials[0].time, potentials[0].values, color="black", linewidth=0.9)
    axes.set_xlabel("time (ms)")
    axes.set_ylabel("potential (mV)")
    tidy(axes)
    return figure


def validation_html(report: ValidationReport) -> str:
    """Return the validations of a cell as a page that needs nothing else: no scripts, no links, no files.

    Parameters
    ----------
    report
        What the validation found.

    Returns
    -------
    str
        HTML with the outcome, properties, a table of the validations, for each its details, values and
        figures (PNG within the page), and the provenance. All texts are escaped.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    name = html.escape(report.cell_name)
    passed = sum(result.passed for result in report.results)
    outcome = "passed" if report.passed else "failed"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Validation of {name}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Validation of {name}</h1>",
        f'<p class="status {outcome}">{_MARKS[outcome]}: {passed} of {len(report.results)} validations</p>',
        _properties(report.properties),
        _overview(report),
        *(_section(result) for result in report.results),
        _provenance(report.provenance),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _properties(properties: Mapping[str, float]) -> str:
    rows = [
        f'<tr><td>{html.escape(name)}</td><td class="number">{value:.6g} {_UNITS.get(name, "")}</td></tr>'
        for name, value in properties.items()
    ]
    return _table("Properties", ("property", "value"), rows) if rows else ""


def _overview(report: ValidationReport) -> str:
    rows = [
        f'<tr><td><a href="#{html.escape(result.key)}">{html.escape(result.name)}</a></td>'
        f'<td class="status {result.status}">{_MARKS[result.status]}</td>'
        f"<td>{html.escape(result.details)}</td></tr>"
        for result in report.results
    ]
    return _table("Validations", ("validation", "outcome", "details"), rows)


def _section(result: ValidationResult) -> str:
    parts = [
        f'<h2 id="{html.escape(result.key)}">{html.escape(result.name)}</h2>',
        f'<p class="status {result.status}">{_MARKS[result.status]}</p>',
        f"<p>{html.escape(result.details)}</p>",
    ]
    rows = [
        f'<tr><td>{html.escape(str(name))}</td><td class="number">{html.escape(_text(value))}</td></tr>'
        for name, value in result.values.items()
    ]
    if rows:
        parts.append(_table("", ("value", "measured"), rows))
    figures, reason = _figures_of(result)
    parts += [_image(figure, f"{result.name}: {key}") for key, figure in figures.items()]
    if reason:
        parts.append(f"<p>No figure: {html.escape(reason)}</p>")
    return "\n".join(parts)


def _provenance(provenance: Mapping[str, JsonValue]) -> str:
    if not provenance:
        return ""
    text = json.dumps(dict(provenance), indent=2, ensure_ascii=False, default=str)
    return f"<h2>Provenance</h2>\n<pre>{html.escape(text)}</pre>"


def _table(title: str, columns: tuple[str, ...], rows: list[str]) -> str:
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "\n".join(rows)
    heading = f"<h2>{html.escape(title)}</h2>\n" if title else ""
    return f"{heading}<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _text(value: JsonValue) -> str:
    """Return a measured value as it is printed, numbers to six digits."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _image(figure: Figure, text: str) -> str:
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=_DPI, metadata={"Software": None})  # the same bytes every time
    coded = base64.b64encode(image.getvalue()).decode("ascii")
    return f'<figure><img alt="{html.escape(text)}" src="data:image/png;base64,{coded}"></figure>'
