"""The sections ``run``, ``output`` and ``conditions``."""

from __future__ import annotations

from bluecellab.circuit.config.blocks import Block, Key, blocks_of
from bluecellab.circuit.config.places import Places
from bluecellab.spec.simulation import CircuitConditions, CircuitRun, Output, Seeds

__all__ = ["CONDITIONS", "OUTPUT", "RUN", "read_conditions", "read_output", "read_run"]

_METHODS = ("euler", "crank_nicolson", "crank_nicolson_ion")
_SEEDS = {
    "random_seed": "base",
    "synapse_seed": "synapse",
    "minis_seed": "minis",
    "stimulus_seed": "stimulus",
    "ionchannel_seed": "ionchannel",
}

RUN = (
    Key("tstop", "number", needed=True, unit="ms"),
    Key("dt", "number", needed=True, unit="ms"),
    Key("tstart", "number", unit="ms"),
    Key("spike_threshold", "number", unit="mV"),
    Key("integration_method", "any"),
    *(Key(name, "integer", needed=name == "random_seed") for name in _SEEDS),
)
OUTPUT = (
    Key("output_dir", "text", field="directory"),
    Key("spikes_file", "text"),
    Key("spikes_sort_order", "text", choices=("none", "by_id", "by_time")),
    Key("log_file", "text"),
)
CONDITIONS = (
    Key("celsius", "number", unit="degC"),
    Key("v_init", "number", unit="mV"),
    Key("spike_location", "text", choices=("soma", "AIS")),
    Key("extracellular_calcium", "number", unit="mM"),
    Key("randomize_gaba_rise_time", "flag"),
    Key("mechanisms", "object"),
)


def read_run(block: Block) -> tuple[CircuitRun | None, Seeds | None]:
    """Return the ``run`` section: how the clock goes, and the seeds."""
    fields = block.read(RUN, ignored=("electrodes_file",))  # the default of reports of fields
    seeds = {_SEEDS[name]: fields.pop(name) for name in _SEEDS if name in fields}
    if "integration_method" in fields:
        method = _method(block, fields.pop("integration_method"))
        if method is not None:
            fields["integration_method"] = method
    run = block.make(CircuitRun, fields)
    return run, block.make(Seeds, seeds, {field: name for name, field in _SEEDS.items()})


def _method(block: Block, value: object) -> str | None:
    """Return the name of an integration method, which the documentation also gives as 0, 1 or 2."""
    number = int(value) if isinstance(value, str) and value in ("0", "1", "2") else value
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(_METHODS):
        return _METHODS[number]
    if isinstance(value, str) and value in _METHODS:
        return value
    listed = ", ".join(f"{name!r} ({number})" for number, name in enumerate(_METHODS))
    block.report("integration_method", f"one of {listed} is needed")
    return None


def read_output(block: Block, places: Places) -> Output | None:
    """Return the ``output`` section, its folder as an absolute path."""
    fields = block.read(OUTPUT)
    given = str(fields.get("directory", "output"))
    directory = places.path(given, block.at("output_dir"))
    if directory is None:
        return None
    for name in ("spikes_file", "log_file"):
        if name in fields:
            made = places.within(str(fields.pop(name)), block.at(name), directory)
            if made is not None:
                fields[name] = made
    return block.make(Output, {**fields, "directory": directory}, {"directory": "output_dir"})


def read_conditions(block: Block) -> CircuitConditions | None:
    """Return the ``conditions`` section, but for its modifications."""
    fields = block.read(CONDITIONS, ignored=("modifications",))
    mechanisms = block.inner("mechanisms")
    if mechanisms is not None:
        fields["mechanisms"] = {
            suffix: _globals(inner)
            for suffix, inner in blocks_of(mechanisms.values, mechanisms.key, mechanisms.problems)
        }
    return block.make(CircuitConditions, fields)


def _globals(block: Block) -> dict[str, object]:
    """Return the values of the globals of a mechanism; true and false are 1 and 0."""
    found = block.read([Key(name, "setting") for name in block.values])
    return {name: int(value) if isinstance(value, bool) else value for name, value in found.items()}
