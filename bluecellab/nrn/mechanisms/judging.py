"""Which of the loaded mechanisms several threads cannot run, and why."""

from __future__ import annotations

from bluecellab.nrn.mechanisms.loading import BUILT_IN, density_mechanisms, point_processes
from bluecellab.nrn.mechanisms.threadsafe import is_suspicious, made_thread_safe
from bluecellab.nrn.mechanisms.variables import source_text

__all__ = ["unsafe_with_threads"]

#: Of NEURON's own.
_UNSAFE = {
    "VClamp": "NEURON's own is not made for threads; SEClamp is",
    "extracellular": "NEURON solves its equations on one thread only",
}
_found: dict[str, str] = {}


def unsafe_with_threads() -> dict[str, str]:
    """Return, by mechanism that is loaded, why several threads cannot run it.

    Artificial cells are not among them: one thread runs them all.
    """
    for name in (*density_mechanisms(), *point_processes(artificial=False)):
        if name not in _found:
            _found[name] = _UNSAFE.get(name, "") if name in BUILT_IN else _why(name)
    return {name: why for name, why in _found.items() if why}


def _why(name: str) -> str:
    text = "" if name.endswith("_ion") else source_text(name)
    if not is_suspicious(text):
        return ""
    judged = made_thread_safe(text)
    if judged.reasons:
        return ", ".join(judged.reasons)
    if judged.changes:
        return (
            "its library was compiled by other means, without what would make it thread safe; load its .mod "
            "files without that library beside them"
        )
    return ""
