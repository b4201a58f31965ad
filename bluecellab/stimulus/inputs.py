"""The ``inputs`` of a circuit: which random stream each block draws from, and how it is played to a cell.

Blocks are numbered within their family (noise; shot noise; Ornstein-Uhlenbeck), and the number is part of
the streams. With the seeds of Neurodamus they are numbered in the order of the file, leaving out what does
nothing; with those of BlueCelluLab in the order of their names, counting all. Numbers are those of the whole
configuration, whatever part of it is played.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from bluecellab.circuit.access import CompartmentSet
from bluecellab.errors import BluecellabError, StimulusError
from bluecellab.nrn.handles import Segment
from bluecellab.nrn.scope import Scope
from bluecellab.spec import stimuli
from bluecellab.spec.base import CellId
from bluecellab.spec.circuit_stimuli import SpatiallyUniformField, SynapseReplay
from bluecellab.spec.simulation import CircuitInput
from bluecellab.spec.simulation import Seeds as CircuitSeeds
from bluecellab.spec.stimuli import Noise, Stimulus
from bluecellab.stimulus.clamps import play
from bluecellab.stimulus.live import LiveStimulus
from bluecellab.stimulus.streams import Electrical, RunningStream, Seeds, Stream, stream_of

__all__ = ["SOMA", "Place", "PlannedInput", "Recipient", "places_on", "plan_inputs", "play_input"]

Place = tuple[int | str | None, float]
"""A section, by its SONATA id or name, and a position from 0 to 1 on it; None is the soma."""

SOMA: tuple[Place, ...] = ((None, 0.5),)
"""Where a block plays that has a node set: the middle of the soma."""

_FAMILIES: tuple[tuple[type[Stimulus], ...], ...] = (
    (stimuli.Noise,),
    (stimuli.ShotNoise, stimuli.AbsoluteShotNoise, stimuli.RelativeShotNoise),
    (stimuli.OrnsteinUhlenbeck, stimuli.RelativeOrnsteinUhlenbeck),
)
_UNKNOWN = Electrical()
_STEP_OF_NEURON = 0.025  # ms; what NEURON starts with
_ELSEWHERE: tuple[type[Stimulus], ...] = (SynapseReplay, SpatiallyUniformField)


@dataclass(frozen=True)
class PlannedInput:
    """A block of inputs and its number.

    Parameters
    ----------
    block
        It.
    count
        How many of its family come before it; 0 for what is not random.
    seeds
        Of the simulation.
    dt
        Time step of the run in ms; with the seeds of Neurodamus it enters into how many numbers noise skips.
    """

    block: CircuitInput
    count: int
    seeds: CircuitSeeds = field(default_factory=CircuitSeeds)
    dt: float = 0.025

    @property
    def name(self) -> str:
        """Key of the block in the configuration."""
        return self.block.name

    @property
    def clamps(self) -> bool:
        """Whether it is played by a clamp at places of a cell, and so by :func:`play_input`."""
        return not isinstance(self.block.stimulus, _ELSEWHERE)

    def seeds_of(self, node: int, gid: int) -> Seeds:
        """Return what decides the random stream that this block has at a cell.

        Parameters
        ----------
        node
            Id of the cell in its population; what BlueCelluLab takes.
        gid
            Its global id, from 0; what Neurodamus takes.
        """
        convention = self.seeds.convention
        return Seeds(
            base_seed=self.seeds.base,
            stimulus_seed=self.seeds.stimulus,
            cell=gid if convention == "neurodamus" else node,
            count=self.count,
            convention=convention,
            # the peer makes its inputs before it sets the step of the run
            dt=self.dt if convention == "neurodamus" else _STEP_OF_NEURON,
        )


def plan_inputs(
    inputs: Iterable[CircuitInput], seeds: CircuitSeeds | None = None, *, dt: float = 0.025
) -> list[PlannedInput]:
    """Give the blocks of a configuration their numbers.

    Give all of its blocks, also those that are not going to be played: what the others draw must not
    depend on that.

    Parameters
    ----------
    inputs
        In the order of the file.
    seeds
        Of the simulation; their convention decides about order and numbers.
    dt
        Time step of the run in ms.

    Returns
    -------
    list
        In the order in which they are numbered.

    Examples
    --------
    >>> from bluecellab.spec.stimuli import Noise
    >>> noise = Noise(duration=10, mean=0.1, variance=0.01)
    >>> blocks = [CircuitInput(name=name, stimulus=noise, node_set="All") for name in ("b", "a")]
    >>> [(planned.name, planned.count) for planned in plan_inputs(blocks)]
    [('b', 0), ('a', 1)]
    >>> [planned.name for planned in plan_inputs(blocks, CircuitSeeds(convention="bluecellulab"))]
    ['a', 'b']
    """
    chosen = CircuitSeeds() if seeds is None else seeds
    peer = chosen.convention == "bluecellulab"
    counts = [0] * len(_FAMILIES)
    planned = []
    for block in sorted(inputs, key=lambda block: block.name) if peer else inputs:
        family = _family(block.stimulus)
        planned.append(PlannedInput(block, 0 if family is None else counts[family], chosen, dt))
        if family is not None and (peer or not _does_nothing(block.stimulus)):
            counts[family] += 1
    return planned


def _family(stimulus: Stimulus) -> int | None:
    """Return which numbers a stimulus is counted by."""
    return next((index for index, kinds in enumerate(_FAMILIES) if isinstance(stimulus, kinds)), None)


def _does_nothing(stimulus: Stimulus) -> bool:
    """Whether Neurodamus leaves shots out, before it counts them."""
    if not isinstance(stimulus, _FAMILIES[1]):
        return False
    return getattr(stimulus, "duration", 1.0) == 0 or getattr(stimulus, "rate", 1.0) == 0


@dataclass(frozen=True)
class Recipient:
    """A cell, as far as a stimulus has to know it.

    Parameters
    ----------
    scope
        Will own what plays.
    label
        The cell's name, for messages.
    cell_id
        Its population and id.
    gid
        Its global id, from 0.
    segment
        Finds a place: called with a section's id, its name or None, and a position.
    electrical
        Properties that relative stimuli refer to.
    """

    scope: Scope
    label: str
    cell_id: CellId
    gid: int
    segment: Callable[[int | str | None, float], Segment]
    electrical: Electrical = _UNKNOWN


def places_on(compartments: CompartmentSet, cell_id: CellId) -> tuple[Place, ...]:
    """Return the places of a compartment set that are on a cell, in the order of the set.

    Parameters
    ----------
    compartments
        The set.
    cell_id
        The cell.
    """
    if compartments.population != cell_id.population_name:
        return ()
    here = np.flatnonzero(compartments.nodes == cell_id.id)
    return tuple((compartments.sections[index], float(compartments.offsets[index])) for index in here)


def play_input(
    planned: PlannedInput, recipient: Recipient, places: Sequence[Place] = SOMA
) -> list[LiveStimulus]:
    """Play a block of inputs at places of a cell.

    At several places of one cell the stimulus is the same, random ones included; but noise with the seeds
    of Neurodamus, which draws on for every place.

    A current counts as injected through an electrode (``IClamp``), whether or not the block says that it
    represents a physical one: what it does to the membrane potential is the same; ``i_membrane_`` does not
    have it in it.

    Parameters
    ----------
    planned
        The block; one that :attr:`PlannedInput.clamps`.
    recipient
        The cell.
    places
        Where.

    Returns
    -------
    list
        A live stimulus for each place.

    Raises
    ------
    StimulusError
        If the cell has no such place, or lacks a property that the stimulus refers to; or if the block
        replays spikes or is a field.
    BusyError
        If a run is in progress.
    """
    spec = planned.block.stimulus
    if isinstance(spec, _ELSEWHERE):
        raise StimulusError(f"input {planned.name!r} is of type {spec.type}, which no clamp plays")
    seeds = planned.seeds_of(recipient.cell_id.id, recipient.gid)
    stream: Stream | None = None
    if isinstance(spec, Noise) and seeds.convention == "neurodamus":
        documented = stream_of(spec, seeds)
        stream = None if documented is None else RunningStream(documented)
    made: list[LiveStimulus] = []
    try:
        for section, x in places:
            at = recipient.segment(section, x)
            made.append(
                play(
                    spec,
                    at,
                    recipient.scope,
                    electrical=recipient.electrical,
                    seeds=seeds,
                    stream=stream,
                )
            )
    except BaseException as error:
        for live in reversed(made):
            live.close()
        if isinstance(error, ValueError) and isinstance(error, BluecellabError):
            raise StimulusError(f"input {planned.name!r} to {recipient.label}: {error}") from error
        raise
    return made
