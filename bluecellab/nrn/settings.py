"""NEURON's global settings: set for a block, then put back, also after an exception."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from bluecellab.errors import EngineError
from bluecellab.nrn import objects, runtime, threads

__all__ = ["applied", "known_settings", "preserved", "read"]

Value = float | int | bool

_SCALARS = ("celsius", "v_init", "dt", "tstop", "steps_per_ms", "secondorder", "stoprun")


def _set_random123_index(value: Value) -> None:
    objects.random_generator().Random123_globalindex(int(value))


_METHODS: dict[str, tuple[Callable[[], Value], Callable[[Value], object]]] = {
    "cvode": (lambda: bool(objects.cvode().active()), lambda value: objects.cvode().active(int(value))),
    "cvode_minstep": (lambda: objects.cvode().minstep(), lambda value: objects.cvode().minstep(value)),
    "cvode_maxstep": (lambda: objects.cvode().maxstep(), lambda value: objects.cvode().maxstep(value)),
    "cvode_atol": (lambda: objects.cvode().atol(), lambda value: objects.cvode().atol(value)),
    "cvode_rtol": (lambda: objects.cvode().rtol(), lambda value: objects.cvode().rtol(value)),
    "use_fast_imem": (
        lambda: bool(objects.cvode().use_fast_imem()),
        lambda value: objects.cvode().use_fast_imem(int(value)),
    ),
    "random123_globalindex": (
        lambda: int(objects.random_generator().Random123_globalindex()),
        _set_random123_index,
    ),
    "nthread": (threads.count, lambda value: threads.use(int(value))),
    "nthread_of_engine": (threads.count, lambda value: threads.use(int(value), workers=False)),
}


def known_settings() -> tuple[str, ...]:
    """Return the names of the run settings; GLOBALs of mechanisms come on top of them."""
    return (*_SCALARS, *_METHODS)


def read(name: str) -> Value:
    """Return the value of a setting or of a mechanism's GLOBAL (``"tau_r_AMPA_ProbAMPANMDA_EMS"``).

    Raises
    ------
    EngineError
        If NEURON has no such scalar.
    """
    if name in _METHODS:
        return _METHODS[name][0]()
    value = getattr(runtime.raw_h(), name, None) if name.isidentifier() else None
    if not isinstance(value, (int, float)):
        raise EngineError(
            f"no global setting {name!r} in NEURON; run settings are {', '.join(known_settings())}, "
            "and GLOBALs of loaded mechanisms are written <variable>_<MECHANISM>"
        )
    return value


def _write(name: str, value: Value) -> None:
    with runtime.guard(f"setting {name} = {value}"):
        if name in _METHODS:
            _METHODS[name][1](value)
        else:
            setattr(runtime.raw_h(), name, value)


@contextmanager
def preserved(names: tuple[str, ...]) -> Iterator[None]:
    """Put the named settings back at the end of the block, whatever happens in it.

    Raises
    ------
    EngineError
        If there is no such setting; nothing has been changed then.
    """
    before = {name: read(name) for name in names}
    with ExitStack() as undo:
        for name, value in before.items():
            undo.callback(_restore, name, value)
        yield


def _restore(name: str, value: Value) -> None:
    if read(name) != value:
        _write(name, value)


@contextmanager
def applied(settings: Mapping[str, Value]) -> Iterator[None]:
    """Apply settings for the block and put all of them back at its end.

    Parameters
    ----------
    settings
        By name; see :func:`known_settings`. ``celsius`` in degC, ``v_init`` in mV, times in ms.

    Raises
    ------
    EngineError
        If a name is unknown; nothing has been changed then.
    """
    with preserved(tuple(settings)):
        for name, value in settings.items():
            _restore(name, value)
        yield
