"""Opening a circuit, in whichever dialect of SONATA it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bluecellab.circuit.config.dialects import dialect_of
from bluecellab.circuit.obi import ObiCircuit

if TYPE_CHECKING:
    from bluecellab.circuit.allen import AllenCircuit

__all__ = ["open_circuit"]

PathLike = str | os.PathLike[str]
_NAMES = ("circuit_config.json", "config.circuit.json")


def open_circuit(
    path: PathLike,
    *,
    node_sets_file: PathLike | None = None,
    confine_to: PathLike | None = None,
) -> ObiCircuit | AllenCircuit:
    """Open a circuit by its configuration.

    Parameters
    ----------
    path
        The ``circuit_config.json``, or the folder that has it. In the Allen dialect it may also be the
        configuration of a simulation that has, or names, the circuit.
    node_sets_file
        Node sets beside the circuit's own; where both have one of the same name, this file's counts.
    confine_to
        A folder: anything the configuration or its files lead to outside of it is refused.

    Raises
    ------
    CircuitFileError
        If the configuration is missing or wrong; the message says everything that is.
    ConfinementError
        If it leads out of ``confine_to``.

    Examples
    --------
    >>> from bluecellab.circuit import open_circuit
    >>> open_circuit("nowhere/circuit_config.json")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    bluecellab.errors.CircuitFileError: ...circuit_config.json: cannot be read: No such file or directory
    """
    given = Path(path)
    if given.is_dir():
        given = next((given / name for name in _NAMES if (given / name).is_file()), given / _NAMES[0])
    if dialect_of(given, confine_to=confine_to) == "obi":
        return ObiCircuit(given, node_sets_file=node_sets_file, confine_to=confine_to)
    from bluecellab.circuit.allen import open_allen

    return open_allen(given, node_sets_file=node_sets_file, confine_to=confine_to)
