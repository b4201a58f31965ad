"""Everything that a run checks before it starts, and an estimate instead of the run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bluecellab.circuit.config import read_config
from bluecellab.circuit.validation import check
from bluecellab.errors import MechanismError
from bluecellab.results.sonata import OutputFolder
from bluecellab.simulation.circuit.dialects import dialect_of
from bluecellab.simulation.circuit.provenance import FILE_NAME
from bluecellab.simulation.estimating.core import estimate
from bluecellab.simulation.estimating.result import Estimate
from bluecellab.simulation.request import Engine
from bluecellab.spec.allen import AllenConfig
from bluecellab.spec.functions import load_functions

__all__ = ["Checked", "DryRun"]

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Checked:
    """What a dry run has found.

    Parameters
    ----------
    estimate
        How large the simulation is and what it will take.
    output
        The folder that it would write to.
    """

    estimate: Estimate
    output: Path


@dataclass(frozen=True)
class DryRun:
    """A run that does everything but run: as :func:`bluecellab.run_sonata` it checks, and then estimates.

    Parameters
    ----------
    output, overwrite, confine_to, mechanisms, functions
        As for :func:`bluecellab.run_sonata`.
    """

    output: PathLike | None = None
    overwrite: bool = False
    confine_to: PathLike | None = None
    mechanisms: PathLike | None = None
    functions: Sequence[PathLike] = ()

    def of(
        self, config: PathLike, *, ranks: int = 1, threads: int = 1, engine: Engine | None = None
    ) -> Checked:
        """Check a configuration, its files and its output folder, and estimate what it will take.

        Nothing is written, and NEURON is not started.

        Parameters
        ----------
        config
            Path of the configuration.
        ranks, threads, engine
            With what it is to run.

        Raises
        ------
        ConfigError
            With all mistakes of the configuration and of the files that it names.
        OutputError
            If the output folder holds an older result, or cannot be written.
        MechanismError
            If ``mechanisms`` is not there.
        SimulationError, CalibrationError
            As for :func:`~bluecellab.simulation.estimating.estimate`.
        """
        for path in self.functions:
            load_functions(path)
        directory = None if self.output is None else str(Path(self.output).absolute())
        dialect = dialect_of(read_config(Path(config), confine_to=self.confine_to)).changed(
            dt=None, base_seed=None, seeds="neurodamus", directory=directory
        )
        found = dialect.config
        check(found, confine_to=self.confine_to)
        if self.mechanisms is not None and not Path(self.mechanisms).exists():
            raise MechanismError(f"there is no folder of .mod files, or library, {self.mechanisms}")
        output = found.output
        folder = OutputFolder(
            Path(output.directory),
            overwrite=self.overwrite or bool(getattr(output, "overwrite", False)),
            log=output.log_file,
            elsewhere=isinstance(found, AllenConfig),  # where names may be absolute
        )
        folder.check([*dialect.output_names(), FILE_NAME, *([output.log_file] if output.log_file else [])])
        return Checked(
            estimate(found, ranks=ranks, threads=threads, engine=engine, confine_to=self.confine_to),
            folder.path,
        )
