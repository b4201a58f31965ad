"""Mechanism libraries: built from .mod files through the cache, or found ready-made."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bluecellab.errors import MechanismError, NoCompilerError
from bluecellab.nrn.mechanisms import cache
from bluecellab.nrn.mechanisms.compiling import LIBRARIES, compile_into, write_sources
from bluecellab.nrn.mechanisms.flags import flags_for, wants_native, what_for
from bluecellab.nrn.mechanisms.nmodl import embedded
from bluecellab.nrn.mechanisms.sources import ModFiles, PathLike, Sources, collect, mods_in
from bluecellab.nrn.mechanisms.threadsafe import is_suspicious, thread_safe
from bluecellab.nrn.mechanisms.toolchain import (
    ARCHITECTURES,
    Toolchain,
    architecture,
    find_toolchain,
    neuron_version,
)

__all__ = ["CacheEntry", "Cleared", "MechanismLibrary", "build", "clear_cache", "list_cache"]
__all__ += ["compiled_in", "find_library", "fingerprints"]

log = logging.getLogger(__name__)

CacheEntry = cache.Entry

_SAFETY = "thread safety 1"  # changes with what the pass makes of texts


@dataclass(frozen=True, slots=True)
class MechanismLibrary:
    """A library of mechanisms.

    Parameters
    ----------
    names
        Mechanisms that it defines, sorted.
    path
        The library itself; None for what is built into NEURON or was loaded by other code.
    key
        What identifies its content.
    source
        Where it comes from, to show.
    flags
        Of the compiler, on top of the usual ones.
    changes
        What was changed in the texts so that several threads can run the mechanisms, as sentences.
    """

    names: tuple[str, ...]
    path: Path | None
    key: str
    source: str
    flags: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleared:
    """What :func:`clear_cache` did.

    Parameters
    ----------
    removed
        Entries that are gone.
    kept
        Entries that were to go but are in use or being made, with the reason.
    """

    removed: tuple[CacheEntry, ...]
    kept: tuple[tuple[CacheEntry, str], ...]


def build(what: ModFiles, *, native: bool | None = None) -> MechanismLibrary:
    """Compile .mod files into a library of the cache, unless that has been done before.

    The files are copied and compiled elsewhere: nothing is written beside them. The same content,
    from whatever folder, is compiled once for each version of NEURON and each compiler. Processes
    and threads that ask at the same time wait for the one that compiles. NEURON is not started.

    Parameters
    ----------
    what
        A folder of .mod files (with the .inc files that they include), or .mod files.
    native
        Whether to optimise for the processor of this machine (``-O3 -march=native``); by default
        if the variable ``BLUECELLAB_NATIVE`` is 1. The library is another one, for such processors only.

    Returns
    -------
    MechanismLibrary

    Raises
    ------
    MechanismError
        If there is no .mod file there, or the cache folder cannot be used.
    NoCompilerError
        If it has to be compiled and the machine has no compiler.
    CompileError
        If a file does not compile; ``output`` is the compiler's own message.
    MechanismConflictError
        If two of the files define the same mechanism.
    """
    sources = collect(what)
    flags = flags_for(native)
    version = neuron_version()
    content = sources.digest[:20]
    try:
        tools = find_toolchain()
    except NoCompilerError:
        # A library that was compiled before the compiler was taken away is as good as ever.
        ready = _any_compiler(content, version, flags)
        if ready is None:
            raise
        return _library(ready, sources)
    key = f"{content}-{_made_for(sources, tools, flags)}"

    def make(folder: Path) -> CacheEntry:
        safe, changes = thread_safe(sources)
        file, seconds = compile_into(safe, tools, folder, flags)
        write_sources(sources, folder / "sources")
        return cache.Entry(
            key,
            folder / file,
            sources.names,
            sources.origin,
            *(version, architecture(), tools.compiler),
            seconds,
            flags=flags,
            changes=changes,
        )

    return _library(cache.obtain(key, make), sources)


def _made_for(sources: Sources, tools: Toolchain, flags: tuple[str, ...]) -> str:
    """Return a hash of all that a library depends on beside its content."""
    facts = [neuron_version(), architecture(), tools.compiler]
    if flags:
        facts.append(what_for(flags))
    texts = (sources.files[file].decode("utf-8", errors="replace") for file in sources.declarations)
    if any(map(is_suspicious, texts)):
        facts.append(_SAFETY)
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:12]


def _any_compiler(content: str, version: str, flags: tuple[str, ...]) -> CacheEntry | None:
    for entry in cache.entries():
        fits = (entry.neuron, entry.architecture) == (version, architecture())
        if entry.key.startswith(f"{content}-") and fits and not flags and not entry.flags:
            return entry
    return None


def _library(entry: CacheEntry, sources: Sources) -> MechanismLibrary:
    return MechanismLibrary(sources.names, entry.path, entry.key, sources.origin, entry.flags, entry.changes)


def compiled_in(folder: Path) -> Path | None:
    """Return the library that nrnivmodl left in a folder, or in its folder for this machine.

    Raises
    ------
    MechanismError
        If there are libraries, but only for other kinds of machines.
    """
    here = platform.machine()
    aliases = {"arm64": "aarch64", "aarch64": "arm64"}
    for machine in ("", here, aliases.get(here, here)):
        for name in LIBRARIES:
            for path in (folder / machine / name, folder / machine / ".libs" / name):
                if path.is_file():
                    return path
    other = [one for one in ARCHITECTURES if any((folder / one / lib).exists() for lib in LIBRARIES)]
    if other and not mods_in(folder):
        raise MechanismError(
            f"The library in {folder} was compiled for {', '.join(other)}, this machine is "
            f"{here}. Give the folder of its .mod files instead; they are compiled when needed."
        )
    return None


def find_library(path: PathLike | ModFiles, *, native: bool | None = None) -> MechanismLibrary:
    """Return the library meant by a path: a compiled one, or .mod files, compiled if needed.

    A library that lies compiled beside its .mod files is used only if it was made of exactly
    these; else they are compiled anew, into the cache.
    """
    if not isinstance(path, (str, os.PathLike)):
        return build(path, native=native)
    place = Path(path).expanduser()
    if place.is_file() and place.suffix != ".mod":
        return _ready_made(place)
    if not place.is_dir():
        if not place.exists():
            raise MechanismError(
                f"There is no mechanism library and no folder of .mod files at {place} "
                f"(working directory: {Path.cwd()})."
            )
        return build(place, native=native)
    compiled = compiled_in(place)
    mods = mods_in(place)
    if compiled is None or (mods and wants_native(native)):
        return build(place, native=native)
    if mods and not _made_of(compiled, collect(place)):
        log.info("%s was not made of the .mod files beside it: they are compiled", compiled)
        return build(place, native=native)
    return _ready_made(compiled)


def _ready_made(path: Path) -> MechanismLibrary:
    real = path.resolve()
    try:
        texts = embedded(real.read_bytes())
    except OSError as problem:
        raise MechanismError(f"The mechanism library {path} cannot be read: {problem.strerror}.") from problem
    key = f"file-{cache.checksum(real)[:20]}"
    return MechanismLibrary(tuple(sorted(texts)), real, key, str(real), *cache.described(real))


def _made_of(library: Path, sources: Sources) -> bool:
    """Whether a library carries exactly the texts of these .mod files."""
    texts = embedded(library.read_bytes())
    if sorted(texts) != list(sources.names):
        return False
    modified = library.stat().st_mtime
    for file, defined in sources.declarations.items():
        if defined.name:
            if texts[defined.name].strip() != _with_includes(sources, file).strip():
                return False
        elif (Path(sources.origin) / file).stat().st_mtime > modified:
            return False  # files that define no mechanism leave no text
    return True


def _with_includes(sources: Sources, file: str) -> bytes:
    """Return the text of a file as NEURON's translator embeds it."""

    def insert(line: re.Match[bytes]) -> bytes:
        included = line[1].decode(errors="replace")
        if included not in sources.files:
            return line[0]
        text = _with_includes(sources, included)
        return b':::INCLUDE "%b"\n%b:::end INCLUDE %b\n' % (line[1], text, line[1])

    return re.sub(rb'^[ \t]*INCLUDE\s+"([^"\n]+)"[^\n]*\n', insert, sources.files[file], flags=re.MULTILINE)


def fingerprints(library: MechanismLibrary) -> Mapping[str, str]:
    """Return a hash of the text of every mechanism in a library, by name."""
    if library.path is None:
        return {}
    texts = embedded(library.path.read_bytes())
    return {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}


def list_cache() -> list[CacheEntry]:
    """Return the compiled libraries of the cache, oldest first."""
    return cache.entries()


def clear_cache(*, older_than: float | None = None) -> Cleared:
    """Remove compiled libraries from the cache.

    One that a living process has loaded, or is compiling, is kept, and the result says so.

    Parameters
    ----------
    older_than
        Only those compiled more than so many days ago; all when left out.

    Returns
    -------
    Cleared
    """
    removed, kept = [], []
    for entry in cache.entries():
        if older_than is not None and time.time() - entry.created < older_than * 86400:
            continue
        if entry.state == "in use":
            kept.append((entry, "a living process has loaded it"))
            continue
        try:
            with cache.entry_lock(entry.key, wait=False):
                cache.remove(entry.key)
        except MechanismError as problem:
            kept.append((entry, problem.message))
        else:
            removed.append(entry)
    cache.remove_leftovers()
    return Cleared(tuple(removed), tuple(kept))
