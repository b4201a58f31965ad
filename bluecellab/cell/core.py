"""``Cell``: a live cell that owns everything NEURON holds of it."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from bluecellab.cell.builders.allen import build_allen
from bluecellab.cell.builders.ball_stick import build_ball_stick
from bluecellab.cell.builders.hoc import build_hoc
from bluecellab.cell.builders.point import build_point
from bluecellab.cell.builders.python import build_python, find_factory
from bluecellab.cell.membrane import MembraneMixin
from bluecellab.cell.model import Model
from bluecellab.cell.shape import ShapeMixin
from bluecellab.cell.synapses import SynapseMixin
from bluecellab.errors import CellError
from bluecellab.nrn import mechanisms, runtime
from bluecellab.nrn.handles import Section
from bluecellab.nrn.scope import Scope
from bluecellab.recording import Recordable
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import (
    AllenCell,
    AnyCell,
    BallStickCell,
    EmodelProperties,
    HocCell,
    PointCell,
    TemplateFormat,
    TemplateParams,
)

__all__ = ["Cell", "create_ball_stick", "living_cells"]

_living: weakref.WeakSet[Cell] = weakref.WeakSet()
_order = itertools.count()

Builder = Callable[[Scope], Model]


class Cell(ShapeMixin, MembraneMixin, SynapseMixin):
    """A cell from a hoc template and a morphology.

    Other families have constructors of their own: :meth:`from_spec`, :meth:`from_python` and
    :func:`create_ball_stick`. Creating a cell initialises nothing and so disturbs no other.

    Parameters
    ----------
    template_path
        The hoc file; it holds one template.
    morphology_path
        ``.asc``, ``.swc`` or ``.h5`` file, or ``container.h5/name``.
    cell_id
        Population and id; numbered 0, 1, 2, ... in this process when left out.
    record_dt
        Interval of recordings in ms; every integration step when left out.
    template_format
        ``"v5"``, ``"v6"`` or ``"bluepyopt"``.
    emodel_properties
        Threshold and holding current; needed by ``"v6"``.

    Raises
    ------
    TemplateNotFoundError, TemplateError
        If the template is missing, or does not load or construct.
    MorphologyNotFoundError, MorphologyError
        If the morphology is missing, corrupt or of an unknown kind.
    MissingMechanismError
        If the template needs a mechanism that is not loaded.
    CellError
        If the format is unknown, or properties are missing.
    BusyError
        If a run is in progress.

    References
    ----------
    The interface follows BlueCelluLab, https://doi.org/10.21105/joss.07026
    """

    last_id = 0

    def __init__(
        self,
        template_path: str | Path,
        morphology_path: str | Path,
        cell_id: CellId | None = None,
        record_dt: float | None = None,
        template_format: str = "v5",
        emodel_properties: EmodelProperties | None = None,
    ) -> None:
        params = TemplateParams(template_path, morphology_path, template_format, emodel_properties)
        identity = self._identify(cell_id)
        self._assemble(lambda scope: build_hoc(scope, params, identity.id), identity, record_dt, params)

    @classmethod
    def from_template_parameters(
        cls,
        template_params: TemplateParams,
        cell_id: CellId | None = None,
        record_dt: float | None = None,
    ) -> Cell:
        """Make a cell from what another cell has as ``template_params``."""
        return cls(
            template_params.template_filepath,
            template_params.morph_filepath,
            cell_id,
            record_dt,
            template_params.template_format,
            template_params.emodel_properties,
        )

    @classmethod
    def from_spec(cls, spec: AnyCell, *, record_dt: float | None = None, gid: int | None = None) -> Cell:
        """Make a cell from its specification; mechanisms that it names are loaded first.

        Parameters
        ----------
        spec
            What is needed to build it.
        record_dt
            As for :class:`Cell`.
        gid
            Number that a hoc template is told, which seeds stochastic channels; the cell's id by default.
        """
        runtime.start()  # before a factory's module imports NEURON, which then has something to say
        folder = getattr(spec, "mechanisms", None)
        if folder is not None:
            mechanisms.load_mechanisms(folder)
        cell = cls._from_spec(spec, record_dt, gid)
        cell._spec = spec
        return cell

    @classmethod
    def _from_spec(cls, spec: AnyCell, record_dt: float | None, gid: int | None) -> Cell:
        if isinstance(spec, HocCell):
            params = TemplateParams(
                spec.template_path, spec.morphology_path, spec.template_format, spec.emodel_properties
            )
            cell = cls.__new__(cls)
            number = spec.id.id if gid is None else gid
            cell._assemble(lambda scope: build_hoc(scope, params, number), spec.id, record_dt, params)
            return cell
        if isinstance(spec, BallStickCell):
            return cls._made_by(build_ball_stick, spec.id, record_dt)
        if isinstance(spec, PointCell):
            return cls._made_by(lambda scope: build_point(scope, spec), spec.id, record_dt)
        if isinstance(spec, AllenCell):
            return cls._made_by(lambda scope: build_allen(scope, spec), spec.id, record_dt)
        return cls.from_python(
            find_factory(spec.factory), spec.arguments, cell_id=spec.id, record_dt=record_dt
        )

    @classmethod
    def from_python(
        cls,
        factory: Callable[..., object],
        arguments: Mapping[str, object] | None = None,
        *,
        cell_id: CellId | None = None,
        record_dt: float | None = None,
    ) -> Cell:
        """Make a cell from a Python class or function that makes NEURON sections.

        Parameters
        ----------
        factory
            Called with ``arguments``; every section it makes becomes the cell's. See
            :func:`bluecellab.cell.builders.python.build_python` for what it may return.
        arguments
            Keyword arguments for it.
        cell_id, record_dt
            As for :class:`Cell`.

        Raises
        ------
        CellError
            If it raises or makes no section; nothing is left behind in NEURON.
        """
        return cls._made_by(
            lambda scope: build_python(scope, factory, arguments or {}),
            cls._identify(cell_id),
            record_dt,
        )

    @classmethod
    def _identify(cls, cell_id: CellId | None) -> CellId:
        if cell_id is None:
            cell_id = CellId("", Cell.last_id)
            Cell.last_id += 1
        if not (isinstance(cell_id, tuple) and len(cell_id) == 2 and isinstance(cell_id[1], int)):
            raise CellError(f"a cell id is CellId(population_name, id), not {cell_id!r}")
        return CellId(*cell_id)

    @classmethod
    def _made_by(cls, build: Builder, identity: CellId | None, record_dt: float | None) -> Cell:
        cell = cls.__new__(cls)
        cell._assemble(build, cls._identify(identity), record_dt, None)
        return cell

    def _assemble(
        self,
        build: Builder,
        identity: CellId,
        record_dt: float | None,
        params: TemplateParams | None,
    ) -> None:
        """Build the cell; when that fails, leave nothing behind."""
        runtime.start()
        runtime.refuse_while_running("creating a cell")
        super().__init__(f"Cell {identity}")
        self.cell_id = identity
        self.template_params = params
        self.record_dt = record_dt
        try:
            self._take(build(self._scope))
        except BaseException:
            self._scope.close()
            raise
        self.made = next(_order)
        _living.add(self)

    def _take(self, model: Model) -> None:
        """Take over what a builder has made, and begin to record."""
        scope = self._scope
        self._model = scope.own(model, Model.clear)
        self._sections = scope.own(
            {name: Section(raw, scope, name) for name, raw in model.sections.items()}, dict.clear
        )
        self.template_id = model.template_id
        self.threshold = model.threshold
        self.hypamp = model.holding
        first = next(iter(self._sections.values()), None)
        self.hocname = model.artificial.hname() if first is None else first.hname().rpartition(".")[0]
        self.post_gid: int | None = None
        self.persistent: list[object] = scope.own([], list.clear)
        self._simulations: weakref.WeakSet[Any] = weakref.WeakSet()
        self._start_membrane()
        self._start_injection()
        self._start_recording()

    @property
    def hoc(self) -> Any:
        """The named door: the template's own instance, or what the Python factory returned."""
        self._scope.check()
        return self._model.hoc

    @property
    def cell(self) -> Any:
        """The object that carries the sections in hoc; the published name."""
        self._scope.check()
        return self._model.public

    @property
    def artificial(self) -> Any:
        """NEURON's artificial cell, of a cell that has no sections; None of any other."""
        self._scope.check()
        return self._model.artificial

    _spec: AnyCell | None = None

    @property
    def spec(self) -> AnyCell | None:
        """What rebuilds the cell elsewhere; None for one that was made from live Python objects."""
        if self._spec is None and self.template_params is not None:
            params = self.template_params
            self._spec = HocCell(
                template_path=str(params.template_filepath),
                morphology_path=str(params.morph_filepath),
                template_format=cast("TemplateFormat", params.template_format),
                emodel_properties=params.emodel_properties,
                id=self.cell_id,
            )
        return self._spec

    @property
    def label(self) -> str:
        """Name for messages: ``Cell S1/12``."""
        return self._scope.name

    @property
    def scope(self) -> Scope:
        """Owner of everything live that belongs to the cell.

        Raises
        ------
        ClosedError
            If the cell is closed.
        """
        self._scope.check()
        return self._scope

    def check_open(self) -> None:
        """Raise if the cell is closed.

        Raises
        ------
        ClosedError
            Naming the cell.
        """
        self._scope.check()

    def joined(self, simulation: object) -> None:
        """Note that a simulation runs this cell."""
        self._simulations.add(simulation)

    @property
    def in_a_simulation(self) -> bool:
        """Whether an open simulation has this cell."""
        return any(not simulation.closed for simulation in self._simulations)

    def raw_sections(self) -> Iterable[Any]:
        """Return NEURON's own sections."""
        return self._model.sections.values()

    def recorders(self) -> list[Recordable]:
        """Return everything that records from this cell."""
        return self._all_recorders()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"open, {len(self._sections)} sections"
        return f"<{self._scope.name} {state}>"


def create_ball_stick(cell_id: CellId | None = None, record_dt: float | None = None) -> Cell:
    """Make the embedded default cell: a soma and a dendrite with NEURON's own channels.

    Parameters
    ----------
    cell_id, record_dt
        As for :class:`Cell`.

    Examples
    --------
    >>> with create_ball_stick() as cell:
    ...     list(cell.sections)
    ['soma[0]', 'dend[0]']
    """
    cell = Cell._made_by(build_ball_stick, cell_id, record_dt)
    cell._spec = BallStickCell(id=cell.cell_id)
    return cell


def living_cells() -> list[Cell]:
    """Return the cells that are alive in this process, in the order of their making."""
    return [cell for cell in sorted(_living, key=lambda cell: cell.made) if not cell.closed]
