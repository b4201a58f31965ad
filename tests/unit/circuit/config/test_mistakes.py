"""Every mistake in a configuration: its key, and words that say what would be right."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from bluecellab.circuit.config import Problem, raise_problems, read_config
from bluecellab.circuit.config import text as text_module
from bluecellab.errors import BluecellabError, ConfigError, ConfinementError
from tests.unit.circuit.config.mistakes import MISTAKES, Change, set_to
from tests.unit.circuit.config.samples import OVERRIDE, REPORT, RUN, full, module, problems_of, write


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
            (set_to("network", value="../../circuit_config.json"), "network"),
            (set_to("network", value="/etc/passwd"), "network"),
            (set_to("network", value="a/../../x.json"), "network"),
            (set_to("node_sets_file", value="$BASE/../x.json"), "node_sets_file"),
            (set_to("compartment_sets_file", value="../x"), "compartment_sets_file"),
            (set_to("manifest", "$BASE", value="x"), ""),
            (set_to("output", "output_dir", value=".."), "output.output_dir"),
            (set_to("output", "spikes_file", value="../../s.h5"), "output.spikes_file"),
            (set_to("output", "log_file", value="/tmp/x.log"), "output.log_file"),
            (set_to("reports", "soma", "file_name", value="../../x"), "reports.soma.file_name"),
            (
                set_to("inputs", "z3_synapse_replay", "spike_file", value="/dev/zero"),
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
