"""``bluecellulab.neuron``: NEURON's Python package, whose ``h`` also takes our handles.

Whatever else the package has (``neuron.rxd``, ``neuron.load_mechanisms``, ...) is NEURON's own. It is
started when the first attribute is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bluecellab.nrn import door, runtime

if TYPE_CHECKING:
    h: door.Door

__all__ = ["h"]


def __getattr__(name: str) -> Any:
    if name.startswith("__") and name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "h":
        return door.open_door()
    return getattr(runtime.neuron_module(), name)


def __dir__() -> list[str]:
    return sorted({"h", *dir(runtime.neuron_module())})
