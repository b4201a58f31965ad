"""Clamps: ``IClamp`` from numbers or files, and ``SEClamp``."""

from __future__ import annotations

from bluecellab.circuit.config.allen.values import numbers_of, same_length
from bluecellab.circuit.config.allen.wanted import Wanted
from bluecellab.circuit.config.blocks import Block, Key
from bluecellab.spec.allen import ClampPlace, CurrentClamp, CurrentFile, VoltageClamp

__all__ = ["read_current_clamp", "read_voltage_clamp"]

_PLACE = ("section_name", "section_index", "section_dist")
_STEPS = ("amp", "delay", "duration")
_FIELDS = {"amplitudes": "amp", "delays": "delay", "durations": "duration"}
_CSV = (
    Key("file", "text", needed=True),
    Key("separator", "text"),
    Key("timestamps_column", "text"),
    Key("amplitudes_column", "text"),
)
_NWB = (
    Key("file", "text", needed=True),
    Key("sweep_id", "any", needed=True),
    Key("downsample", "number", unit="ms"),
    Key("sweep_window", "numbers", unit="ms"),
    Key("delay", "number", unit="ms"),
)


def _place(block: Block) -> ClampPlace | None:
    """Return where on a cell a clamp sits; ``section_index`` may be a range of distances."""
    fields = {name: block.values[name] for name in ("section_name", "section_dist") if name in block.values}
    index = block.values.get("section_index", 0)
    if isinstance(index, list):
        found = numbers_of(block, "section_index", "um")
        if found is None:
            return None
        if len(found) != 2 or found[0] > found[1]:
            block.report("section_index", "a range of two distances in um is needed, the smaller one first")
            return None
        fields["section_index"] = found
    elif isinstance(index, bool) or not isinstance(index, int) or index < 0:
        block.report(
            "section_index", "the number of a section, or a range of distances [0, 50.0] in um, is needed"
        )
        return None
    else:
        fields["section_index"] = index
    return block.make(ClampPlace, fields)


def _steps(block: Block, unit: str) -> dict[str, tuple[float, ...] | None] | None:
    if block.values.get("gids", "all") != "all":  # which tools of BioNet write, and BioNet does not read
        block.report("gids", "which cells is said by node_set alone, in BioNet too")
    units = {"amp": unit, "delay": "ms", "duration": "ms"}
    for name in _STEPS:
        if name not in block.values:
            block.report(name, f"is missing; a number in {units[name]} is needed, or a list of them")
    given = {name: numbers_of(block, name, units[name]) for name in _STEPS}
    if None in given.values() or not same_length(block, given):
        return None
    return {field: given[name] for field, name in _FIELDS.items()}


def read_current_clamp(wanted: Wanted) -> CurrentClamp | CurrentFile | None:
    """Return a current; ``input_type`` says whether it is of numbers, of a table, or of an NWB file."""
    block = wanted.block
    kind = str(block.values.get("input_type")).lower()
    if kind in ("csv", "file"):
        return _from_file(wanted, "csv")
    if kind in ("nwb", "allen"):
        return _from_file(wanted, "nwb")
    wanted.read((), *_STEPS, *_PLACE, "gids")
    if kind != "current_clamp":
        message = "module IClamp goes with 'current_clamp', 'csv' or 'file', 'nwb' or 'allen'"
        block.report("input_type", message)
        return None
    steps, place = _steps(block, "nA"), _place(block)
    if steps is None or place is None:
        return None
    return block.make(CurrentClamp, {**steps, "place": place}, _FIELDS)


def _from_file(wanted: Wanted, kind: str) -> CurrentFile | None:
    block = wanted.block
    fields = wanted.read(_CSV if kind == "csv" else _NWB, *_PLACE)
    place, file = _place(block), wanted.file("file")
    sweep = fields.get("sweep_id")
    if sweep is not None and (isinstance(sweep, bool) or not isinstance(sweep, int | str)):
        block.report("sweep_id", "the number of a sweep is needed, or its name")
        return None
    window = fields.get("sweep_window")
    if isinstance(window, list) and (len(window) != 2 or window[0] >= window[1]):
        block.report("sweep_window", "two times in ms are needed, the earlier one first")
        return None
    if place is None or file is None:
        return None
    return block.make(CurrentFile, {**fields, "format": kind, "file": file, "place": place})


def read_voltage_clamp(wanted: Wanted) -> VoltageClamp | None:
    """Return steps of potential."""
    block = wanted.block
    fields = wanted.read((Key("resistance", "number", unit="Mohm"),), *_STEPS, *_PLACE, "gids", "vc")
    steps, place = _steps(block, "mV"), _place(block)
    if steps is None or place is None:
        return None
    return block.make(VoltageClamp, {**fields, **steps, "place": place}, _FIELDS)
