"""One mistake at a time: how to make it, its key, and words of the message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Change = Callable[[Any], object]


def set_to(*path: Any, value: object) -> Change:
    def change(config: Any) -> None:
        for key in path[:-1]:
            config = config[key]
        config[path[-1]] = value

    return change


def drop(*path: Any) -> Change:
    def change(config: Any) -> None:
        for key in path[:-1]:
            config = config[key]
        del config[path[-1]]

    return change


SEC = ("inputs", "z5_seclamp")
LIN = ("inputs", "z9_linear")
MISTAKES: dict[str, tuple[Change, str, str]] = {
    "unknown key": (set_to("nod_set", value="x"), "nod_set", "did you mean 'node_set'?"),
    "unknown, nothing near": (set_to("zzz", value=1), "zzz", "keys here: version, manifest"),
    "no run": (drop("run"), "run", "is missing; an object"),
    "run is a list": (set_to("run", value=[1]), "run", "an object {...} is needed"),
    "network is a number": (set_to("network", value=3), "network", "a text is needed"),
    "network is null": (set_to("network", value=None), "network", "leave the key out"),
    "simulator": (set_to("target_simulator", value="neuron"), "target_simulator", "did you mean 'NEURON'?"),
    "no tstop": (drop("run", "tstop"), "run.tstop", "a number in ms is needed"),
    "tstop is text": (set_to("run", "tstop", value="100 ms"), "run.tstop", "a number in ms is needed"),
    "tstop is true": (set_to("run", "tstop", value=True), "run.tstop", "a number in ms is needed"),
    "tstop is negative": (set_to("run", "tstop", value=-5), "run.tstop", "greater than 0"),
    "dt is 0": (set_to("run", "dt", value=0), "run.dt", "greater than 0"),
    "seed is a fraction": (set_to("run", "random_seed", value=1.5), "run.random_seed", "a whole number"),
    "seed is negative": (
        set_to("run", "minis_seed", value=-1),
        "run.minis_seed",
        "greater than or equal to 0",
    ),
    "seed is huge": (set_to("run", "random_seed", value=2**32), "run.random_seed", "less than 4294967296"),
    "no seed": (drop("run", "random_seed"), "run.random_seed", "is missing"),
    "method": (
        set_to("run", "integration_method", value=3),
        "run.integration_method",
        "'crank_nicolson' (1)",
    ),
    "method is true": (set_to("run", "integration_method", value=True), "run.integration_method", "one of"),
    "sort order": (
        set_to("output", "spikes_sort_order", value="by_tim"),
        "output.spikes_sort_order",
        "'by_time'",
    ),
    "output key": (set_to("output", "output_dri", value="x"), "output.output_dri", "'output_dir'"),
    "spike location": (
        set_to("conditions", "spike_location", value="ais"),
        "conditions.spike_location",
        "'AIS'",
    ),
    "calcium": (
        set_to("conditions", "extracellular_calcium", value=0),
        "conditions.extracellular_calcium",
        "0",
    ),
    "flag": (
        set_to("conditions", "randomize_gaba_rise_time", value=1),
        "conditions.randomize_gaba_rise_time",
        "true",
    ),
    "global": (
        set_to("conditions", "mechanisms", "ProbAMPANMDA_EMS", "mg", value="x"),
        "conditions.mechanisms.ProbAMPANMDA_EMS.mg",
        "a number, true or false",
    ),
    "globals": (set_to("conditions", "mechanisms", "A", value=1), "conditions.mechanisms.A", "an object"),
    "modification": (
        set_to("conditions", "modifications", 0, "type", value="ttxx"),
        "conditions.modifications[0].type",
        "did you mean 'ttx'?",
    ),
    "modification without type": (
        drop("conditions", "modifications", 0, "type"),
        "conditions.modifications[0].type",
        "is missing",
    ),
    "modification key": (
        set_to("conditions", "modifications", 0, "section_configure", value="x"),
        "conditions.modifications[0].section_configure",
        "no such key",
    ),
    "modifications": (set_to("conditions", "modifications", value=3), "conditions.modifications", "a list"),
    "modification is text": (
        set_to("conditions", "modifications", 1, value="ttx"),
        "conditions.modifications[1]",
        "an object",
    ),
    "module": (set_to(*LIN, "module", value="lineer"), "inputs.z9_linear.module", "did you mean 'linear'?"),
    "poisson": (
        set_to(*LIN, "module", value="poisson"),
        "inputs.z9_linear.module",
        "not supported; modules:",
    ),
    "module is a list": (set_to(*LIN, "module", value=[]), "inputs.z9_linear.module", "a text is needed"),
    "input type": (
        set_to(*LIN, "input_type", value="current"),
        "inputs.z9_linear.input_type",
        "'current_clamp'",
    ),
    "mismatch": (
        set_to(*LIN, "input_type", value="spikes"),
        "inputs.z9_linear.input_type",
        "'current_clamp'",
    ),
    "no delay": (drop(*LIN, "delay"), "inputs.z9_linear.delay", "a number in ms"),
    "delay": (set_to(*LIN, "delay", value=-1), "inputs.z9_linear.delay", "greater than or equal to 0"),
    "no set": (drop(*LIN, "node_set"), "inputs.z9_linear.node_set", "or a compartment_set"),
    "two sets": (
        set_to(*LIN, "compartment_set", value="places"),
        "inputs.z9_linear.compartment_set",
        "one of the two",
    ),
    "typing error": (set_to(*LIN, "amp_strat", value=1), "inputs.z9_linear.amp_strat", "'amp_start'"),
    "key of another module": (
        set_to(*LIN, "percent_start", value=1),
        "inputs.z9_linear.percent_start",
        "no such key",
    ),
    "input is text": (set_to(*LIN, value="x"), "inputs.z9_linear", "an object {...} is needed"),
    "levels": (set_to(*SEC, "duration_levels", value=[1, 2]), "inputs.z5_seclamp", "2 duration_levels but 0"),
    "levels are texts": (
        set_to(*SEC, "duration_levels", value=["1"]),
        "inputs.z5_seclamp.duration_levels",
        "a list of numbers in ms",
    ),
    "field": (
        drop("inputs", "z4_spatially_uniform_e_field", "fields", 0, "Ey"),
        "inputs.z4_spatially_uniform_e_field.fields[0].Ey",
        "is missing; a number in V/m",
    ),
    "no fields": (
        set_to("inputs", "z4_spatially_uniform_e_field", "fields", value=[]),
        "inputs.z4_spatially_uniform_e_field.fields",
        "at least one",
    ),
    "report": (set_to("reports", "soma", "type", value="compartement"), "reports.soma.type", "'compartment'"),
    "lfp": (set_to("reports", "soma", "type", value="lfp"), "reports.soma.type", "not supported yet"),
    "sections": (set_to("reports", "soma", "sections", value="dendrite"), "reports.soma.sections", "'dend'"),
    "no variable": (drop("reports", "soma", "variable_name"), "reports.soma.variable_name", "is missing"),
    "variable": (
        set_to("reports", "soma", "variable_name", value="a b"),
        "reports.soma.variable_name",
        "names such as",
    ),
    "empty variable": (
        set_to("reports", "soma", "variable_name", value=""),
        "reports.soma.variable_name",
        "names",
    ),
    "two variables": (
        set_to("reports", "soma", "variable_name", value="v,ina"),
        "reports.soma.variable_name",
        "one variable",
    ),
    "report ends": (
        set_to("reports", "soma", "start_time", value=60),
        "reports.soma",
        "is not after start_time",
    ),
    "report dt": (set_to("reports", "soma", "dt", value=0), "reports.soma.dt", "greater than 0"),
    "set of a report": (
        set_to("reports", "soma", "compartment_set", value="x"),
        "reports.soma.compartment_set",
        "alone",
    ),
    "sections of a set": (
        set_to("reports", "some", "sections", value="all"),
        "reports.some.sections",
        "is not for",
    ),
    "report without set": (
        drop("reports", "some", "compartment_set"),
        "reports.some.compartment_set",
        "is missing",
    ),
    "enabled": (set_to("reports", "soma", "enabled", value="no"), "reports.soma.enabled", "true or false"),
    "overrides": (set_to("connection_overrides", value="x"), "connection_overrides", "a list of overrides"),
    "override": (set_to("connection_overrides", 0, value=1), "connection_overrides[0]", "an object"),
    "source": (drop("connection_overrides", 0, "source"), "connection_overrides[0].source", "is missing"),
    "weight": (set_to("connection_overrides", 0, "weight", value=-1), "connection_overrides[0].weight", "0"),
    "weight is text": (
        set_to("connection_overrides", 0, "weight", value="1"),
        "connection_overrides[0].weight",
        "number",
    ),
    "no model": (
        set_to("connection_overrides", 2, "modoverride", value=""),
        "connection_overrides[2].modoverride",
        "1 character",
    ),
    "two models": (
        set_to("connection_overrides", 2, "mod_override", value="x"),
        "connection_overrides[2].mod_override",
        "the same",
    ),
    "same name": (
        set_to("connection_overrides", 1, "name", value="one"),
        "connection_overrides[1].name",
        "of connection_overrides[0]",
    ),
    "manifest": (set_to("manifest", value=[]), "manifest", "an object"),
    "variable's name": (set_to("manifest", "BASE", value="."), "manifest.BASE", "like $BASE_DIR"),
    "variable's value": (set_to("manifest", "$X", value=3), "manifest.$X", "a path is needed"),
    "cyclic": (
        set_to("manifest", value={"$BASE": "$OUT", "$OUT": "$BASE"}),
        "manifest.$BASE",
        "$BASE -> $OUT -> $BASE",
    ),
    "unknown variable": (
        set_to("network", value="$BAES/x"),
        "network",
        "no variable $BAES; did you mean '$BASE'?",
    ),
    "empty path": (set_to("network", value=""), "network", "a path is needed"),
    "zero byte": (set_to("network", value="a\0b"), "network", "a path is needed"),
    "half a character": (set_to("network", value="a\ud800b"), "network", "a path is needed"),
}
