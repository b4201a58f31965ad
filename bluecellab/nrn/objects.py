"""Make hoc objects without a leak.

A hoc object that Python makes by calling its class, as in ``h.Vector()``, costs 96 bytes that are
never given back; one that a hoc function makes and returns costs nothing. Objects of which one is
enough for the process are made once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from bluecellab.nrn import runtime

__all__ = [
    "changed_structure",
    "cvode",
    "delete_section",
    "delete_sections",
    "disconnect",
    "initialize_handler",
    "is_deleted",
    "listing",
    "mechanism_types",
    "net_con",
    "parallel_context",
    "point_process",
    "pointer_vector",
    "random_generator",
    "root_sections",
    "section_list",
    "section_reference",
    "values_of",
    "vector",
]

_MAKERS = """
obfunc bluecellab_vector() { localobj made
    made = new Vector($1)
    return made
}
obfunc bluecellab_ptrvector() { localobj made
    made = new PtrVector($1)
    return made
}
obfunc bluecellab_list() { localobj made
    made = new List($s1)
    return made
}
obfunc bluecellab_netcon() { localobj made
    made = new NetCon(&v($1), $o2)
    return made
}
obfunc bluecellab_netcon_to_none() { localobj made, none
    made = new NetCon(&v($1), none)
    return made
}
obfunc bluecellab_sectionref() { localobj made
    made = new SectionRef()
    return made
}
obfunc bluecellab_section_list() { localobj made
    made = new SectionList()
    return made
}
obfunc bluecellab_mechanism_type() { localobj made
    made = new MechanismType($1)
    return made
}
proc bluecellab_delete_sections() {
    forsec $o1 delete_section()
}
obfunc bluecellab_handler() { localobj made
    made = new FInitializeHandler($1, $o2)
    return made
}
"""


class _Made:
    """What has been made once for this process."""

    ready = False
    cvode: Any = None
    parallel_context: Any = None
    random: Any = None
    vector: Any = None  # looked up once: hoc takes four times as long to find a name as to call it


def _h() -> Any:
    h = runtime.raw_h()
    if not _Made.ready:
        h(_MAKERS)
        _Made.cvode = h.CVode()
        _Made.parallel_context = h.ParallelContext()
        _Made.random = h.Random()
        _Made.ready = True
    return h


def cvode() -> Any:
    """Return NEURON's CVode."""
    _h()
    return _Made.cvode


def parallel_context() -> Any:
    """Return NEURON's ParallelContext."""
    _h()
    return _Made.parallel_context


def random_generator() -> Any:
    """Return a Random of this process; it draws nothing, but reaches the Random123 global index."""
    _h()
    return _Made.random


def vector(values: npt.ArrayLike = ()) -> Any:
    """Return a new Vector with these values, shape (n,)."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    if _Made.vector is None:
        _Made.vector = _h().bluecellab_vector
    made = _Made.vector(0)
    if len(array):
        made.from_python(array)
    return made


def values_of(made: Any) -> npt.NDArray[np.float64]:
    """Return a copy of a Vector's values, shape (n,); ``as_numpy`` leaks, and its view may dangle."""
    return np.array(made, dtype=np.float64) if len(made) else np.empty(0)


def pointer_vector(size: int) -> Any:
    """Return a new PtrVector."""
    return _h().bluecellab_ptrvector(size)


def listing(name: str) -> Any:
    """Return a List of all instances of a hoc class, template or point process."""
    return _h().bluecellab_list(name)


def mechanism_types(kind: int) -> Any:
    """Return a MechanismType of all density mechanisms (0), or of all point processes (1)."""
    return _h().bluecellab_mechanism_type(kind)


def net_con(segment: Any, target: Any) -> Any:
    """Return a new NetCon whose source is the membrane potential at a place.

    Parameters
    ----------
    segment
        A raw segment.
    target
        A raw point process, or None.
    """
    if target is None:
        return _h().bluecellab_netcon_to_none(segment.x, sec=segment.sec)
    return _h().bluecellab_netcon(segment.x, target, sec=segment.sec)


def point_process(name: str, segment: Any) -> Any:
    """Return a new point process.

    Parameters
    ----------
    name
        Of its mechanism, such as ``"IClamp"``.
    segment
        The raw segment that it sits in.
    """
    h = _h()
    maker = f"bluecellab_new_{name}"
    if not hasattr(h, maker):
        h(f"obfunc {maker}() {{ localobj made\n made = new {name}($1)\n return made\n}}")
    return getattr(h, maker)(segment.x, sec=segment.sec)


def section_reference(section: Any) -> Any:
    """Return a new SectionRef to a raw section."""
    return _h().bluecellab_sectionref(sec=section)


def section_list(sections: Iterable[Any]) -> Any:
    """Return a new SectionList of raw sections."""
    made = _h().bluecellab_section_list()
    for section in sections:
        made.append(sec=section)
    return made


def root_sections() -> Any:
    """Return a SectionList of the sections that have no parent, one for every tree."""
    made = section_list(())
    made.allroots()
    return made


def is_deleted(section: Any) -> bool:
    """Whether NEURON has freed a raw section."""
    try:
        _ = section.nseg
    except ReferenceError:
        return True
    return False


def delete_section(section: Any) -> None:
    """Delete a raw section, unless somebody else has."""
    if not is_deleted(section):
        _h().delete_section(sec=section)


def delete_sections(sections: Any) -> None:
    """Delete the sections of a hoc SectionList, but for those that somebody else has."""
    _h().bluecellab_delete_sections(sections)


def disconnect(sections: Iterable[Any]) -> None:
    """Take every NetCon off the point processes that are still on sections about to be deleted.

    NEURON delivers to a point process whose section is gone, which ends the process.
    """
    for section in sections:
        if is_deleted(section):
            continue
        for segment in section:
            for process in segment.point_processes():
                connections = cvode().netconlist("", "", process)
                for index in range(int(connections.count())):
                    connections.o(index).setpost(None)


def initialize_handler(kind: int, function: Callable[[], object]) -> Any:
    """Return a new FInitializeHandler that calls a function; it holds the function strongly."""
    return _h().bluecellab_handler(kind, function)


def changed_structure() -> None:
    """Make NEURON believe that the structure of the model has changed."""
    h = _h()
    h.delete_section(sec=h.Section(name="bluecellab_structure"))
