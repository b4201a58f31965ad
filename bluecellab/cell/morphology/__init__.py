"""Morphology files: where they are, whether they can be used, and what MorphIO reads from them.

Files ``.asc`` and ``.swc`` are read into NEURON by its own Import3d; ``.h5`` files and containers by
MorphIO. Every file is checked with MorphIO before NEURON sees it, because Import3d ends the process
on some broken files.
"""

from __future__ import annotations

from bluecellab.cell.morphology.checking import check
from bluecellab.cell.morphology.locating import locate
from bluecellab.cell.morphology.paths import Location, find
from bluecellab.cell.morphology.reading import arrange
from bluecellab.cell.morphology.wrapper import MorphIOWrapper, install_wrapper_module
from bluecellab.nrn import geometry

__all__ = ["Location", "MorphIOWrapper", "arrange", "check", "find", "locate"]

geometry.use_checker(check)
geometry.use_reader("h5", arrange)
install_wrapper_module()
