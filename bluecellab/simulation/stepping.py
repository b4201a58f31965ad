"""Which cells, and which stimuli, a variable step (CVODE) suits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bluecellab.cell import Cell
from bluecellab.errors import EngineError
from bluecellab.nrn import objects, runtime, settings
from bluecellab.nrn.mechanisms.loading import density_mechanisms
from bluecellab.nrn.mechanisms.variables import source_text
from bluecellab.stimulus import LiveStimulus

__all__ = ["integrates_with_cvode", "is_refusal", "membranes_allow_cvode", "serves_cvode"]

_DRAWS = re.compile(
    r"\bnrnran123_(?!State|new|delete|getids|getseq|setseq|setids|set_|get_)\w+|\bscop_random\b|\bRANDOM\b"
    r"|\b(?:norm|exp|pois|u)rand\s*\(|\berand\s*\(|\brandom_(?:uniform|normal|negexp|ipick|dpick)\b"
)
_COMMENT = re.compile(r"^[ \t]*(?:COMMENT\b.*?\bENDCOMMENT\b|:[^\n]*|\?[^\n]*)", re.DOTALL | re.MULTILINE)
_EXTRACELLULAR = "extracellular"
_FINE = 1.0  # ms; samples closer than that keep CVODE from ever taking a long step
_MANY = 100  # of them


def integrates_with_cvode(cell: Cell) -> bool:
    """Whether a cell, as it is now, can be integrated with a variable step.

    It cannot be if, on it or on any other cell alive in this process (NEURON integrates them together),

    - there is a mechanism or synapse that NEURON refuses, such as ``ProbAMPANMDA_EMS``;
    - channels draw random numbers while they are integrated, such as ``StochKv3``, unless each has its
      ``deterministic`` set: their numbers of open channels belong to fixed steps;
    - ``extracellular`` is inserted, whose potentials NEURON's CVODE knows only through another integrator.

    The published rule is that the text ``StochKv`` does not occur in the template. Here the cell itself is
    looked at: what is in its template and not inserted does not count, what was inserted later does.

    Parameters
    ----------
    cell
        A live cell.

    Returns
    -------
    bool
        What ``RunConditions(cvode="auto")`` goes by.

    Raises
    ------
    ClosedError, BusyError
        If the cell is closed, or a run is in progress.

    Examples
    --------
    >>> from bluecellab import create_ball_stick
    >>> with create_ball_stick() as cell:
    ...     integrates_with_cvode(cell)
    True
    """
    cell.check_open()
    runtime.refuse_while_running("asking for the integrator")
    return membranes_allow_cvode() and _accepted()


def membranes_allow_cvode() -> bool:
    """Whether no density mechanism on any cell keeps CVODE out, as far as NEURON itself accepts it."""
    sections = list(runtime.raw_h().allsec())
    unfit = [name for name in density_mechanisms() if name == _EXTRACELLULAR or _is_random(name)]
    return not any(
        section.has_membrane(name) and _counts(section, name) for name in unfit for section in sections
    )


def is_refusal(error: EngineError) -> bool:
    """Whether NEURON refused CVODE for a mechanism, before the run began."""
    return "cannot be used with CVODE" in str(error)


def serves_cvode(stimuli: Iterable[LiveStimulus]) -> bool:
    """Whether a variable step serves stimuli: not, if one is sampled more often than every ms.

    The result would be right, but a step for each sample costs more than fixed steps.
    """
    for stimulus in stimuli:
        for part in stimulus.parts:
            times = part.waveform.times
            if len(times) > _MANY and (times[-1] - times[0]) / len(times) < _FINE:
                return False
    return True


_random: dict[str, bool] = {}


def _is_random(name: str) -> bool:
    """Whether a mechanism draws random numbers, by its text, or its name where there is no text."""
    if name not in _random:
        text = _COMMENT.sub("", source_text(name))
        _random[name] = "Stoch" in name or _DRAWS.search(text) is not None
    return _random[name]


def _counts(section: Any, name: str) -> bool:
    """Whether a mechanism keeps a section from CVODE; one that can be deterministic may not."""
    if name == _EXTRACELLULAR:
        return True
    return any(not getattr(segment, f"deterministic_{name}", 0) for segment in section)


def _accepted() -> bool:
    """Whether NEURON lets CVODE be switched on with everything that is alive."""
    with settings.preserved(("cvode", "dt")):
        try:
            with runtime.guard("switching CVODE on"):
                objects.cvode().active(1)
        except EngineError as error:
            if not is_refusal(error):
                raise
            return False
    return True
