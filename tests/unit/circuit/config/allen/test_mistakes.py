"""Every mistake in a configuration of the Allen dialect: its file, its key, and what would be right."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bluecellab.circuit.config.allen import read_allen_config
from bluecellab.errors import ConfigError, ConfinementError
from tests.unit.circuit.config.allen.mistakes import CIRCUIT, SIMULATION, Change, put
from tests.unit.circuit.config.allen.samples import problems_of, write


def _expect(path: Path, file: Path, key: str, words: str) -> None:
    found = problems_of(path)
    blamed = [problem for problem in found if problem.key == key and words in str(problem)]
    assert blamed, found
    if key:
        assert blamed[0].file == str(file)
        assert str(blamed[0]).startswith(f"{file}: {key}")
    json.dumps(str(blamed[0])).encode()  # can be printed
    assert len(found) <= 3, found  # and nothing is blamed that is right


@pytest.mark.parametrize("name", SIMULATION)
def test_a_mistake(name: str, tmp_path: Path) -> None:
    change, key, words = SIMULATION[name]
    path = write(tmp_path, change)
    _expect(path, path, key, words)


@pytest.mark.parametrize("name", CIRCUIT)
def test_a_mistake_in_the_circuit(name: str, tmp_path: Path) -> None:
    change, key, words = CIRCUIT[name]
    path = write(tmp_path, None, change)
    file = path if name == "no networks" else tmp_path / "circuit.json"
    found = problems_of(path)
    blamed = [problem for problem in found if problem.key == key and words in str(problem)]
    assert blamed, found
    assert name == "no networks" or blamed[0].file == str(file)
    assert len(found) <= 8, found  # components that cannot be found by a wrong key, and no more


def _all(*changes: Change) -> Change:
    def change(made: dict[str, Any]) -> None:
        for each in changes:
            each(made)

    return change


def test_all_at_once(tmp_path: Path) -> None:
    names = ["misspelt dL", "no celsius", "sort order", "misspelt module", "delays", "sections", "transform"]
    path = write(tmp_path, _all(*(SIMULATION[name][0] for name in names)), CIRCUIT["misspelt file"][0])
    with pytest.raises(ConfigError, match="9 problems") as caught:
        read_allen_config(path)
    keys = {problem.key for problem in caught.value.problems}  # type: ignore[attr-defined]
    assert keys >= {SIMULATION[name][1] for name in names} | {CIRCUIT["misspelt file"][1]}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"run": {"tstop": 1}, "run": 2}'])
def test_no_object(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    assert problems_of(path)


def test_deep(tmp_path: Path) -> None:
    value: Any = 1
    for _ in range(400):
        value = [value]
    assert any(
        "nested too deeply" in str(each)
        for each in problems_of(write(tmp_path, put("inputs/clamp/amp", value)))
    )


def test_growing_variables(tmp_path: Path) -> None:
    manifest = {"$V0": "x" * 50, **{f"$V{i}": f"$V{i - 1}$V{i - 1}" for i in range(1, 40)}, "$BASE": "."}
    path = write(tmp_path, put("manifest", {**manifest, "$OUTPUT_DIR": "$V39"}))
    assert any("too long" in str(each) for each in problems_of(path))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (put("output/output_dir", "../out"), "output.output_dir"),
        (put("inputs/sonata/input_file", "/etc/passwd"), "inputs.sonata.input_file"),
        (put("reports/soma/file_name", "../../v.h5"), "reports.soma.file_name"),
        (put("reports/weights/network_dir", "$BASE/../w"), "reports.weights.network_dir"),
        (put("inputs/table/file", "link/x.csv"), "inputs.table.file"),
        (put("network", "../circuit.json"), "network"),
    ],
)
def test_leaving_the_folder(change: Change, key: str, tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    path = write(folder, change)
    if key != "network":
        read_allen_config(path)  # without a folder that confines, all is well
    with pytest.raises(ConfinementError, match="leaves the folder") as caught:
        read_allen_config(path, confine_to=folder)
    assert any(problem.key == key and problem.outside for problem in caught.value.problems)  # type: ignore[attr-defined]


def test_the_working_directory_is_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "lgn.csv").touch()
    monkeypatch.chdir(tmp_path)
    path = write(folder)
    inside = read_allen_config(path, confine_to=folder).inputs[2].stimulus
    outside = read_allen_config(path).inputs[2].stimulus
    assert [each.input_file for each in (inside, outside)] == [  # type: ignore[union-attr]
        os.fspath(folder / "lgn.csv"),
        os.fspath(tmp_path / "lgn.csv"),
    ]


def test_yaml(tmp_path: Path) -> None:
    path = tmp_path / "config.yml"
    path.write_text("run: {}")
    assert "a file of JSON is needed" in str(problems_of(path)[0])
