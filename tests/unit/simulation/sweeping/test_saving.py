"""Sweeps that keep their results in a folder."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from bluecellab.errors import OutputError, WorkerTimeoutError
from bluecellab.simulation import sweep
from bluecellab.simulation.sweeping.saving import cell_key, protocol_key
from bluecellab.spec.cells import BallStickCell, HocCell, PythonCell
from bluecellab.spec.protocols import Protocol
from tests.unit.simulation.sweeping.jobs import CELL, protocols


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.h5"))


@pytest.mark.parametrize("isolated", [True, False])
def test_what_is_there_is_not_run_again(tmp_path: Path, isolated: bool) -> None:
    first = sweep(CELL, protocols(3), save_to=tmp_path / "new", isolated=isolated).results()
    running = sweep(CELL, protocols(5), save_to=tmp_path / "new", isolated=isolated)
    outcomes = running.collect()
    assert [outcome.resumed for outcome in outcomes] == [True] * 3 + [False] * 2
    assert [outcome.unwrap() for outcome in outcomes[:3]] == first
    assert list(running.to_pandas().resumed) == [True] * 3 + [False] * 2
    assert [outcome.unwrap() for outcome in outcomes] == sweep(CELL, protocols(5), processes=2).results()


def test_a_label_is_no_difference_and_everything_else_is(tmp_path: Path) -> None:
    protocol = Protocol(duration=5, name="a")
    sweep(CELL, protocol, save_to=tmp_path).results()
    renamed = protocol.model_copy(update={"name": "b"})
    longer = protocol.model_copy(update={"duration": 6.0})
    other = BallStickCell(id=("P", 1))
    outcomes = sweep([CELL, other], [renamed, longer], save_to=tmp_path).collect()
    assert [outcome.resumed for outcome in outcomes] == [True, False, False, False]
    assert outcomes[0].value.protocol == renamed


def test_files_that_a_cell_is_made_from_count(tmp_path: Path) -> None:
    template, morphology = tmp_path / "cell.hoc", tmp_path / "cell.swc"
    template.write_text("one")
    cell = HocCell(template_path=str(template), morphology_path=str(morphology))
    before = cell_key(cell)
    assert cell_key(cell) == before
    template.write_text("two")
    changed = cell_key(cell)
    assert changed != before
    morphology.write_text("1 1 0 0 0 1 -1")
    assert cell_key(cell) not in (before, changed)
    assert cell_key(PythonCell(factory="json:loads")) != cell_key(PythonCell(factory="json:dumps"))


def test_equal_protocols_have_one_key() -> None:
    def of(**globals: float) -> Protocol:
        return Protocol(duration=1, conditions={"globals": globals})

    assert of(a=1, b=2) == of(b=2, a=1)
    assert protocol_key(of(a=1, b=2)) == protocol_key(of(b=2, a=1)) != protocol_key(of(a=1, b=3))


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "nonsense", "another's"])
def test_damaged_files_are_run_again_with_a_warning(tmp_path: Path, damage: str) -> None:
    expected = sweep(CELL, protocols(2), save_to=tmp_path).results()
    path = kept(tmp_path)[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    other = kept(tmp_path)[1].read_bytes()
    path.write_bytes(
        {
            "another's": other,
            "cut": content[: len(content) // 2],
            "flipped": content,
            "empty": b"",
            "nonsense": b"?",
        }[damage]
    )
    with pytest.warns(RuntimeWarning, match=r"job \d .* is run again"):
        outcomes = sweep(CELL, protocols(2), save_to=tmp_path).collect()
    assert sorted(outcome.resumed for outcome in outcomes) == [False, True]
    assert [outcome.unwrap() for outcome in outcomes] == expected
    assert all(outcome.resumed for outcome in sweep(CELL, protocols(2), save_to=tmp_path))


def test_what_failed_is_run_again(tmp_path: Path) -> None:
    wanted = [Protocol(duration=1), Protocol(duration=100_000)]
    outcomes = sweep(CELL, wanted, save_to=tmp_path, time_limit=0.5).collect()
    assert outcomes[0].ok
    assert isinstance(outcomes[1].error, WorkerTimeoutError)
    again = sweep(CELL, [wanted[0], wanted[1]], save_to=tmp_path, time_limit=0.5).collect()
    assert [outcome.resumed for outcome in again] == [True, False]
    assert not again[1].ok


def test_the_manifest_says_what_was_asked_for(tmp_path: Path) -> None:
    for _ in range(2):
        sweep([CELL, BallStickCell(id=("P", 1))], protocols(2), save_to=tmp_path).results()
    manifest = tmp_path / "manifest.jsonl"
    entries = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert next(BallStickCell.from_dict(entry["cell"]) for entry in entries if "cell" in entry) == CELL
    assert [Protocol.from_dict(entry["protocol"]) for entry in entries if "protocol" in entry] == protocols(2)
    files = [entry["file"] for entry in entries if "file" in entry]
    assert sorted(files) == sorted(path.name for path in kept(tmp_path))
    manifest.write_bytes(manifest.read_bytes()[:-20])
    assert all(outcome.resumed for outcome in sweep(CELL, protocols(2), save_to=tmp_path))


def test_several_sweeps_on_one_folder(tmp_path: Path) -> None:
    lists: list[list] = []
    threads = [
        threading.Thread(
            target=lambda: lists.append(sweep(CELL, protocols(), save_to=tmp_path, processes=1).results())
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lists[0] == lists[1]
    assert [outcome.unwrap() for outcome in sweep(CELL, protocols(), save_to=tmp_path)] == lists[0]
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="results cannot be kept in .*file"):
        sweep(CELL, protocols(), save_to=tmp_path / "file")
    with pytest.raises(OutputError):
        sweep(CELL, protocols(), save_to=tmp_path / "file", isolated=False)


@pytest.mark.parametrize("isolated", [True, False])
def test_a_folder_that_vanishes_stops_a_sweep(tmp_path: Path, isolated: bool) -> None:
    folder = tmp_path / "kept"
    running = sweep(
        CELL, protocols(3), save_to=folder, isolated=isolated, progress=lambda *_: shutil.rmtree(folder, True)
    )
    assert next(running).ok
    with pytest.raises(OutputError, match="kept"):
        list(running)
