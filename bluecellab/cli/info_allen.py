"""What ``bluecellab info`` says of a simulation of the Allen dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bluecellab.spec.allen import AllenConfig, AllenInput, AnyAllenReport

__all__ = ["facts_of_allen"]

_PLACE = ("section_name", "section_index", "section_dist")


def facts_of_allen(config: AllenConfig) -> dict[str, object]:
    """Return what there is to say about a simulation, as plain values.

    Parameters
    ----------
    config
        The simulation.
    """
    run, conditions, output = config.run, config.conditions, config.output
    longest = "as the cells have them" if run.dL is None else f"at most {run.dL:g} um"
    spikes = [name for name in (output.spikes_file, output.spikes_file_csv, output.spikes_file_nwb) if name]
    settings = {
        "run": f"{run.tstop:g} ms, dt {run.dt:g} ms, {run.steps} steps",
        "segments": longest,
        "conditions": f"{conditions.celsius:g} degC, v_init {conditions.v_init:g} mV, "
        f"spikes above {run.spike_threshold:g} mV",
        "output": output.directory + (", older results are replaced" if output.overwrite else ""),
        "spikes": f"{', '.join(spikes)}, sorted {output.spikes_sort_order}",
    }
    return {
        "settings": [{"setting": name, "value": value} for name, value in settings.items()],
        "components": [
            {"component": name, "path": path}
            for name, paths in config.circuit.components.items()
            for path in paths
        ],
        "inputs": [_input(each) for each in config.inputs],
        "reports": [_report(each) for each in config.reports],
    }


def _input(given: AllenInput) -> dict[str, object]:
    return {
        "input": given.name,
        "module": given.stimulus.type,
        "target": given.node_set or "all",
        "says": ", ".join(_said(given.stimulus.to_dict())),
    }


def _said(fields: Mapping[str, object]) -> list[str]:
    """Return what a stimulus says beside its type, without what is left out."""
    made: list[str] = []
    for name, value in fields.items():
        if name == "type" or value in (None, [], {}):
            continue
        if name == "place" and isinstance(value, dict):
            made.append("at {}[{}]({:g})".format(*(value[each] for each in _PLACE)))
        elif isinstance(value, list):
            some = " ".join(str(each) for each in value[:3])
            made.append(f"{name} {some}{' ...' if len(value) > 3 else ''}")
        elif isinstance(value, dict):
            made.append(f"{name} ({', '.join(_said(value))})")
        else:
            made.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")
    return made


def _report(report: AnyAllenReport) -> dict[str, object]:
    fields = report.to_dict()
    variables = fields.get("variable_names") or [fields.get("variable_name") or ""]
    return {
        "report": report.name,
        "type": report.type,
        "of": fields.get("cells") or "biophysical",
        "sections": " ".join(fields.get("sections") or []),
        "variable": " ".join(map(str, variables)),
        "dt ms": fields.get("dt") or "",
        "from ms": fields.get("start_time", ""),
        "to ms": fields.get("end_time") or "",
        "file": report.output_name,
    }
