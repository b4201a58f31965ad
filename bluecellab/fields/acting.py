"""What potentials outside of membranes have in common, whatever makes them: how they act in runs."""

from __future__ import annotations

from abc import ABC, abstractmethod

from bluecellab.errors import StimulusError
from bluecellab.nrn import clock, runtime, settings
from bluecellab.nrn.imposed import ImposedPotential
from bluecellab.nrn.scope import Live, Scope
from bluecellab.recording import RunPlan
from bluecellab.recording.samples import TimeAxis

__all__ = ["ActingField"]


class ActingField(Live, ABC):
    """Something that writes the potential outside of segments in every step of a run.

    It takes part in runs with a fixed step only, as NEURON cannot combine CVODE with ``extracellular`` and a
    potential that is written in every step.

    Parameters
    ----------
    name
        For messages.
    owner
        The scope that owns it.
    """

    needs_fast_imem = False
    acts_in_steps = True  # which engines beside NEURON do not allow

    def __init__(self, name: str, owner: Scope) -> None:
        super().__init__(name, owner)
        self._plan: RunPlan | None = None
        self._settling = False
        self._outside = self._scope.own(_Outside(), _Outside.release)

    @abstractmethod
    def _reach(self, plan: RunPlan) -> ImposedPotential | None:
        """Return what writes to the segments as they are now; None if there are none."""

    def _impose(self) -> ImposedPotential | None:
        if self._plan is None:
            return None
        self._outside.release()
        self._outside.potential = self._reach(self._plan)
        return self._outside.potential

    def check(self, plan: RunPlan) -> None:
        """Raise unless the step is fixed, and one thread makes it.

        Raises
        ------
        StimulusError
            If it is not, or several do.
        """
        if (threads := int(settings.read("nthread"))) > 1:
            raise StimulusError(
                f"{self._scope.path()} cannot act in a run of {threads} threads, which are not all in the "
                "middle of a step at the same time; use threads=1"
            )
        if not plan.fixed:
            raise StimulusError(
                f"{self._scope.path()} cannot act in a run with CVODE, which knows no potential outside of "
                "membranes; run with a fixed step, cvode=False"
            )

    def prepare(self, plan: RunPlan) -> None:
        """Begin with nothing outside; every field begins after 0 ms."""
        self._plan = plan
        self._settling = plan.t_start > 0
        with runtime.guard("imposing a field"):
            potential = self._impose()
            if potential is not None:
                potential.write(0.0)

    def reset(self, axis: TimeAxis) -> None:  # noqa: ARG002 - it records nothing
        """Begin to act; after the model has settled, if it does."""
        if self._settling:
            self._settling = False
            return
        self._start()

    def extend(self, t_stop: float) -> None:  # noqa: ARG002 - it acts for ever
        """Go on."""
        with runtime.guard("imposing a field"):
            self._impose()
        self._start()

    def _start(self) -> None:
        if self._plan is not None and self._outside.potential is not None:
            with runtime.guard("imposing a field"):
                self._outside.potential.start(clock.now(), self._plan.dt)

    def harvest(self) -> None:
        """Do nothing: it records nothing."""

    def finish(self, *, partial: bool) -> None:  # noqa: ARG002 - either way
        """Act no more."""
        self._outside.release()


class _Outside:
    """Holds what writes in a run; nothing between runs."""

    potential: ImposedPotential | None = None

    def release(self) -> None:
        """Stop writing."""
        if self.potential is not None:
            self.potential.release()
            self.potential = None
