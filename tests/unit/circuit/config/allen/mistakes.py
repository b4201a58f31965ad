"""Mistakes by name: how to make each, the key that is blamed, and words of the remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], object]


def put(path: str, value: Any) -> Change:
    """Set, or with None as value drop, what stands at a path."""
    *folders, last = path.split("/")

    def change(made: dict[str, Any]) -> None:
        for folder in folders:
            made = made[int(folder) if folder.isdigit() else folder]  # type: ignore[index,assignment]
        if value is None:
            del made[last]
        else:
            made[last] = value

    return change


def rename(path: str, name: str) -> Change:
    """Give the key at a path another name."""
    *folders, last = path.split("/")

    def change(made: dict[str, Any]) -> None:
        for folder in folders:
            made = made[int(folder) if folder.isdigit() else folder]  # type: ignore[index,assignment]
        made[name] = made.pop(last)

    return change


SIMULATION: dict[str, tuple[Change, str, str]] = {
    # keys at the top, sections
    "misspelt section": (rename("inputs", "input"), "input", "did you mean 'inputs'"),
    "misspelt node sets": (rename("node_sets", "node_set"), "node_set", "did you mean 'node_sets'"),
    "no run": (put("run", None), "run", "is missing"),
    "run is a list": (put("run", [1]), "run", "an object {...} is needed"),
    "no tstop": (put("run/tstop", None), "run.tstop", "a number in ms is needed"),
    "tstop is text": (put("run/tstop", "100"), "run.tstop", "a number in ms is needed"),
    "tstop is 0": (put("run/tstop", 0), "run.tstop", "greater than 0"),
    "dt is negative": (put("run/dt", -0.1), "run.dt", "greater than 0"),
    "misspelt dL": (rename("run/dL", "dl"), "run.dl", "did you mean 'dL'"),
    "dL is 0": (put("run/dL", 0), "run.dL", "greater than 0"),
    "a start": (put("run/tstart", 10), "run.tstart", "begins at 0 ms"),
    "blocks": (put("run/nsteps_block", 0), "run.nsteps_block", "1 or more"),
    "old import": (put("run/use_old_import3d", True), "run.use_old_import3d", "not supported"),
    "overwrite of run": (put("run/overwrite_output_dir", "yes"), "run.overwrite_output_dir", "true or false"),
    "no conditions": (put("conditions", None), "conditions", '"celsius": 34.0'),
    "no celsius": (put("conditions/celsius", None), "conditions.celsius", "a number in degC is needed"),
    "no v_init": (put("conditions/v_init", None), "conditions.v_init", "a number in mV is needed"),
    "misspelt v_init": (rename("conditions/v_init", "vinit"), "conditions.vinit", "did you mean 'v_init'"),
    "ids by table": (put("gid_mapping_file", "gids.h5"), "gid_mapping_file", "not supported"),
    # output
    "sort order": (put("output/spikes_sort_order", "tim"), "output.spikes_sort_order", "did you mean 'time'"),
    "compression": (put("output/compression", "zip"), "output.compression", "gzip, lzf, none"),
    "output is text": (put("output", "out"), "output", "an object {...} is needed"),
    "misspelt output": (
        rename("output/output_dir", "outputdir"),
        "output.outputdir",
        "did you mean 'output_dir'",
    ),
    "output is a number": (put("output/output_dir", 3), "output.output_dir", "a text is needed"),
    # node sets
    "node set is a number": (put("node_sets/bio", 3), "node_sets.bio", "a list of node ids, or conditions"),
    "node sets are a list": (put("node_sets", [1]), "node_sets", "an object {...} is needed"),
    "cells are a number": (
        put("reports/soma/cells", 1.5),
        "reports.soma.cells",
        "the name of a node set, a list",
    ),
    # variables
    "unknown variable": (
        put("inputs/sonata/input_file", "$BSE/x.h5"),
        "inputs.sonata.input_file",
        "did you mean '$BASE'",
    ),
    "unknown variable of the manifest": (put("manifest/$X", "$NOPE/x"), "manifest.$X", "no variable $NOPE"),
    "circle of variables": (
        put("manifest/$BASE", "$OUTPUT_DIR"),
        "manifest.$BASE",
        "the variable needs itself",
    ),
    "manifest is a list": (put("manifest", []), "manifest", "an object of paths is needed"),
    "name of a variable": (put("manifest/$A B", "x"), "manifest['$A B']", "names of variables"),
    "value of a variable": (put("manifest/$X", ["a"]), "manifest.$X", "a path is needed"),
    # parts
    "part is missing": (put("network", "absent.json"), "", "cannot be read: No such file"),
    "part is itself": (put("network", "simulation.json"), "network", "leads back"),
    "part is a number": (put("simulation", 3), "simulation", "the path of a configuration is needed"),
    "part is yaml": (put("network", "c.yml"), "", "YAML is not read"),
    # inputs
    "input is text": (put("inputs/clamp", "x"), "inputs.clamp", "an object {...} is needed"),
    "inputs are a list": (put("inputs", []), "inputs", "an object {...} is needed"),
    "no module": (put("inputs/clamp/module", None), "inputs.clamp.module", "is missing"),
    "no input type": (put("inputs/clamp/input_type", None), "inputs.clamp.input_type", "is missing"),
    "module is a number": (put("inputs/clamp/module", 3), "inputs.clamp.module", "a text is needed"),
    "misspelt module": (put("inputs/clamp/module", "IClmp"), "inputs.clamp.module", "did you mean 'IClamp'"),
    "type of a clamp": (
        put("inputs/clamp/input_type", "x"),
        "inputs.clamp.input_type",
        "goes with 'current_clamp'",
    ),
    "type of spikes": (put("inputs/csv/input_type", "x"), "inputs.csv.input_type", "goes with 'spikes'"),
    "misspelt amp": (rename("inputs/clamp/amp", "amps"), "inputs.clamp.amps", "did you mean 'amp'"),
    "no amp": (put("inputs/clamp/amp", None), "inputs.clamp.amp", "a number in nA is needed, or a list"),
    "amp is text": (put("inputs/clamp/amp", "0.1"), "inputs.clamp.amp", "a number in nA is needed"),
    "no amps": (put("inputs/clamps/amp", []), "inputs.clamps.amp", "a number in nA is needed"),
    "delays": (put("inputs/clamps/delay", [1]), "inputs.clamps.delay", "has 1 values, but amp has 2"),
    "delay is negative": (put("inputs/clamp/delay", -1), "inputs.clamp.delay", "greater than or equal to 0"),
    "section index": (
        put("inputs/clamp/section_index", -1),
        "inputs.clamp.section_index",
        "the number of a section",
    ),
    "range": (
        put("inputs/clamps/section_index", [5, 1]),
        "inputs.clamps.section_index",
        "the smaller one first",
    ),
    "position": (put("inputs/clamp/section_dist", 2), "inputs.clamp.section_dist", "less than or equal to 1"),
    "no file of a clamp": (put("inputs/table/file", None), "inputs.table.file", "is missing"),
    "no sweep": (put("inputs/sweep/sweep_id", None), "inputs.sweep.sweep_id", "is missing"),
    "sweep": (put("inputs/sweep/sweep_id", [1]), "inputs.sweep.sweep_id", "the number of a sweep"),
    "window": (
        put("inputs/sweep/sweep_window", [3, 1]),
        "inputs.sweep.sweep_window",
        "the earlier one first",
    ),
    "downsample": (put("inputs/sweep/downsample", 0), "inputs.sweep.downsample", "greater than 0"),
    "resistance": (put("inputs/voltage/resistance", 0), "inputs.voltage.resistance", "greater than 0"),
    "no spikes": (put("inputs/sonata/input_file", None), "inputs.sonata.input_file", "is missing"),
    "no node set of spikes": (put("inputs/sonata/node_set", None), "inputs.sonata.node_set", "is missing"),
    "units": (put("inputs/sonata/units", "s"), "inputs.sonata.units", "taken in ms"),
    "trial": (put("inputs/nwb/trial", [1]), "inputs.nwb.trial", "the name of a trial"),
    "no function": (
        put("inputs/function/spikes_function", None),
        "inputs.function.spikes_function",
        "is missing",
    ),
    "misspelt option": (
        rename("inputs/probe/missing_ids", "missing_id"),
        "inputs.probe.missing_id",
        "did you mean",
    ),
    "onset": (put("inputs/probe/interval_onset", 5.0), "inputs.probe.interval_onset", "interval_offset"),
    "repository": (put("inputs/probe/dandi_repo", "1"), "inputs.probe.dandi_repo", "no such key"),
    "no edges": (put("inputs/replay/edges", None), "inputs.replay.edges", "is missing"),
    "edges are text": (put("inputs/replay/edges", "e.h5"), "inputs.replay.edges", "one file is needed"),
    "edges of a replay": (
        rename("inputs/replay/edges/edges_file", "edge_file"),
        "inputs.replay.edges.edge_file",
        "did you mean 'edges_file'",
    ),
    "timestamps": (put("inputs/activity/timestamps", "x"), "inputs.activity.timestamps", "a number in ms"),
    "no positions": (put("inputs/field/positions_file", None), "inputs.field.positions_file", "is missing"),
    "waveform": (put("inputs/field/waveform", 3), "inputs.field.waveform", 'an object {"shape": "sin", ...}'),
    "shape": (
        put("inputs/field/waveform/shape", "sine"),
        "inputs.field.waveform.shape",
        "did you mean 'sin'",
    ),
    "no frequency": (put("inputs/field/waveform/freq", None), "inputs.field.waveform.freq", "a number in Hz"),
    "waveform is not there": (put("inputs/field/waveform", "w.json"), "", "w.json: cannot be read"),
    "resistivity": (put("inputs/field/resistance", -3), "inputs.field.resistance", "greater than 0"),
    "files of comsol": (
        put("inputs/solved/comsol_files", []),
        "inputs.solved.comsol_files",
        "the path of a file",
    ),
    "waves": (put("inputs/solved/waveforms", ["a"]), "inputs.solved.waveforms", "has 1 values for 2 files"),
    "factors": (put("inputs/solved/amplitudes", [1, "x"]), "inputs.solved.amplitudes", "a number in factors"),
    "both spellings": (
        put("inputs/solved/comsol_file", "a"),
        "inputs.solved.comsol_file",
        "which means the same",
    ),
    # reports
    "report is text": (put("reports/soma", "x"), "reports.soma", "an object {...} is needed"),
    "no module of a report": (put("reports/soma/module", None), "reports.soma.module", "is missing"),
    "misspelt report": (put("reports/soma/module", "membran_report"), "reports.soma.module", "did you mean"),
    "misspelt cells": (rename("reports/soma/cells", "cell"), "reports.soma.cell", "did you mean 'cells'"),
    "misspelt variable": (
        rename("reports/soma/variable_name", "variable_names"),
        "reports.soma.variable_names",
        "did you mean 'variable_name'",
    ),
    "variable": (put("reports/soma/variable_name", "v m"), "reports.soma.variable_name", 'names such as "v"'),
    "variable twice": (put("reports/many/variable_name", ["v", "v"]), "reports.many.variable_name", "twice"),
    "variable is a number": (
        put("reports/soma/variable_name", 3),
        "reports.soma.variable_name",
        "the name of",
    ),
    "no variable": (
        put("reports/synapses/variable_name", None),
        "reports.synapses.variable_name",
        "is missing",
    ),
    "sections": (put("reports/soma/sections", "sma"), "reports.soma.sections", "did you mean 'soma'"),
    "some sections": (
        put("reports/many/sections", ["dend", 3]),
        "reports.many.sections",
        "the name of a list",
    ),
    "dt of a report": (put("reports/many/dt", 0), "reports.many.dt", "greater than 0"),
    "start": (put("reports/many/start_time", -1), "reports.many.start_time", "greater than or equal to 0"),
    "transform": (put("reports/vext/transform", "mean"), "reports.vext.transform", "'first_element' is all"),
    "clamps": (
        put("reports/currents/variable_name", "v"),
        "reports.currents.variable_name",
        "allowed are: se, ic, f_ic",
    ),
    "no electrodes": (
        put("reports/ecp/electrode_positions", None),
        "reports.ecp.electrode_positions",
        "is missing",
    ),
    "distance": (put("reports/ecp/minimum_distance", "near"), "reports.ecp.minimum_distance", "or 'auto'"),
    "bounds": (put("reports/ecp/cell_bounds", [2, 1]), "reports.ecp.cell_bounds", "two global ids"),
    "nwb": (put("reports/ecp/file_name_nwb", 3), "reports.ecp.file_name_nwb", "a path is needed"),
    "parts": (put("reports/ecp/contributions_dir", 3), "reports.ecp.contributions_dir", "a path is needed"),
    "no folder": (put("reports/weights/network_dir", None), "reports.weights.network_dir", "is missing"),
}
"""Those of the first file."""

CIRCUIT: dict[str, tuple[Change, str, str]] = {
    "no networks": (put("networks", None), "networks", '{"nodes": [...], "edges": [...]} is needed'),
    "no nodes": (put("networks/nodes", None), "networks.nodes", "is missing"),
    "empty nodes": (put("networks/nodes", []), "networks.nodes", "at least one file of nodes"),
    "nodes are an object": (put("networks/nodes", {}), "networks.nodes", "a list [...] is needed"),
    "misspelt nodes": (rename("networks/nodes", "node"), "networks.node", "did you mean 'nodes'"),
    "an entry is text": (put("networks/edges", ["e.h5"]), "networks.edges[0]", "an object {...} is needed"),
    "no types": (
        put("networks/nodes/0/node_types_file", None),
        "networks.nodes[0].node_types_file",
        "is missing",
    ),
    "misspelt file": (
        rename("networks/nodes/1/nodes_file", "node_file"),
        "networks.nodes[1].node_file",
        "did you mean 'nodes_file'",
    ),
    "misspelt edges": (
        rename("networks/edges/0/edges_file", "edge_file"),
        "networks.edges[0].edge_file",
        "did you mean 'edges_file'",
    ),
    "misspelt enabled": (
        put("networks/edges/0/enable", True),
        "networks.edges[0].enable",
        "did you mean 'enabled'",
    ),
    "gap junctions": (
        put("networks/gap_juncs", [{"gap_juncs_file": "gaps.h5"}]),
        "networks.gap_juncs[0].gap_juncs_file",
        "must be <population>_gap_juncs.h5",
    ),
    "misspelt component": (
        rename("components/morphologies_dir", "morphology_dir"),
        "components.morphology_dir",
        "did you mean 'morphologies_dir'",
    ),
    "component is a number": (
        put("components/mechanisms_dir", 3),
        "components.mechanisms_dir",
        "the path of a folder",
    ),
    "misspelt top": (rename("components", "component"), "component", "did you mean 'components'"),
    "unknown variable of the circuit": (
        put("components/mechanisms_dir", "$BASE/x"),  # a variable of the other file
        "components.mechanisms_dir",
        "no variable $BASE",
    ),
}
"""Those of the file of the circuit."""
