"""Load mechanism libraries into NEURON, once, and know what is loaded."""

from __future__ import annotations

import ctypes
import difflib
import os
import re
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from bluecellab.errors import (
    MechanismConflictError,
    MechanismError,
    MechanismWarning,
    MissingMechanismError,
)
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.mechanisms import cache
from bluecellab.nrn.mechanisms.library import (
    MechanismLibrary,
    compiled_in,
    find_library,
    fingerprints,
)
from bluecellab.nrn.mechanisms.nmodl import embedded
from bluecellab.nrn.mechanisms.sources import ModFiles
from bluecellab.nrn.mechanisms.threadsafe import made_thread_safe
from bluecellab.nrn.mechanisms.toolchain import ARCHITECTURES

__all__ = ["BUILT_IN", "density_mechanisms", "load_from_environment", "load_mechanisms", "loaded"]
__all__ += ["point_processes", "require"]

#: What NEURON 9 itself defines.
BUILT_IN = frozenset(
    {
        "morphology",
        "capacitance",
        "pas",
        "extracellular",
        "fastpas",
        "na_ion",
        "k_ion",
        "hh",
        "IClamp",
        "AlphaSynapse",
        "ExpSyn",
        "Exp2Syn",
        "SEClamp",
        "VClamp",
        "OClamp",
        "APCount",
        "NetStim",
        "IntFire1",
        "IntFire2",
        "IntFire4",
        "PointProcessMark",
        "PatternStim",
    }
)
#: Paths of libraries or folders of .mod files to load at the start, separated like those of PATH.
OWN_VARIABLE = "BLUECELLAB_MECHANISMS"
#: The published name of the same; one path.
PUBLISHED_VARIABLE = "BLUECELLULAB_MOD_LIBRARY_PATH"

_LOADING = threading.RLock()
_libraries: list[MechanismLibrary] = []
_owners: dict[str, MechanismLibrary] = {}
_texts: dict[str, str] = {}
_known_names: dict[int, tuple[str, ...]] = {}  # density mechanisms (0) and point processes (1) so far


def load_mechanisms(path: ModFiles, *, native: bool | None = None) -> MechanismLibrary:
    """Load a mechanism library into NEURON, compiling it first if needed.

    Loading what is already loaded does nothing, also when it is reached by another path.

    Parameters
    ----------
    path
        A folder of .mod files (or several .mod files), a folder with an ``x86_64`` or ``arm64``
        folder that nrnivmodl made, or a ``.so`` or ``.dylib``.
    native
        Whether .mod files are compiled for the processor of this machine; see :func:`build`.

    Returns
    -------
    MechanismLibrary

    Raises
    ------
    MechanismConflictError
        If it defines a mechanism that is already defined, by another library or by NEURON;
        nothing is loaded.
    MechanismError
        If there is no library, or it cannot be compiled (see :func:`build`) or loaded.
    BusyError
        While a simulation is running.
    """
    runtime.raw_h()  # before taking the lock: starting NEURON may load libraries
    with _LOADING:
        library = find_library(path, native=native)
        for known in _libraries:
            if known.key == library.key:
                return known
        runtime.refuse_while_running(f"loading the mechanisms of {library.source}")
        texts = fingerprints(library)
        if _is_loaded(library, texts):
            return _owners[library.names[0]]
        return _load(library, texts)


def _is_loaded(library: MechanismLibrary, texts: Mapping[str, str]) -> bool:
    """Whether all of it is loaded with the same texts; raise if only some of it, or other texts."""
    taken = [name for name in library.names if _is_taken(name)]
    if not taken:
        return False
    same = [name for name in taken if name in texts and texts[name] == _texts.get(name)]
    if len(same) < len(taken):
        same = [name for name in taken if name in same or _is_same_made_safe(name, library)]
    if len(same) == len(library.names):
        return True
    raise MechanismConflictError(
        f"Loading {library.source}: {'; '.join(_whose(name, name in same) for name in taken)}. "
        "NEURON can neither redefine nor unload a mechanism. "
        + _way_out(taken, identical=len(same) == len(taken)),
        names=taken,
    )


def _is_same_made_safe(name: str, library: MechanismLibrary) -> bool:
    """Whether a text is that which is loaded, but for what makes one of the two thread safe."""
    owner = _owners.get(name)
    if owner is None or owner.path is None or library.path is None:
        return False
    loaded_text, text = (embedded(one.path.read_bytes()).get(name) for one in (owner, library) if one.path)
    if loaded_text is None or text is None:
        return False
    made = (made_thread_safe(one.decode("utf-8", "replace")).text for one in (loaded_text, text))
    return len(set(made)) == 1


def _is_taken(name: str) -> bool:
    try:
        return hasattr(runtime.raw_h(), name)
    except TypeError:  # a range variable
        return True


def _whose(name: str, identical: bool) -> str:
    owner = _owners.get(name)
    if owner is not None:
        text = "with the same text" if identical else "with another text"
        return f"{name!r} is already defined, {text}, by {owner.source}"
    if name in BUILT_IN:
        return f"{name!r} is part of NEURON itself"
    if name in _registered():
        return f"{name!r} is already defined by a library that other code has loaded"
    return f"{name!r} is already a name in hoc"


def _way_out(taken: list[str], *, identical: bool) -> str:
    if identical:
        return (
            "Load the remaining .mod files alone, "
            "load_mechanisms([file, ...]), or all of both folders together as one library."
        )
    if BUILT_IN.intersection(taken):
        return "Give the mechanism another name, or leave its .mod file out."
    return "Use one of the two in another process (bluecellab.run_isolated), or rename it."


def _load(library: MechanismLibrary, texts: Mapping[str, str]) -> MechanismLibrary:
    assert library.path is not None
    doing = f"loading the mechanisms of {library.source}"
    before = _registered()
    cache.hold(library.path)
    _check_loadable(library.path, doing)
    try:
        with runtime.guard(doing, MechanismError) as printed:
            # As bytes: NEURON takes a str with other than ASCII letters for an error.
            done = runtime.raw_h().nrn_load_dll(os.fsencode(library.path))
    except MechanismError as problem:
        clash = re.search(r"name already exists: (\w+)", problem.message)
        if clash is None:
            raise
        raise MechanismConflictError(
            f"{problem.message}. It may be loaded in part: start a new process.", names=[clash[1]]
        ) from problem.__cause__
    if not done:
        raise MechanismError(f"{doing}: NEURON cannot load {library.path}.", printed.text)
    names = sorted(name for name in _registered() - before if not name.endswith("_ion"))
    library = replace(library, names=tuple(names))
    _libraries.append(library)
    _owners.update(dict.fromkeys(names, library))
    _texts.update({name: texts[name] for name in names if name in texts})
    return library


def _check_loadable(library: Path, doing: str) -> None:
    """Open the library as NEURON will: of a failure, NEURON keeps the reason to itself."""
    try:
        ctypes.CDLL(os.fspath(library), mode=os.RTLD_NOW)
    except OSError as problem:
        raise MechanismError(
            f"{doing}: the system cannot load the library ({problem}). It is damaged, or was "
            "compiled for another version of NEURON or kind of machine. Give the folder of its "
            ".mod files instead: they are compiled when needed."
        ) from problem


def _registered() -> set[str]:
    """Return the names of all mechanisms, point processes and artificial cells in NEURON."""
    return {*_names_of(0), *_names_of(1)}


def _names_of(kind: int) -> tuple[str, ...]:
    types = objects.mechanism_types(kind)
    count = int(types.count())
    known = _known_names.get(kind, ())
    if len(known) == count:  # mechanisms are never unloaded
        return known
    name = runtime.raw_h().ref("")
    names = []
    for index in range(count):
        types.select(index)
        types.selected(name)
        names.append(str(name[0]))
    _known_names[kind] = tuple(names)
    return _known_names[kind]


def density_mechanisms() -> tuple[str, ...]:
    """Return the names of all density mechanisms in NEURON, also those of ions."""
    return _names_of(0)


def point_processes(*, artificial: bool = True) -> tuple[str, ...]:
    """Return the names of all point processes in NEURON, with artificial cells unless unwanted."""
    names = _names_of(1)
    if artificial:
        return names
    kinds = objects.mechanism_types(1)
    return tuple(name for index, name in enumerate(names) if not kinds.is_artificial(index))


def loaded() -> tuple[MechanismLibrary, ...]:
    """Return what is loaded: what NEURON brings along, our libraries, and what others loaded.

    Returns
    -------
    tuple of MechanismLibrary
        The first is NEURON itself; of what other code has loaded, only the names are known.
    """
    registered = _registered()
    own = MechanismLibrary(
        tuple(sorted(registered & BUILT_IN)), None, "neuron", f"NEURON {runtime.neuron_version()}"
    )
    foreign = sorted(
        name
        for name in registered - BUILT_IN - _owners.keys()
        if not name.endswith("_ion")  # made by NEURON for the mechanisms that use the ion
    )
    others = (MechanismLibrary(tuple(foreign), None, "other", "loaded by other code"),) if foreign else ()
    return (own, *_libraries, *others)


def require(names: str | Iterable[str]) -> None:
    """Raise unless these mechanisms are loaded.

    Parameters
    ----------
    names
        Names of mechanisms, point processes or artificial cells.

    Raises
    ------
    MissingMechanismError
        Which are missing, what is loaded, and how to load them.
    """
    wanted = [names] if isinstance(names, str) else list(names)
    registered = _registered()
    missing = sorted({name for name in wanted if name not in registered})
    if missing:
        raise MissingMechanismError(_explain_missing(missing, registered), names=missing)


def _explain_missing(missing: list[str], registered: set[str]) -> str:
    parts = [f"NEURON has no mechanism {', '.join(map(repr, missing))}."]
    for name in missing:
        alike = difflib.get_close_matches(name, sorted(registered), n=1, cutoff=0.8)
        if alike:
            parts.append(f"There is {alike[0]!r}.")
    libraries = [library for library in loaded() if library.key != "neuron"]
    parts += [f"Loaded from {one.source}: {', '.join(one.names)}." for one in libraries]
    if not libraries:
        parts.append("Nothing is loaded but NEURON's own mechanisms.")
    stray = _stray()
    if stray is not None:
        parts.append(
            f"The working directory has {stray.parent.name}/{stray.name}, which is not loaded "
            "unasked: bluecellab.load_mechanisms('.')."
        )
    parts.append(
        "Load them with bluecellab.load_mechanisms(folder of the .mod files), or name the folder "
        f"in the variable {OWN_VARIABLE}."
    )
    return " ".join(parts)


def _stray() -> Path | None:
    """Return a compiled library in the working directory that is not loaded."""
    folders = [Path.cwd() / name for name in ARCHITECTURES]
    libraries = [compiled_in(folder) for folder in folders if folder.is_dir()]
    registered = _registered()
    for library in libraries:
        if library is not None and not registered >= embedded(library.read_bytes()).keys():
            return library
    return None


def load_from_environment() -> None:
    """Load the libraries that the environment names.

    ``BLUECELLAB_MECHANISMS`` holds one path or several, separated like those of ``PATH``;
    ``BLUECELLULAB_MOD_LIBRARY_PATH`` is the published name and holds one.

    Raises
    ------
    MechanismError
        If one of them cannot be loaded, or the published variable is set while a compiled
        ``x86_64`` or ``arm64`` folder lies in the working directory: the published package would
        have loaded both.

    Warns
    -----
    MechanismWarning
        If nothing is named and the working directory has a compiled library: NEURON alone would
        have loaded it, bluecellab does not.
    """
    published = os.environ.get(PUBLISHED_VARIABLE)
    own = [part for part in os.environ.get(OWN_VARIABLE, "").split(os.pathsep) if part]
    if published:
        lying = [name for name in ARCHITECTURES if Path(name).is_dir()]
        if lying:
            raise MechanismError(
                f"{PUBLISHED_VARIABLE} is set to {published}, and the working directory has a "
                f"folder {lying[0]} as well: it is not clear which is meant. Remove one of them, "
                f"or use {OWN_VARIABLE}, which ignores the working directory."
            )
        own.insert(0, published)
    for path in own:
        load_mechanisms(path)
    if own:
        return
    stray = _stray()
    if stray is not None:
        warnings.warn(
            f"{stray.parent.name}/{stray.name} in the working directory is not loaded unasked; to "
            "have it, call bluecellab.load_mechanisms('.').",
            MechanismWarning,
            stacklevel=2,
        )
