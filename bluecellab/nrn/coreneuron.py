"""CoreNEURON: an engine that comes with NEURON, integrates the same model faster, and knows less of it.

At each call the whole model is copied over, integrated, and copied back. What CoreNEURON does not know it
drops, or ends the process for: :func:`unknown_mechanisms` and :func:`waiting` find such things before.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bluecellab.nrn import objects, runtime

__all__ = [
    "Waiting",
    "advance",
    "advance_by_neuron",
    "all_vectors",
    "known_mechanisms",
    "lacking_mechanisms",
    "number_sources",
    "own_library",
    "switched_on",
    "unknown_mechanisms",
    "waiting",
    "weight_changes",
]

_LIBRARY = "CORENEURONLIB"  # where NEURON looks for CoreNEURON and its mechanisms
#: Threads of CoreNEURON that wait for each other keep processors busy, by default for some 0.1 ms: where
#: others need these it takes ten times as long. This many turns is some microseconds.
_PATIENCE = ("GOMP_SPINCOUNT", "1000", "OMP_WAIT_POLICY")
_OWN = ("libcorenrnmech_internal.so", "libcorenrnmech_internal.dylib")
_KNOWN = re.compile(rb"_ZN10coreneuron(\d+)nrn_init_(\w+)")
_PREFIX = len("nrn_init_")
_STOP = re.compile(r"--tstop \S+")
_SWITCH = "BluecellabWeightSwitch"

Waiting = tuple[str, str]
"""What of NEURON's own waits in its queue, and a remedy."""


def own_library() -> Path | None:
    """Return CoreNEURON's library that is part of NEURON, with its built-in mechanisms; None without one."""
    folder = Path(str(runtime.neuron_module().__file__)).parent / ".data" / "lib"
    return next((folder / name for name in _OWN if (folder / name).is_file()), None)


def known_mechanisms(library: Path) -> frozenset[str]:
    """Return the mechanisms that a library of CoreNEURON has, by the names of its functions.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    found = _KNOWN.findall(library.read_bytes())
    return frozenset(name[: int(length) - _PREFIX].decode() for length, name in found)


def unknown_mechanisms(known: frozenset[str]) -> dict[str, int]:
    """Return mechanisms that the model has and a library does not; how often, for point processes."""
    sections = list(runtime.raw_h().allsec())
    found = {name: int(objects.listing(name).count()) for name in _unknown(1, known)}
    for name in _unknown(0, known):
        found[name] = sum(bool(section.has_membrane(name)) for section in sections)
    return {name: count for name, count in found.items() if count}


def lacking_mechanisms(known: frozenset[str]) -> frozenset[str]:
    """Return mechanisms that the model has and a library does not; sooner than how often it has them."""
    sections = list(runtime.raw_h().allsec())
    found = {name for name in _unknown(1, known) if int(objects.listing(name).count())}
    found.update(
        name for name in _unknown(0, known) if any(section.has_membrane(name) for section in sections)
    )
    return frozenset(found)


def _unknown(kind: int, known: frozenset[str]) -> list[str]:
    """Return names of mechanisms that are loaded and not known; 0 for density mechanisms."""
    return [
        name
        for name in _names(objects.mechanism_types(kind))
        if name not in known
        and not (kind == 0 and (name.endswith("_ion") or name in ("capacitance", "morphology")))
    ]


def _names(kinds: Any) -> list[str]:
    name = runtime.raw_h().ref("")
    names = []
    for index in range(int(kinds.count())):
        kinds.select(index)
        kinds.selected(name)
        names.append(str(name[0]))
    return names


@contextmanager
def switched_on(library: Path | None) -> Iterator[None]:
    """Have CoreNEURON integrate what :func:`advance` is asked to within the block.

    Parameters
    ----------
    library
        CoreNEURON with the mechanisms of the model; by default that of the environment.
    """
    runtime.raw_h()
    from neuron import coreneuron  # an object with settings, not a module

    before = os.environ.get(_LIBRARY), coreneuron.verbose
    if library is not None:
        os.environ[_LIBRARY] = str(library)
    name, turns, other = _PATIENCE
    if other not in os.environ:
        os.environ.setdefault(name, turns)
    coreneuron.verbose = 0
    try:
        yield
    finally:
        coreneuron.verbose = before[1]
        os.environ.pop(_LIBRARY, None)
        if before[0] is not None:
            os.environ[_LIBRARY] = before[0]


def advance(steps: int, dt: float) -> None:
    """Take fixed steps of ``dt`` ms with CoreNEURON, which must be switched on.

    Raises
    ------
    EngineError
        If NEURON refuses. What CoreNEURON does not like ends the process.
    """
    from neuron import coreneuron

    h = runtime.raw_h()
    end = h.t + (steps + 0.25) * dt  # a quarter step beyond, so that rounding in t never costs a step
    # NEURON itself would hand on six digits of the end, which are steps too few or many after some seconds
    with coreneuron(enable=True):
        arguments = _STOP.sub(f"--tstop {end!r}", coreneuron.nrncore_arg(end))
    with runtime.guard(f"integrating with CoreNEURON from {h.t:g} ms"):
        objects.parallel_context().nrncore_run(arguments, 0)


def advance_by_neuron(steps: int, dt: float) -> None:
    """Take fixed steps of ``dt`` ms with NEURON itself, in between.

    Raises
    ------
    EngineError
        If NEURON fails.
    """
    h = runtime.raw_h()
    with runtime.guard(f"integrating from {h.t:g} ms"):
        objects.parallel_context().psolve(h.t + (steps + 0.25) * dt)


def number_sources(first: int) -> int:
    """Give a gid to every place that is a source of NetCons and has none; return how many there were.

    Parameters
    ----------
    first
        The first gid; it and those after it must be free.
    """
    context = objects.parallel_context()
    rank = int(context.id())
    given = 0
    for connection in _connections():
        if connection.srcgid() < 0 and connection.preseg() is not None:
            context.set_gid2node(first + given, rank)
            context.cell(first + given, connection)
            given += 1
    return given


def _connections() -> Sequence[Any]:
    found: Sequence[Any] = objects.cvode().netconlist("", "", "")
    return found


def all_vectors() -> list[Any]:
    """Return all Vectors of this process, whoever made them."""
    return list(objects.listing("Vector"))


def waiting() -> list[Waiting]:
    """Return what waits in NEURON's queue of events and CoreNEURON would drop; with remedies."""
    with runtime.guard("looking at NEURON's queue of events") as printed, _nowhere():
        objects.cvode().print_event_queue()
    found = {}
    for line in printed.text.splitlines():
        words = line.split()
        if words[:1] == ["HocEvent"]:
            found[f"an event of CVode.event(): {' '.join(words[1:-1])}"] = (
                "CoreNEURON calls no Python or hoc; leave it out"
            )
        elif words[:1] == ["PlayRecordEvent"] and words[-1] == "PlayRecord":
            found["a Vector that records at times of its own"] = (
                "record every step, with Vector.record(reference), and pick"
            )
        elif "VecPlayStep" in words:
            found[f"a Vector that plays in steps: {words[-1]}"] = (
                "play with interpolation, Vector.play(reference, times, 1)"
            )
    return list(found.items())


@contextmanager
def _nowhere() -> Iterator[None]:
    """Have C's standard output go nowhere: part of what NEURON shows of its queue goes there."""
    kept = os.dup(1)
    flush = _c_flush()
    flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
        flush()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _c_flush() -> Callable[[], object]:
    import ctypes

    return lambda: ctypes.CDLL(None).fflush(None)


def weight_changes() -> list[float]:
    """Return the times in ms at which weights change in runs (:mod:`bluecellab.nrn.switches`), sorted."""
    if not hasattr(runtime.raw_h(), _SWITCH):  # no weight has ever changed in this process
        return []
    switches = list(objects.listing(_SWITCH))
    return sorted({float(source.start) for switch in switches for source in switch.sources})
