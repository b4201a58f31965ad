"""From a node's attributes to what builds its cell: template, processors, morphology, parameters."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from bluecellab.circuit.allen.nodes import POINT_TYPES
from bluecellab.circuit.config.places import is_file, is_folder, is_within
from bluecellab.circuit.config.problems import Problems, nearest, raise_problems
from bluecellab.circuit.config.text import read_object
from bluecellab.errors import (
    CircuitError,
    CircuitFileError,
    ColumnError,
    ConfigError,
    ConfinementError,
    InvalidSpecError,
)
from bluecellab.spec.allen import AllenLayout
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AllenCell, PointCell
from bluecellab.spec.functions import CELL_MODELS

__all__ = ["AllenModels"]

_FOLDERS: Mapping[str, str] = {
    "biophysical": "biophysical_neuron_models_dir",
    "point_neuron": "point_neuron_models_dir",
    "point_process": "point_neuron_models_dir",
    "virtual": "filter_models_dir",
    "population": "population_models_dir",
}
_SECONDS = ("tau", "refrac")  # of IntFire1, which the files have in seconds and NEURON in ms
_NO_HOC = ("ctdb", "nrn")


class AllenModels:
    """The cells of a circuit, as specifications.

    Parameters
    ----------
    layout
        Where models and morphologies are.
    confine_to
        A folder that no file may be outside of.
    max_segment_length
        In um, or None.
    """

    def __init__(self, layout: AllenLayout, confine_to: str | None, max_segment_length: float | None) -> None:
        self._layout = layout
        self._confine_to = confine_to
        self._length = max_segment_length
        self._found: dict[tuple[str, str, str], str] = {}
        self._point: dict[tuple[str, str], dict[str, float]] = {}
        self._hoc: tuple[str, ...] | None = None

    def cell(self, identity: CellId, gid: int, node: Mapping[str, object]) -> AllenCell | PointCell:
        """Return the specification of a cell.

        Parameters
        ----------
        identity, gid
            Its ids.
        node
            Its attributes, None where it has none.

        Raises
        ------
        ColumnError
            If an attribute that is needed is not there.
        CircuitFileError
            If a file is missing, or a value is wrong.
        CircuitError
            If it is no cell, or of a kind that cannot be built.
        """
        kind = str(node["model_type"])
        self._check_kind(identity, kind)
        template = self._template(identity, node)
        try:
            if template.startswith("nrn:") and not _is_registered(template, kind):
                return self._point_cell(identity, template.partition(":")[2], kind, node)
            return AllenCell(
                template=template,
                model_type=kind,
                template_files=self._template_files(identity, template),
                morphology_path=self._morphology(identity, node),
                dynamics_file=self._dynamics(identity, kind, node),
                processing=_listed(node.get("model_processing")),
                max_segment_length=self._length,
                attributes=_json(node),
                gid=gid,
                id=identity,
            )
        except InvalidSpecError as error:
            raise CircuitError(f"node {identity}: {error}") from error

    def _check_kind(self, identity: CellId, kind: str) -> None:
        if kind == "virtual":
            raise CircuitError(
                f"node {identity} is virtual: it only sends spikes, so that it cannot be built as a cell"
            )
        if kind == "point_soma":
            raise CircuitError(
                f"node {identity} has the model_type 'point_soma', which is not supported; a cell of one "
                "section can be made by a registered cell model, of the model_type 'biophysical'"
            )

    def _template(self, identity: CellId, node: Mapping[str, object]) -> str:
        template = node.get("model_template")
        if template is None:
            raise ColumnError(
                f"node {identity} has no model_template; 'scheme:name' is needed, as 'ctdb:Biophys1.hoc'",
                "model_template",
            )
        scheme, colon, name = str(template).partition(":")
        if not colon or not name or not scheme.isidentifier():
            raise CircuitError(
                f"node {identity} has the model_template {template!r}; 'scheme:name' is needed, as "
                "'ctdb:Biophys1.hoc' or 'hoc:MyTemplate'"
            )
        return str(template)

    def _template_files(self, identity: CellId, template: str) -> tuple[str, ...]:
        """Return the files that may hold a template: the NeuroML file, or all of ``templates_dir``."""
        scheme, _, name = template.partition(":")
        if scheme == "nml":
            return (self.file("biophysical_neuron_models_dir", name, f"template of node {identity}"),)
        return () if scheme in _NO_HOC else self.hoc_files()

    def hoc_files(self) -> tuple[str, ...]:
        """Return all hoc files of ``templates_dir``: those of folders in the order of the alphabet."""
        if self._hoc is None:
            found: list[str] = []
            for path in self._layout.components.get("templates_dir", ()):
                self._refuse_leaving(path, "templates_dir")
                if is_folder(path):
                    inside = (each for each in Path(path).glob("*.hoc") if each.is_file())
                    found += sorted(str(each) for each in inside)
                elif is_file(path):
                    found.append(path)
            self._hoc = tuple(dict.fromkeys(found))
        return self._hoc

    def _morphology(self, identity: CellId, node: Mapping[str, object]) -> str | None:
        name = node.get("morphology")
        if name is None:
            return None
        return self.file("morphologies_dir", str(name), f"morphology of node {identity}", (".swc",))

    def _dynamics(self, identity: CellId, kind: str, node: Mapping[str, object]) -> str | None:
        name = node.get("dynamics_params")
        if name is None:
            return None
        folder = _FOLDERS.get(kind, "custom_neuron_models")
        return self.file(folder, str(name), f"dynamics_params of node {identity}")

    def file(self, component: str, name: str, what: str, suffixes: tuple[str, ...] = ()) -> str:
        """Return the absolute path of a file in the folders of a component.

        Parameters
        ----------
        component
            The component: ``"synaptic_models_dir"``.
        name
            The file within it.
        what
            For messages.
        suffixes
            What may be missing at the end of the name.

        Raises
        ------
        CircuitFileError
            If there is none.
        CircuitError
            If the circuit has no such component.
        ConfinementError
            If it is outside of the folder that confines.
        """
        key = (component, name, "".join(suffixes))
        if key not in self._found:
            self._found[key] = self._find(component, name, what, suffixes)
        return self._found[key]

    def _find(self, component: str, name: str, what: str, suffixes: tuple[str, ...]) -> str:
        folders = self._layout.components.get(component, ())
        if not folders and not os.path.isabs(name):  # noqa: PTH117
            there = ", ".join(self._layout.components) or "none"
            raise CircuitError(
                f"{what} is {name!r}, in components.{component}, which is missing; there are: {there}"
            )
        tried = [
            os.path.normpath(os.path.join(folder, name + suffix))  # noqa: PTH118
            for folder in folders or ("",)
            for suffix in ("", *suffixes)
        ]
        for path in tried:
            if "\0" not in path and is_file(path):
                self._refuse_leaving(path, what)
                return path
        folder = next((each for each in folders if is_folder(each)), None)
        near = "" if folder is None else f"; {nearest(name, sorted(os.listdir(folder)), 'files')}"  # noqa: PTH208
        raise CircuitFileError(f"{what}: there is no {' and no '.join(tried)}{near}", tried[0])

    def _refuse_leaving(self, path: str, what: str) -> None:
        if self._confine_to is not None and not is_within(path, self._confine_to):
            raise ConfinementError(
                f"{what}, {path}, is outside of {self._confine_to}, to which this circuit is confined"
            )

    def _point_cell(self, identity: CellId, name: str, kind: str, node: Mapping[str, object]) -> PointCell:
        if kind not in POINT_TYPES:
            raise CircuitError(
                f"node {identity} has the model_template 'nrn:{name}', an artificial cell, and the "
                f"model_type {kind!r}; {' or '.join(map(repr, POINT_TYPES))} is needed"
            )
        path = self._dynamics(identity, kind, node)
        key = (name, path or "")
        if key not in self._point:
            self._point[key] = _point_parameters(name, path, identity)
        return PointCell(mechanism=name, parameters=self._point[key], id=identity)


def _is_registered(template: str, kind: str) -> bool:
    """Return whether a function of the user's builds an artificial cell."""
    return any(name in CELL_MODELS for each in (template, "nrn") for name in (f"{each}|{kind}", each))


def _point_parameters(name: str, path: str | None, identity: CellId) -> dict[str, float]:
    """Return the parameters of an artificial cell as NEURON wants them."""
    if path is None:
        if name == "IntFire1":
            raise ColumnError(
                f"node {identity} has no dynamics_params; IntFire1 needs a JSON file with tau and refrac "
                "in seconds",
                "dynamics_params",
            )
        return {}
    problems = Problems(path)
    values = read_object(path, problems)
    try:
        raise_problems(list(problems))
    except ConfigError as error:
        raise CircuitFileError(str(error), path) from error
    wanted = _SECONDS if name == "IntFire1" else tuple(values or ())
    found: dict[str, float] = {}
    for key in wanted:
        value = (values or {}).get(key)
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number and name == "IntFire1":
            raise CircuitFileError(
                f"{path}: {key} is {value!r}; IntFire1 needs it as a number of seconds", path
            )
        if number:
            assert isinstance(value, int | float)
            found[key] = value * 1000.0 if name == "IntFire1" else float(value)
    return found


def _listed(names: object) -> tuple[str, ...]:
    """Return the names of processors, which a comma separates."""
    return tuple(name.strip() for name in str(names or "").split(",") if name.strip())


def _json(node: Mapping[str, object]) -> dict[str, JsonValue]:
    """Return attributes as JSON has them; infinite numbers are none."""
    found: dict[str, JsonValue] = {}
    for name, value in node.items():
        assert value is None or isinstance(value, bool | int | float | str)
        found[name] = None if isinstance(value, float) and not math.isfinite(value) else value
    return found
