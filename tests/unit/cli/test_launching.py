"""Ranks that the command line starts: with a launcher that merely says how it was called."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bluecellab.cli import launching, main
from bluecellab.errors import LauncherError, ParallelError, RankError, TimeLimitError

FAKE = """#!{python}
import os, signal, sys, time
if sys.argv[1:] == ["--version"]:
    print("{version}")
    sys.exit()
with open("{folder}/called", "w") as file:
    file.write(" ".join([os.environ["BLUECELLAB_RANKS"], *sys.argv[1:]]))
{act}
"""


@pytest.fixture(autouse=True)
def _no_launcher_beside_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(launching.sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))


def fake(folder: Path, act: str = "", version: str = "HYDRA build details", name: str = "mpirun") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    python = os.path.realpath(f"/proc/{os.getpid()}/exe") if sys.platform == "linux" else sys.executable
    path.write_text(FAKE.format(python=python, folder=folder, act=act, version=version))
    path.chmod(0o755)
    return str(path)


def called(folder: Path) -> list[str]:
    return (folder / "called").read_text().split()


def test_arguments_and_exit_code_are_handed_on(tmp_path: Path) -> None:
    fake(tmp_path / "bin", "sys.exit(3)")
    assert launching.launch(4, ["run", "x.json", "--ranks", "4"]) == 3
    words = called(tmp_path / "bin")
    assert words[:4] == ["4", "-n", "4", launching.sys.executable]
    assert words[-4:] == ["run", "x.json", "--ranks", "4"]


def test_the_launcher_beside_python_comes_first(tmp_path: Path) -> None:
    elsewhere = fake(tmp_path / "path", name="mpiexec")
    assert launching.find_launcher().path == elsewhere
    beside = fake(tmp_path / "bin")
    assert launching.find_launcher() == launching.Launcher(beside)


def test_open_mpi_needs_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path / "bin", version="mpirun (Open MPI) 4.1.4")
    launcher = launching.find_launcher()
    assert launcher.open_mpi
    monkeypatch.setattr(launching.os, "geteuid", lambda: 0)
    assert launcher.command(2, [])[3:5] == ["--oversubscribe", "--allow-run-as-root"]
    monkeypatch.setattr(launching.os, "geteuid", lambda: 1000)
    assert launcher.command(2, [])[3:5] == ["--oversubscribe", launching.sys.executable]


def test_no_launcher(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LauncherError, match=r"pip install 'bluecellab\[mpi\]'"):
        launching.launch(2, [])
    assert main(["run", "x.json", "--ranks", "2"]) == 1
    assert capsys.readouterr().err.startswith("bluecellab: LauncherError: --ranks needs mpirun")


def test_what_makes_no_sense(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ParallelError, match="positive number, not 0"):
        launching.launch(0, [])
    assert main(["run", "x.json", "--ranks", "2", "--memory-limit", "10"]) == 1
    assert "--memory-limit is for one process" in capsys.readouterr().err
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "8")
    with pytest.raises(ParallelError, match="by a rank of an MPI job of 8"):
        launching.launch(2, [])


def test_a_rank_that_is_killed(tmp_path: Path) -> None:
    fake(tmp_path / "bin", "sys.exit(9)")  # as hydra says it
    with pytest.raises(RankError, match="ended by signal 9 .SIGKILL."):
        launching.launch(2, [])
    fake(tmp_path / "bin", "sys.exit(137)")  # as Open MPI does
    with pytest.raises(RankError, match="ended by signal 9"):
        launching.launch(2, [])
    fake(tmp_path / "bin", "os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(RankError, match="ended by signal 9"):
        launching.launch(2, [])


@pytest.mark.parametrize("stubborn", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN); "])
def test_a_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stubborn: str) -> None:
    monkeypatch.setattr(launching, "_PATIENCE", 0.1)
    fake(tmp_path / "bin", stubborn + "time.sleep(60)")
    with pytest.raises(TimeLimitError, match="time limit of 0.3 s"):
        launching.launch(2, [], time_limit=0.3)


def test_signals_are_forwarded(tmp_path: Path) -> None:
    import signal

    fake(
        tmp_path / "bin",
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(130)); os.kill(os.getppid(), signal.SIGINT); time.sleep(60)",
    )
    before = signal.getsignal(signal.SIGINT)
    assert launching.launch(2, []) == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_a_process_that_is_no_rank_works_as_ever() -> None:
    assert launching.as_rank(lambda: 5, shared=False) == 5


def test_commands_that_ranks_do_not_share(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PMI_SIZE", "3")
    monkeypatch.setenv("PMI_RANK", "0")
    assert main(["demo"]) == 1
    assert "only 'run' makes use of the 3 ranks" in capsys.readouterr().err
    monkeypatch.setenv("PMI_RANK", "2")
    assert main(["demo"]) == 1
    assert capsys.readouterr() == ("", "")


def test_more_ranks_than_processors_are_remarked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bluecellab.simulation.isolation.cpus.available_cpus", lambda: 2)
    launching.say_if_crowded(2)
    assert capsys.readouterr().err == ""
    launching.say_if_crowded(3)
    assert "3 ranks on 2 processors" in capsys.readouterr().err
