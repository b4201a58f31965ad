"""The named door to NEURON's interpreter that also takes our checked handles."""

from __future__ import annotations

from typing import Any

from bluecellab.nrn import runtime
from bluecellab.nrn.handles import unwrap

__all__ = ["Door", "open_door"]


class Door:
    """NEURON's ``h``; sections and segments of bluecellab may be passed to it as they are.

    What is made through this door belongs to its maker: keep it, or hand it to a cell with
    ``cell.own(obj)``.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        value = getattr(runtime.raw_h(), name)
        return _Callable(value) if _takes_arguments(value) else value

    def __setattr__(self, name: str, value: object) -> None:
        setattr(runtime.raw_h(), name, unwrap(value))

    def __call__(self, code: str) -> bool:
        """Execute hoc code; raises EngineError, with what NEURON printed, if it is refused."""
        with runtime.guard(f"hoc code {code[:60]!r}") as printed:
            accepted = bool(runtime.raw_h()(code))
            if not accepted:
                raise RuntimeError("refused")
        if printed.text:
            print(printed.text, end="")  # noqa: T201
        return accepted

    def __dir__(self) -> list[str]:
        return dir(runtime.raw_h())


def _takes_arguments(value: Any) -> bool:
    """Whether it is a function or class; hoc's objects and sections are callable, but handed out as is."""
    if isinstance(value, type) or not callable(value):
        return isinstance(value, type)
    name = getattr(value, "hname", None)
    return name is None or str(name()).endswith("()")


class _Callable:
    """A hoc function or class that unwraps handles among its arguments."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __call__(self, *args: object, **named: object) -> Any:
        return self._raw(*map(unwrap, args), **{name: unwrap(value) for name, value in named.items()})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def __getitem__(self, index: int) -> Any:
        return self._raw[index]

    def __instancecheck__(self, instance: object) -> bool:
        """Let ``isinstance(made, h.Vector)`` work."""
        return isinstance(instance, self._raw)

    def __repr__(self) -> str:
        return repr(self._raw)


_DOOR = Door()


def open_door() -> Door:
    """Start NEURON if needed and return the door."""
    runtime.raw_h()
    return _DOOR
