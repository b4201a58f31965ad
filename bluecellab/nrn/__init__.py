"""ENGINE ROOM: the only place that imports NEURON; it owns every hoc object.

``bluecellab.nrn.h`` is the named door to NEURON's interpreter: it starts NEURON on first use and
takes the checked handles of this package wherever NEURON takes its own sections and segments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bluecellab.nrn.door import Door

    h: Door

__all__ = ["h"]


def __getattr__(name: str) -> object:
    if name == "h":
        from bluecellab.nrn import door

        return door.open_door()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
