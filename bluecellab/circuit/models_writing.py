"""The models of a circuit's cells, gathered into its folder."""

from __future__ import annotations

import filecmp
import math
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from bluecellab.circuit.access import Column, NodePopulation
from bluecellab.errors import CircuitError, CircuitFileError
from bluecellab.spec.base import CellId
from bluecellab.spec.cells import AnyCell, HocCell, PointCell

__all__ = ["ModelFiles"]

_BEGIN = re.compile(r"^\s*begintemplate\s+(\w+)", re.MULTILINE)
_FORMATS = {".asc": "neurolucida-asc", ".h5": "h5v1", ".swc": ""}
_DYNAMICS = "@dynamics:"
_TEMPLATES, _MORPHOLOGIES, _MECHANISMS = "hoc", "morphologies", "mod"

Described = Mapping[str, object]


class ModelFiles:
    """Copies templates, morphologies and mechanisms, and says by which attributes nodes refer to them.

    Parameters
    ----------
    folder
        The circuit's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._copied: dict[Path, Path] = {}

    def describe(
        self, population: NodePopulation, cell: Callable[[CellId], AnyCell]
    ) -> tuple[dict[str, Column], dict[str, object]]:
        """Return the attributes by which cells of a population are built, and where their files are.

        Parameters
        ----------
        population
            The population.
        cell
            What each of its cells is.

        Raises
        ------
        CircuitError
            If cells are of a family that SONATA cannot describe, or not all alike in their files' format.
        """
        rows: list[Described] = []
        formats: set[str] = set()
        for node in range(population.size):
            identity = CellId(population.name, node)
            found = cell(identity)
            if isinstance(found, HocCell):
                rows.append(self._hoc_cell(found, formats))
            elif isinstance(found, PointCell):
                rows.append(self._point_cell(found))
            else:
                raise CircuitError(
                    f"cell {identity} is a {type(found).__name__}; SONATA describes cells of hoc templates "
                    "and point cells"
                )
        return _columns(rows, population.name), self._places(formats, population.name)

    def _places(self, formats: set[str], population: str) -> dict[str, object]:
        if len(formats) > 1:
            raise CircuitError(
                f"population {population} has morphologies of the formats {', '.join(sorted(formats))}; a "
                "population has one"
            )
        places: dict[str, object] = {"biophysical_neuron_models_dir": f"$BASE_DIR/{_TEMPLATES}"}
        for extension in formats:
            suffix, _, container = extension.partition(":")
            where = f"$BASE_DIR/{_MORPHOLOGIES}" + (f"/{container}" if container else "")
            if _FORMATS[suffix]:
                places["alternate_morphologies"] = {_FORMATS[suffix]: where}
            places["morphologies_dir"] = f"$BASE_DIR/{_MORPHOLOGIES}"
        return places

    def _hoc_cell(self, cell: HocCell, formats: set[str]) -> Described:
        if cell.template_format != "v6":
            raise CircuitError(
                f"cell {cell.id} has a template of the format {cell.template_format}; circuits have v6"
            )
        morphology = Path(cell.morphology_path)
        if morphology.suffix.lower() not in _FORMATS and morphology.parent.is_file():
            container = self._copy(morphology.parent, _MORPHOLOGIES)
            formats.add(f".h5:{container.name}")
            name = morphology.name
        else:
            copied = self._copy(morphology, _MORPHOLOGIES)
            formats.add(copied.suffix.lower())
            name = copied.stem
        row: dict[str, object] = {
            "model_type": "biophysical",
            "model_template": f"hoc:{self._template(Path(cell.template_path))}",
            "morphology": name,
        }
        properties = cell.emodel_properties
        if properties is not None:
            row |= {_DYNAMICS + key: float(value) for key, value in properties.to_dict().items()}
        return row

    def _point_cell(self, cell: PointCell) -> Described:
        template = f"nrn:{cell.mechanism}"
        if cell.template_path is not None:
            template = f"hoc:{self._template(Path(cell.template_path))}"
        parameters = {_DYNAMICS + name: float(value) for name, value in cell.parameters.items()}
        return {"model_type": "point_neuron", "model_template": template, **parameters}

    def _template(self, path: Path) -> str:
        """Copy a template into a file of its name, by which simulators look for it."""
        if path not in self._copied:
            try:
                found = _BEGIN.search(path.read_text(encoding="utf-8", errors="replace"))
            except OSError as error:
                raise CircuitFileError(f"{path}: cannot be read: {error.strerror}", str(path)) from error
            if found is None:
                raise CircuitFileError(f"{path}: there is no 'begintemplate' in it", str(path))
            self._copied[path] = self._copy(path, _TEMPLATES, f"{found[1]}.hoc")
        return self._copied[path].stem

    def copy_folders(self, mechanisms: Iterable[Path], helpers: Iterable[Path]) -> dict[str, str]:
        """Copy .mod files and hoc helpers; return the components of the configuration."""
        components: dict[str, str] = {}
        for folder in mechanisms:
            for path in sorted([*folder.glob("*.mod"), *folder.glob("*.inc")]):
                self._copy(path, _MECHANISMS)
                components["mechanisms_dir"] = f"$BASE_DIR/{_MECHANISMS}"
        for folder in helpers:
            for path in sorted(folder.glob("*Helper.hoc")):
                self._copy(path, _TEMPLATES)
                components["biophysical_neuron_models_dir"] = f"$BASE_DIR/{_TEMPLATES}"
        return components

    def _copy(self, path: Path, inner: str, name: str | None = None) -> Path:
        if path in self._copied:
            return self._copied[path]
        target = self._folder / inner / (path.name if name is None else name)
        target.parent.mkdir(exist_ok=True)
        if not path.is_file():
            raise CircuitFileError(f"{path}: there is no such file", str(path))
        if target.exists() and not filecmp.cmp(path, target, shallow=False):
            raise CircuitError(
                f"{path} and another file of the circuit are both named {target.name}; rename one"
            )
        shutil.copyfile(path, target)
        self._copied[path] = target
        return target


def _columns(rows: Sequence[Described], population: str) -> dict[str, Column]:
    """Return what nodes have in columns; numbers that some do not have are NaN."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns: dict[str, Column] = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if all(isinstance(value, str) for value in values):
            columns[name] = np.array(values, np.str_)
        elif any(isinstance(value, str) for value in values):
            raise CircuitError(f"some cells of population {population} have {name}, others do not")
        else:
            columns[name] = np.array([math.nan if value is None else value for value in values], np.float64)
    return columns
