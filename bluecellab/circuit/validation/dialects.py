"""Everything that is wrong with a simulation, in whichever dialect it is, before NEURON starts."""

from __future__ import annotations

import os

from bluecellab.circuit.config.dialects import dialect_of
from bluecellab.circuit.config.problems import Problem
from bluecellab.circuit.validation.validating import check_obi, validate_obi
from bluecellab.spec.allen import AllenConfig
from bluecellab.spec.simulation import SimulationConfig

__all__ = ["check", "validate"]


def validate(
    path: str | os.PathLike[str], *, confine_to: str | os.PathLike[str] | None = None
) -> list[Problem]:
    """Return everything that is wrong with a simulation; NEURON is not started.

    Beyond what :func:`~bluecellab.circuit.config.read_config` sees: files and folders are there and
    are what they should be; node sets and compartment sets exist, are not empty, and belong to the
    circuit; reports fit the clock; texts of assignments can be read; templates and morphologies of
    the simulated cells are there; tables have their columns; functions that are asked for by name are
    registered; spikes to replay come from populations of the circuit.

    Parameters
    ----------
    path
        The configuration of a simulation, of either dialect of SONATA.
    confine_to
        A folder that no path may leave, also not through links or ``..``.

    Returns
    -------
    list of Problem
        Empty if all is well. Those of the configuration first, then those of its circuit.
    """
    if dialect_of(path, confine_to=confine_to) == "obi":
        return validate_obi(path, confine_to=confine_to)
    from bluecellab.circuit.validation.allen import validate_allen

    return validate_allen(path, confine_to=confine_to)


def check(
    config: SimulationConfig | AllenConfig, *, confine_to: str | os.PathLike[str] | None = None
) -> None:
    """Make sure that nothing is wrong with a simulation that has been read; see :func:`validate`.

    Parameters
    ----------
    config
        The simulation.
    confine_to
        A folder that no path may leave.

    Raises
    ------
    ConfigError
        If anything is wrong; ``.problems`` has everything that is.
    ConfinementError
        If one of the problems is a path that leaves the folder.
    """
    if isinstance(config, SimulationConfig):
        check_obi(config, confine_to=confine_to)
        return
    from bluecellab.circuit.validation.allen import check_allen

    check_allen(config, confine_to=confine_to)
