"""What is known of the mechanisms that make point processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bluecellab.errors import MissingMechanismError
from bluecellab.nrn import objects, runtime

__all__ = ["PointMechanism", "point_mechanism"]


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
    h = runtime.raw_h()
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
    if not hasattr(runtime.raw_h(), name):
        raise MissingMechanismError(
            f"synapses of {name} were asked for, but no such mechanism is loaded; "
            "load_mechanisms(folder) loads the .mod files of a folder",
            names=(name,),
        )
    return _inspected(name)
