"""Configurations that between them use every module of inputs and of reports, of the networks that BMTK's builder makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]
SOMA: Block = {"module": "membrane_report", "variable_name": "v", "cells": "detailed", "sections": "soma"}


@dataclass(frozen=True)
class Case:
    """One configuration.

    Parameters
    ----------
    network
        Which of the networks.
    inputs, reports
        Those of the configuration; spikes of fibres, and potentials of all somata, come first unless ``plain``.
    run, output
        What differs there.
    recurrent, gaps
        Whether the cells are connected.
    plain
        Whether nothing comes first.
    """

    network: str = "fourteen"
    inputs: Mapping[str, Block] | None = None
    reports: Mapping[str, Block] | None = None
    run: Mapping[str, Any] | None = None
    output: Mapping[str, Any] | None = None
    recurrent: bool = True
    gaps: bool = False
    plain: bool = False
    tstop: float = 150.0


def clamp(node_set: Any, **values: Any) -> Block:
    return {"input_type": "current_clamp", "module": "IClamp", "node_set": node_set, **values}


def membrane(variable: str, cells: Any, sections: Any, **values: Any) -> Block:
    return {
        "module": "membrane_report",
        "variable_name": variable,
        "cells": cells,
        "sections": sections,
        **values,
    }


def trains(file: str, **values: Any) -> Block:
    return {
        "input_type": "spikes",
        "module": "h5",
        "input_file": f"$FILES/{file}",
        "node_set": "lgn",
        **values,
    }


#: A step of current that makes a cell fire.
STEP = clamp("first", amp=0.25, delay=20.0, duration=80.0)

CASES: dict[str, Case] = {
    "one": Case("one", reports={"everywhere": membrane("v", "cortex", "all")}),
    "fourteen": Case(
        tstop=300.0,
        reports={
            "everywhere": membrane("v", "some", "all"),
            "calcium": membrane("cai", "excitatory", "soma"),
            "sodium": membrane("ina", "detailed", "soma"),
        },
        output={"spikes_sort_order": "time", "spikes_file_csv": "spikes.csv"},
    ),
    "by id": Case(output={"spikes_sort_order": "id", "spikes_file_csv": "spikes.csv"}),
    "unsorted": Case(output={"spikes_sort_order": "none", "spikes_file_csv": "spikes.csv"}),
    # all but the last: of a cell without a morphology BMTK reports somata only
    "kinds": Case("kinds", reports={"everywhere": membrane("v", list(range(7)), "all", dt=0.5)}),
    "gap junctions": Case("kinds", gaps=True, inputs={"step": STEP}),
    "sixty": Case("sixty", tstop=50.0),
    "fine": Case("one", run={"dt": 0.025, "dL": 10.0, "spike_threshold": -30.0}),
    "coarse": Case("one", run={"dt": 0.1, "dL": 200.0, "nsteps_block": 7}),
    "any segments": Case("one", run={"dL": None}),
    "spikes csv": Case(
        plain=True,
        inputs={
            "lgn": {
                "input_type": "spikes",
                "module": "csv",
                "input_file": "$NET/lgn_spikes.csv",
                "node_set": "lgn",
            }
        },
        reports={"soma": SOMA},
    ),
    "spikes nwb": Case(
        "one",
        plain=True,
        inputs={
            "lgn": {
                "input_type": "spikes",
                "module": "nwb",
                "input_file": "$NET/lgn_spikes.nwb",
                "node_set": "lgn",
                "trial": "trial_0",
            }
        },
        reports={"soma": SOMA},
    ),
    "spikes function": Case(
        plain=True,
        inputs={
            "lgn": {
                "input_type": "spikes",
                "module": "function",
                "spikes_function": "volleys",
                "node_set": "lgn",
            }
        },
        reports={"soma": SOMA},
    ),
    "iclamp": Case(
        plain=True,
        inputs={"step": clamp("pyramids", amp=0.2, delay=20.0, duration=100.0)},
        reports={"soma": SOMA, "everywhere": membrane("v", "some", "all")},
    ),
    "iclamp lists": Case(
        plain=True,
        inputs={
            "steps": clamp(
                "detailed", amp=[0.15, 0.25, -0.1], delay=[10.0, 50.0, 90.0], duration=[30.0, 20.0, 20.0]
            ),
            "dendrite": clamp(
                [0, 2],
                amp=0.3,
                delay=40.0,
                duration=30.0,
                section_name="dend",
                section_index=2,
                section_dist=0.25,
            ),
        },
        reports={"soma": SOMA},
    ),
    "iclamp csv": Case(
        plain=True,
        inputs={
            "file": {
                "input_type": "csv",
                "module": "IClamp",
                "file": "$FILES/current.csv",
                "node_set": "pyramids",
            },
            "late": {
                "input_type": "csv",
                "module": "IClamp",
                "file": "$FILES/late.csv",
                "separator": ",",
                "timestamps_column": "t",
                "amplitudes_column": "current",
                "node_set": {"pop_name": "PV1"},
            },
        },
        reports={"soma": SOMA},
    ),
    "iclamp nwb": Case(
        "one",
        inputs={
            "sweep": {
                "input_type": "nwb",
                "module": "IClamp",
                "file": "$FILES/sweep.nwb",
                "sweep_id": 35,
                "downsample": 0.1,
                "node_set": "first",
            }
        },
    ),
    "iclamp nwb window": Case(
        "one",
        inputs={
            "sweep": {
                "input_type": "nwb",
                "module": "IClamp",
                "file": "$FILES/sweep.nwb",
                "sweep_id": 35,
                "sweep_window": [10.0, 105.0],
                "delay": 20.0,
                "node_set": "first",
            }
        },
    ),
    "two populations": Case(
        "one", plain=True, inputs={"lgn": trains("two.h5", population="lgn")}, reports={"soma": SOMA}
    ),
    "legacy spikes": Case("one", plain=True, inputs={"lgn": trains("legacy.h5")}, reports={"soma": SOMA}),
    "seclamp": Case(
        "one",
        inputs={
            "clamp": {
                "input_type": "voltage_clamp",
                "module": "SEClamp",
                "node_set": "first",
                "amp": -60.0,
                "delay": 30.0,
                "duration": 50.0,
                "resistance": 2.0,
            }
        },
    ),
    # point neurons are left out: BMTK fails at them
    "syn_activity": Case(
        "sixty",
        tstop=60.0,
        plain=True,
        inputs={
            "volley": {
                "input_type": "syn_activity",
                "module": "syn_activity",
                "precell_filter": {"ei": "e"},
                "postcell_filter": {"pop_name": "Nr5a1"},
                "timestamps": [10.0, 40.0, 42.5],
            },
            "step": STEP,
        },
        reports={"soma": SOMA},
    ),
    "replay": Case(
        recurrent=False,
        inputs={
            "replayed": {
                "input_type": "replay_spikes",
                "module": "replay",
                "spikes_file": "$ANSWER/spikes.h5",
                "edges": {
                    "edges_file": "$NET/network/cortex_cortex_edges.h5",
                    "edge_types_file": "$NET/network/cortex_cortex_edge_types.csv",
                },
                "source_node_set": "excitatory",
                "target_node_set": "detailed",
            }
        },
    ),
    "windows": Case(
        reports={
            "early": membrane(
                "v", "some", "soma", start_time=0.0, end_time=50.0, dt=0.5, file_name="early.h5"
            ),
            "late": membrane("v", "some", "all", start_time=100.0, end_time=150.0, dt=0.2),
            "apical": membrane("cai", "excitatory", "soma", start_time=30.0),
            "dendrites": membrane("v", [0, 2], ["basal", "apical"], dt=1.0),
            "soma_list": membrane("v", "some", ["soma"]),
            "point": membrane("i_pas", {"pop_name": "Nr5a1"}, "basal", dt=0.4),
        }
    ),
    "netcon": Case(
        "one",
        reports={
            "conductance": {
                "module": "netcon_report",
                "variable_name": "g",
                "cells": "cortex",
                "sections": "all",
            },
            "current": {
                "module": "netcon_report",
                "variable_name": "i",
                "cells": "cortex",
                "syn_type": None,
                "dt": 0.5,
            },
        },
    ),
    "netcon of many": Case(
        reports={
            "current": {
                "module": "netcon_report",
                "variable_name": "i",
                "cells": "some",
                "syn_type": None,
                "dt": 0.5,
            }
        }
    ),
    "saved": Case(reports={"saved": {"module": "save_synapses", "network_dir": "$OUTPUT/saved"}}, tstop=20.0),
    "extracellular": Case(
        reports={
            "ecp": {
                "module": "extracellular",
                "variable_name": "v",
                "cells": "detailed",
                "electrode_positions": "$FILES/line.csv",
                "file_name": "ecp.h5",
                "contributions_dir": "parts",
            }
        },
        tstop=60.0,
    ),
    "extracellular near": Case(
        "one",
        reports={
            "ecp": {
                "module": "extracellular",
                "cells": "cortex",
                "electrode_positions": "$FILES/fifty.csv",
                "file_name": "ecp.h5",
                "minimum_distance": "auto",
            }
        },
        tstop=60.0,
    ),
}
_XSTIM = {
    "input_type": "lfp",
    "module": "xstim",
    "node_set": "detailed",
    "positions_file": "$FILES/xstim.csv",
}
_COMSOL = {"input_type": "lfp", "module": "comsol", "node_set": "detailed"}
#: What BMTK cannot do with NEURON 9: an independent script is the reference.
FIELDS: dict[str, Case] = {
    "xstim": Case(
        inputs={
            "field": {
                **_XSTIM,
                "waveform": {"shape": "sin", "del": 10.0, "dur": 60.0, "amp": 0.05, "freq": 50.0},
            }
        },
        tstop=80.0,
    ),
    "xstim dc": Case(
        "one",
        inputs={"field": {**_XSTIM, "waveform": {"shape": "dc", "del": 10.0, "dur": 30.0, "amp": 0.04}}},
        tstop=60.0,
    ),
    "xstim file": Case("one", inputs={"field": {**_XSTIM, "waveform": "$FILES/wave.csv"}}, tstop=60.0),
    "xstim mesh": Case(
        "one",
        inputs={
            "field": {
                **_XSTIM,
                "positions_file": "$FILES/mesh.csv",
                "waveform": {
                    "shape": "sin",
                    "del": 5.0,
                    "dur": 40.0,
                    "amp": 0.02,
                    "freq": 100.0,
                    "offset": 0.01,
                },
            }
        },
        tstop=60.0,
    ),
    "two fields": Case(
        "one",
        inputs={
            "field": {
                **_COMSOL,
                "comsol_files": ["$FILES/space.txt", "$FILES/space.txt"],
                "waveforms": ["$FILES/wave.csv", "$FILES/wave.csv"],
                "amplitudes": [40.0, -15.0],
            }
        },
        tstop=60.0,
    ),
    "comsol": Case(
        inputs={
            "field": {
                **_COMSOL,
                "comsol_files": "$FILES/space.txt",
                "waveforms": "$FILES/wave.csv",
                "amplitudes": 40.0,
            }
        },
        tstop=80.0,
    ),
    "comsol times": Case(
        "one", inputs={"field": {**_COMSOL, "comsol_files": "$FILES/times.txt"}}, tstop=60.0
    ),
}
