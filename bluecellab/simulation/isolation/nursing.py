"""Inside a nursery: a fork of the server builds a cell, and becomes a server itself."""

from __future__ import annotations

import faulthandler
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from bluecellab.simulation.isolation import limits
from bluecellab.simulation.isolation.files import Stamp, sources_of, stamps_of

if TYPE_CHECKING:
    from bluecellab.cell import Cell
    from bluecellab.spec.cells import AnyCell

__all__ = ["build", "residents", "settle_down"]

_residents: list[Cell] = []


def build(spec: AnyCell, useful: Sequence[str] = ()) -> tuple[Stamp, ...]:
    """Build the cell of this process.

    Parameters
    ----------
    spec
        Its specification.
    useful
        Modules of this package that jobs may need: imported here, they need not be in every worker.

    Returns
    -------
    tuple of Stamp
        The states of the sources that were imported to build it.
    """
    from bluecellab.cell import Cell

    for name in useful:
        with suppress(ImportError):  # a job that does need it will say so
            importlib.import_module(name)
    before = frozenset(sys.modules)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # it tells changes by whole seconds only
    try:
        _residents.append(Cell.from_spec(spec))
    finally:
        sys.dont_write_bytecode = writes
    modules = [module for name, module in list(sys.modules.items()) if name not in before]
    return stamps_of(sources_of(modules))


def residents() -> tuple[object, ...]:
    """Return what was built."""
    return tuple(_residents)


def settle_down(log: int, trace: int) -> None:
    """Turn a worker that has built a cell into one that stays.

    Parameters
    ----------
    log
        File descriptor of the server's own log.
    trace
        File descriptor of where a builder says where it died.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limits.allow_memory()
    for stream in (1, 2):
        os.dup2(log, stream)  # nobody listens to the builder's any more
    faulthandler.enable(file=2, all_threads=False)
    for descriptor in (log, trace):
        os.close(descriptor)
    os.chdir("/")  # no folder is kept busy
    gc.collect()
    gc.freeze()  # else the first collection in every worker would copy all pages
