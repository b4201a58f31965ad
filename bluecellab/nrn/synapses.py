"""Make point processes and NetCons in bulk, as hoc does it: without a leak, and faster than a Python loop.

For each mechanism and set of parameters a hoc procedure is written once; it makes the point processes of
one section from Vectors and keeps them in a hoc List. Nothing passes through Python one by one, and no
Python object is made for a synapse before somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from bluecellab.errors import MissingMechanismError
from bluecellab.nrn import objects, runtime

__all__ = [
    "PointMechanism",
    "add_processes",
    "arc_lengths",
    "connect",
    "empty_list",
    "forget_streams",
    "pattern_stim",
    "play",
    "point_mechanism",
    "read",
    "register",
    "release_backwards",
    "send",
    "set_weights",
    "write",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_PROCEDURES = """
objref bluecellab_gids
bluecellab_gids = new ParallelContext()
obfunc bluecellab_empty_list() { localobj made
    made = new List()
    return made
}
proc bluecellab_release_backwards() { local i
    for (i = $o1.count() - 1; i >= 0; i -= 1) $o1.remove(i)
}
proc bluecellab_forget_streams() { local i
    for i = 0, $o2.size() - 1 $o1.o($o2.x[i]).clearRNG()
}
proc bluecellab_connect() { local i, n, kind, value localobj made, all, from, slots, gids, weights, delays
    all = $o1
    from = $o2
    slots = $o3
    gids = $o4
    weights = $o5
    delays = $o6
    kind = $7
    value = $8
    n = slots.size()
    if (value == 0) kind = 0
    for i = 0, n - 1 {
        made = bluecellab_gids.gid_connect(gids.get(i), from.o(slots.get(i)))
        made.weight = weights.get(i)
        made.delay = delays.get(i)
        if (kind) made.weight[kind] = value
        all.append(made)
    }
}
obfunc bluecellab_pattern_stim() { localobj made
    made = new PatternStim()
    made.fake_output = 1
    return made
}
proc bluecellab_set_weights() { local i
    for i = 0, $o2.size() - 1 $o1.o($o2.x[i]).weight[$4] = $o3.x[i]
}
proc bluecellab_send() { local i
    for i = 0, $o2.size() - 1 $o1.o($o2.x[i]).event($o3.x[i])
}
"""


class _Written:
    """The hoc procedures that have been written in this process."""

    ready = False
    makers: ClassVar[dict[tuple[str, tuple[str, ...], bool], str]] = {}
    setters: ClassVar[dict[str, str]] = {}


def _h() -> Any:
    h = runtime.raw_h()
    if not _Written.ready:
        h(_PROCEDURES)
        _Written.ready = True
    return h


@dataclass(frozen=True)
class PointMechanism:
    """What is known of a mechanism that makes point processes.

    Parameters
    ----------
    name
        Its name.
    defaults
        Its variables, with the values that a new point process has.
    draws
        Whether it has a random stream of its own, to be set by ``setRNG``.
    forgets
        Whether the stream can be given back, by ``clearRNG``.
    kind_index
        Where in a NetCon's weights the kind of event stands; 0 if nowhere.
    """

    name: str
    defaults: Mapping[str, float]
    draws: bool
    forgets: bool
    kind_index: int


@cache
def _inspected(name: str) -> PointMechanism:
    h = _h()
    standard = h.MechanismStandard(name, 0)
    reference = h.ref("")
    names = []
    for index in range(int(standard.count())):
        standard.name(reference, index)
        names.append(str(reference[0]))
    section = h.Section(name="bluecellab_probe")
    process = getattr(h, name)(section(0.5))
    defaults = {}
    for variable in names:
        try:
            value = getattr(process, variable, None)
        except (ValueError, RuntimeError):  # a POINTER that points nowhere yet
            continue
        if isinstance(value, (int, float)):
            defaults[variable] = float(value)
    found = PointMechanism(
        name,
        defaults,
        hasattr(process, "setRNG"),
        hasattr(process, "clearRNG"),
        int(getattr(h, f"nc_type_param_{name}", 0)),
    )
    del process
    objects.delete_section(section)
    return found


def point_mechanism(name: str) -> PointMechanism:
    """Return what is known of a mechanism.

    Raises
    ------
    MissingMechanismError
        If it is not loaded, or makes no point processes.
    """
    if not hasattr(_h(), name):
        raise MissingMechanismError(
            f"synapses of {name} were asked for, but no such mechanism is loaded; "
            "load_mechanisms(folder) loads the .mod files of a folder",
            names=(name,),
        )
    return _inspected(name)


def _maker(mechanism: str, parameters: tuple[str, ...], streams: bool) -> str:
    """Return the name of the hoc procedure that makes the point processes of one section.

    Its arguments are the first position, the one behind the last, the List to append to, two ids of the
    random streams that are the same for all, and Vectors: positions, parameters, and the other id.
    """
    key = (mechanism, parameters, streams)
    if key not in _Written.makers:
        name = f"bluecellab_make_{len(_Written.makers)}"
        lines = [f"made = new {mechanism}(c0.get(i))"]
        lines += [f"made.{parameter} = c{number}.get(i)" for number, parameter in enumerate(parameters, 1)]
        if streams:
            lines.append(f"made.setRNG(first, c{len(lines)}.get(i), third)")
        count = len(lines)
        body = "\n".join(lines)
        # Vector.get() of a local is the fastest way to a number that hoc has
        columns = "\n".join(f"c{number} = $o{6 + number}" for number in range(count))
        named = ", ".join(f"c{number}" for number in range(count))
        code = f"""proc {name}() {{ local i, first, third localobj made, all, {named}
all = $o3
first = $4
third = $5
{columns}
for i = $1, $2 - 1 {{
{body}
all.append(made)
}}
}}
"""
        with runtime.guard(f"making synapses of {mechanism} with parameters {', '.join(parameters)}"):
            if not _h()(code):
                raise RuntimeError("refused")
        _Written.makers[key] = name
    return _Written.makers[key]


def empty_list() -> Any:
    """Return a new List without members."""
    return _h().bluecellab_empty_list()


def add_processes(
    made: Any,
    mechanism: str,
    sections: Sequence[Any],
    where: tuple[IntArray, FloatArray],
    parameters: Mapping[str, FloatArray],
    streams: tuple[int, npt.NDArray[np.uint64], int] | None,
) -> IntArray:
    """Append point processes to a List, section by section.

    Parameters
    ----------
    made
        The List.
    mechanism
        What to make.
    sections
        Raw sections.
    where
        For each point process, the index of its section and the position on it, shapes (n,).
    parameters
        Values of its parameters, each of shape (n,).
    streams
        Identities of their random streams, for ``setRNG``: the second of shape (n,), the others of all.

    Returns
    -------
    ndarray of int
        Where in the List each of them is, shape (n,). Those of one section follow each other.

    Raises
    ------
    EngineError
        If NEURON refuses.
    """
    indices, positions = where
    count = len(indices)
    if not count:
        return np.empty(0, np.int64)
    order = np.argsort(indices, kind="stable")
    ordered = indices[order]
    procedure = getattr(_h(), _maker(mechanism, tuple(parameters), streams is not None))
    columns = [positions, *parameters.values()]
    if streams is not None:
        columns.append(streams[1].astype(np.float64))
    first, third = (0, 0) if streams is None else (streams[0], streams[2])
    vectors = [objects.vector(column[order]) for column in columns]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))).tolist()
    before = int(made.count())
    with runtime.guard(f"making {count} synapses of {mechanism}"):
        for start, end in zip(starts, [*starts[1:], count], strict=True):
            procedure(start, end, made, first, third, *vectors, sec=sections[ordered[start]])
    slots = np.empty(count, np.int64)
    slots[order] = np.arange(before, before + count)
    return slots


def connect(
    made: Any,
    processes: Any,
    slots: IntArray,
    gids: IntArray,
    weights: tuple[FloatArray, FloatArray],
    kind: tuple[int, int] = (0, 0),
) -> None:
    """Append a NetCon for each of some point processes to a List; its source is a gid.

    Parameters
    ----------
    made
        The List of NetCons.
    processes
        List of point processes.
    slots
        Which of them, shape (n,).
    gids
        NEURON's number of the source of each, shape (n,); the source may be made later, or never.
    weights
        Weights, and delays in ms, shapes (n,).
    kind
        Index of a further weight, and its value; nothing is set if the index is 0.

    Raises
    ------
    EngineError
        If NEURON refuses.
    """
    vectors = [objects.vector(values) for values in (slots, gids, *weights)]
    with runtime.guard(f"connecting {len(slots)} synapses"):
        _h().bluecellab_connect(made, processes, *vectors, *kind)


def release_backwards(made: Any) -> None:
    """Drop the members of a List, the last one first, which takes NEURON no search."""
    _h().bluecellab_release_backwards(made)


def forget_streams(processes: Any, slots: IntArray) -> None:
    """Give back the random streams of point processes of a List, which NEURON does not do by itself."""
    _h().bluecellab_forget_streams(processes, objects.vector(slots))


def register(gid: int, detector: Any) -> None:
    """Let a NetCon, the detector of a cell's spikes, send them under a gid; it goes with the NetCon."""
    context = objects.parallel_context()
    with runtime.guard(f"registering gid {gid}"):
        context.set_gid2node(gid, int(context.id()))
        context.cell(gid, detector)


def pattern_stim() -> Any:
    """Return a new PatternStim, which lets gids that belong to no cell fire at given times."""
    return _h().bluecellab_pattern_stim()


def play(stim: Any, times: FloatArray, gids: IntArray) -> None:
    """Give a PatternStim the spikes of the next run: times in ms, sorted, and gids, shapes (n,)."""
    stim.play(objects.vector(times), objects.vector(gids))


def send(connections: Any, slots: IntArray, times: FloatArray) -> None:
    """Have NetCons of a List deliver events at given times in ms, in the middle of a run; shapes (n,)."""
    _h().bluecellab_send(connections, objects.vector(slots), objects.vector(times))


def _setter(variable: str) -> str:
    """Return the name of the hoc procedures that read and write a variable of many point processes."""
    if variable not in _Written.setters:
        name = f"bluecellab_{len(_Written.setters)}"
        code = f"""proc {name}_write() {{ local i
for i = 0, $o2.size() - 1 $o1.o($o2.x[i]).{variable} = $o3.x[i]
}}
proc {name}_read() {{ local i
for i = 0, $o2.size() - 1 $o3.x[i] = $o1.o($o2.x[i]).{variable}
}}
"""
        with runtime.guard(f"reaching {variable} of synapses"):
            if not _h()(code):
                raise RuntimeError("refused")
        _Written.setters[variable] = name
    return _Written.setters[variable]


def read(processes: Any, slots: IntArray, variable: str) -> FloatArray:
    """Return a variable of point processes of a List, shape (n,)."""
    values = objects.vector(np.zeros(len(slots)))
    with runtime.guard(f"reading {variable} of synapses"):
        getattr(_h(), f"{_setter(variable)}_read")(processes, objects.vector(slots), values)
    return objects.values_of(values)


def write(processes: Any, slots: IntArray, variable: str, values: FloatArray) -> None:
    """Set a variable of point processes of a List to values of shape (n,)."""
    with runtime.guard(f"setting {variable} of synapses"):
        getattr(_h(), f"{_setter(variable)}_write")(processes, objects.vector(slots), objects.vector(values))


def set_weights(connections: Any, slots: IntArray, values: FloatArray, index: int = 0) -> None:
    """Set the weights of NetCons of a List, or a further one of each, to values of shape (n,)."""
    _h().bluecellab_set_weights(connections, objects.vector(slots), objects.vector(values), index)


def arc_lengths(section: Any) -> tuple[FloatArray, float, bool]:
    """Return how far along a raw section its 3D points are in um, its length, and if it runs backwards."""
    h = _h()
    arcs = [h.arc3d(point, sec=section) for point in range(int(h.n3d(sec=section)))]
    return np.array(arcs, dtype=np.float64), float(section.L), bool(h.section_orientation(sec=section))
