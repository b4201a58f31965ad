"""A stimulus that plays: the point process, its vectors, and how they are let go."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bluecellab.errors import StimulusError
from bluecellab.nrn import objects, threads
from bluecellab.nrn.scope import Live, Scope
from bluecellab.spec.base import Site, Spec
from bluecellab.stimulus.waveform import FloatArray, Waveform, superpose

__all__ = ["LiveStimulus", "Rig"]


class Rig:
    """The hoc objects of one stimulus; empty once released.

    Parameters
    ----------
    clamp
        NEURON's point process.
    """

    __slots__ = (
        "__weakref__",
        "_begun",
        "_handlers",
        "_late",
        "_stepping",
        "clamp",
        "played",
        "stim",
        "tvec",
    )

    def __init__(self, clamp: Any) -> None:
        self.clamp = clamp
        self._stepping: list[tuple[str, Any, Any]] = []
        self.tvec: Any = None
        self.stim: Any = None
        self.played: list[tuple[Any, Any]] = []
        self._handlers: list[Any] = []
        self._late: list[tuple[str, Any, Any, bool]] = []
        self._begun: list[tuple[str, Any, Any, bool]] = []

    def play(self, variable: str, times: FloatArray, values: FloatArray, *, hold: bool) -> None:
        """Play values into a variable of the clamp.

        Parameters
        ----------
        variable
            Name of the variable.
        times, values
            Points; at least one.
        hold
            Each value until the next, instead of interpolated.
        """
        times = np.ascontiguousarray(times, dtype=np.float64)
        tvec, stim = objects.vector(times), objects.vector(values)
        target = getattr(self.clamp, f"_ref_{variable}")
        if hold:
            stim.play(target, tvec)
            self._stepping.append((variable, stim, tvec))
            _STEPPING.add(self)
        else:
            stim.play(target, tvec, 1)
        self.played.append((stim, tvec))
        self.tvec, self.stim = tvec, stim
        setattr(self.clamp, variable, float(values[0]))
        if times[0] > 0:
            self._begin_with(variable, float(values[0]))
            self._late.append((variable, stim, tvec, hold))
            _LATE.add(self)

    def _begin_with(self, variable: str, value: float) -> None:
        """Set a played variable at every initialisation.

        NEURON leaves a played variable as the last run left it until the first point is reached:
        without this, what is recorded at time 0 would depend on the run before.
        """
        handler = objects.initialize_handler(0, _setter(self.clamp, variable, value))
        self._handlers.append(handler)

    def interpolate(self) -> list[Any]:
        """Play with interpolation, and jumps, what is played in steps; return the Vectors that do."""
        made = []
        for variable, stim, tvec in self._stepping:
            stim.play_remove()
            times, values = jumps(objects.values_of(tvec), objects.values_of(stim))
            course, moments = objects.vector(values), objects.vector(times)
            course.play(getattr(self.clamp, f"_ref_{variable}"), moments, 1)
            made += [course, moments]
        return made

    def step(self, made: list[Any]) -> None:
        """Undo :meth:`interpolate`, by the Vectors that it returned."""
        for course in made[::2]:
            course.play_remove()
        for variable, stim, tvec in self._stepping:
            stim.play(getattr(self.clamp, f"_ref_{variable}"), tvec)

    def begin_at_0(self) -> bool:
        """Put a point at time 0 before all that is played from later on; return whether there is any."""
        self._begun = [late for late in self._late if late[2][0] > 0]
        for _, stim, tvec, _ in self._begun:
            tvec.insrt(0, 0.0)
            stim.insrt(0, stim[0])
        return bool(self._begun)

    def begin_later(self) -> None:
        """Undo :meth:`begin_at_0`."""
        for variable, stim, tvec, hold in self._begun:
            stim.play_remove()  # NEURON would go on from a point that is not there any more
            tvec.remove(0)
            stim.remove(0)
            stim.play(getattr(self.clamp, f"_ref_{variable}"), tvec, *(() if hold else (1,)))
        self._begun = []

    def release(self) -> None:
        """Stop playing and let every hoc object go: what plays before what is played into."""
        self._handlers.clear()
        self._stepping.clear()
        for stim, _ in self.played:
            stim.play_remove()
        self.played.clear()
        self._late.clear()
        self._begun = []
        self.stim = self.tvec = None
        self.clamp = None


_STEPPING: weakref.WeakSet[Rig] = weakref.WeakSet()
_LATE: weakref.WeakSet[Rig] = weakref.WeakSet()


@contextmanager
def playing_without_steps() -> Iterator[None]:
    """Have every stimulus that plays in steps do so by interpolation between jumps, for the block.

    NEURON has the same values then at every step of a fixed length; CoreNEURON knows nothing else.
    """
    changed = [(rig, rig.interpolate()) for rig in list(_STEPPING) if rig.clamp is not None]
    try:
        yield
    finally:
        for rig, made in changed:
            if rig.clamp is not None:
                rig.step(made)


def _play_from_the_start() -> Callable[[], None]:
    """Have every stimulus that plays from a later time on do so from time 0; return what undoes it.

    The first point of what is played is reached on NEURON's first thread whatever thread has the cell, so
    that another would see it at some time or other. At time 0 threads do not work yet.
    """
    changed = [rig for rig in list(_LATE) if rig.clamp is not None and rig.begin_at_0()]

    def undo() -> None:
        for rig in changed:
            rig.begin_later()

    return undo


threads.prepare_by(_play_from_the_start)


def jumps(times: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points whose linear interpolation holds each value until the next.

    Parameters
    ----------
    times
        In ms, ascending, shape (n,). Of two at the same time the later holds.
    values
        Shape (n,).

    Returns
    -------
    tuple
        Times and values, shapes (2 n,). NEURON goes on beyond the last two points as between them, so that
        there is one more.

    Examples
    --------
    >>> jumps(np.array([0.0, 5.0]), np.array([1.0, 2.0]))
    (array([0., 5., 5., 6.]), array([1., 1., 2., 2.]))
    """
    return np.append(np.repeat(times, 2)[1:], times[-1] + 1.0), np.repeat(values, 2)


def _setter(clamp: Any, variable: str, value: float) -> Callable[[], None]:
    """Return what sets a variable; it holds the clamp alone, so that no cycle arises."""

    def set_variable() -> None:
        setattr(clamp, variable, value)

    return set_variable


class LiveStimulus(Live):
    """A stimulus that plays at a site of a cell; made by :func:`bluecellab.stimulus.play`.

    Attributes that are not listed here reach NEURON's point process (``clamp.rs``,
    ``clamp._ref_i`` ...), after a check that the stimulus is open. Closing it removes it from the
    cell; ``a.close()`` leaves the cell as if ``a`` had never been added.

    Parameters
    ----------
    spec
        What is played.
    site
        Where.
    waveform
        Its points; None for a sum, which has those of its parts.
    owner
        Scope of the cell.
    """

    _OWN = frozenset({"_scope", "_rig", "_spec", "_site", "_waveform", "_parts", "__class__", "__dict__"})

    def __init__(
        self,
        spec: Spec,
        site: Site,
        waveform: Waveform | None,
        owner: Scope,
    ) -> None:
        super().__init__(f"{getattr(spec, 'type', 'stimulus')} at {site}", owner)
        self._spec = spec
        self._site = site
        self._waveform = waveform
        self._parts: tuple[LiveStimulus, ...] = ()
        self._rig: Rig | None = None

    def _mount(self, clamp: Any) -> Rig:
        """Take the point process into ownership."""
        rig = Rig(clamp)
        self._scope.own(rig, Rig.release)
        self._rig = rig
        return rig

    def _compose(self, parts: tuple[LiveStimulus, ...]) -> None:
        """Take the stimuli of a sum into ownership; their scopes are children of this one."""
        self._parts = parts

    @property
    def spec(self) -> Spec:
        """What is played."""
        return self._spec

    @property
    def site(self) -> Site:
        """Where it is played."""
        return self._site

    @property
    def parts(self) -> tuple[LiveStimulus, ...]:
        """The stimuli of a sum; just this one for any other stimulus."""
        return self._parts or (self,)

    @property
    def waveform(self) -> Waveform:
        """What is played, as points.

        Raises
        ------
        StimulusError
            If it is a sum of stimuli of different units; look at those of its :attr:`parts`.
        """
        if self._waveform is None:
            return superpose([part.waveform for part in self._parts], label="sum")
        return self._waveform

    @property
    def hoc(self) -> Any:
        """NEURON's point process.

        Raises
        ------
        ClosedError
            If the stimulus, or its cell, is closed.
        StimulusError
            If it is a sum, which has one for each of its :attr:`parts`.
        """
        self._scope.check()
        if self._rig is None:
            raise StimulusError(f"{self._scope.name} is a sum and has a point process for each of its .parts")
        return self._rig.clamp

    @property
    def ic(self) -> Any:
        """NEURON's point process, under the published name."""
        return self.hoc

    def _vector(self, name: str) -> Any:
        self._scope.check()
        vector = getattr(self._rig, name, None)
        if vector is None:
            raise StimulusError(f"{self._scope.name} plays no vector, so it has no {name!r}")
        return vector

    @property
    def tvec(self) -> Any:
        """NEURON's Vector of the times played, in ms."""
        return self._vector("tvec")

    @property
    def stim(self) -> Any:
        """NEURON's Vector of the values played: nA, or in conductance mode the resistance in Mohm."""
        return self._vector("stim")

    @property
    def current_ref(self) -> Any:
        """Pointer to the current through the electrode (nA), for recorders."""
        return self.hoc._ref_i

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in LiveStimulus._OWN:
            raise AttributeError(name)
        return getattr(self.hoc, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in LiveStimulus._OWN:
            object.__setattr__(self, name, value)
        else:
            setattr(self.hoc, name, value)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<LiveStimulus {self._scope.path()} {state}>"
