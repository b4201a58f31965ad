"""The ``reports``."""

from __future__ import annotations

from bluecellab.circuit.config.blocks import Block, Key
from bluecellab.circuit.config.places import Places
from bluecellab.spec.simulation import Report

__all__ = ["REPORT", "read_report"]

_TYPES = ("compartment", "summation", "synapse", "compartment_set")

REPORT = (
    Key("type", "text", needed=True),
    Key("cells", "text"),
    Key("sections", "text", choices=("soma", "axon", "dend", "apic", "all")),
    Key("compartments", "text", choices=("center", "all")),
    Key("compartment_set", "text"),
    Key("variable_name", "text", needed=True),
    Key("scaling", "text", choices=("none", "area")),
    Key("unit", "text"),
    Key("dt", "number", needed=True, unit="ms"),
    Key("start_time", "number", needed=True, unit="ms"),
    Key("end_time", "number", needed=True, unit="ms"),
    Key("file_name", "text"),
    Key("enabled", "flag"),
)


def read_report(name: str, block: Block, places: Places, directory: str | None) -> Report | None:
    """Return one of the ``reports``; None if it is not enabled, or, with problems, if it is wrong.

    Parameters
    ----------
    name
        Its key.
    block
        It.
    places
        For its file.
    directory
        The folder of output, if that is known.
    """
    if block.values.get("enabled") is False:
        return None  # whatever else it says
    given = block.values.get("type")
    if given == "lfp":
        block.report(
            "type", "extracellular potentials are not supported yet; give enabled: false to leave it out"
        )
        return None
    keys = tuple(Key(**{**vars(key), "choices": _TYPES}) if key.name == "type" else key for key in REPORT)
    fields = block.read(keys, ignored=("electrodes_file",))
    if given == "compartment_set":
        for key in ("sections", "compartments"):
            if key in block.values:
                block.report(key, "is not for reports of type compartment_set, which name their compartments")
        if "compartment_set" not in block.values:
            block.report("compartment_set", "is missing; the name of a compartment set is needed")
            return None
    elif "compartment_set" in block.values and "type" in fields:
        block.report("compartment_set", 'is for reports of type "compartment_set" alone')
        return None
    _check_variables(block, fields)
    if "file_name" in fields and directory is not None:
        made = places.within(str(fields.pop("file_name")), block.at("file_name"), directory)
        if made is not None:
            fields["file_name"] = made
    return block.make(Report, {"name": name, **fields})


def _check_variables(block: Block, fields: dict[str, object]) -> None:
    """Report names of variables that are none: ``v``, ``hh.m``; for a summation several, with commas."""
    if "variable_name" not in fields:
        return
    variables = [name.strip() for name in str(fields["variable_name"]).split(",")]
    good = all(
        len(parts) <= 2 and all(part.isidentifier() for part in parts)
        for parts in (name.split(".") for name in variables)
    )
    if not good:
        block.report("variable_name", 'names such as "v", "hh.m" or "ProbAMPANMDA_EMS.i" are needed')
        del fields["variable_name"]
    elif len(variables) > 1 and fields.get("type") in ("compartment", "compartment_set", "synapse"):
        block.report(
            "variable_name",
            f"a report of type {fields['type']} has one variable; a summation may have several",
        )
