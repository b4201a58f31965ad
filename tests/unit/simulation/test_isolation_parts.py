"""The small parts: packets, processors, echoes, refusals."""

from __future__ import annotations

import io
import os
import pickle
import socket
from pathlib import Path

import numpy as np
import pytest

from bluecellab.errors import NotPicklableError, RemoteError, WorkerError
from bluecellab.nrn.scope import Live
from bluecellab.simulation.isolation import cpus, payload, posix, verdict
from bluecellab.simulation.isolation.echo import Echo, Tail
from bluecellab.simulation.isolation.job import End, Limits
from bluecellab.simulation.isolation.transport import Inbox, Outbox


@pytest.mark.parametrize("sizes", [[], [0], [3], [0, 5, 0], [100_000, 1, 7]])
def test_packet_arrives_as_sent(sizes: list[int]) -> None:
    frames = [memoryview(os.urandom(size)) for size in sizes]
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        there.setblocking(False)
        outbox, inbox = Outbox(frames), Inbox()
        while inbox.frames is None:
            if not outbox.done:
                outbox.write(here)
            try:
                inbox.read(there)
            except BlockingIOError:
                continue
    assert [bytes(frame) for frame in inbox.frames] == [bytes(frame) for frame in frames]


def test_packet_cut_short_is_noticed() -> None:
    here, there = socket.socketpair()
    with there:
        with here:
            here.send(b"\x02\0\0")
        with pytest.raises(EOFError):
            Inbox().receive(there)


def test_large_arrays_travel_beside_the_pickle_and_small_ones_in_it() -> None:
    large, small = np.arange(100_000.0), np.arange(10.0)
    buffers: list[memoryview] = []
    pickled = payload.dump([large, small], buffers)
    assert [buffer.nbytes for buffer in buffers] == [large.nbytes]
    assert len(pickled) < 1000
    copies: list[memoryview] = []
    payload.dump(large, copies, copy=True)
    large[0] = 5.0
    assert np.frombuffer(buffers[0])[0] == 5.0
    assert np.frombuffer(copies[0])[0] == 0.0


def test_quota_of_the_control_group(tmp_path: Path) -> None:
    assert cpus._cgroup_quota(tmp_path) is None
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    assert cpus._cgroup_quota(tmp_path) is None
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("300000\n")
    assert cpus._cgroup_quota(tmp_path) == 3.0
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert cpus._cgroup_quota(tmp_path) is None
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert cpus._cgroup_quota(tmp_path) == 1.5


def test_polite_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cpus.DEPTH_VARIABLE, raising=False)
    monkeypatch.setattr(cpus, "available_cpus", lambda: 8)
    assert cpus.polite_processes() == 7
    monkeypatch.setattr(cpus, "available_cpus", lambda: 1)
    assert cpus.polite_processes() == 1
    monkeypatch.setattr(cpus, "available_cpus", lambda: 8)
    monkeypatch.setenv(cpus.DEPTH_VARIABLE, "1")
    assert cpus.polite_processes() == 1
    assert cpus.depth() == 1


def test_tail_keeps_the_end() -> None:
    tail = Tail(10)
    for number in range(1000):
        tail.append(f"{number}\n")
    assert tail.text.endswith("998\n999")
    assert 10 <= len(tail.text) < 20


def test_echo_decodes_across_reads(capsys: pytest.CaptureFixture[str]) -> None:
    read, write = os.pipe()
    tail = Tail()
    echo = Echo(read, "stdout", tail)
    for byte in "µV".encode():
        os.write(write, bytes([byte]))
        assert echo.read()
    os.close(write)
    assert not echo.read()
    os.close(read)
    assert tail.text == "µV"
    assert capsys.readouterr().out == "µV"


class _Cell(Live):
    def __repr__(self) -> str:
        return "<Cell S1/12 open>"


def test_live_objects_are_refused_by_name() -> None:
    with _Cell("Cell S1/12") as cell:
        for args, kwargs, name in (
            ((1, cell), {}, "argument 2"),
            ((), {"cell": [cell]}, "argument 'cell'"),
        ):
            with pytest.raises(NotPicklableError, match=rf"{name} .*<Cell S1/12 open>.*CellSpec"):
                payload.dump_job(payload.Call(print, args, kwargs), None)
        with pytest.raises(NotPicklableError, match=r"function .* live object <Cell S1/12 open>"):
            payload.dump_job(payload.Call(lambda: cell), None)
        with pytest.raises(NotPicklableError, match="initializer argument 1"):
            payload.dump_job(payload.Call(print, initializer=print, initargs=(cell,)), None)


def test_other_things_that_cannot_travel_are_refused_by_name(tmp_path: Path) -> None:
    with (tmp_path / "notes").open("w") as file:
        with pytest.raises(NotPicklableError, match=r"argument 1 of .* print .*open file.*notes"):
            payload.dump_job(payload.Call(print, (file,)), None)
    with pytest.raises(NotPicklableError, match="argument 'numbers'"):
        payload.dump_job(payload.Call(sum, (), {"numbers": (n for n in range(3))}), None)
    payload.dump_job(payload.Call(print, (io.StringIO("text"),)), None)


def test_remote_error_derives_from_the_builtin_that_was_raised() -> None:
    for raised, kind in (
        (ValueError("no"), ValueError),
        (KeyError("no"), KeyError),
        (FileNotFoundError(2, "no"), FileNotFoundError),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "no"), UnicodeDecodeError),
    ):
        failure = payload.Failure(f"{kind.__name__}: no", "Trace", pickle.dumps(raised), kind.__name__)
        end = End(answer=failure, output="said")
        with pytest.raises(RemoteError, match=f"job f failed: {kind.__name__}: no") as caught:
            verdict.value_of(end, "f", Limits())
        assert isinstance(caught.value, kind)
        assert type(caught.value.__cause__) is kind
        again = pickle.loads(pickle.dumps(caught.value))
        assert type(again) is type(caught.value)
        assert str(again) == str(caught.value)
        assert (again.traceback, again.output) == ("Trace", "said")


def test_remote_error_is_plain_for_what_cannot_be_derived_from() -> None:
    for name in ("StopIteration", "ExceptionGroup", "SystemExit", "Exception", "RuntimeError", "?"):
        assert verdict._remote_class(name) is RemoteError


def test_systems_without_fork_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(WorkerError, match="system that can fork"):
        posix.require_fork()


def test_resident_memory_of_a_process() -> None:
    mine = posix.resident_memory(os.getpid())
    assert mine is not None
    assert mine > 1_000_000
    assert posix.resident_memory(2**22 + 1) is None
