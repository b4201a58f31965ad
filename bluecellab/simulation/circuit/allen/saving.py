"""Connections written as edges at the end of each run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bluecellab.nrn.scope import Live, Scope
from bluecellab.recording import RunPlan
from bluecellab.recording.samples import TimeAxis
from bluecellab.results.sonata import SavedEdges, refuse_saved_edges, write_saved_edges
from bluecellab.results.sonata.parts import ALONE, Share
from bluecellab.results.sonata.saved_edges import joined_edges
from bluecellab.spec.allen import SaveSynapses

__all__ = ["SynapseSaver"]


class SynapseSaver(Live):
    """Writes places and weights of connections when a run has reached its end.

    Parameters
    ----------
    report
        Where to.
    gather
        Returns the connections as they are then.
    overwrite
        Whether older files may be replaced; those of an earlier run of the same simulation may.
    owner
        The scope that owns it.
    share
        Of the connections that this rank has.
    """

    def __init__(
        self,
        report: SaveSynapses,
        gather: Callable[[], Sequence[SavedEdges]],
        overwrite: bool,
        owner: Scope,
        share: Share = ALONE,
    ) -> None:
        super().__init__(f"report {report.name}", owner)
        self._report = report
        self._gather: list[Callable[[], Sequence[SavedEdges]]] = self._scope.own([gather], list.clear)
        self._overwrite = overwrite
        self._share = share
        self._unpublished = False

    @property
    def needs_fast_imem(self) -> bool:
        """Whether it needs total membrane currents: it does not."""
        return False

    def check(self, plan: RunPlan) -> None:  # noqa: ARG002 - any run will do
        """Raise if files are in the way that may not be replaced, rather than when the run is over.

        All ranks call it; it is the first that looks.

        Raises
        ------
        OutputError
            Naming the first.
        """
        pairs = {(table.source, table.target) for table in self._gather[0]()}
        pairs.update(*self._share.gathered(pairs, f"looking for files of report {self._report.name}"))
        if self._share.first:
            refuse_saved_edges(self._report.network_dir, sorted(pairs), overwrite=self._overwrite)

    def prepare(self, plan: RunPlan) -> None:
        """Need nothing of the run."""

    def reset(self, axis: TimeAxis) -> None:
        """Need nothing of the run."""

    def extend(self, t_stop: float) -> None:
        """Need nothing of the run."""

    def harvest(self) -> None:
        """Take out nothing before the end."""

    def finish(self, *, partial: bool) -> None:
        """Note whether there is something to write."""
        self._unpublished = not partial

    def publish(self) -> None:
        """Write the connections of all ranks, unless the run broke off.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        if not self._unpublished:
            return
        self._unpublished = False
        parts = self._share.collected(tuple(self._gather[0]()), f"writing report {self._report.name}")
        if parts is not None:
            edges = joined_edges([table for part in parts for table in part])
            write_saved_edges(self._report.network_dir, edges, overwrite=self._overwrite)
        self._overwrite = True
