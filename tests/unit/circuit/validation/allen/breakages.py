"""Ways to break a simulation of the Allen dialect, each with the key and the words that must be said."""

from __future__ import annotations

from typing import Any

from tests.unit.circuit.validation.allen.breaking import (
    Breakage,
    after,
    change_table,
    circuit,
    column,
    config,
    hdf5,
    table,
    text,
    with_templates,
    without,
)
from tests.unit.circuit.validation.allen.network import write_json, write_spikes

CLAMP = {"input_type": "csv", "module": "IClamp", "node_set": "bio", "file": "amps.csv"}
XSTIM = {
    "input_type": "lfp",
    "module": "xstim",
    "positions_file": "points.csv",
    "waveform": {"shape": "dc", "amp": 1.0, "del": 1.0, "dur": 2.0},
}
REPLAY: dict[str, Any] = {
    "input_type": "replay_spikes",
    "module": "replay",
    "spikes_file": "lgn_spikes.h5",
    "edges": {"edges_file": "network/recurrent.h5", "edge_types_file": "network/absent.csv"},
}

OF_SIMULATIONS: dict[str, tuple[Breakage, str, str]] = {
    # files
    "nodes absent": (
        circuit("networks/nodes/0/nodes_file", "absent.h5"),
        "networks.nodes[0].nodes_file",
        "no such file",
    ),
    "types absent": (
        circuit("networks/nodes/0/node_types_file", "x.csv"),
        "networks.nodes[0].node_types_file",
        "no such",
    ),
    "edges absent": (
        circuit("networks/edges/1/edges_file", "absent.h5"),
        "networks.edges[1].edges_file",
        "no such file",
    ),
    "nodes are a table": (
        circuit("networks/nodes/0/nodes_file", "network/lgn_types.csv"),
        "networks.nodes[0].nodes_file",
        "not an HDF5 file",
    ),
    "edges are a folder": (
        circuit("networks/edges/0/edges_file", "network"),
        "networks.edges[0].edges_file",
        "a folder",
    ),
    "mechanisms absent": (
        circuit("components/mechanisms_dir", "absent"),
        "components.mechanisms_dir",
        "no such folder",
    ),
    "morphologies are a file": (
        circuit("components/morphologies_dir", "circuit_config.json"),
        "components.morphologies_dir",
        "is a file",
    ),
    "node sets absent": (
        after(lambda _: None, ("node_sets", None), ("node_sets_file", "absent.json")),
        "",
        "absent.json: cannot be read",
    ),
    # inputs
    "spikes absent": (config("inputs/lgn/input_file", "absent.h5"), "inputs.lgn.input_file", "no such file"),
    "spikes are no HDF5": (
        config("inputs/lgn/input_file", "electrodes.csv"),
        "inputs.lgn.input_file",
        "not an HDF5",
    ),
    "population of spikes": (
        config("inputs/lgn/population", "lgm"),
        "inputs.lgn.input_file",
        "did you mean 'lgn'",
    ),
    "early spikes": (
        after(lambda folder: write_spikes(folder / "lgn_spikes.h5", "lgn", [1.0, -2.0], [0, 1])),
        "inputs.lgn.input_file",
        "the time -2 ms is before the beginning",
    ),
    "spikes are NaN": (
        after(lambda folder: write_spikes(folder / "lgn_spikes.h5", "lgn", [1.0, float("nan")], [0, 1])),
        "inputs.lgn.input_file",
        "NaN",
    ),
    "no spikes at all": (
        hdf5("lgn_spikes.h5", lambda file: file.move("spikes", "spike")),
        "inputs.lgn.input_file",
        "has no group /spikes",
    ),
    "spikes without ids": (
        hdf5("lgn_spikes.h5", lambda file: file.move("spikes/lgn/node_ids", "spikes/lgn/nodes")),
        "inputs.lgn.input_file",
        "node_ids is missing",
    ),
    "a table of spikes": (
        after(
            text("lgn.csv", "timestamps population node_ids\n1.0 lgn 0\n-3 lgn 1\n"),
            ("inputs/lgn/module", "csv"),
            ("inputs/lgn/input_file", "lgn.csv"),
        ),
        "inputs.lgn.input_file",
        "line 3: the time -3",
    ),
    "columns of a table of spikes": (
        after(
            text("lgn.csv", "timestamp population node_ids\n1.0 lgn 0\n"),
            ("inputs/lgn/module", "csv"),
            ("inputs/lgn/input_file", "lgn.csv"),
        ),
        "inputs.lgn.input_file",
        "has no column 'timestamps'; did you mean 'timestamp'",
    ),
    "unknown function": (
        after(
            lambda _: None,
            (
                "inputs/lgn",
                {"input_type": "spikes", "module": "function", "spikes_function": "f", "node_set": "lgn"},
            ),
        ),
        "inputs.lgn.spikes_function",
        "no such generator of spikes",
    ),
    "unknown node set": (config("inputs/lgn/node_set", "lgm"), "inputs.lgn.node_set", "did you mean 'lgn'"),
    "spikes of cells": (
        config("inputs/lgn/node_set", "internal"),
        "inputs.lgn.node_set",
        "has no virtual nodes",
    ),
    "clamp of virtual nodes": (
        config("inputs/step/node_set", "lgn"),
        "inputs.step.node_set",
        "has only virtual nodes",
    ),
    "clamp of artificial cells": (
        config("inputs/step/node_set", "internal"),
        "inputs.step.node_set",
        "internal/3",
    ),
    "empty node set": (
        config("inputs/step/node_set", {"population": "internal", "ei": "x"}),
        "inputs.step.node_set",
        "empty",
    ),
    "unknown key of a node set": (
        config("inputs/step/node_set", {"populatoin": "internal"}),
        "inputs.step.node_set",
        "populatoin",
    ),
    "unknown population of a node set": (
        config("inputs/step/node_set", {"population": "intern"}),
        "inputs.step.node_set",
        "intern",
    ),
    "id out of range": (config("reports/some/cells", [0, 99]), "reports.some.cells", "99"),
    "current absent": (config("inputs/file", CLAMP), "inputs.file.file", "no such file"),
    "columns of a current": (
        after(text("amps.csv", "timestamps amp\n0 0.1\n0.1 0.1\n"), ("inputs/file", CLAMP)),
        "inputs.file.file",
        "did you mean 'amp'",
    ),
    "columns of electrodes": (
        after(text("points.csv", "x y z\n0 0 0\n"), ("inputs/x", XSTIM)),
        "inputs.x.positions_file",
        "has no column 'pos_x'",
    ),
    "no electrodes": (
        after(
            text("points.csv", "pos_x pos_y pos_z rotation_x rotation_y rotation_z\n"), ("inputs/x", XSTIM)
        ),
        "inputs.x.positions_file",
        "has no electrodes",
    ),
    "edges of a replay": (
        config("inputs/replay", REPLAY),
        "inputs.replay.edges.edge_types_file",
        "no such file",
    ),
    "types of edges of a replay": (
        after(
            text("network/more.csv", "edge_type_id delay\n20 1.0\n21 2.0\n"),
            (
                "inputs/replay",
                {**REPLAY, "edges": {**REPLAY["edges"], "edge_types_file": "network/more.csv"}},
            ),
        ),
        "edge_type_id 20: syn_weight",
        "is missing",
    ),
    "population of gap junctions": (
        circuit("networks/gap_juncs", [{"gap_juncs_file": "network/externl_gap_juncs.h5"}]),
        "networks.gap_juncs[0].gap_juncs_file",
        "no such file",
    ),
    # reports
    "report too late": (config("reports/soma/start_time", 50), "reports.soma.start_time", "nothing is left"),
    "report ends before": (
        after(lambda _: None, ("reports/soma/start_time", 20), ("reports/soma/end_time", 10)),
        "reports.soma.end_time",
        "must be after",
    ),
    "dt of a report": (config("reports/some/dt", 0.25), "reports.some.dt", "such as 0.2 or 0.3"),
    "small dt of a report": (config("reports/some/dt", 0.05), "reports.some.dt", "must not be below"),
    "one file of two reports": (
        config("reports/some/file_name", "soma.h5"),
        "reports.some.file_name",
        "the same file",
    ),
    "file of spikes": (
        config("reports/some/file_name", "spikes.csv"),
        "reports.some.file_name",
        "the same file",
    ),
    "electrodes absent": (
        config("reports/ecp/electrode_positions", "absent.csv"),
        "reports.ecp.electrode_positions",
        "no such file",
    ),
    "places of electrodes": (
        after(text("electrodes.csv", "channel x y z\n0 1 2 3\n")),
        "reports.ecp.electrode_positions",
        "has no column 'x_pos'",
    ),
    "output is a file": (config("output/output_dir", "electrodes.csv"), "output.output_dir", "is no folder"),
    "one step": (config("run/dt", 100), "run.dt", "must not be above"),
}
"""Those of configurations and of the files that inputs and reports name."""

OF_CIRCUITS: dict[str, tuple[Breakage, str, str]] = {
    # cells
    "morphology absent": (table("internal_types.csv", "cell.swc", "tree.swc"), "", "tree.swc"),
    "parameters absent": (table("internal_types.csv", "fit.json e", "fits.json e"), "", "fits.json"),
    "parameters of points absent": (table("internal_types.csv", "point.json", "pint.json"), "", "pint.json"),
    "parameters are no JSON": (
        after(text("components/cells/fit.json", "{")),
        "",
        "fit.json: not JSON",
    ),
    "unknown processor": (
        table("internal_types.csv", "aibs_perisomatic cell.swc", "aibs_perisomtic cell.swc"),
        "",
        "did you mean 'aibs_perisomatic'",
    ),
    "unknown scheme": (
        table(
            "internal_types.csv",
            "ctdb:Biophys1.hoc aibs_perisomatic cell.swc",
            "ctbd:Biophys1.hoc NULL cell.swc",
        ),
        "",
        "ctbd",
    ),
    "unknown template of ctdb": (
        table(
            "internal_types.csv", "ctdb:Biophys1.hoc aibs_perisomatic cell.swc", "ctdb:Biphys1 NULL cell.swc"
        ),
        "",
        "did you mean 'Biophys1'",
    ),
    "unknown template": (
        after(
            lambda folder: (
                (folder / "one.hoc").write_text("begintemplate Ball\nendtemplate Ball\n"),
                write_json(folder / "circuit_config.json", with_templates(folder)),
                change_table(folder, "internal_types.csv", "ctdb:Biophys1.hoc", "hoc:Bell"),
            ),
        ),
        "",
        "defines 'Bell'; did you mean 'Ball'",
    ),
    "unknown model type": (
        table("internal_types.csv", "102 point_neuron", "102 point_soma"),
        "",
        "point_soma",
    ),
    "node type absent": (table("internal_types.csv", "102 point", "103 point"), "", "102"),
    "table of node types": (table("internal_types.csv", "node_type_id", "node_typ"), "", "node_type_id"),
    # edges
    "edge type absent": (table("recurrent_types.csv", "\n21 ", "\n22 "), "", "edge_type_id 21"),
    "table of edge types": (
        table("recurrent_types.csv", "edge_type_id", "edge_id"),
        "",
        "no column 'edge_type_id'",
    ),
    "no weights": (
        table("recurrent_types.csv", "0.0002 NULL", "NULL NULL"),
        "edge_type_id 20: syn_weight",
        "is missing",
    ),
    "no delay": (table("lgn_internal_types.csv", "delay", "dely"), "edge_type_id 5: delay", "is missing"),
    "weight is text": (table("recurrent_types.csv", "0.0002", "heavy"), "", "heavy"),
    "delay is negative": (
        table("recurrent_types.csv", "NULL 2.0", "NULL -2.0"),
        "edge_type_id 20: delay",
        "0 or more",
    ),
    "unknown weight function": (
        table("recurrent_types.csv", "wmax", "wmaxx"),
        "edge_type_id 21: weight_function",
        "did you mean 'wmax'",
    ),
    "unknown synapse": (
        table("lgn_internal_types.csv", "Exp2Syn", "Exp3Syn"),
        "edge_type_id 5: model_template",
        "did you mean 'expsyn'",
    ),
    "parameters of synapses absent": (
        table("lgn_internal_types.csv", "exc.json", "exec.json"),
        "edge_type_id 5: dynamics_params",
        "no such file",
    ),
    "target sections": (
        table("lgn_internal_types.csv", "'apical'", "'apcal'"),
        "edge_type_id 5: target_sections",
        "a list of soma",
    ),
    "distances": (
        table("lgn_internal_types.csv", "150.0]", "-150.0]"),
        "edge_type_id 5: distance_range",
        "two distances",
    ),
    "source absent": (
        hdf5(
            "network/recurrent.h5",
            lambda file: file["edges/internal_to_internal/source_node_id"].attrs.modify(
                "node_population", "nobody"
            ),
        ),
        "",
        "nobody",
    ),
    "index absent": (hdf5("network/recurrent.h5", without("edges/internal_to_internal/indices")), "", "ind"),
    "ids of nodes": (
        hdf5("network/internal_nodes.h5", column("nodes/internal/node_type_id", [100, 100, 101])),
        "",
        "has 5 entries",
    ),
}
"""Those of cells and edges."""

BREAKAGES = {**OF_SIMULATIONS, **OF_CIRCUITS}
"""What is wrong, and what must be said; an empty key stands for that of a file of the circuit."""
