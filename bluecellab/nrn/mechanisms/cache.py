"""Compiled libraries on disk, one folder for each content and toolchain.

An entry is complete or it is not there: it is made beside its place and renamed. Its manifest is
checked against the library before every use; an entry that does not hold is made anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import filelock
import platformdirs

from bluecellab.errors import MechanismError

__all__ = ["Entry", "cache_folder", "checksum", "described", "entries", "entry_lock", "hold", "obtain"]
__all__ += ["place", "prepare_folder", "put", "read_entry", "remove", "remove_leftovers", "staging"]

State = Literal["ready", "in use", "damaged"]

log = logging.getLogger(__name__)

_FORMAT = 1
_MANIFEST = "manifest.json"
_STAGING = ".staging-"
_PATIENCE = 3600.0  # s; longer than any compilation: only a stopped process holds a lock so long
_held: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One compiled library of the cache.

    Parameters
    ----------
    key
        Name of the entry: hash of the content and hash of the toolchain.
    path
        The library.
    names
        Mechanisms that it defines.
    source
        Where its .mod files were when it was compiled.
    neuron, architecture, compiler
        What it was compiled for and with.
    seconds
        Wall time of the compilation, in s.
    created
        When, in seconds since 1970.
    size
        Of the library, in bytes.
    checksum
        SHA-256 of the library.
    state
        ``"ready"``, ``"in use"`` (loaded by a living process) or ``"damaged"``.
    engine
        ``"neuron"`` or ``"coreneuron"``.
    flags
        Of the compiler, on top of those that NEURON's script uses.
    changes
        What was changed in the texts before they were translated; by mechanism, as sentences.
    left_out
        By mechanism, why it is not in the library.
    """

    key: str
    path: Path
    names: tuple[str, ...]
    source: str
    neuron: str
    architecture: str
    compiler: str
    seconds: float = 0.0
    created: float = field(default_factory=time.time)
    size: int = 0
    checksum: str = ""
    state: State = "ready"
    engine: str = "neuron"
    flags: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> Path:
        """The folder of the .mod files that it was made of; not there for entries of older versions."""
        return self.path.parent / "sources"


def cache_folder() -> Path:
    """Return the folder of everything that bluecellab caches.

    It is ``BLUECELLAB_CACHE_DIR``, or what the system provides for caches of the user.
    """
    asked = os.environ.get("BLUECELLAB_CACHE_DIR")
    return Path(asked).expanduser().absolute() if asked else platformdirs.user_cache_path("bluecellab")


def _home() -> Path:
    return cache_folder() / "mechanisms"


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _usable(doing: str) -> Iterator[None]:
    """Turn trouble with the file system into an error that says how to get around it."""
    try:
        yield
    except OSError as problem:
        raise MechanismError(
            f"The cache folder {_home()} cannot be used ({doing}: "
            f"{problem.strerror or problem}). Make room or make it writable, or set "
            "BLUECELLAB_CACHE_DIR to another folder."
        ) from problem


def prepare_folder() -> None:
    """Make the cache folder.

    Raises
    ------
    MechanismError
        If that is not possible.
    """
    with _usable("making it"):
        _home().mkdir(parents=True, exist_ok=True)


@contextmanager
def entry_lock(key: str, *, wait: bool = True) -> Iterator[None]:
    """Keep other processes and threads from making or removing an entry.

    Raises
    ------
    MechanismError
        If the folder cannot be written to, or another process does not give the lock back.
    """
    prepare_folder()
    lock = filelock.FileLock(_home() / f"{key}.lock")
    with _usable("locking"):
        try:
            lock.acquire(timeout=_PATIENCE if wait else 0)
        except filelock.Timeout as problem:
            raise MechanismError(
                f"Another process is compiling the library {key} and has not finished"
                + (f" within {_PATIENCE:g} s. Is it stopped?" if wait else ". Wait for it.")
                + f" It holds {lock.lock_file}."
            ) from problem
    try:
        yield
    finally:
        lock.release()


def place(key: str, fill: Path, entry: Entry) -> Entry:
    """Write the manifest of a finished folder and move it to its place; hold the entry's lock.

    Parameters
    ----------
    key
        Name of the entry.
    fill
        Folder from :func:`staging` with the library in it.
    entry
        What to write; path, size and checksum are filled in.

    Returns
    -------
    Entry
    """
    with _usable("writing a library"):
        library = fill / entry.path.name
        manifest = {
            "format": _FORMAT,
            "key": key,
            "library": library.name,
            "checksum": checksum(library),
            "size": library.stat().st_size,
            "names": list(entry.names),
            "source": entry.source,
            "neuron": entry.neuron,
            "architecture": entry.architecture,
            "compiler": entry.compiler,
            "seconds": round(entry.seconds, 3),
            "created": entry.created,
            "engine": entry.engine,
            "flags": list(entry.flags),
            "changes": list(entry.changes),
            "left_out": dict(entry.left_out),
        }
        (fill / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        fill.chmod(0o755)
        _discard(_home() / key)
        fill.rename(_home() / key)
    made = read_entry(key)
    if made is None or made.state == "damaged":
        raise MechanismError(
            f"The library {key} does not read back from the cache folder {_home()} as it was "
            "written. Check the disk, or set BLUECELLAB_CACHE_DIR to another folder."
        )
    return made


def obtain(key: str, make: Callable[[Path], Entry]) -> Entry:
    """Return an entry, made first if it is not there or damaged; others who ask meanwhile wait.

    Parameters
    ----------
    key
        Name of the entry.
    make
        Puts the library into the folder that it is given, and returns what to write about it.

    Returns
    -------
    Entry
    """
    found = read_entry(key)
    if found is not None and found.state != "damaged":
        return found
    with entry_lock(key):
        found = read_entry(key)
        if found is not None and found.state != "damaged":
            return found
        if found is not None:
            log.warning("the library %s in the cache is damaged and is compiled anew", key)
        with staging() as folder:
            return place(key, folder, make(folder))


def put(library: Path, folder: Path) -> Path:
    """Copy a compiled library into a folder of the cache; return where it is.

    Raises
    ------
    MechanismError
        If there is no room for it.
    """
    with _usable("copying a library into it"):
        return Path(shutil.copyfile(library, folder / library.name))


@contextmanager
def staging() -> Iterator[Path]:
    """Make a folder on the file system of the cache; what is not placed is removed."""
    prepare_folder()
    with _usable("making a folder in it"):
        folder = Path(tempfile.mkdtemp(prefix=_STAGING, dir=_home()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # gone if it was placed


def read_entry(key: str, *, probe: bool = False) -> Entry | None:
    """Return an entry, or None if there is none; whether it is in use is only seen by probing."""
    folder = _home() / key
    try:
        text = (folder / _MANIFEST).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return _damaged(folder) if folder.is_dir() else None
    try:
        data = json.loads(text)
        if data["format"] != _FORMAT or data["key"] != key:
            return _damaged(folder)
        entry = Entry(
            key,
            folder / Path(data["library"]).name,
            tuple(map(str, data["names"])),
            str(data["source"]),
            str(data["neuron"]),
            str(data["architecture"]),
            str(data["compiler"]),
            float(data["seconds"]),
            float(data["created"]),
            int(data["size"]),
            str(data["checksum"]),
            "in use" if probe and _in_use(folder) else "ready",
            str(data.get("engine", "neuron")),  # entries of older versions do not say
            tuple(map(str, data.get("flags", ()))),
            tuple(map(str, data.get("changes", ()))),
            {str(name): str(why) for name, why in data.get("left_out", {}).items()},
        )
        sound = entry.path.stat().st_size == entry.size and checksum(entry.path) == entry.checksum
    except (AttributeError, KeyError, TypeError, ValueError, OSError):
        return _damaged(folder)
    return entry if sound else _damaged(folder)


def described(library: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return flags and changes of a library that lies in an entry of a cache; nothing of others."""
    try:
        data = json.loads((library.parent / _MANIFEST).read_text(encoding="utf-8"))
        if data["library"] != library.name:
            return (), ()
        return tuple(map(str, data["flags"])), tuple(map(str, data["changes"]))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError):
        return (), ()


def _damaged(folder: Path) -> Entry:
    return Entry(folder.name, folder, (), "", "", "", "", created=_modified(folder), state="damaged")


def _modified(path: Path) -> float:
    with contextlib.suppress(OSError):  # removed meanwhile
        return path.stat().st_mtime
    return time.time()


def entries() -> list[Entry]:
    """Return all entries of the cache, oldest first."""
    home = _home()
    if not home.is_dir():
        return []
    keys = [path.name for path in home.iterdir() if path.is_dir() and path.name[0] != "."]
    return sorted(
        (entry for key in keys if (entry := read_entry(key, probe=True)) is not None),
        key=lambda entry: (entry.created, entry.key),
    )


def hold(library: Path) -> None:
    """Mark the entry of a library as in use for as long as this process, or a fork of it, lives."""
    folder = library.parent
    if folder in _held or folder.parent != _home():
        return
    with contextlib.suppress(OSError):  # a file system without locks: only `clear` knows less
        descriptor = os.open(folder / _MANIFEST, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _held[folder] = descriptor


def _in_use(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder / _MANIFEST, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False


def remove(key: str) -> None:
    """Remove an entry that nobody uses; hold the entry's lock."""
    with _usable("removing a library"):
        _discard(_home() / key)


def _discard(folder: Path) -> None:
    """Remove a folder at once for whoever looks; a mapped library lives on until it is unmapped."""
    if folder.exists():
        away = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder.parent))
        folder.rename(away / "old")
        shutil.rmtree(away)


def remove_leftovers(older_than: float = 24 * 3600.0) -> None:
    """Remove what killed processes left: staging folders older than so many seconds."""
    if _home().is_dir():
        for path in _home().glob(f"{_STAGING}*"):
            if time.time() - _modified(path) > older_than:
                shutil.rmtree(path, ignore_errors=True)  # another process may be doing the same
