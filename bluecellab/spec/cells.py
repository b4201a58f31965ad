"""One model for each family of cells: what is needed to build one, anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, JsonValue, field_validator, model_validator

from bluecellab.spec.base import CellId, Nanoampere, PositiveMicrometer, Spec

__all__ = [
    "AllenCell",
    "AnyCell",
    "BallStickCell",
    "EmodelProperties",
    "HocCell",
    "PointCell",
    "PythonCell",
    "TemplateFormat",
    "TemplateParams",
]

TemplateFormat = Literal["v5", "v6", "bluepyopt"]


class EmodelProperties(Spec):
    """What an electrical model needs to be told beside its template.

    Parameters
    ----------
    threshold_current
        Current on top of the holding current that makes the first spike (rheobase), in nA.
    holding_current
        Current that holds the cell at its holding potential, in nA.
    AIS_scaler, soma_scaler
        Scaling of the diameters of axon initial segment and soma; ``None`` counts as 1.

    Examples
    --------
    >>> EmodelProperties(threshold_current=0.2, holding_current=-0.05).AIS_scaler
    1.0
    """

    threshold_current: Nanoampere
    holding_current: Nanoampere
    AIS_scaler: float | None = 1.0
    soma_scaler: float | None = 1.0

    def __init__(self, *positional: float | None, **fields: Any) -> None:
        fields.update(zip(type(self).model_fields, positional, strict=False))
        super().__init__(**fields)

    @field_validator("AIS_scaler", "soma_scaler")
    @classmethod
    def _one_by_default(cls, value: float | None) -> float:
        return 1.0 if value is None else value


class TemplateParams(NamedTuple):
    """What rebuilds a cell in another process; the published name and order of fields."""

    template_filepath: str | Path
    morph_filepath: str | Path
    template_format: str
    emodel_properties: EmodelProperties | None = None


class HocCell(Spec):
    """A cell made by a hoc template from a morphology file.

    Parameters
    ----------
    template_path
        The hoc file; it holds one template.
    morphology_path
        ``.asc``, ``.swc`` or ``.h5`` file, or ``container.h5/name``.
    template_format
        How the template is called: ``"v5"``, ``"v6"`` or ``"bluepyopt"``.
    emodel_properties
        Needed by ``"v6"``.
    id
        The cell's population and id; the id seeds its stochastic channels.
    mechanisms
        Folder of .mod files, or compiled library, that the template needs.
    """

    type: Literal["hoc"] = "hoc"
    template_path: str
    morphology_path: str
    template_format: TemplateFormat = "v5"
    emodel_properties: EmodelProperties | None = None
    id: CellId = CellId("", 0)
    mechanisms: str | None = None

    @field_validator("template_path", "morphology_path", "mechanisms", mode="before")
    @classmethod
    def _path_as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, Path) else value

    @model_validator(mode="after")
    def _v6_needs_properties(self) -> HocCell:
        if self.template_format == "v6" and self.emodel_properties is None:
            raise ValueError(
                "template format v6 needs emodel_properties=EmodelProperties(threshold_current=..., "
                "holding_current=...)"
            )
        return self


class BallStickCell(Spec):
    """The embedded default: a soma and one dendrite with NEURON's own Hodgkin-Huxley channels.

    The soma is a diamond of 20 um (area 872.6 um2), the dendrite 200 um long and 3 um thick.
    """

    type: Literal["ball_stick"] = "ball_stick"
    id: CellId = CellId("", 0)

    @property
    def emodel_properties(self) -> EmodelProperties:
        """Its threshold and holding current, which are known."""
        return EmodelProperties(threshold_current=0.184062, holding_current=-0.070557)


class PythonCell(Spec):
    """A cell made by a Python class or function of the user's that makes NEURON sections.

    Parameters
    ----------
    factory
        Where to import it from: ``"package.module:name"``.
    arguments
        Keyword arguments for it, JSON-ready.
    id
        The cell's population and id.
    mechanisms
        Folder of .mod files, or compiled library, that it needs.
    """

    type: Literal["python"] = "python"
    factory: str = Field(pattern=r"^[\w.]+:[\w.]+$")
    arguments: Mapping[str, JsonValue] = Field(default_factory=dict)
    id: CellId = CellId("", 0)
    mechanisms: str | None = None


class PointCell(Spec):
    """An artificial cell: it has no sections, takes events and sends some.

    Parameters
    ----------
    mechanism
        Name of an ``ARTIFICIAL_CELL`` that NEURON knows, such as ``"IntFire1"``; with a template, the
        template's name.
    template_path
        The hoc file of a template, called with the cell's id, that makes the artificial cell and has
        it as public ``pointcell``.
    parameters
        Parameters of the artificial cell by name, such as ``{"tau": 10.0}``.
    id
        The cell's population and id.
    mechanisms
        Folder of .mod files, or compiled library, that it needs.

    Examples
    --------
    >>> PointCell(mechanism="IntFire1", parameters={"tau": 20.0}).template_path is None
    True
    """

    type: Literal["point"] = "point"
    mechanism: str = Field(pattern=r"^[A-Za-z]\w*$")
    template_path: str | None = None
    parameters: Mapping[str, float] = Field(default_factory=dict)
    id: CellId = CellId("", 0)
    mechanisms: str | None = None

    @field_validator("template_path", "mechanisms", mode="before")
    @classmethod
    def _path_as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, Path) else value


class AllenCell(Spec):
    """A cell of the Allen dialect: made by a template, then changed by processors.

    Parameters
    ----------
    template
        ``scheme:name`` as in ``model_template``: ``"ctdb:Biophys1.hoc"``, ``"hoc:HNTemplate"``,
        ``"nml:cell.nml"``, ``"nrn:IntFire1"``, or one that a function was registered for.
    model_type
        ``"biophysical"``, ``"point_neuron"``, ...
    template_files
        Absolute paths of the hoc files that may hold the template, or of the NeuroML file.
    morphology_path
        Absolute path, where there is one.
    dynamics_file
        Absolute path of the JSON file of parameters, where there is one.
    processing
        Names of processors, applied in this order.
    max_segment_length
        In um: every section has ``1 + 2 int(L / (2 max_segment_length))`` segments; None leaves them alone.
    attributes
        Those of the node, for functions of the user's.
    gid
        Number of the node in its circuit.
    id
        The cell's population and id.
    """

    type: Literal["allen"] = "allen"
    template: str = Field(pattern=r"^\w+:.+$")
    model_type: str = "biophysical"
    template_files: tuple[str, ...] = ()
    morphology_path: str | None = None
    dynamics_file: str | None = None
    processing: tuple[str, ...] = ()
    max_segment_length: PositiveMicrometer | None = 20.0
    attributes: Mapping[str, JsonValue] = Field(default_factory=dict)
    gid: int = 0
    id: CellId = CellId("", 0)


AnyCell = Annotated[HocCell | BallStickCell | PythonCell | PointCell | AllenCell, Field(discriminator="type")]
"""Any cell specification; told apart by ``type``."""
