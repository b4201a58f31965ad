"""Hoc templates, under the published names."""

from __future__ import annotations

from pathlib import Path

from bluecellab.cell import morphology
from bluecellab.cell.builders import hoc as builder
from bluecellab.compat import importer
from bluecellab.compat.type_aliases import HocObjectType
from bluecellab.errors import CellError, TemplateNotFoundError
from bluecellab.nrn import templates
from bluecellab.nrn.templates import Template
from bluecellab.nrn.templates.naming import (
    check_compliance_with_neuron,
    get_neuron_compliant_template_name,
    shorten_and_hash_string,
)
from bluecellab.spec.cells import EmodelProperties, TemplateParams

__all__ = [
    "NeuronTemplate",
    "TemplateParams",
    "check_compliance_with_neuron",
    "get_neuron_compliant_template_name",
    "public_hoc_cell",
    "shorten_and_hash_string",
]


def public_hoc_cell(cell: HocObjectType) -> HocObjectType:
    """Return the object of hoc that carries the sections of a template's instance.

    Raises
    ------
    CellError
        If the instance has neither ``getCell`` nor ``CellRef``.
    """
    get_cell = getattr(cell, "getCell", None)
    public = get_cell() if get_cell is not None else getattr(cell, "CellRef", None)
    if public is None:
        raise CellError(
            "Public cell properties cannot be accessed from the hoc model. Either getCell() or CellRef needs "
            "to be provided"
        )
    return public


class NeuronTemplate:
    """A hoc template together with a morphology.

    Parameters
    ----------
    template_filepath, morph_filepath
        The two files.
    template_format
        ``"v5"``, ``"v6"`` or ``"bluepyopt"``.
    emodel_properties
        Needed by ``"v6"``.

    Raises
    ------
    TemplateNotFoundError, MorphologyNotFoundError
        If a file is missing; the template is looked for first.
    TemplateError, MorphologyError, MissingMechanismError
        If one cannot be used.
    """

    def __init__(
        self,
        template_filepath: str | Path,
        morph_filepath: str | Path,
        template_format: str,
        emodel_properties: EmodelProperties | None,
    ) -> None:
        if not Path(template_filepath).is_file():
            raise TemplateNotFoundError(f"Couldn't find template file: {template_filepath}")
        self.morph_filepath = morph_filepath
        self.template_format = template_format
        self.emodel_properties = emodel_properties
        self._place = morphology.locate(morph_filepath, template_format)
        self._template = _load(template_filepath)

    @property
    def template_name(self) -> str:
        """Name of the template as NEURON knows it."""
        return self._template.name

    def get_cell(self, gid: int | None) -> HocObjectType:
        """Return a new instance, which is the caller's; a Cell takes care of its own.

        Parameters
        ----------
        gid
            Number handed to the template; 0 if None.
        """
        arguments = builder._arguments(
            self.template_format, self._template, self.emodel_properties, gid or 0, self._place
        )
        return self._template.create(*arguments)

    @staticmethod
    def load(template_filename: str | Path) -> str:
        """Define the template of a file and return its name as NEURON knows it."""
        return _load(template_filename).name


def _load(path: str | Path) -> Template:
    importer.load_once()
    return templates.load(path)
