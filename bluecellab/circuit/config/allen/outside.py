"""Inputs from outside of cells: ``xstim`` and ``comsol``."""

from __future__ import annotations

from collections.abc import Mapping

from bluecellab.circuit.config.allen.values import cleaned, numbers_of
from bluecellab.circuit.config.allen.wanted import Wanted
from bluecellab.circuit.config.blocks import Block, Key
from bluecellab.circuit.config.problems import Problems
from bluecellab.circuit.config.text import read_object
from bluecellab.spec.allen import ComsolField, FieldWaveform, PointElectrodes

__all__ = ["read_comsol", "read_xstim"]

_XSTIM = (
    Key("positions_file", "text", needed=True),
    Key("mesh_files_dir", "text"),
    Key("resistance", "number", unit="ohm cm", field="resistivity"),
    Key("waveform", "any", needed=True),
    Key("set_nrn_mechanisms", "flag"),
)
_WAVEFORM = (
    Key("shape", "text", needed=True, choices=("dc", "sin")),
    Key("amp", "number", needed=True, unit="mA", field="amplitude"),
    Key("del", "number", needed=True, unit="ms", field="delay"),
    Key("dur", "number", needed=True, unit="ms", field="duration"),
)
_SINE = (
    Key("freq", "number", needed=True, unit="Hz", field="frequency"),
    Key("phase", "number", unit="rad"),
    Key("offset", "number", unit="mA"),
)
_NAMES: Mapping[str, str] = {key.field: key.name for key in (*_WAVEFORM, *_SINE) if key.field}


def read_xstim(wanted: Wanted) -> PointElectrodes | None:
    """Return currents of point electrodes."""
    block = wanted.block
    fields = wanted.read(_XSTIM)
    fields.pop("set_nrn_mechanisms", None)  # the mechanism is there whenever there is a field
    positions, mesh = wanted.file("positions_file"), wanted.file("mesh_files_dir")
    waveform = _waveform(wanted) if "waveform" in fields else None
    if positions is None or waveform is None or (mesh is None and "mesh_files_dir" in block.values):
        return None
    made = {**fields, "positions_file": positions, "mesh_files_dir": mesh, "waveform": waveform}
    return block.make(PointElectrodes, made, {"resistivity": "resistance"})


def _waveform(wanted: Wanted) -> FieldWaveform | None:
    block = wanted.block
    given = block.values["waveform"]
    if isinstance(given, dict):
        return _shape(cleaned(Block(given, block.at("waveform"), block.problems)))
    if not isinstance(given, str):
        block.report(
            "waveform", 'an object {"shape": "sin", ...} is needed, or the path of a .csv or .json file'
        )
        return None
    path = wanted.file("waveform")
    if path is None:
        return None
    if not path.lower().endswith(".json"):
        return FieldWaveform(shape="file", file=path)
    problems = Problems(path)
    values = read_object(path, problems)
    made = None if values is None else _shape(cleaned(Block(values, "", problems)))
    block.problems.extend(problems)
    return made


def _shape(block: Block) -> FieldWaveform | None:
    sine = block.values.get("shape") == "sin"
    others = () if sine else tuple(key.name for key in _SINE)
    fields = block.read((*_WAVEFORM, *(_SINE if sine else ())), ignored=others)
    return block.make(FieldWaveform, fields, _NAMES)


def _either(block: Block, names: tuple[str, str]) -> str:
    """Return which of two spellings is used; report it if both are."""
    if all(name in block.values for name in names):
        block.report(names[1], f"is given beside {names[0]}, which means the same")
    return names[1] if names[1] in block.values and names[0] not in block.values else names[0]


def read_comsol(wanted: Wanted) -> ComsolField | None:
    """Return fields that COMSOL computed; one waveform or amplitude for all files, or one for each."""
    block = wanted.block
    spellings = (("comsol_files", "comsol_file"), ("waveforms", "waveform"), ("amplitudes", "amplitude"))
    files_key, waves_key, amps_key = (_either(block, each) for each in spellings)
    wanted.read((Key(files_key, "any", needed=True),), *(name for pair in spellings for name in pair))
    files = _paths(wanted, files_key)
    amplitudes = numbers_of(block, amps_key, "factors")
    waves: tuple[str | None, ...] = ()
    if waves_key in block.values:
        found = _paths(wanted, waves_key, nulls=True)
        if found is None:
            return None
        waves = found
    if files is None or (amplitudes is None and amps_key in block.values):
        return None
    made: dict[str, object] = {"files": files}
    for name, key, values in (
        ("waveforms", waves_key, waves or (None,)),
        ("amplitudes", amps_key, amplitudes or (1.0,)),
    ):
        if len(values) == 1 and not isinstance(block.values.get(key), list):
            values = values * len(files)
        if len(values) != len(files):
            block.report(
                key, f"has {len(values)} values for {len(files)} files; give one for each, or one for all"
            )
            return None
        made[name] = values
    return block.make(ComsolField, made)


def _paths(wanted: Wanted, name: str, *, nulls: bool = False) -> tuple[str | None, ...] | None:
    """Return one path, or several of a list, as absolute ones; None, and problems, if one is none."""
    block = wanted.block
    if name not in block.values:
        return None
    value = block.values[name]
    listed = value if isinstance(value, list) else [value]
    fine = all((isinstance(each, str) and each) or (nulls and each is None) for each in listed)
    if not listed or not fine:
        block.report(name, "the path of a file is needed, or a list of them")
        return None
    found: list[str | None] = []
    for each in listed:
        path = wanted.places.existing(each, block.at(name)) if isinstance(each, str) else None
        if path is None and each is not None:
            return None
        found.append(path)
    return tuple(found)
