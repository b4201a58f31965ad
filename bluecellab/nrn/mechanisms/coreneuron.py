"""The library of mechanisms that CoreNEURON needs: made of the same texts as those that NEURON has loaded."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bluecellab.errors import CompileError, MechanismError
from bluecellab.nrn.mechanisms import cache
from bluecellab.nrn.mechanisms.adapting import for_coreneuron
from bluecellab.nrn.mechanisms.compiling import build_folder, failed_in, find_made, run, write_sources
from bluecellab.nrn.mechanisms.flags import flags_for, what_for
from bluecellab.nrn.mechanisms.loading import loaded
from bluecellab.nrn.mechanisms.nmodl import Declaration, declaration, embedded
from bluecellab.nrn.mechanisms.sources import COMPANIONS, Sources
from bluecellab.nrn.mechanisms.toolchain import Toolchain, architecture, find_toolchain, neuron_version
from bluecellab.nrn.mechanisms.variables import source_text

__all__ = ["CoreNeuronLibrary", "build_for_coreneuron", "coreneuron_library"]

log = logging.getLogger(__name__)

_LIBRARIES = ("libcorenrnmech.so", "libcorenrnmech.dylib")
_TRANSLATOR = Path(__file__).with_name("translator.py")
_MODS = "mods"
#: Lets the compiler compute exponentials of several segments at once, which is most of the work. It adds
#: nothing up in another order; results differ by rounding: 8e-7 mV in a second of a network of 60 cells.
_VECTORS = (
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-D__FAST_MATH__",  # by which the C library declares its functions of vectors
)
_UNFUSED = "-ffp-contract=off"  # a product and a sum are rounded one by one, as everywhere else
_ROUNDS = 3  # what does not translate, what does not compile then, and what is left
_LONGEST = 12
_TAIL = 60
#: Not the fault of any mechanism, which must not be left out for it.
_TROUBLE = re.compile(
    r"No space left|Disk quota|cannot allocate|memory exhausted|Killed|Permission denied|Read-only file",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CoreNeuronLibrary:
    """A library of mechanisms for CoreNEURON.

    Parameters
    ----------
    path
        The library, for the variable ``CORENEURONLIB``.
    names
        Mechanisms that it has, besides those of CoreNEURON itself.
    left_out
        By mechanism that is loaded in NEURON, why it is not in the library.
    changes
        What was changed in texts before they were translated, as sentences.
    flags
        Of the compiler, on top of the usual ones.
    key
        What identifies its content.
    """

    path: Path
    names: tuple[str, ...]
    left_out: Mapping[str, str]
    changes: tuple[str, ...]
    flags: tuple[str, ...]
    key: str


def coreneuron_library(native: bool | None = None, *, needed: Iterable[str] = ()) -> Path:
    """Return the library for CoreNEURON of all that is loaded; see :func:`build_for_coreneuron`."""
    return build_for_coreneuron(native, needed=needed).path


def build_for_coreneuron(
    native: bool | None = None, *, needed: Iterable[str] = (), also: Iterable[str] = ()
) -> CoreNeuronLibrary:
    """Compile the mechanisms that are loaded for CoreNEURON, unless that has been done before.

    Parameters
    ----------
    native
        Whether to optimise for the processor of this machine; by default if the variable
        ``BLUECELLAB_NATIVE`` is 1.
    needed
        Mechanisms without which the library is of no use. Others that CoreNEURON's translator
        or the compiler refuses are left out.
    also
        Mechanisms of NEURON's own to be compiled as well, which CoreNEURON does not bring along.

    Returns
    -------
    CoreNeuronLibrary

    Raises
    ------
    CompileError
        If one that is needed does not compile; it says which and why.
    NoCompilerError
        If it has to be compiled and the machine has no compiler.
    MechanismError
        If the text of one is not known, or the cache folder cannot be used.
    """
    job = _Job(*_loaded_sources(also), find_toolchain(), _flags_for(native))
    entry = cache.obtain(job.key, job.make)
    cache.hold(entry.path)
    _refuse_missing(needed, entry.left_out)
    return CoreNeuronLibrary(entry.path, entry.names, entry.left_out, entry.changes, entry.flags, entry.key)


@dataclass(frozen=True)
class _Job:
    """A library to make: of which texts, that were changed how, and with what."""

    sources: Sources
    changes: tuple[str, ...]
    tools: Toolchain
    flags: tuple[str, ...]

    @property
    def key(self) -> str:
        content = hashlib.sha256(f"coreneuron {self.sources.digest}".encode()).hexdigest()
        facts = [neuron_version(), architecture(), self.tools.compiler, what_for(self.flags)]
        facts.append(_TRANSLATOR.read_text("utf-8"))
        return f"{content[:20]}-{hashlib.sha256(chr(0).join(facts).encode()).hexdigest()[:12]}"

    def make(self, folder: Path) -> cache.Entry:
        """Put the library into a folder of the cache."""
        began = time.perf_counter()
        log.info("compiling %d mechanisms for CoreNEURON", len(self.sources.names))
        library, left_out = _compile(self.sources, self.tools, self.flags, folder)
        write_sources(self.sources, folder / "sources")
        return cache.Entry(
            self.key,
            library,
            tuple(name for name in self.sources.names if name not in left_out),
            self.sources.origin,
            neuron_version(),
            architecture(),
            self.tools.compiler,
            time.perf_counter() - began,
            engine="coreneuron",
            flags=self.flags,
            changes=self.changes,
            left_out=left_out,
        )


def _refuse_missing(needed: Iterable[str], left_out: Mapping[str, str]) -> None:
    missing = sorted(left_out.keys() & set(needed))
    if missing:
        raise CompileError(
            f"CoreNEURON cannot have {', '.join(missing)}: its translator or the compiler refuses what the "
            ".mod file says; see below. Use engine='neuron', or change the .mod file.",
            "\n".join(left_out[name] for name in missing),
        )


def _flags_for(native: bool | None) -> tuple[str, ...]:
    ours = tuple(flag for flag in flags_for(native) if flag not in _VECTORS)
    return (*_VECTORS, *ours, *((_UNFUSED,) if ours else ()))


def _loaded_sources(also: Iterable[str] = ()) -> tuple[Sources, tuple[str, ...]]:
    """Return the texts of all that is loaded, as CoreNEURON wants them, and what was changed in them."""
    files: dict[str, bytes] = {}
    declarations: dict[str, Declaration] = {}
    changes = []
    origins = []
    for library in loaded():
        if library.key == "neuron":
            continue
        origins.append(library.source)
        found = {} if library.path is None else embedded(library.path.read_bytes())
        for name in library.names:
            text = found[name].decode("utf-8", "replace") if name in found else source_text(name)
            if not text:
                raise MechanismError(
                    f"The text of the mechanism {name} ({library.source}) is not known, so that it cannot be "
                    "compiled for CoreNEURON. Load its folder of .mod files with load_mechanisms(folder)."
                )
            changed, told = for_coreneuron(text)
            changes += [f"{name}: {sentence}" for sentence in told]
            files[f"{name}.mod"] = changed.encode()
            declarations[f"{name}.mod"] = declaration(changed, name)
        if library.path is not None:
            _add_companions(files, library.path.parent / "sources")
    for name in sorted(also):
        changed, _ = for_coreneuron(source_text(name))
        files[f"{name}.mod"] = changed.encode()
        declarations[f"{name}.mod"] = declaration(changed, name)
    return Sources(", ".join(origins) or "NEURON alone", files, declarations), tuple(changes)


def _add_companions(files: dict[str, bytes], folder: Path) -> None:
    """Add what C++ of mechanisms includes; included NMODL is part of the texts already."""
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.suffix in COMPANIONS and path.is_file():
            content = path.read_bytes()
            if files.setdefault(path.name, content) != content:
                raise MechanismError(
                    f"Two of the loaded libraries bring different files {path.name}. CoreNEURON has all "
                    "mechanisms in one library: rename one of the files."
                )


def _compile(
    sources: Sources, tools: Toolchain, flags: tuple[str, ...], target: Path
) -> tuple[Path, dict[str, str]]:
    """Compile what can be compiled; return the library, and why the others are not in it."""
    left_out: dict[str, str] = {}
    with build_folder() as folder:
        write_sources(sources, folder / _MODS)
        _write_translator(folder)
        command = [*tools.nrnivmodl[:-1], str(Path(tools.nrnivmodl[-1]).with_name("nrnivmodl-core"))]
        command += ["-m", "./translator", *(("-i", " ".join(flags)) if flags else ()), _MODS]
        output = ""
        for _ in range(_ROUNDS):
            # make goes on to the next file after one that fails
            _, output = run(command, tools, folder, MAKEFLAGS="k", NMODL_PYLIB=_libpython())
            library = find_made(folder, _LIBRARIES)
            if library is not None:
                return cache.put(library, target), left_out
            failed = {name for name in failed_in(output) if f"{name}.mod" in sources.files}
            if not failed - left_out.keys() or _TROUBLE.search(output):
                break
            for name in failed:
                left_out[name] = _reason(name, output, folder)
                for path in folder.rglob(f"{name}.*"):
                    path.unlink()
    raise CompileError("The library of mechanisms for CoreNEURON cannot be made; see below.", _end(output))


def _end(output: str) -> str:
    """Return the last lines, and before them what tells of trouble."""
    lines = output.splitlines()
    trouble = [line for line in lines[:-_TAIL] if _TROUBLE.search(line)][:_LONGEST]
    return "\n".join([*trouble, *lines[-_TAIL:]])


def _write_translator(folder: Path) -> None:
    shutil.copyfile(_TRANSLATOR, folder / _TRANSLATOR.name)
    script = folder / "translator"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {_TRANSLATOR.name} "$@"\n')
    script.chmod(0o755)


def _libpython() -> str:
    """Return the library of this Python, with which the translator solves equations; it comes with NEURON."""
    with contextlib.suppress(ImportError):
        from find_libpython import find_libpython

        found = find_libpython()
        if found:
            return str(found)
    return sys.executable  # only mechanisms with equations to solve will fail


def _reason(name: str, output: str, folder: Path) -> str:
    """Return the lines about one mechanism."""
    about = re.compile(rf"(^|/){name}\.(mod|cpp)\b")
    lines = [line.replace(f"{folder}/", "") for line in output.splitlines() if about.search(line)]
    told = [line for line in lines if "error" in line.lower() or "what()" in line] or lines
    told = [re.sub(rf"^\S*/{name}\.", f"{name}.", line) for line in told if not line.startswith("make")]
    return "\n".join(told[:_LONGEST]) or f"{name}.mod: no reason given"
