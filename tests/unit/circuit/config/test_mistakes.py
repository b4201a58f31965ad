"""Every mistake in a configuration: its key, and words that say what would be right."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bluecellab.circuit.config import Problem, raise_problems, read_config
from bluecellab.circuit.config import text as text_module
from bluecellab.errors import BluecellabError, ConfigError, ConfinementError
from tests.unit.circuit.config.samples import OVERRIDE, REPORT, RUN, full, module, problems_of, write

Change = Callable[[Any], object]


def _set(*path: Any, value: object) -> Change:
    def change(config: Any) -> None:
        for key in path[:-1]:
            config = config[key]
        config[path[-1]] = value

    return change


def _drop(*path: Any) -> Change:
    def change(config: Any) -> None:
        for key in path[:-1]:
            config = config[key]
        del config[path[-1]]

    return change


SEC = ("inputs", "z5_seclamp")
LIN = ("inputs", "z9_linear")
MISTAKES: dict[str, tuple[Change, str, str]] = {
    "unknown key": (_set("nod_set", value="x"), "nod_set", "did you mean 'node_set'?"),
    "unknown, nothing near": (_set("zzz", value=1), "zzz", "keys here: version, manifest"),
    "no run": (_drop("run"), "run", "is missing; an object"),
    "run is a list": (_set("run", value=[1]), "run", "an object {...} is needed"),
    "network is a number": (_set("network", value=3), "network", "a text is needed"),
    "network is null": (_set("network", value=None), "network", "leave the key out"),
    "simulator": (_set("target_simulator", value="neuron"), "target_simulator", "did you mean 'NEURON'?"),
    "no tstop": (_drop("run", "tstop"), "run.tstop", "a number in ms is needed"),
    "tstop is text": (_set("run", "tstop", value="100 ms"), "run.tstop", "a number in ms is needed"),
    "tstop is true": (_set("run", "tstop", value=True), "run.tstop", "a number in ms is needed"),
    "tstop is negative": (_set("run", "tstop", value=-5), "run.tstop", "greater than 0"),
    "dt is 0": (_set("run", "dt", value=0), "run.dt", "greater than 0"),
    "seed is a fraction": (_set("run", "random_seed", value=1.5), "run.random_seed", "a whole number"),
    "seed is negative": (_set("run", "minis_seed", value=-1), "run.minis_seed", "greater than or equal to 0"),
    "seed is huge": (_set("run", "random_seed", value=2**32), "run.random_seed", "less than 4294967296"),
    "no seed": (_drop("run", "random_seed"), "run.random_seed", "is missing"),
    "method": (_set("run", "integration_method", value=3), "run.integration_method", "'crank_nicolson' (1)"),
    "method is true": (_set("run", "integration_method", value=True), "run.integration_method", "one of"),
    "sort order": (
        _set("output", "spikes_sort_order", value="by_tim"),
        "output.spikes_sort_order",
        "'by_time'",
    ),
    "output key": (_set("output", "output_dri", value="x"), "output.output_dri", "'output_dir'"),
    "spike location": (
        _set("conditions", "spike_location", value="ais"),
        "conditions.spike_location",
        "'AIS'",
    ),
    "calcium": (
        _set("conditions", "extracellular_calcium", value=0),
        "conditions.extracellular_calcium",
        "0",
    ),
    "flag": (
        _set("conditions", "randomize_gaba_rise_time", value=1),
        "conditions.randomize_gaba_rise_time",
        "true",
    ),
    "global": (
        _set("conditions", "mechanisms", "ProbAMPANMDA_EMS", "mg", value="x"),
        "conditions.mechanisms.ProbAMPANMDA_EMS.mg",
        "a number, true or false",
    ),
    "globals": (_set("conditions", "mechanisms", "A", value=1), "conditions.mechanisms.A", "an object"),
    "modification": (
        _set("conditions", "modifications", 0, "type", value="ttxx"),
        "conditions.modifications[0].type",
        "did you mean 'ttx'?",
    ),
    "modification without type": (
        _drop("conditions", "modifications", 0, "type"),
        "conditions.modifications[0].type",
        "is missing",
    ),
    "modification key": (
        _set("conditions", "modifications", 0, "section_configure", value="x"),
        "conditions.modifications[0].section_configure",
        "no such key",
    ),
    "modifications": (_set("conditions", "modifications", value=3), "conditions.modifications", "a list"),
    "modification is text": (
        _set("conditions", "modifications", 1, value="ttx"),
        "conditions.modifications[1]",
        "an object",
    ),
    "module": (_set(*LIN, "module", value="lineer"), "inputs.z9_linear.module", "did you mean 'linear'?"),
    "poisson": (_set(*LIN, "module", value="poisson"), "inputs.z9_linear.module", "not supported; modules:"),
    "module is a list": (_set(*LIN, "module", value=[]), "inputs.z9_linear.module", "a text is needed"),
    "input type": (
        _set(*LIN, "input_type", value="current"),
        "inputs.z9_linear.input_type",
        "'current_clamp'",
    ),
    "mismatch": (_set(*LIN, "input_type", value="spikes"), "inputs.z9_linear.input_type", "'current_clamp'"),
    "no delay": (_drop(*LIN, "delay"), "inputs.z9_linear.delay", "a number in ms"),
    "delay": (_set(*LIN, "delay", value=-1), "inputs.z9_linear.delay", "greater than or equal to 0"),
    "no set": (_drop(*LIN, "node_set"), "inputs.z9_linear.node_set", "or a compartment_set"),
    "two sets": (
        _set(*LIN, "compartment_set", value="places"),
        "inputs.z9_linear.compartment_set",
        "one of the two",
    ),
    "typing error": (_set(*LIN, "amp_strat", value=1), "inputs.z9_linear.amp_strat", "'amp_start'"),
    "key of another module": (
        _set(*LIN, "percent_start", value=1),
        "inputs.z9_linear.percent_start",
        "no such key",
    ),
    "input is text": (_set(*LIN, value="x"), "inputs.z9_linear", "an object {...} is needed"),
    "levels": (_set(*SEC, "duration_levels", value=[1, 2]), "inputs.z5_seclamp", "2 duration_levels but 0"),
    "levels are texts": (
        _set(*SEC, "duration_levels", value=["1"]),
        "inputs.z5_seclamp.duration_levels",
        "a list of numbers in ms",
    ),
    "field": (
        _drop("inputs", "z4_spatially_uniform_e_field", "fields", 0, "Ey"),
        "inputs.z4_spatially_uniform_e_field.fields[0].Ey",
        "is missing; a number in V/m",
    ),
    "no fields": (
        _set("inputs", "z4_spatially_uniform_e_field", "fields", value=[]),
        "inputs.z4_spatially_uniform_e_field.fields",
        "at least one",
    ),
    "report": (_set("reports", "soma", "type", value="compartement"), "reports.soma.type", "'compartment'"),
    "lfp": (_set("reports", "soma", "type", value="lfp"), "reports.soma.type", "not supported yet"),
    "sections": (_set("reports", "soma", "sections", value="dendrite"), "reports.soma.sections", "'dend'"),
    "no variable": (_drop("reports", "soma", "variable_name"), "reports.soma.variable_name", "is missing"),
    "variable": (
        _set("reports", "soma", "variable_name", value="a b"),
        "reports.soma.variable_name",
        "names such as",
    ),
    "empty variable": (
        _set("reports", "soma", "variable_name", value=""),
        "reports.soma.variable_name",
        "names",
    ),
    "two variables": (
        _set("reports", "soma", "variable_name", value="v,ina"),
        "reports.soma.variable_name",
        "one variable",
    ),
    "report ends": (
        _set("reports", "soma", "start_time", value=60),
        "reports.soma",
        "is not after start_time",
    ),
    "report dt": (_set("reports", "soma", "dt", value=0), "reports.soma.dt", "greater than 0"),
    "set of a report": (
        _set("reports", "soma", "compartment_set", value="x"),
        "reports.soma.compartment_set",
        "alone",
    ),
    "sections of a set": (
        _set("reports", "some", "sections", value="all"),
        "reports.some.sections",
        "is not for",
    ),
    "report without set": (
        _drop("reports", "some", "compartment_set"),
        "reports.some.compartment_set",
        "is missing",
    ),
    "enabled": (_set("reports", "soma", "enabled", value="no"), "reports.soma.enabled", "true or false"),
    "overrides": (_set("connection_overrides", value="x"), "connection_overrides", "a list of overrides"),
    "override": (_set("connection_overrides", 0, value=1), "connection_overrides[0]", "an object"),
    "source": (_drop("connection_overrides", 0, "source"), "connection_overrides[0].source", "is missing"),
    "weight": (_set("connection_overrides", 0, "weight", value=-1), "connection_overrides[0].weight", "0"),
    "weight is text": (
        _set("connection_overrides", 0, "weight", value="1"),
        "connection_overrides[0].weight",
        "number",
    ),
    "no model": (
        _set("connection_overrides", 2, "modoverride", value=""),
        "connection_overrides[2].modoverride",
        "1 character",
    ),
    "two models": (
        _set("connection_overrides", 2, "mod_override", value="x"),
        "connection_overrides[2].mod_override",
        "the same",
    ),
    "same name": (
        _set("connection_overrides", 1, "name", value="one"),
        "connection_overrides[1].name",
        "of connection_overrides[0]",
    ),
    "manifest": (_set("manifest", value=[]), "manifest", "an object"),
    "variable's name": (_set("manifest", "BASE", value="."), "manifest.BASE", "like $BASE_DIR"),
    "variable's value": (_set("manifest", "$X", value=3), "manifest.$X", "a path is needed"),
    "cyclic": (
        _set("manifest", value={"$BASE": "$OUT", "$OUT": "$BASE"}),
        "manifest.$BASE",
        "$BASE -> $OUT -> $BASE",
    ),
    "unknown variable": (
        _set("network", value="$BAES/x"),
        "network",
        "no variable $BAES; did you mean '$BASE'?",
    ),
    "empty path": (_set("network", value=""), "network", "a path is needed"),
    "zero byte": (_set("network", value="a\0b"), "network", "a path is needed"),
    "half a character": (_set("network", value="a\ud800b"), "network", "a path is needed"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake(name: str, tmp_path: Path) -> None:
    change, key, words = MISTAKES[name]
    path = write(tmp_path, full(change))
    found = problems_of(path)
    assert key in [problem.key for problem in found], found
    problem = next(problem for problem in found if problem.key == key)
    assert words in str(problem)
    assert problem.file == str(path)
    assert str(problem).startswith(f"{path}: {key}")
    json.dumps(str(problem)).encode()  # can be printed
    more = [each for each in found if each.key != key]
    assert len(more) <= 2, more  # and nothing is blamed that is right


def test_all_at_once(tmp_path: Path) -> None:
    changes = [
        "unknown key",
        "dt is 0",
        "tstop is text",
        "sort order",
        "no delay",
        "lfp",
        "weight",
        "calcium",
    ]

    def change(config: Any) -> None:
        for name in changes:
            MISTAKES[name][0](config)

    with pytest.raises(ConfigError, match="8 problems") as caught:
        read_config(write(tmp_path, full(change)))
    assert {problem.key for problem in caught.value.problems} == {MISTAKES[name][1] for name in changes}  # type: ignore[attr-defined]
    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, ConfinementError)


def test_one_problem_alone_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path, {"run": {**RUN, "dt": "x"}})
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert str(caught.value) == f"{path}: run.dt = 'x': a number in ms is needed"
    raise_problems(())


def test_names_with_dots_and_spaces(tmp_path: Path) -> None:
    text = {
        "run": RUN,
        "inputs": {"a.b c": module("linear", delay=-1)},
        "reports": {"ü\n": {**REPORT, "dt": 0}},
    }
    keys = [problem.key for problem in problems_of(write(tmp_path, text))]
    assert keys == ["inputs['a.b c'].delay", "reports['ü\\n'].dt"]


TEXTS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "not JSON: Expecting value at line 1, column 1"),
    "not JSON": ("{'run': 3}", "not JSON"),
    "a comma": ('{"run": {},\n}', "line 2, column 1"),
    "cut off": ('{"run": {"tstop', "not JSON: Unterminated string"),
    "a list": ("[1, 2]", "a JSON object {...} is needed"),
    "null": ("null", "a JSON object {...} is needed"),
    "a number": ("3", "a JSON object {...} is needed"),
    "NaN": ('{"run": {"tstop": NaN}}', "NaN is not a number that JSON knows"),
    "infinite": ('{"run": {"tstop": -Infinity}}', "Infinity is not a number"),
    "binary": (bytes(range(256)) * 10, "not a text in UTF-8"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(1000), "not a text in UTF-8"),
    "zeros": (bytes(5000), "not JSON"),
    "UTF-16": ('{"run": 3}'.encode("utf-16"), "not a text in UTF-8"),
    "deep": ('{"run": ' + "[" * 200_000 + "]" * 200_000 + "}", "nested too deeply"),
    "deep objects": ('{"a":' * 200_000 + "1" + "}" * 200_000, "nested too deeply"),
    "many digits": ('{"run": {"tstop": ' + "1" * 10_000 + "}}", "not JSON"),
    "twice": ('{"run": {"tstop": 1, "dt": 2, "tstop": 3}}', "run.tstop: given twice"),
    "twice at the top": ('{"run": {}, "run": {}}', "run: given twice"),
    "twice, thrice": ('{"inputs": {"a": [{"x": 1, "x": 2, "x": 3}]}}', "inputs.a[0].x: given twice"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_files_that_are_no_configuration(name: str, tmp_path: Path) -> None:
    content, words = TEXTS[name]
    path = write(tmp_path, content)
    found = problems_of(path)
    assert any(words in str(problem) for problem in found), found
    assert all(problem.file == str(path) for problem in found)


def test_numbers_beyond_all(tmp_path: Path) -> None:
    for number in ("1e999", "1" * 400, "-1e999"):
        path = write(tmp_path, f'{{"run": {{"tstop": {number}, "dt": 0.1, "random_seed": 1}}}}')
        (problem,) = problems_of(path)
        assert problem.key == "run.tstop"
        assert "a number in ms is needed" in problem.message
        assert len(str(problem)) < 400


def test_a_huge_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "LARGEST", 1 << 20)
    path = write(tmp_path, '{"run": "' + "x" * (1 << 20) + '"}')
    (problem,) = problems_of(path)
    assert "larger than 1 MB" in problem.message


def test_what_is_no_file(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "missing.json")
    assert problem == Problem(
        str(tmp_path / "missing.json"), "", None, "cannot be read: No such file or directory"
    )
    (problem,) = problems_of(tmp_path)
    assert "not a file" in problem.message
    os.mkfifo(tmp_path / "pipe")
    began = time.monotonic()
    (problem,) = problems_of(tmp_path / "pipe")
    assert "not a file" in problem.message
    assert time.monotonic() - began < 5
    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(BluecellabError):
            read_config(tmp_path / name)


def test_manifests_that_explode(tmp_path: Path) -> None:
    for leaf in ("", "x" * 50):
        manifest = {f"$V{i}": f"$V{i + 1}$V{i + 1}" for i in range(40)} | {"$V40": leaf}
        began = time.monotonic()
        try:
            read_config(write(tmp_path, {"manifest": manifest, "network": "a$V0", "run": RUN}))
        except ConfigError as error:
            assert "too long" in str(error)
        assert time.monotonic() - began < 5
    chain = {f"$V{i}": f"$V{i + 1}" for i in range(3000)} | {"$V3000": "x"}
    assert problems_of(write(tmp_path, {"manifest": chain, "run": RUN}))


class TestConfinement:
    def _refused(self, path: Path, folder: Path, key: str) -> None:
        with pytest.raises(ConfinementError) as caught:
            read_config(path, confine_to=folder)
        assert isinstance(caught.value, PermissionError)
        outside = [each for each in caught.value.problems if isinstance(each, Problem) and each.outside]
        assert [each.key for each in outside] == [key]
        assert str(folder) in outside[0].message

    @pytest.mark.parametrize(
        ("change", "key"),
        [
            (_set("network", value="../../circuit_config.json"), "network"),
            (_set("network", value="/etc/passwd"), "network"),
            (_set("network", value="a/../../x.json"), "network"),
            (_set("node_sets_file", value="$BASE/../x.json"), "node_sets_file"),
            (_set("compartment_sets_file", value="../x"), "compartment_sets_file"),
            (_set("manifest", "$BASE", value="x"), ""),
            (_set("output", "output_dir", value=".."), "output.output_dir"),
            (_set("output", "spikes_file", value="../../s.h5"), "output.spikes_file"),
            (_set("output", "log_file", value="/tmp/x.log"), "output.log_file"),
            (_set("reports", "soma", "file_name", value="../../x"), "reports.soma.file_name"),
            (
                _set("inputs", "z3_synapse_replay", "spike_file", value="/dev/zero"),
                "inputs.z3_synapse_replay.spike_file",
            ),
        ],
    )
    def test_paths(self, change: Change, key: str, tmp_path: Path) -> None:
        folder = tmp_path / "here"
        folder.mkdir()
        path = write(folder, full(change))
        if key:
            self._refused(path, folder, key)
        read_config(path)

    def test_links(self, tmp_path: Path) -> None:
        folder, other = tmp_path / "here", tmp_path / "other"
        folder.mkdir()
        other.mkdir()
        (folder / "link").symlink_to(other)
        path = write(folder, {"network": "link/c.json", "run": RUN})
        self._refused(path, folder, "network")
        (tmp_path / "alias").symlink_to(folder)
        path = write(folder, {"network": "c.json", "run": RUN})
        assert read_config(tmp_path / "alias" / path.name, confine_to=folder).network.endswith("alias/c.json")
        assert read_config(path, confine_to=tmp_path / "alias").network == str(folder / "c.json")

    def test_the_file_itself(self, tmp_path: Path) -> None:
        folder = tmp_path / "here"
        folder.mkdir()
        self._refused(write(tmp_path, "not even JSON"), folder, "")
        with pytest.raises(ConfinementError):
            read_config(tmp_path / "here2" / "x.json", confine_to=folder)  # begins with the same letters


def test_a_disabled_report_may_leave_the_folder(tmp_path: Path) -> None:
    text = {
        "run": RUN,
        "reports": {"a": {"enabled": False, "file_name": "/x"}},
        "connection_overrides": [OVERRIDE],
    }
    read_config(write(tmp_path, text), confine_to=tmp_path)
