"""What CoreNEURON cannot do is found before it is handed a model: it would drop it, or end the process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import JsonValue

from bluecellab.errors import UnsupportedByEngineError
from bluecellab.nrn import coreneuron, mechanisms
from bluecellab.nrn.mechanisms import CoreNeuronLibrary
from bluecellab.recording import Recordable
from bluecellab.recording.run import Sampler
from bluecellab.simulation.look import Hook
from bluecellab.simulation.request import Engine, RunRequest

__all__ = ["Offender", "library_for", "raise_for", "refuse", "refuse_queue"]

Offender = tuple[str, str]
"""What takes part that an engine cannot do, and what to do about it."""

#: Mechanisms of NEURON's own that CoreNEURON does not bring along and can have.
_TO_COMPILE = frozenset({"AlphaSynapse", "IntFire1"})
_BY_ITSELF = {
    "extracellular": "CoreNEURON has no extracellular potentials; remove what inserts it",
    "VClamp": "hold potentials by an SEClamp (VoltageClamp)",
    "APCount": "detect spikes by add_spike_detection() or spike_detection",
    "VecStim": "replay spikes by the package, which needs no VecStim",
}


def library_for() -> CoreNeuronLibrary | None:
    """Return a library of CoreNEURON that has the mechanisms of the model; None for what comes with NEURON.

    That is enough where the model has no other mechanisms than NEURON's own: nothing is compiled then.

    Raises
    ------
    CompileError, NoCompilerError, MechanismError
        If it cannot be made.
    """
    own = coreneuron.own_library()
    unknown = frozenset() if own is None else coreneuron.lacking_mechanisms(_known(own))
    keys = tuple(library.key for library in mechanisms.loaded() if library.key != "neuron")
    also = tuple(sorted(_TO_COMPILE & unknown))
    if not unknown or not (keys or also):
        return None
    return _made_for(keys, also, os.environ.get("BLUECELLAB_NATIVE"), mechanisms.cache_folder())


@lru_cache(maxsize=8)
def _known(library: Path) -> frozenset[str]:
    return coreneuron.known_mechanisms(library)


@lru_cache(maxsize=4)
def _made_for(keys: object, also: tuple[str, ...], native: object, folder: object) -> CoreNeuronLibrary:  # noqa: ARG001
    return mechanisms.build_for_coreneuron(also=also)


def library_facts(engine: Engine) -> dict[str, JsonValue] | None:
    """Return what the library of an engine is, for the provenance of a result; None for NEURON itself."""
    if engine == "neuron":
        return None
    made = library_for()
    if made is None:
        return {"key": "neuron", "flags": [], "changes": []}
    return {"key": made.key, "flags": list(made.flags), "changes": list(made.changes)}


def refuse(
    request: RunRequest,
    members: Iterable[Recordable],
    hooks: Sequence[Hook],
    library: CoreNeuronLibrary | None,
) -> None:
    """Raise unless CoreNEURON can do all of a run.

    Parameters
    ----------
    request
        The run.
    members
        What takes part in it.
    hooks
        What is to be called meanwhile.
    library
        From :func:`library_for`.

    Raises
    ------
    UnsupportedByEngineError
        With everything that it cannot do.
    """
    found: list[Offender] = []
    if request.cvode:
        found.append(("a variable step (CVODE)", "CoreNEURON takes fixed steps only: cvode=False"))
    if hooks:
        found.append(
            (
                f"{len(hooks)} hook(s)",
                "they would see nothing, as nothing is in NEURON meanwhile; remove them",
            )
        )
    chosen = list(members)
    if request.threads > 1 and any(member.needs_fast_imem for member in chosen):
        found.append(
            ("i_membrane_ with several threads", "NEURON records it with one thread only: threads=1")
        )
    found += _of_members(chosen)
    path = coreneuron.own_library() if library is None else library.path
    if path is not None:
        found += _of_mechanisms(path, {} if library is None else library.left_out)
    raise_for(found)


def raise_for(found: Sequence[Offender]) -> None:
    """Raise if there are offenders.

    Raises
    ------
    UnsupportedByEngineError
        With all of them.
    """
    if found:
        lines = "\n".join(f"  {what}: {remedy}" for what, remedy in found)
        raise UnsupportedByEngineError(
            f"CoreNEURON cannot run this simulation; engine='neuron' can. What it cannot do:\n{lines}",
            [what for what, _ in found],
        )


def _of_members(members: Iterable[Recordable]) -> list[Offender]:
    return [
        (
            f"{getattr(member, 'name', None) or type(member).__name__} ({type(member).__name__})",
            "Python takes part in the steps of the run, which CoreNEURON does not allow; leave it out",
        )
        for member in members
        if getattr(member, "acts_in_steps", False)
        or (isinstance(member, Sampler) and not hasattr(member, "tap"))
    ]


def _of_mechanisms(library: Path, left_out: Mapping[str, str]) -> list[Offender]:
    unknown = coreneuron.unknown_mechanisms(_known(library))
    return [(f"mechanism {name} ({count} times)", _why(name, left_out)) for name, count in unknown.items()]


def _why(name: str, left_out: Mapping[str, str]) -> str:
    if name in _BY_ITSELF:
        return _BY_ITSELF[name]
    if name in left_out:
        return "it does not compile for CoreNEURON:\n      " + "\n      ".join(left_out[name].splitlines())
    return "CoreNEURON does not have it, and its .mod file is not known"


def refuse_queue() -> None:
    """Raise if something waits in NEURON's queue that CoreNEURON would drop; NEURON must be initialised.

    Raises
    ------
    UnsupportedByEngineError
        With everything of that kind.
    """
    raise_for(coreneuron.waiting())
