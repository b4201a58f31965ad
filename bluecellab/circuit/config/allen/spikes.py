"""Inputs of spikes: from files, from registered functions, from probes, and replayed through edges."""

from __future__ import annotations

from bluecellab.circuit.config.allen.network import read_edges_file
from bluecellab.circuit.config.allen.values import cleaned, texts_of
from bluecellab.circuit.config.allen.wanted import Wanted
from bluecellab.circuit.config.blocks import Block, Key
from bluecellab.spec.allen import EdgeReplay, FunctionTrains, ProbeTrains, SpikeTrains

__all__ = ["read_generated", "read_probe", "read_replay", "read_trains"]

_TRAINS = (
    Key("input_file", "text", needed=True),
    Key("node_set", "any", needed=True),
    Key("population", "text"),
    Key("default_population", "text"),
    Key("units", "text"),
    Key("trial", "any"),
)
_PROBE = (
    "mapping",
    "units",
    "interval",
    "interval_offset",
    "missing_ids",
    "simulation_offset",
    "cache_spikes",
    "save_map",
)


def _spikes(wanted: Wanted) -> None:
    given = wanted.block.values.get("input_type")
    if isinstance(given, str) and given.lower() != "spikes":
        module = wanted.block.values["module"]
        wanted.block.report("input_type", f"module {module!r} goes with 'spikes'")


def read_trains(wanted: Wanted) -> SpikeTrains | None:
    """Return spikes of a file; ``module`` says of which format."""
    _spikes(wanted)
    block = wanted.block
    module = str(block.values["module"]).lower()
    fields = wanted.read(_TRAINS)
    units = fields.get("units", "ms")
    if str(units).lower() not in ("ms", "millisecond", "milliseconds"):
        block.report(
            "units", 'times of spikes are taken in ms, in BioNet too; convert the file, and say "ms"'
        )
    trial = fields.get("trial")
    if trial is not None and (isinstance(trial, bool) or not isinstance(trial, int | str)):
        block.report("trial", "the name of a trial is needed")
        trial = None
    file = wanted.file("input_file")
    if file is None:
        return None
    made = {
        "input_file": file,
        "format": "sonata" if module == "h5" else module,
        "population": fields.get("population", fields.get("default_population")),
        "trial": None if trial is None else str(trial),
    }
    return block.make(SpikeTrains, made)


def read_generated(wanted: Wanted) -> FunctionTrains | None:
    """Return spikes of a function that is registered; whether it is, is looked up when it is needed."""
    _spikes(wanted)
    fields = wanted.read((Key("spikes_function", "text", needed=True), Key("node_set", "any", needed=True)))
    return (
        wanted.block.make(FunctionTrains, {"function": fields.get("spikes_function")})
        if fields.get("spikes_function")
        else None
    )


def read_probe(wanted: Wanted) -> ProbeTrains | None:
    """Return spikes of units that probes recorded, in one file or several; options stay as they are."""
    _spikes(wanted)
    block = wanted.block
    keys = (Key("input_file", "any", needed=True), Key("node_set", "any", needed=True))
    wanted.read(keys, *_PROBE, "interval_onset")
    if block.values.get("interval_onset"):  # stands in published examples as 0, and is not looked at
        block.report("interval_onset", "BioNet does not look at this key; is interval_offset meant?")
    options = {name: block.values[name] for name in _PROBE if name in block.values}
    if isinstance(options.get("units"), str):
        options["units"] = wanted.file("units")
    texts = texts_of(block, "input_file", "the path of a file") or ()
    found = [wanted.places.existing(text, block.at("input_file")) for text in texts]
    files = [path for path in found if path is not None]
    if not files or len(files) != len(texts):
        return None
    return block.make(
        ProbeTrains, {"input_file": files[0], "more_files": tuple(files[1:]), "options": options}
    )


def read_replay(wanted: Wanted) -> EdgeReplay | None:
    """Return spikes of real cells that arrive through edges of their own."""
    block = wanted.block
    wanted.read(
        (
            Key("spikes_file", "text", needed=True),
            Key("edges", "any", needed=True),
            Key("source_node_set", "any"),
            Key("target_node_set", "any"),
        )
    )
    given = block.values.get("edges")
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    edges = None
    if isinstance(given, dict):
        edges = read_edges_file(cleaned(Block(given, block.at("edges"), block.problems)), wanted.places, [])
    elif given is not None:
        block.report("edges", 'one file is needed: {"edges_file": "...", "edge_types_file": "..."}')
    sets = {name: wanted.node_set(name) for name in ("source_node_set", "target_node_set")}
    file = wanted.file("spikes_file")
    if file is None or edges is None:
        return None
    return block.make(EdgeReplay, {"spikes_file": file, "edges": edges, **sets})
