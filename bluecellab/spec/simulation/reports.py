"""The reports that a simulation writes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bluecellab.spec.base import NonNegativeMillisecond, PositiveMillisecond, Spec

__all__ = ["Report", "ReportType"]

ReportType = Literal["compartment", "summation", "synapse", "compartment_set"]


class Report(Spec):
    """One SONATA report.

    Frame *k* is the state at ``start_time + k dt``; ``end_time`` is excluded.

    Parameters
    ----------
    name
        Its key in the configuration.
    type
        What one element is: a compartment, the sum over a cell, a synapse, or a listed compartment.
    cells
        Node set; that of the simulation when left out.
    sections
        Which sections of each cell.
    compartments
        The middle of each section, or all its segments; ``"center"`` for the soma by default.
    compartment_set
        For that type alone, instead of the three above.
    variable_name
        ``"v"``, ``"ina"``, ``"hh.m"``, ...; for a summation several, separated by commas.
    scaling
        Of densities in a summation: ``"area"`` multiplies by the segment's area, which makes nA of them.
    unit
        Text that is written beside the data.
    dt, start_time, end_time
        In ms.
    file_name
        Within the output folder, without ``.h5``; the name by default.
    enabled
        Whether it is written.
    """

    name: str
    type: ReportType = "compartment"
    cells: str | None = None
    sections: Literal["soma", "axon", "dend", "apic", "all"] = "soma"
    compartments: Literal["center", "all"] | None = None
    compartment_set: str | None = None
    variable_name: Annotated[str, Field(min_length=1)] = "v"
    scaling: Literal["none", "area"] = "area"
    unit: str = "mV"
    dt: PositiveMillisecond
    start_time: NonNegativeMillisecond = 0.0
    end_time: PositiveMillisecond
    file_name: str = ""
    enabled: bool = True

    @model_validator(mode="after")
    def _check(self) -> Report:
        if self.end_time <= self.start_time:
            raise ValueError(f"end_time {self.end_time} ms is not after start_time {self.start_time} ms")
        if (self.type == "compartment_set") != (self.compartment_set is not None):
            raise ValueError("compartment_set is for reports of type compartment_set, which need it")
        return self

    @property
    def every_compartment(self) -> bool:
        """Whether all segments of a section are meant, rather than its middle."""
        return self.compartments == "all" or (self.compartments is None and self.sections != "soma")

    @property
    def output_name(self) -> str:
        """Name of its file within the output folder."""
        name = self.file_name or self.name
        return name if name.endswith(".h5") else f"{name}.h5"
