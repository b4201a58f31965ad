"""Where a result comes from: versions, seeds, and hashes of all that went into it."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from pydantic import JsonValue

from bluecellab.errors import OutputError
from bluecellab.simulation import provenance
from bluecellab.simulation.circuit.dialect import Dialect

__all__ = ["FILE_NAME", "provenance_of", "write_provenance"]

#: Name of the file within the output folder.
FILE_NAME = "provenance.json"

_PACKAGES = (*provenance.PACKAGES, "libsonata", "h5py", "morphio")


def provenance_of(dialect: Dialect, **more: JsonValue) -> dict[str, JsonValue]:
    """Return where a result comes from, ready for JSON.

    Parameters
    ----------
    dialect
        What was simulated.
    more
        Further facts, such as the number of cells.

    Returns
    -------
    dict
        ``versions``, ``platform``, ``seeds``, ``files`` (SHA-256 of the configurations), ``mechanisms`` (what
        identifies the content of each library), ``config`` (all of it), and what was given.
    """
    return {
        "written": provenance.now(),
        "versions": provenance.versions(_PACKAGES),
        "platform": provenance.system(),
        "command": list(sys.argv),
        **dialect.facts(),
        "files": {name: _sha256(name) for name in dict.fromkeys(dialect.input_files())},
        "mechanisms": provenance.libraries(),
        "config": dialect.config.to_dict(),
        **more,
    }


def write_provenance(path: Path, facts: dict[str, JsonValue]) -> None:
    """Write a provenance file, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"the provenance cannot be written to {path}: {error}") from error


def _sha256(path: str) -> str | None:
    """Return the digest of a file; None if it is not there (any more)."""
    try:
        with Path(path).open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()
    except OSError:
        return None
