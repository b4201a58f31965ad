"""A small cell of bare NEURON, and the little clock that drives recorders on it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from bluecellab.nrn import clock, objects, runtime
from bluecellab.nrn.handles import Section, Segment
from bluecellab.nrn.scope import Scope
from bluecellab.recording import Recordable, Recorders, RunPlan


class Bench:
    """A spiking soma with a dendrite and a clamp, owned by a scope like a cell's."""

    def __init__(self) -> None:
        self.h: Any = runtime.raw_h()
        self.scope = Scope("Cell bench")
        soma, dend = self.h.Section(name="soma"), self.h.Section(name="dend")
        soma.L = soma.diam = 12
        soma.insert("hh")
        dend.L, dend.diam, dend.nseg = 200, 1, 5
        dend.insert("pas")
        dend.connect(soma(1))
        clamp = self.h.IClamp(soma(0.5))
        clamp.delay, clamp.dur, clamp.amp = 2, 1e9, 0.2
        self.scope.own([soma, dend], self._delete)
        self._clamps = self.scope.own([clamp], list.clear)
        self.soma = Section(soma, self.scope, "soma[0]")
        self.dend = Section(dend, self.scope, "dend[0]")
        self.recorders = Recorders(self.scope, batch=1)

    @staticmethod
    def _delete(sections: list[Any]) -> None:
        for section in sections:
            with contextlib.suppress(ReferenceError):  # a test deleted it
                runtime.raw_h().delete_section(sec=section)

    @property
    def clamp(self) -> Any:
        return self._clamps[0]

    def at(self, x: float = 0.5) -> Segment:
        return self.soma(x)

    def start(self, plan: RunPlan, members: Sequence[Recordable], v_init: float = -65.0) -> None:
        """Prepare, initialise, reset."""
        self.h.CVode().active(0 if plan.fixed else 1)
        self.h.CVode().use_fast_imem(int(any(member.needs_fast_imem for member in members)))
        self.h.dt = plan.dt
        self.recorders.prepare(plan, members, self.soma.raw)
        clock.initialise(v_init)
        self.recorders.reset()

    def advance(self, t_stop: float, chunks: int = 1) -> None:
        """Integrate to ``t_stop``, harvesting in between: at chunk ends, or in events of CVODE."""
        times = np.linspace(self.h.t, t_stop, chunks + 1)[1:]
        if self.h.CVode().active():
            for time in times[:-1]:
                self.h.CVode().event(float(time), self.recorders.harvest)
            self.h.ParallelContext().psolve(t_stop)
            return
        for time in times:
            self.h.ParallelContext().psolve(time + 0.25 * self.h.dt)
            self.recorders.harvest()

    def finish(self, *, partial: bool = False) -> None:
        self.recorders.finish(partial=partial)
        self.h.CVode().use_fast_imem(0)
        self.h.CVode().active(0)
        self.h.dt = 0.025

    def run(
        self,
        members: Sequence[Recordable],
        t_stop: float = 20.0,
        *,
        fixed: bool = True,
        dt: float = 0.025,
        chunks: int = 1,
        v_init: float = -65.0,
    ) -> None:
        self.start(RunPlan(fixed, dt, 0.0, t_stop), members, v_init)
        try:
            self.advance(t_stop, chunks)
        finally:
            self.finish()

    def bare(
        self, pointer: Any, t_stop: float = 20.0, *, fixed: bool = True, v_init: float = -65.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Record as a script on bare NEURON does, in one go."""
        h = self.h
        h.CVode().active(0 if fixed else 1)
        h.dt = 0.025
        values = h.Vector().record(pointer)
        times = h.Vector().record(h._ref_t, sec=self.soma.raw)
        h.ParallelContext().set_maxstep(1e9)
        h.finitialize(v_init)
        h.ParallelContext().psolve(t_stop + (0.25 * h.dt if fixed else 0))
        h.CVode().active(0)
        h.dt = 0.025
        return objects.values_of(times), objects.values_of(values)

    def bare_spikes(self, threshold: float, *, fixed: bool = True, v_init: float = -65.0) -> np.ndarray:
        """Detect spikes at the middle of the soma as a script on bare NEURON does."""
        netcon = self.h.NetCon(self.at().raw._ref_v, None, sec=self.soma.raw)
        netcon.threshold = threshold
        times = self.h.Vector()
        netcon.record(times)
        self.bare(self.at().raw._ref_v, fixed=fixed, v_init=v_init)
        return objects.values_of(times)

    def close(self) -> None:
        self.scope.close()
