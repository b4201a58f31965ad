"""Thousands of mutated requests to the web back end: each is refused or run, none breaks or hangs it."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.web.serving import Server, request, step

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(600)]

REQUESTS = 2000
VALUES: list[Any] = [
    None, True, 0, -1, 1e308, -1e-308, 2**63, 2**64, "", "nan", "1 ms", "-5 mV", "\ud800", "\0", "x" * 300, [], {},
    [[]], {"type": "sum", "stimuli": []}, {"type": "hoc", "template_path": "/etc/passwd"}, [1, "a", None],
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        found += places(each, (*path, key))
    return found


def mutated(chosen: random.Random) -> bytes:
    kinds = ["step", "ramp", "linear", "pulse", "sinusoidal", "noise", "ornstein_uhlenbeck", "seclamp", "sum"]
    recordings = [{"type": "voltage"}, {"type": "variable", "variable": "hh.m"}, {"type": "spikes"}]
    asked = request(step(0.1, 5.0, recordings=recordings, conditions={"celsius": 22, "dt": 0.05}), points=50)
    asked["protocols"][0]["stimuli"][0]["stimulus"]["type"] = chosen.choice([*kinds, "step", "step", "step"])
    for _ in range(chosen.randint(0, 3)):
        path = chosen.choice(places(asked)[1:])
        holder: Any = asked
        for key in path[:-1]:
            holder = holder[key]
        if chosen.random() < 0.3 and isinstance(holder, dict):
            holder[chosen.choice(["nix", "type", "\ud800", ""])] = holder.pop(path[-1])
        else:
            holder[path[-1]] = copy.deepcopy(chosen.choice(VALUES))
    text = bytearray(json.dumps(asked).encode())
    if chosen.random() < 0.3:
        for _ in range(chosen.randint(1, 5)):
            text[chosen.randrange(len(text))] = chosen.randrange(256)
    return bytes(text[: chosen.randrange(len(text))] if chosen.random() < 0.1 else text)


def test_mutated_requests(tmp_path: Path) -> None:
    server = Server(tmp_path / "log.txt", time_limit=2, max_runs=5000, max_kept=5000, memory_limit=300)
    chosen = random.Random(1)
    seen: dict[int, int] = {}
    runs = []
    try:
        with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
            for _ in range(REQUESTS):
                body = mutated(chosen)
                answer = client.post("/runs", content=body, headers={"Content-Type": "application/json"})
                assert answer.status_code in (201, 400, 422), (answer.status_code, body)
                seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
                if answer.status_code == 201:
                    runs.append(answer.json()["id"])
                else:
                    assert answer.json()["message"], body
            for run in runs:
                with client.stream("GET", f"/runs/{run}/events", timeout=60) as stream:
                    assert stream.status_code == 200
                    last = [line for line in stream.iter_lines() if line.startswith("data: ")][-1]
                assert json.loads(last.removeprefix("data: "))["state"] == "finished"
        assert min(seen.get(201, 0), seen.get(422, 0)) > REQUESTS // 50, seen
    finally:
        server.stop()
    assert "Traceback" not in server.log, server.log[-4000:]
    print(seen)
