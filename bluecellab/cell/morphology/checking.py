"""Whether a morphology can be used, asked of MorphIO before NEURON sees the file."""

from __future__ import annotations

import re
from collections import OrderedDict
from pathlib import Path

import morphio
import numpy as np

from bluecellab.cell.morphology.paths import Location, find
from bluecellab.errors import MorphologyError
from bluecellab.nrn import swc

__all__ = ["check", "load"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_BARE_FRACTION = re.compile(r"(?<![\w.])([+-]?)\.(?=\d)")  # .5, which NEURON reads and MorphIO does not
_CAPACITY = 4096
_passed: OrderedDict[tuple[str, int, int, int], None] = OrderedDict()


def check(path: str | Path) -> None:
    """Refuse a morphology that cannot be used.

    A file that passed is not read again until it changes.

    Parameters
    ----------
    path
        See :func:`bluecellab.cell.morphology.find`.

    Raises
    ------
    MorphologyNotFoundError
        If there is none.
    MorphologyError
        If it is empty, cut short, not a morphology, of another format, or has no soma or several.
    """
    location = find(path)
    status = location.file.stat()
    key = (location.path, status.st_mtime_ns, status.st_size, status.st_ino)
    if key in _passed:
        _passed.move_to_end(key)
        return
    if status.st_size == 0:
        raise MorphologyError(f"morphology {path} is empty")
    if location.extension != ".h5":
        _check_text(location)
    morphology = load(location)
    soma = soma_of(morphology, location.path)
    numbers = (morphology.points, morphology.diameters, soma.points, soma.diameters)
    if not all(np.isfinite(array).all() for array in numbers):
        raise MorphologyError(f"morphology {location.path} has points that are not finite numbers")
    unknown = sorted({int(section.type) for section in morphology.sections} - {2, 3, 4})
    if unknown:
        raise MorphologyError(
            f"morphology {location.path} has sections of type {', '.join(map(str, unknown))}; cell templates "
            "have arrays for axon (2), basal (3) and apical dendrites (4) only. Give them one of these."
        )
    _passed[key] = None
    if len(_passed) > _CAPACITY:
        _passed.popitem(last=False)


def _check_text(location: Location) -> None:
    content = location.file.read_bytes()
    if b"\0" in content:
        raise MorphologyError(
            f"morphology {location.path} is a binary file under the name of a text file ("
            f"{location.extension}); it may be damaged"
        )
    if location.extension == ".swc" and not swc.is_ordered(content):
        _check_order(content, location.path)


def _check_order(content: bytes, path: str) -> None:
    """Refuse an SWC file that is not sorted: NEURON's reader needs parents before children."""
    last = -1
    for number, line in enumerate(content.decode("latin-1").splitlines(), start=1):
        fields = line.partition("#")[0].split()
        if not fields:
            continue
        try:
            index, parent = int(float(fields[0])), int(float(fields[6]))
        except (ValueError, IndexError, OverflowError) as error:
            raise MorphologyError(
                f"morphology {path}, line {number}: {line.strip()[:60]!r} is not 'id type x y z radius "
                "parent'; the file may be cut short"
            ) from error
        if index <= last or parent >= index:
            raise MorphologyError(
                f"morphology {path}, line {number}: point {index} (parent {parent}) comes after "
                f"point {last}; NEURON needs ascending ids, with parents before children. Sort the file."
            )
        last = index


def load(location: Location, options: int = 0) -> morphio.Morphology:
    """Read a morphology with MorphIO, its warnings kept quiet.

    Raises
    ------
    MorphologyError
        With MorphIO's reason.
    """
    quiet = morphio.WarningHandlerCollector()
    try:
        if location.entry:
            collection = morphio.Collection(str(location.file), [".h5"])
            return collection.load(location.entry, options, warning_handler=quiet)
        if location.extension == ".asc":
            text = location.file.read_text(encoding="latin-1")
            complete = _BARE_FRACTION.sub(r"\g<1>0.", text)
            if complete != text:
                return morphio.Morphology(complete, "asc", options, warning_handler=quiet)
        return morphio.Morphology(str(location.file), options, warning_handler=quiet)
    except (morphio.MorphioError, RuntimeError, ValueError, IndexError) as error:
        reason = " ".join(_COLOUR.sub("", str(error)).split())
        reason = reason.replace(f"{location.file}:", "line ").replace(":error ", ": ")
        raise MorphologyError(
            f"morphology {location.path} cannot be read: {reason}. It may be cut short or damaged."
        ) from error


def soma_of(morphology: morphio.Morphology, path: str) -> morphio.Soma:
    """Return the soma.

    Raises
    ------
    MorphologyError
        If there is none, or it cannot be made into a section.
    """
    soma = morphology.soma
    if soma.type == morphio.SomaType.SOMA_UNDEFINED or len(soma.points) == 0:
        raise MorphologyError(
            f"morphology {path} has no soma, or one of two points, which has no shape; a cell needs one"
        )
    return soma
