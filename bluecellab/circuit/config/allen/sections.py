"""The sections ``run``, ``conditions`` and ``output`` of the Allen dialect."""

from __future__ import annotations

from bluecellab.circuit.config.allen.places import AllenPlaces
from bluecellab.circuit.config.allen.sources import Sources
from bluecellab.circuit.config.allen.values import cleaned
from bluecellab.circuit.config.blocks import Block, Key
from bluecellab.spec.allen import AllenConditions, AllenOutput, AllenRun

__all__ = ["read_conditions", "read_output", "read_run"]

_RUN = (
    Key("tstop", "number", needed=True, unit="ms"),
    Key("dt", "number", unit="ms"),
    Key("tstart", "number", unit="ms"),
    Key("dL", "number", unit="um"),
    Key("spike_threshold", "number", unit="mV"),
    Key("nsteps_block", "integer"),
)
#: Known and without meaning here: BioNet does not look at them either.
_RUN_IGNORED = ("calc_ecp", "overwrite_output_dir", "use_old_import3d", "random_seed", "save_cell_vars")
_CONDITIONS = (
    Key("celsius", "number", needed=True, unit="degC"),
    Key("v_init", "number", needed=True, unit="mV"),
)
_FILES = ("spikes_file", "spikes_file_csv", "spikes_file_nwb")
_ORDERS = {
    "time": "by_time",
    "by_time": "by_time",
    "id": "by_id",
    "by_id": "by_id",
    "node_id": "by_id",
    "gid": "by_id",
    "none": "none",
    "na": "none",
}
_OUTPUT = (
    Key("output_dir", "text"),
    Key("overwrite_output_dir", "flag"),
    *(Key(name, "text") for name in _FILES),
    Key("spikes_sort_order", "text", choices=tuple(_ORDERS)),
    Key("compression", "text", choices=("gzip", "lzf", "none")),
    Key("log_file", "text"),
)
_OUTPUT_IGNORED = (
    "log_level",
    "log_format",
    "log_to_console",
    "quiet_simulator",
    "cache_to_disk",
)


def _needed(sources: Sources, name: str, example: str) -> Block | None:
    block = sources.block(name)
    source = sources.at(name)
    if block is None and source.value is None:
        source.problems.add(name, None, f"is missing; {example} is needed")
    return block


def read_run(sources: Sources) -> AllenRun | None:
    """Return the ``run`` section; None, and problems, if it is wrong."""
    found = _needed(sources, "run", '{"tstop": 1000.0, "dt": 0.1}')
    if found is None:
        return None
    block = cleaned(found, keep=("dL",))
    longest = {"dL": None} if "dL" in block.values and block.values["dL"] is None else {}
    if longest:
        block = cleaned(block)
    fields = block.read(_RUN, ignored=_RUN_IGNORED)
    if fields.get("tstart"):
        block.report("tstart", "a run begins at 0 ms, in BioNet too; leave the key out")
    if block.values.get("use_old_import3d"):
        block.report("use_old_import3d", "is not supported; morphologies are read by NEURON's own Import3D")
    blocks = fields.get("nsteps_block")
    if isinstance(blocks, int) and blocks < 1:
        block.report("nsteps_block", "a number of steps is needed, 1 or more")
    return block.make(AllenRun, {**fields, **longest})


def read_conditions(sources: Sources) -> AllenConditions | None:
    """Return the ``conditions`` section; None, and problems, if it is wrong."""
    found = _needed(sources, "conditions", '{"celsius": 34.0, "v_init": -80.0}')
    if found is None:
        return None
    block = cleaned(found)
    return block.make(AllenConditions, block.read(_CONDITIONS))


def read_output(sources: Sources) -> AllenOutput | None:
    """Return the ``output`` section, its folder as an absolute path.

    Older results may be replaced only if ``overwrite_output_dir`` is true, here or in ``run``. Spikes
    go to ``spikes.h5`` if no file is named for them.
    """
    source = sources.at("output")
    found = sources.block("output")
    if found is None and source.value is not None:
        return None
    block = cleaned(found or Block({}, "output", source.problems))
    if isinstance(block.values.get("spikes_sort_order"), str):
        order = str(block.values["spikes_sort_order"]).lower()
        block = Block({**block.values, "spikes_sort_order": order}, block.key, block.problems)
    fields = block.read(_OUTPUT, ignored=_OUTPUT_IGNORED)
    directory = source.places.output(str(fields.pop("output_dir", ".")), block.at("output_dir"))
    if directory is None:
        return None
    made: dict[str, object] = {"directory": directory, "overwrite": _overwrite(sources, fields)}
    if "spikes_sort_order" in fields:
        made["spikes_sort_order"] = _ORDERS[str(fields["spikes_sort_order"])]
    if "compression" in fields:
        made["compression"] = None if fields["compression"] == "none" else fields["compression"]
    _files(block, fields, source.places, made)
    return block.make(AllenOutput, made, {"directory": "output_dir"})


def _overwrite(sources: Sources, fields: dict[str, object]) -> bool:
    given = fields.pop("overwrite_output_dir", None)
    run = sources.block("run")
    if run is not None and "overwrite_output_dir" in run.values:
        value = run.values["overwrite_output_dir"]
        if not isinstance(value, bool):
            run.report("overwrite_output_dir", "true or false is needed")
        elif given is None:
            given = value
    return given is True


def _files(block: Block, fields: dict[str, object], places: AllenPlaces, made: dict[str, object]) -> None:
    """Put in the names of files, all of which lie in the folder of output unless they are elsewhere."""
    for name in (*_FILES, "log_file"):
        if name in fields:
            text = str(fields[name])
            made[name] = places.of_output(text, block.at(name), str(made["directory"]))
    if any(name in made for name in _FILES):
        made.setdefault("spikes_file", None)
