"""The web back end, as its clients see it: on loopback, with a real uvicorn."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from bluecellab import BallStickCell, Protocol, run_protocol
from tests.unit.web.serving import (
    EXAMPLES,
    WAIT,
    Server,
    begun,
    client_of,
    endless,
    events,
    outcome,
    request,
    step,
    until,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("web") / "log.txt"
    limits = {"max_duration": 1e10, "max_samples": 10**12, "max_runs": 4, "time_limit": 600, "processes": 2}
    running = Server(log, **limits, max_body=20_000, body_patience=2, send_patience=1)
    yield running
    assert running.stop() < 10
    assert "Traceback" not in running.log


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=WAIT, trust_env=False) as client:
        yield client


def idle(server: Server, client: httpx.Client) -> None:
    until(lambda: client.get("/health").json()["active"] == 0, "runs go on")
    until(lambda: not server.workers(), "workers go on")


def test_results_are_those_of_the_protocol(server: Server, client: httpx.Client) -> None:
    async def ask() -> list[tuple[str, dict[str, Any]]]:
        async with client_of(server) as own:
            asked = [step(0.1), step(0.6, recordings=[{"type": "voltage"}, {"type": "spikes"}])]
            return await outcome(own, await begun(own, request(*asked, points=20_000)))

    told = asyncio.run(ask())
    assert [kind for kind, _ in told[:1] + told[-1:]] == ["progress", "end"]
    assert told[-1][1] == {**told[0][1], "state": "finished", "done": 2}
    results = {data["name"]: data for kind, data in told if kind == "result"}
    (weak,), (strong,) = (results[name]["traces"] for name in ("0.1 nA", "0.6 nA"))
    expected = run_protocol(BallStickCell(), Protocol.from_dict(step(0.1))).traces["soma[0](0.5).v"]
    np.testing.assert_allclose(weak["values"], expected.values, rtol=1e-5)
    np.testing.assert_allclose(weak["time"], expected.time, atol=1e-4)
    assert weak["unit"] == "mV"
    assert max(strong["values"]) > -10  # mV; a spike, at 34 degC
    assert list(results["0.6 nA"]["spikes"]) == ["spike_detector_soma_-30.0"]
    assert results["0.6 nA"]["spikes"]["spike_detector_soma_-30.0"]


def test_who_comes_back_misses_nothing(server: Server, client: httpx.Client) -> None:
    async def ask() -> None:
        async with client_of(server) as own:
            run = await begun(own, request(step(), step(), step(), points=10))
            async for number, _, _ in events(own, run):
                if number == 3:
                    break
            later = [number async for number, _, _ in events(own, run, after=3)]
            everything = [number async for number, _, _ in events(own, run)]
            assert later == everything[3:] == list(range(4, 9))
            headers = {"Last-Event-ID": "8"}
            assert (await own.get(f"/runs/{run}/events", headers=headers)).status_code == 204

    asyncio.run(ask())


MALFORMED: list[tuple[str, int, str]] = [
    ("", 422, "is needed|required"),
    ("{", 422, "no JSON"),
    ("[]", 422, "dictionary|object"),
    ("null", 422, "required|dictionary"),
    ("{}", 422, "cell: is needed"),
    ('{"cell": "ball_stick", "protocols": []}', 422, "at least 1"),
    ('{"cell": "ball_stick", "protocols": 5}', 422, "protocols: "),
    ('{"cell": "L5", "protocols": [{"duration": 1}]}', 422, "there is ball_stick"),
    ('{"cell": {"type": "hoc", "template_path": "/etc/passwd"}, "protocols": []}', 422, "cell: "),
    ('{"cell": {"type": "python", "factory": "os:abort"}, "protocols": []}', 422, "cell: "),
    ('{"cell": "ball_stick", "protocols": [{"duration": -1}]}', 422, "greater than 0"),
    ('{"cell": "ball_stick", "protocols": [{"duration": NaN}]}', 422, "finite"),
    ('{"cell": "ball_stick", "protocols": [{"duration": 1e999}]}', 422, "finite"),
    ('{"cell": "ball_stick", "protocols": [{"duration": "5 mV"}]}', 422, "wrong unit"),
    ('{"cell": "ball_stick", "protocols": [{"duration": 5, "nix": 1}]}', 422, "no such field"),
    ('{"cell": "ball_stick", "protocols": [{"duration": 5, "version": 2}]}', 422, "version"),
    (
        '{"cell": "ball_stick", "protocols": [{"duration": 5, "stimuli": [{"stimulus": {"type": "x"}}]}]}',
        422,
        "step",
    ),
    ('{"cell": "ball_stick", "protocols": [{"duration": 5}], "points": 0}', 422, "points"),
    ('{"cell": "ball_stick", "protocols": [{"duration": 5}], "points": 1e9}', 422, "points"),
    ('{"cell": "\\ud800", "protocols": [{"duration": 5}]}', 422, "there is no"),
    ('{"cell": "ball_stick", "protocols": [{"duration": 1e11}]}', 422, "this server does"),
    ('{"cell": "ball_stick", "protocols": [{"duration": 1e9, "conditions": {"dt": 1e-9}}]}', 422, "steps"),
    ("[" * 19_000, 400, "parsing"),
    ("9" * 19_000, 400, "parsing"),
    ("x" * 30_000, 413, "20000 bytes"),
    ('"' + "é" * 5000, 422, "no JSON"),
]


@pytest.mark.parametrize(("body", "status", "says"), MALFORMED)
def test_malformed(client: httpx.Client, body: str, status: int, says: str) -> None:
    answer = client.post("/runs", content=body.encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "message"}
    assert any(each in answer.json()["message"] for each in says.split("|")), answer.text


def test_other_wrong_requests(client: httpx.Client) -> None:
    assert client.post("/runs", content=b"\xff\xfe", headers={"Content-Type": "application/json"}).is_error
    assert client.post("/runs", data={"cell": "ball_stick"}).status_code == 422
    assert client.get("/runs/nix").status_code == 404
    assert client.get("/runs/nix/events").status_code == 404
    assert client.delete("/runs/nix").status_code == 404
    assert client.get("/nix").json()["message"] == "Not Found"
    assert client.put("/runs").status_code == 405
    assert client.get("/cells").json() == ["ball_stick"]
    assert "EventSource" in client.get("/").text
    assert "/runs/{run_id}/events" in client.get("/openapi.json").json()["paths"]


def test_what_fails_is_told_and_the_others_go_on(server: Server) -> None:
    async def ask() -> list[tuple[str, dict[str, Any]]]:
        wrong = step()
        wrong["stimuli"][0]["site"] = {"section": "nix"}
        async with client_of(server) as own:
            return await outcome(own, await begun(own, request(step(), wrong, step())))

    told = asyncio.run(ask())
    (failed,) = [data for kind, data in told if kind == "failed"]
    assert failed["error"] == "SectionNotFoundError"
    assert failed["message"].startswith("No section 'nix'")
    assert (failed["index"], told[-1][1]["failed"], told[-1][1]["done"]) == (1, 1, 3)


def test_enough_is_enough_and_cancelling_ends_workers(server: Server, client: httpx.Client) -> None:
    idle(server, client)
    runs = [client.post("/runs", json=request(endless(), endless())).json()["id"] for _ in range(4)]
    refused = client.post("/runs", json=request())
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    until(lambda: len(server.workers()) == 2, "two workers")
    for run in runs:
        assert client.delete(f"/runs/{run}").json()["state"] == "cancelled"
        assert client.delete(f"/runs/{run}").json()["state"] == "cancelled"
    assert client.get(f"/runs/{runs[0]}").json()["state"] == "cancelled"
    idle(server, client)
    assert client.post("/runs", json=request()).status_code == 201


def test_a_killed_worker_is_an_event_of_its_protocol(server: Server, client: httpx.Client) -> None:
    idle(server, client)

    async def ask() -> list[tuple[str, dict[str, Any]]]:
        async with client_of(server) as own:
            run = await begun(own, request(endless(), step()))
            told = []
            async for _, kind, data in events(own, run):
                told.append((kind, data))
                if kind == "result":  # the short one is there; now the other one
                    await asyncio.to_thread(until, lambda: len(server.workers()) == 1, "one worker")
                    server.workers()[0].kill()
            return told

    told = asyncio.run(ask())
    (failed,) = [data for kind, data in told if kind == "failed"]
    assert (failed["index"], failed["error"]) == (0, "WorkerCrashedError")
    assert told[-1][1]["state"] == "finished"


def connected(server: Server, *, buffer: int | None = None) -> socket.socket:
    line = socket.socket()
    if buffer is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    url = httpx.URL(server.url)
    line.settimeout(WAIT)
    line.connect((url.host, url.port))
    return line


def test_who_sends_slowly_is_let_go(server: Server) -> None:
    with connected(server) as line:
        line.sendall(b'POST /runs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"cell')
        assert line.recv(12) == b"HTTP/1.1 408"
        while line.recv(1000):
            continue


def test_who_does_not_read_is_let_go(server: Server, client: httpx.Client) -> None:
    places = [{"section": "dend[0]", "x": x / 16} for x in range(17)]
    large = step(0.2, 500.0, recordings=[{"type": "voltage", "site": site} for site in places])
    run = client.post("/runs", json=request(large, points=20_000)).json()["id"]
    with connected(server, buffer=4096) as line:
        line.sendall(f"GET /runs/{run}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        until(lambda: client.get(f"/runs/{run}").json()["state"] == "finished", "it goes on without readers")
        time.sleep(2)
        received = b""
        while piece := line.recv(2**20):
            received += piece
    assert b"event: end" not in received
    assert "event: end" in client.get(f"/runs/{run}/events").text  # who comes back gets it all


def test_the_client_that_comes_with_it(server: Server) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "web" / "client.py"), server.url],
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT,
    )
    assert done.returncode == 0, done.stderr
    assert "0.8 nA: up to" in done.stdout
    assert "'state': 'finished'" in done.stdout


def test_what_ends_by_itself_and_ending_the_server(tmp_path: Path) -> None:
    (tmp_path / "cells.json").write_text('{"stick": {"type": "ball_stick"}}')
    limits = {"cells": tmp_path / "cells.json", "max_duration": 1e10, "max_samples": 10**12}
    server = Server(tmp_path / "log.txt", **limits, time_limit=2, keep=3, orphan_patience=1)
    with httpx.Client(base_url=server.url, timeout=WAIT, trust_env=False) as client:
        assert client.get("/cells").json() == ["stick"]
        asked = {**request(endless()), "cell": "stick"}
        run = client.post("/runs", json=asked).json()["id"]
        with client.stream("GET", f"/runs/{run}/events") as stream:
            assert "WorkerTimeoutError" in stream.read().decode()
        until(lambda: client.get(f"/runs/{run}").status_code == 404, "it is forgotten")
        run = client.post("/runs", json={**asked, "protocols": [endless()] * 50}).json()["id"]
        with client.stream("GET", f"/runs/{run}/events") as stream:
            next(stream.iter_lines())
        until(lambda: client.get(f"/runs/{run}").json()["state"] == "cancelled", "nobody follows")
        run = client.post("/runs", json={**asked, "protocols": [endless()] * 50}).json()["id"]
        with client.stream("GET", f"/runs/{run}/events") as stream:
            next(stream.iter_lines())
            assert server.stop() < 10


def test_cells_that_do_not_work_are_found_at_once(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    (tmp_path / "cells.json").write_text('{"mine": {"type": "python", "factory": "no_such_module:make"}}')
    with pytest.raises(AssertionError, match="no_such_module"):
        Server(log, cells=tmp_path / "cells.json")
    (tmp_path / "cells.json").write_text('{"mine": {"type": "ball_sick"}}')
    with pytest.raises(AssertionError, match=r"BLUECELLAB_WEB_CELLS=.*cells\.json: "):
        Server(log, cells=tmp_path / "cells.json")


def test_decimation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from web.decimation import decimated

    random = np.random.default_rng(0)
    time = np.cumsum(random.exponential(1.0, 5000))
    values = random.normal(size=5000)
    for points in (10, 11, 100, 4999):
        few, kept = decimated(time, values, points)
        assert len(few) == len(kept) <= points
        assert (kept.min(), kept.max()) == (values.min(), values.max())
        assert (few[0], few[-1]) == (time[0], time[-1])
        assert (np.diff(few) > 0).all()
    assert decimated(time, values, 5000)[1] is values
    assert decimated(time[:0], values[:0], 10)[0].size == 0
