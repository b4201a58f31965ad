"""The HTTP interface of the server: ``python -m uvicorn --app-dir examples web.app:app``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from .jobs import Run, Runs, TooManyError
from .requests import OverLimitError, RunRequest, check
from .settings import Settings
from .streams import EventStream, PlainJSONResponse, WholeBody

__all__ = ["app", "create_app"]

_PAGE = Path(__file__).with_name("index.html")
router = APIRouter()


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    settings
        Cells and limits; those of the environment when left out.
    """
    settings = settings or Settings.from_environment()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        runs = app.state.runs = Runs(settings)
        try:
            await runs.open()
            yield
        finally:
            await runs.close()

    app = FastAPI(title="bluecellab", lifespan=lifespan, default_response_class=PlainJSONResponse)
    app.add_middleware(WholeBody, settings=settings)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(AnyHTTPException, _refused)
    app.include_router(router)
    return app


def _runs(request: Request) -> Runs:
    runs: Runs = request.app.state.runs
    return runs


def _found(run_id: str, runs: Annotated[Runs, Depends(_runs)]) -> Run:
    run = runs.get(run_id)
    if run is None:
        raise HTTPException(404, "no such run; an ended run is forgotten after a while")
    return run


AllRuns = Annotated[Runs, Depends(_runs)]
OneRun = Annotated[Run, Depends(_found)]


@router.get("/", include_in_schema=False)
async def page() -> FileResponse:
    """A page to try it with."""
    return FileResponse(_PAGE)


@router.get("/cells")
async def cells(runs: AllRuns) -> list[str]:
    """Names of the cells on offer."""
    return list(runs.settings.cells)


@router.get("/health")
async def health(runs: AllRuns) -> dict[str, int]:
    """How much there is to do."""
    return {"active": runs.active, "kept": len(runs)}


@router.post("/runs", status_code=201)
async def start(asked: RunRequest, runs: AllRuns) -> dict[str, object]:
    """Begin a run; follow it at /runs/{run_id}/events."""
    try:
        check(asked, runs.settings)
        return runs.start(asked).status()
    except OverLimitError as error:
        raise HTTPException(422, str(error)) from error
    except TooManyError as error:
        raise HTTPException(429, str(error), headers={"Retry-After": "1"}) from error


@router.get("/runs/{run_id}")
async def status(run: OneRun) -> dict[str, object]:
    """How far a run is."""
    return run.status()


@router.delete("/runs/{run_id}")
async def cancel(run: OneRun, runs: AllRuns) -> dict[str, object]:
    """Cancel a run; its processes are killed."""
    await runs.cancel(run)
    return run.status()


@router.get("/runs/{run_id}/events")
async def events(run: OneRun, runs: AllRuns, last_event_id: Annotated[int, Header(ge=0)] = 0) -> Response:
    """Server-sent events: progress, result, failed, end."""
    if run.ended and last_event_id >= len(run.events):
        return Response(status_code=204)  # by which a browser knows not to come back
    if run.listeners >= runs.settings.max_listeners:
        raise HTTPException(429, "enough clients follow this run", headers={"Retry-After": "1"})
    return EventStream(run, last_event_id, runs.settings)


async def _malformed(_: Request, error: Exception) -> Response:
    """Say what is wrong with a request, in the words of bluecellab."""
    assert isinstance(error, RequestValidationError)
    lines = []
    for problem in error.errors():
        if problem["type"] == "json_invalid":
            lines.append(f"the body is no JSON: {problem['ctx']['error']} at character {problem['loc'][-1]}")
            continue
        place = ".".join(str(part) for part in problem["loc"][1:])
        text = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{place}: {text}" if place else text)
    return PlainJSONResponse({"error": "Malformed", "message": "\n".join(lines)}, status_code=422)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)
    told = {"error": "Refused", "message": str(error.detail)}
    return PlainJSONResponse(told, status_code=error.status_code, headers=error.headers)


app = create_app()
