"""Results of a sweep in a folder: kept as they come, taken from there the next time."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bluecellab.errors import BluecellabError, OutputError, ResultsError
from bluecellab.nrn.mechanisms.library import find_library
from bluecellab.results import Results
from bluecellab.simulation.isolation.files import files_of
from bluecellab.simulation.sweeping.jobs import Job
from bluecellab.spec.cells import AnyCell, PythonCell
from bluecellab.spec.protocols import Protocol

__all__ = ["Store", "cell_key", "protocol_key"]


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
    """A folder of results: one file for each, named by what was asked for, and a manifest.

    Files appear whole, by renaming: several processes may use one folder at once.

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
        self._manifest = self.folder / "manifest.jsonl"
        self._last: tuple[AnyCell, str] | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._listed = set(_listed_in(self._manifest))
        except OSError as error:
            raise OutputError(f"results cannot be kept in {self.folder}: {error}") from error

    def _keys_of(self, job: Job) -> tuple[str, str]:
        if self._last is None or self._last[0] is not job.cell:
            self._last = (job.cell, cell_key(job.cell))
        return self._last[1], protocol_key(_asked(job))

    def _path_of(self, job: Job) -> Path:
        return self.folder / f"{'-'.join(self._keys_of(job))}.h5"

    def expect(self, job: Job) -> None:
        """Note in the manifest that a job was asked for.

        Raises
        ------
        OutputError
            If the manifest cannot be written.
        """
        cell, protocol = self._keys_of(job)
        entries: list[dict[str, object]] = [
            {"key": cell, "cell": job.cell.to_dict()},
            {"key": protocol, "protocol": _asked(job).to_dict()},
            {"key": f"{cell}-{protocol}", "file": self._path_of(job).name},
        ]
        new = [entry for entry in entries if entry["key"] not in self._listed]
        if not new:
            return
        self._listed.update(str(entry["key"]) for entry in new)
        lines = "".join(json.dumps(entry) + "\n" for entry in new)
        try:
            with self._manifest.open("ab", buffering=0) as manifest:
                manifest.write(lines.encode())  # in one go: others append, too
        except OSError as error:
            raise OutputError(f"the manifest {self._manifest} cannot be written: {error}") from error

    def load(self, job: Job) -> Results | None:
        """Return what was kept of a job; None if there is nothing, or nothing whole.

        Warns
        -----
        RuntimeWarning
            If the file is damaged or holds something else.
        """
        path = self._path_of(job)
        if not path.exists():
            return None
        try:
            results = Results.load(path)
            if results.cell != job.cell or protocol_key(results.protocol) != protocol_key(_asked(job)):
                raise ResultsError(f"{path} holds results of something else")
        except ResultsError as error:
            warnings.warn(f"{error}; {job.name} is run again", RuntimeWarning, stacklevel=2)
            return None
        return replace(results, protocol=_asked(job))

    def save(self, job: Job, results: Results) -> None:
        """Keep the results of a job.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        results.save(self._path_of(job), overwrite=True)


def _asked(job: Job) -> Protocol:
    assert job.protocol is not None
    return job.protocol


def _listed_in(manifest: Path) -> Iterator[str]:
    """Return the keys in a manifest, as far as its lines are whole."""
    if not manifest.exists():
        return
    for line in manifest.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, TypeError, KeyError):
            yield str(json.loads(line)["key"])
