"""Which dialect of SONATA a configuration is written in, and reading it as that."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from bluecellab.circuit.config.places import Places
from bluecellab.circuit.config.problems import Problems
from bluecellab.circuit.config.reading import read_obi_config
from bluecellab.circuit.config.text import read_object
from bluecellab.spec.simulation import SimulationConfig

if TYPE_CHECKING:
    from bluecellab.spec.allen import AllenConfig

__all__ = ["DialectName", "dialect_of", "read_config"]

DialectName = Literal["obi", "allen"]
PathLike = str | os.PathLike[str]

_DEEPEST = 4
_ALLEN_TOP = ("simulation", "components", "networks", "node_sets", "gid_mapping_file")
_ALLEN_RUN = ("dL", "nsteps_block")
_OBI_TOP = ("compartment_sets_file", "connection_overrides", "node_set", "metadata", "beta_features")
_OBI_RUN = ("random_seed", "integration_method")
_OBI_CONDITIONS = ("spike_location", "extracellular_calcium", "modifications", "mechanisms")


def read_config(path: PathLike, *, confine_to: PathLike | None = None) -> SimulationConfig | AllenConfig:
    """Return what the configuration of a simulation says, in whichever dialect of SONATA it is.

    Paths are made absolute, variables of the manifest are replaced, defaults are filled in, inputs
    stay in the order of the file. Reports that are not enabled are left out, whatever they say.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder that no path may leave, also not through links or ``..``.

    Returns
    -------
    SimulationConfig
        Of the Blue Brain / Open Brain dialect; no file but this one counts.
    AllenConfig
        Of the Allen Institute / BMTK dialect, from all files that it is spread over.

    Raises
    ------
    ConfigError
        If anything is wrong; ``.problems`` has everything that is.
    ConfinementError
        If one of the problems is a path that leaves the folder.
    """
    if dialect_of(path, confine_to=confine_to) == "obi":
        return read_obi_config(path, confine_to=confine_to)
    from bluecellab.circuit.config.allen import read_allen_config

    return read_allen_config(path, confine_to=confine_to)


def dialect_of(path: PathLike, *, confine_to: PathLike | None = None) -> DialectName:
    """Return which dialect of SONATA the configuration of a simulation, or of a circuit, is in.

    Files of nodes decide, if they can be reached: with ``populations`` it is that of the Blue Brain and
    the Open Brain Institute, with ``node_types_file`` that of the Allen Institute. Else what most of the
    keys and modules belong to. A file that cannot be read counts as ``"obi"``; reading it says what is
    wrong.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder; files outside of it are not looked at.
    """
    file = os.path.abspath(path)
    if file.lower().endswith((".yml", ".yaml")):
        return "allen"
    folder = None if confine_to is None else os.path.realpath(confine_to)
    problems = Problems(file)
    if not Places(file, problems, folder).allowed(file, "", None):
        return "obi"
    values = read_object(file, problems)
    if values is None:
        return "obi"
    return _of_networks(values, file, folder, 0) or _of_keys(values)


def _of_networks(
    values: Mapping[str, object], file: str, confine_to: str | None, depth: int
) -> DialectName | None:
    """Return the dialect that files of nodes and edges tell, here or in the parts that are named."""
    networks = values.get("networks")
    entries = [
        entry
        for kind in ("nodes", "edges")
        for entry in _list(_dict(networks).get(kind))
        if isinstance(entry, dict)
    ]
    if any("populations" in entry for entry in entries):
        return "obi"
    if any(
        name.startswith(("node_type", "edge_type")) and entry[name] for entry in entries for name in entry
    ):
        return "allen"
    if isinstance(values.get("simulation"), str):
        return "allen"  # no other dialect spreads a simulation over files
    network = values.get("network")
    if not isinstance(network, str) or depth > _DEEPEST:
        return None
    found = _named(network, values, file, confine_to)
    if found is None:
        return None
    part, inner = found
    return _of_networks(inner, part, confine_to, depth + 1)


def _named(
    text: str, values: Mapping[str, object], file: str, confine_to: str | None
) -> tuple[str, Mapping[str, object]] | None:
    from bluecellab.circuit.config.allen.places import AllenPlaces
    from bluecellab.circuit.config.allen.variables import Variables

    problems = Problems(file)  # whoever reads the configuration reports them
    variables = Variables(file, values.get("manifest"), problems)
    places = AllenPlaces(file, problems, variables, confine_to=confine_to, quiet=True)
    replaced = variables.replaced(text)
    part = places.existing(replaced, "network") if isinstance(replaced, str) else None
    inner = None if part is None else read_object(part, problems)
    return None if part is None or inner is None else (part, inner)


def _of_keys(values: Mapping[str, object]) -> DialectName:
    """Return the dialect that most of the keys and modules belong to."""
    from bluecellab.circuit.config.allen.inputs import INPUT_MODULES
    from bluecellab.circuit.config.inputs import MODULES

    run, conditions = _dict(values.get("run")), _dict(values.get("conditions"))
    modules = [
        str(each.get("module")).lower()
        for each in _dict(values.get("inputs")).values()
        if isinstance(each, dict)
    ]
    reports = [each for each in _dict(values.get("reports")).values() if isinstance(each, dict)]
    allen = _count(values, _ALLEN_TOP) + _count(run, _ALLEN_RUN)
    allen += _count(modules, [name.lower() for name in INPUT_MODULES])
    allen += sum("module" in each for each in reports)
    obi = _count(values, _OBI_TOP) + _count(run, _OBI_RUN) + _count(conditions, _OBI_CONDITIONS)
    obi += _count(modules, MODULES) + sum("type" in each for each in reports)
    return "allen" if allen > obi else "obi"


def _count(given: Iterable[str], known: Iterable[str]) -> int:
    names = set(known)
    return sum(name in names for name in given)


def _dict(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
