"""Results of a sweep in a folder: kept as they come, taken from there the next time."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import pickle
import uuid
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

from bluecellab.errors import BluecellabError, OutputError
from bluecellab.nrn.mechanisms.library import find_library
from bluecellab.results import Results
from bluecellab.simulation.isolation.files import files_of
from bluecellab.simulation.sweeping.jobs import Job
from bluecellab.spec.cells import AnyCell, PythonCell
from bluecellab.spec.protocols import Protocol

__all__ = ["Store", "cell_key", "protocol_key"]

_MANIFEST = "manifest.jsonl"
_SUFFIX = ".h5"


def cell_key(cell: AnyCell) -> str:
    """Return what identifies a cell: its specification and the content of the files it names.

    Examples
    --------
    >>> from bluecellab import BallStickCell
    >>> len(cell_key(BallStickCell()))
    32
    """
    digest = hashlib.sha256(cell.key.encode())
    for path in files_of(cell):
        with suppress(OSError):  # the job will say that it is missing
            digest.update(hashlib.sha256(Path(path).read_bytes()).digest())
    mechanisms = getattr(cell, "mechanisms", None)
    if mechanisms is not None:
        with suppress(BluecellabError):  # as above
            digest.update(find_library(mechanisms).key.encode())
    if isinstance(cell, PythonCell):
        with suppress(ImportError, ValueError, OSError):
            found = importlib.util.find_spec(cell.factory.partition(":")[0])
            if found is not None and found.origin is not None:
                digest.update(Path(found.origin).read_bytes())
    return digest.hexdigest()[:32]


def protocol_key(protocol: Protocol) -> str:
    """Return what identifies a protocol: everything that it says but its name."""
    return protocol.model_copy(update={"name": ""}).key[:32]


class Store:
    """A folder of results, one file for each, named by what was asked for and by its own content.

    Files appear whole, by renaming, and nothing is ever written over: several processes may use one
    folder at once.

    Parameters
    ----------
    folder
        Made if it is not there.

    Raises
    ------
    OutputError
        If the folder cannot be made or read.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._files: dict[str, list[Path]] = {}
        self._listed: set[str] = set()
        self._last: tuple[AnyCell, str] | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(self.folder.iterdir()):
                key, _, digest = path.name.removesuffix(_SUFFIX).partition(".")
                if digest and path.name.endswith(_SUFFIX) and not path.name.startswith("."):
                    self._files.setdefault(key, []).append(path)
            self._listed.update(self._listed_before())
        except OSError as error:
            raise OutputError(f"results cannot be kept in {self.folder}: {error}") from error

    def _listed_before(self) -> Iterator[str]:
        manifest = self.folder / _MANIFEST
        if not manifest.exists():
            return
        for line in manifest.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, TypeError, KeyError):  # a line that was cut off
                yield json.loads(line)["key"]

    def key_of(self, job: Job) -> str:
        """Return the key of a job: that of its cell and that of its protocol."""
        assert job.protocol is not None
        if self._last is None or self._last[0] is not job.cell:
            self._last = (job.cell, cell_key(job.cell))
        return f"{self._last[1]}-{protocol_key(job.protocol)}"

    def expect(self, job: Job) -> None:
        """Note in the manifest that a job was asked for.

        Raises
        ------
        OutputError
            If the manifest cannot be written.
        """
        key = self.key_of(job)
        assert job.protocol is not None
        cell, _, protocol = key.partition("-")
        entries: list[dict[str, object]] = [
            {"key": cell, "cell": job.cell.to_dict()},
            {"key": protocol, "protocol": job.protocol.to_dict()},
            {"key": key, "job": [cell, protocol]},
        ]
        new = [entry for entry in entries if entry["key"] not in self._listed]
        if not new:
            return
        self._listed.update(str(entry["key"]) for entry in new)
        lines = "".join(json.dumps(entry) + "\n" for entry in new)
        try:
            with (self.folder / _MANIFEST).open("ab", buffering=0) as manifest:
                manifest.write(lines.encode())  # in one go: others append, too
        except OSError as error:
            raise OutputError(f"the manifest {self.folder / _MANIFEST} cannot be written: {error}") from error

    def load(self, job: Job) -> Results | None:
        """Return what was kept of a job; None if there is nothing whole.

        Warns
        -----
        RuntimeWarning
            If there is a damaged file; it is put aside.
        """
        for path in self._files.get(self.key_of(job), []):
            try:
                results = _read_whole(path)
            except FileNotFoundError:
                continue  # somebody tidied up
            except (OSError, BluecellabError) as error:
                warnings.warn(
                    f"the results in {path} are damaged ({error}); {job.name} is run again",
                    RuntimeWarning,
                    stacklevel=2,
                )
                with suppress(OSError):
                    path.rename(path.with_name(f"{path.name}.damaged"))
                continue
            return Results(results.traces, results.spikes, _asked(job), job.cell, results.provenance)
        return None

    def save(self, job: Job, results: Results) -> None:
        """Keep the results of a job.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        key = self.key_of(job)
        draft = self.folder / f".{uuid.uuid4().hex}{_SUFFIX}"
        try:
            _write(results, draft)
            path = self.folder / f"{key}.{_digest(draft)}{_SUFFIX}"
            draft.replace(path)
        except OSError as error:
            raise OutputError(
                f"the results of {job.name} cannot be kept in {self.folder}: {error}"
            ) from error
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        self._files.setdefault(key, []).append(path)


def _asked(job: Job) -> Protocol:
    assert job.protocol is not None
    return job.protocol


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read_whole(path: Path) -> Results:
    """Read a file whose content is what its name says."""
    digest = path.name.removesuffix(_SUFFIX).rpartition(".")[2]
    if _digest(path) != digest:
        raise OSError("its content is not what it was when it was written")
    return _read(path)


def _write(results: Results, path: Path) -> None:
    path.write_bytes(pickle.dumps(results))


def _read(path: Path) -> Results:
    return cast("Results", pickle.loads(path.read_bytes()))  # noqa: S301
