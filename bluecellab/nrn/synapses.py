"""Make point processes and NetCons in bulk, as hoc does it: without a leak, and faster than a Python loop.

For each mechanism and set of parameters a hoc procedure is written once; it makes the point processes of
one section from Vectors and keeps them in a hoc List. Nothing passes through Python one by one, and no
Python object is made for a synapse before somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from bluecellab.errors import EngineError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.point_mechanisms import PointMechanism, point_mechanism

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
    makers: ClassVar[dict[tuple[str, tuple[str, ...], tuple[bool, ...], bool], str]] = {}
    setters: ClassVar[dict[str, str]] = {}


def _h() -> Any:
    h = runtime.raw_h()
    if not _Written.ready:
        h(_PROCEDURES)
        _Written.ready = True
    return h


def _maker(mechanism: str, parameters: tuple[str, ...], constant: tuple[bool, ...], streams: bool) -> str:
    """Return the name of two hoc procedures: one makes the point processes of some sections.

    Its arguments are the list of sections, the first position of each of them and the last one's end, the
    List to append to, two ids of the random streams that are the same for all, and Vectors: positions,
    parameters (or a number, where it is constant), and the other id.

    The other, whose name ends in ``_one``, makes one on the accessed section; in place of the sections it is
    given which. An error of hoc is safe in it; in a loop over sections it ends the process.
    """
    key = (mechanism, parameters, constant, streams)
    if key not in _Written.makers:
        name = f"bluecellab_make_{len(_Written.makers)}"
        # Vector.get() of a local is the fastest way to a number that hoc has, but for a local number
        taken = [f"c{number} = $o{6 + number}" for number in range(len(parameters) + 1 + streams)]
        lines = [f"made = new {mechanism}(c0.get(i))"]
        vectors, numbers = ["c0"], ["first", "third"]
        for number, (parameter, same) in enumerate(zip(parameters, constant, strict=True), 1):
            lines.append(f"made.{parameter} = c{number}" + ("" if same else ".get(i)"))
            (numbers if same else vectors).append(f"c{number}")
            if same:
                taken[number] = f"c{number} = ${6 + number}"
        if streams:
            vectors.append(f"c{len(parameters) + 1}")
            lines.append(f"made.setRNG(first, {vectors[-1]}.get(i), third)")
        body, columns = "\n".join(lines), "\n".join(taken)
        head = f"""local i, k, last, {", ".join(numbers)} localobj made, all, ends, {", ".join(vectors)}
all = $o3
first = $4
third = $5
{columns}
"""
        code = f"""proc {name}() {{ {head}
ends = $o2
k = 0
forsec $o1 {{
last = ends.get(k + 1) - 1
for i = ends.get(k), last {{
{body}
all.append(made)
}}
k += 1
}}
}}
proc {name}_one() {{ {head}
i = $1
{body}
all.append(made)
}}
"""
        with runtime.guard(f"making synapses of {mechanism} with parameters {', '.join(parameters)}"):
            if not _h()(code):
                raise RuntimeError("refused")
        _Written.makers[key] = name
    return _Written.makers[key]


def _bits(values: FloatArray) -> IntArray:
    return np.ascontiguousarray(values, dtype=np.float64).view(np.int64)


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
    if not bool(((positions >= 0) & (positions <= 1)).all()):
        wrong = positions[~((positions >= 0) & (positions <= 1))]
        raise EngineError(
            f"making {count} synapses of {mechanism}: {wrong[0]} is no position on a section, 0 to 1"
        )
    order = np.argsort(indices, kind="stable")
    ordered = indices[order]
    # a bit is what counts: a zero of the other sign is another number
    constant = tuple(bool((bits == bits[0]).all()) for bits in map(_bits, parameters.values()))
    name = _maker(mechanism, tuple(parameters), constant, streams is not None)
    procedure, one = getattr(_h(), name), getattr(_h(), f"{name}_one")
    columns: list[Any] = [objects.vector(positions[order])]
    for column, same in zip(parameters.values(), constant, strict=True):
        columns.append(float(column[0]) if same else objects.vector(column[order]))
    if streams is not None:
        columns.append(objects.vector(streams[1][order].astype(np.float64)))
    first, third = (0, 0) if streams is None else (streams[0], streams[2])
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    chosen = [sections[index] for index in ordered[starts].tolist()]
    before = int(made.count())
    with runtime.guard(f"making {count} synapses of {mechanism}"):
        # what fails, fails here; NEURON refuses no other if they are on their sections
        one(0, None, made, first, third, *columns, sec=chosen[0])
        ends = objects.vector(np.append(np.maximum(starts, 1), count))
        procedure(objects.section_list(chosen), ends, made, first, third, *columns)
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
