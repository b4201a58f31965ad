"""What launchers say of a process, and what is made of it."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest

from bluecellab.errors import LauncherError
from bluecellab.nrn import meeting, parallel, voices
from bluecellab.nrn.launch import Launch, launched, rank_of


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"PMI_RANK": "1", "PMI_SIZE": "4"}, Launch("mpich", 1, 4)),
        ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"}, Launch("openmpi", 0, 2)),
        ({"MV2_COMM_WORLD_RANK": "2", "MV2_COMM_WORLD_SIZE": "3"}, Launch("mvapich", 2, 3)),
        ({"PMI_RANK": "1"}, None),
        ({"PMI_RANK": "", "PMI_SIZE": "four"}, None),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, None),  # so it is in every job, with and without MPI
    ],
)
def test_launched(environment: dict[str, str], expected: Launch | None) -> None:
    assert launched(environment) == expected


def test_rank_of(monkeypatch: pytest.MonkeyPatch) -> None:
    two = {"PMI_RANK": "1", "PMI_SIZE": "2"}
    assert rank_of(two) == Launch("mpich", 1, 2)
    assert rank_of({}) is None
    assert rank_of({"PMI_RANK": "0", "PMI_SIZE": "1"}) is None
    assert rank_of({**two, "BLUECELLAB_MPI": "0"}) is None
    assert rank_of({**two, "BLUECELLAB_MPI": "1"}) == Launch("mpich", 1, 2)
    monkeypatch.setitem(sys.modules, "mpi4py.futures", ModuleType("mpi4py.futures"))
    assert rank_of(two) is None


class Deaf:
    """A NEURON that sees no other ranks."""

    def __init__(self, problem: str = "") -> None:
        self.problem = problem

    def nrnmpi_init(self) -> None:
        if self.problem:
            raise RuntimeError(self.problem)


@pytest.mark.parametrize("problem", ["", "cannot open libmpi"])
def test_a_launcher_whose_ranks_neuron_does_not_see(monkeypatch: pytest.MonkeyPatch, problem: str) -> None:
    monkeypatch.setenv("PMI_RANK", "1")
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("MPI_LIB_NRN_PATH", "nowhere")
    with pytest.raises(
        LauncherError, match="mpich has started 2 ranks, of which this is 1; NEURON sees 1"
    ) as caught:
        parallel.join(Deaf(problem))
    assert problem in str(caught.value)
    assert "pip install 'bluecellab[mpi]'" in str(caught.value)


def test_no_launcher() -> None:
    parallel.join(Deaf("is not called"))
    assert parallel.ranks().alone


def test_library_of_a_launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib").mkdir()
    for name in ("libmpi.so.12", "libmpi.so.40"):
        (tmp_path / "lib" / name).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert parallel._library_for("mpich") == str(tmp_path / "lib" / "libmpi.so.12")
    assert parallel._library_for("openmpi") == str(tmp_path / "lib" / "libmpi.so.40")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(parallel, "_OPEN_MPI", ("libnothing.so.1", "libc.so.6"))
    assert parallel._library_for("openmpi") == "libc.so.6"  # any that the machine has
    monkeypatch.setattr(parallel, "_OPEN_MPI", ("libnothing.so.1",))
    assert parallel._library_for("openmpi") is None


@pytest.mark.parametrize(
    ("delay", "time", "expected"),
    [
        (1e9, 3.0, 3.0),  # nothing is exchanged
        (1.0, 2.5, 2.5),
        (1.0, 3.0, 3.001),
        (0.1, 0.3, 0.301),
        (0.1, 0.299999999, 0.300999999),
        (0.002, 0.004, 0.0045),
        (1.0, 3.001, 3.001),
    ],
)
def test_looks_are_not_when_spikes_are_exchanged(
    monkeypatch: pytest.MonkeyPatch, delay: float, time: float, expected: float
) -> None:
    monkeypatch.setattr(meeting._Spread, "delay", delay)
    assert meeting.aside(time) == pytest.approx(expected, abs=1e-12)


def test_warnings_of_other_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices._Voice, "rank", 0)
    monkeypatch.setattr(voices._Voice, "pending", [])
    monkeypatch.setattr(voices._Voice, "shown", set())
    shown: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_others, **_more: shown.append(str(message))
        voices.hear(0)
        warnings.warn("for all", UserWarning, stacklevel=1)
        said = ("for all", UserWarning, "here.py", 1), ("for one", UserWarning, "here.py", 2)
        voices.say([(), said, said[1:]])
        assert shown == ["for all", "rank 1: for one"]
        voices.hear(1)
        warnings.warn("of rank 1", UserWarning, stacklevel=1)
        assert shown == ["for all", "rank 1: for one"]
        assert [text for text, *_ in voices.to_say()] == ["of rank 1"]
        assert voices.to_say() == ()
