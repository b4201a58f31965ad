"""From a node's attributes to what builds its cell: template, morphology, currents."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bluecellab.circuit.access import Column, NodePopulation
from bluecellab.circuit.columns import no_column
from bluecellab.circuit.components import PopulationFile
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.errors import (
    CircuitError,
    CircuitFileError,
    CircuitWarning,
    ConfinementError,
    InvalidSpecError,
    warn,
)
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell, EmodelProperties, HocCell, PointCell

__all__ = ["Models", "model_columns"]

_POINT_KINDS = ("point_neuron", "point_process")
_CELL_KINDS = ("biophysical", *_POINT_KINDS)
_DYNAMICS = "@dynamics:"
_CURRENTS = ("threshold_current", "holding_current")
_SCALERS = ("AIS_scaler", "soma_scaler")
_NOT_OF_POINT_CELLS = (*_CURRENTS, *_SCALERS, "input_resistance", "resting_potential")
_ALTERNATES = (("neurolucida-asc", ".asc"), ("h5v1", ".h5"))
_HOC = "hoc:"
_BUILT_IN = "nrn:"


def model_columns(population: NodePopulation) -> list[str]:
    """Return the attributes of a population that tell how to build its cells."""
    wanted = ("model_type", "model_template", "morphology")
    return [name for name in population.columns if name in wanted or name.startswith(_DYNAMICS)]


class Models:
    """The cells of one population, as specifications.

    Parameters
    ----------
    population
        The population.
    places
        Where its models and morphologies are.
    confine_to
        A folder that no file may be outside of.
    """

    def __init__(self, population: NodePopulation, places: PopulationFile, confine_to: str | None) -> None:
        self._population = population
        self._places = places
        self._confine_to = confine_to
        self._containers: dict[str, frozenset[str]] = {}
        self._known: set[str] = set()
        self._warned: set[str] = set()
        self._what = f"node population {population.name}"

    def check_kind(self) -> None:
        """Raise unless nodes of this population are cells.

        Raises
        ------
        CircuitError
            If they are not, or of a kind that is not known.
        """
        if self._population.virtual:
            raise CircuitError(
                f"{self._what} is virtual: its nodes only send spikes, so that they cannot be built as cells"
            )
        if self._population.kind not in _CELL_KINDS:
            raise CircuitError(
                f"{self._what} is of the type {self._population.kind!r}; cells can be built of: "
                f"{', '.join(_CELL_KINDS)}"
            )

    def cell(self, number: int, values: Mapping[str, Column]) -> AnyCell:
        """Return the specification of a cell.

        Parameters
        ----------
        number
            The node's id.
        values
            What :func:`model_columns` names, each of shape (1,).

        Raises
        ------
        ColumnError
            If an attribute that is needed is not there.
        CircuitFileError
            If template or morphology is missing, or a value is wrong.
        """
        node = {name: column[0].item() for name, column in values.items()}
        identity = CellId(self._population.name, number)
        kind = str(node.get("model_type", self._population.kind))
        if kind == "virtual":
            raise CircuitError(f"node {identity} is of the model_type 'virtual': it only sends spikes")
        try:
            if self._population.kind in _POINT_KINDS or kind in _POINT_KINDS:
                return self._point_cell(identity, node)
            return self._hoc_cell(identity, node)
        except InvalidSpecError as error:
            raise CircuitFileError(
                f"{self._places.file}: node {identity}: {error}", self._places.file
            ) from error

    def _needed(self, name: str, node: Mapping[str, object]) -> str:
        if name not in node:
            raise no_column(name, self._what, self._population.columns)
        return str(node[name])

    def _hoc_cell(self, identity: CellId, node: Mapping[str, object]) -> HocCell:
        template = self._needed("model_template", node)
        if not template.startswith(_HOC):
            raise CircuitError(
                f"node {identity} has the model_template {template!r}; 'hoc:NAME' is needed, for NAME.hoc in "
                "biophysical_neuron_models_dir"
            )
        name = template.removeprefix(_HOC)
        return HocCell(
            template_path=self._template(name, identity, "biophysical_neuron_models_dir"),
            morphology_path=self._morphology(self._needed("morphology", node), identity),
            template_format="v6",
            emodel_properties=self._properties(identity, node),
            id=identity,
        )

    def _point_cell(self, identity: CellId, node: Mapping[str, object]) -> PointCell:
        template = self._needed("model_template", node)
        path: str | None = None
        name = template.removeprefix(_BUILT_IN)
        if template.startswith(_HOC):
            name = template.removeprefix(_HOC)
            keys = ("point_neuron_models_dir", "biophysical_neuron_models_dir")
            path = self._template(name, identity, *keys)
        parameters = {
            key.removeprefix(_DYNAMICS): value
            for key, value in node.items()
            if key.startswith(_DYNAMICS) and key.removeprefix(_DYNAMICS) not in _NOT_OF_POINT_CELLS
        }
        return PointCell(
            mechanism=name,
            template_path=path,
            # A population may mix mechanisms; what one of them does not have is NaN.
            parameters={
                key: value
                for key, value in parameters.items()
                if isinstance(value, int | float) and not math.isnan(value)
            },
            id=identity,
        )

    def _properties(self, identity: CellId, node: Mapping[str, object]) -> EmodelProperties:
        missing = [name for name in _CURRENTS if _DYNAMICS + name not in node]
        if missing and "currents" not in self._warned:
            self._warned.add("currents")
            warn(
                f"{self._what} has no {' and no '.join(_DYNAMICS + name for name in missing)}; 0 nA is taken "
                f"for its {self._population.size} cells",
                CircuitWarning,
            )
        found = {name: node.get(_DYNAMICS + name, 0.0) for name in _CURRENTS}
        found |= {name: node.get(_DYNAMICS + name, 1.0) for name in _SCALERS}
        wrong = [name for name, value in found.items() if not _is_finite(value)]
        if wrong:
            raise CircuitFileError(
                f"{self._places.file}: node {identity} has {_DYNAMICS}{wrong[0]} = {found[wrong[0]]!r}; "
                "a finite number is needed",
                self._places.file,
            )
        return EmodelProperties(**found)

    def _template(self, name: str, identity: CellId, *keys: str) -> str:
        folders = [self._places.folders[key] for key in keys if key in self._places.folders]
        if not folders:
            raise CircuitError(
                f"{self._what} has no {keys[0]}, in which the template of node {identity} would be; name it "
                "in the circuit's configuration"
            )
        tried = [os.path.join(folder, f"{name}.hoc") for folder in folders]  # noqa: PTH118
        return self._first(iter(tried), tried, f"template {name!r} of node {identity}")

    def _morphology(self, name: str, identity: CellId) -> str:
        """Return the path of a morphology: asc, h5v1 or swc, in this order."""
        tried: list[str] = []
        for key, extension in _ALTERNATES:
            if key in self._places.alternates:
                tried.append(_joined(self._places.alternates[key], name, extension))
        if "morphologies_dir" in self._places.folders:
            tried.append(_joined(self._places.folders["morphologies_dir"], name, ".swc"))
        if not tried:
            raise CircuitError(
                f"{self._what} has neither morphologies_dir nor alternate_morphologies, in which the "
                f"morphology of node {identity} would be; name them in the circuit's configuration"
            )
        found = self._first(iter(tried), tried, f"morphology {name!r} of node {identity}")
        if found != tried[0] and "morphology" not in self._warned:
            self._warned.add("morphology")
            warn(
                f"{self._what}: there is no {tried[0]}; {found} is taken, and likewise for other cells",
                CircuitWarning,
            )
        return found

    def _first(self, paths: Iterator[str], tried: list[str], what: str) -> str:
        """Return the first path at which there is a file, or an entry of a container."""
        for path in paths:
            if path in self._known or self._exists(path, what):
                self._known.add(path)
                return path
        raise CircuitFileError(f"no {what}: there is no {' and no '.join(tried)}", tried[0])

    def _exists(self, path: str, what: str) -> bool:
        self._refuse_leaving(path, what)
        if Path(path).is_file():
            return True
        container, entry = os.path.split(path)
        while not Path(container).exists() and os.path.dirname(container) != container:  # noqa: PTH120
            container, above = os.path.split(container)
            entry = f"{above}/{entry}"
        if not Path(container).is_file():
            return False
        if container not in self._containers:
            file = Hdf5File(container, confine_to=self._confine_to)
            try:
                with file.reading("container of morphologies"):
                    self._containers[container] = frozenset(map(str, file.root()))
            finally:
                file.close()
        return os.path.splitext(entry)[0] in self._containers[container]  # noqa: PTH122

    def _refuse_leaving(self, path: str, what: str) -> None:
        if self._confine_to is None:
            return
        inside = os.path.realpath(self._confine_to)
        if os.path.commonpath([os.path.realpath(path), inside]) != inside:
            raise ConfinementError(
                f"{what}, {path}, is outside of {self._confine_to}, to which this circuit is confined"
            )


def _joined(folder: str, name: str, extension: str) -> str:
    return os.path.normpath(os.path.join(folder, name + extension))  # noqa: PTH118


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
