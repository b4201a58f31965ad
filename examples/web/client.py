"""A client of the server: sends a few steps of current and prints what comes.

``python examples/web/client.py [URL]``; httpx must be installed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import httpx

from bluecellab import Protocol
from bluecellab.spec.protocols import Placed
from bluecellab.spec.stimuli import Step


def protocol(amplitude: float) -> Protocol:
    """Return a step of 200 ms."""
    step = Step(delay=50, duration=200, amplitude=amplitude)
    return Protocol(duration=300, stimuli=(Placed(stimulus=step),), name=f"{amplitude:g} nA")


def events(client: httpx.Client, run: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each event of a run once; come back where it broke off when the connection is lost."""
    last, kind = 0, ""
    while kind != "end":
        headers = {"Last-Event-ID": str(last)}
        try:
            with client.stream("GET", f"/runs/{run}/events", headers=headers, timeout=30) as stream:
                stream.raise_for_status()
                for line in stream.iter_lines():
                    name, _, value = line.partition(": ")
                    if name == "id":
                        last = int(value)
                    elif name == "event":
                        kind = value
                    elif name == "data":
                        yield kind, json.loads(value)
        except httpx.TransportError as error:
            print(f"connection lost ({error}); again from event {last}", file=sys.stderr)


def main(url: str) -> None:
    """Run a few steps."""
    with httpx.Client(base_url=url) as client:
        (cell, *_) = client.get("/cells").json()
        asked = [protocol(amplitude).to_dict() for amplitude in (0.1, 0.2, 0.4, 0.8)]
        answer = client.post("/runs", json={"cell": cell, "protocols": asked, "points": 200})
        if answer.is_error:
            sys.exit(f"{answer.status_code}: {answer.json()['message']}")
        for kind, data in events(client, answer.json()["id"]):
            if kind == "result":
                (trace,) = data["traces"]
                print(f"{data['name']}: up to {max(trace['values']):.1f} {trace['unit']}")
            else:
                print(kind, data)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
