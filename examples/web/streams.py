"""The two ends of a connection that need care: requests that arrive slowly, and clients that read slowly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .jobs import Run
from .settings import Settings

__all__ = ["EventStream", "PlainJSONResponse", "WholeBody"]


class PlainJSONResponse(Response):
    """JSON in ASCII, so that no text which a client sent can fail to be told back."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Return the body."""
        return json.dumps(content, allow_nan=False).encode("ascii")


class WholeBody:
    """Takes in each request whole, before anything is done: not too large, and not too slowly.

    Parameters
    ----------
    app
        What answers.
    settings
        ``max_body`` and ``body_patience``.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._take_in(receive), self._settings.body_patience)
        except asyncio.TimeoutError:
            await self._refuse(408, "the request did not arrive in time", scope, receive, send)
            return
        except EOFError:
            return  # the client has gone
        if body is None:
            text = f"a request has {self._settings.max_body} bytes at most"
            await self._refuse(413, text, scope, receive, send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replay, send)

    async def _take_in(self, receive: Receive) -> bytes | None:
        """Return the body; None if it is too large."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise EOFError
            body += message.get("body", b"")
            if len(body) > self._settings.max_body:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    @staticmethod
    async def _refuse(status: int, text: str, scope: Scope, receive: Receive, send: Send) -> None:
        answer = PlainJSONResponse({"error": "Refused", "message": text}, status_code=status)
        answer.headers["connection"] = "close"  # what is still on its way is not wanted
        await answer(scope, receive, send)


class EventStream(Response):
    """Server-sent events of a run, until it ends, the client goes, or does not read.

    Parameters
    ----------
    run
        The run.
    after
        Number of the last event that the client has, 0 for none.
    settings
        ``heartbeat`` and ``send_patience``.
    """

    media_type = "text/event-stream"

    def __init__(self, run: Run, after: int, settings: Settings) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._run = run
        self._after = after
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send."""
        self._run.listeners += 1
        tasks = [asyncio.ensure_future(self._send(send)), asyncio.ensure_future(_until_gone(receive))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._run.listeners -= 1
            self._run.touched = time.monotonic()

    async def _send(self, send: Send) -> None:
        patience = self._settings.send_patience
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with contextlib.aclosing(self._run.follow(self._after, self._settings.heartbeat)) as events:
            async for event in events:
                part = {"type": "http.response.body", "body": event, "more_body": True}
                # Who does not read is let go; who comes back says which event was the last one it got.
                await asyncio.wait_for(send(part), patience)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
