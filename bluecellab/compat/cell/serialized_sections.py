"""Sections by their SONATA ids."""

from __future__ import annotations

from bluecellab.cell.model import section_ids, sections_by_name
from bluecellab.compat.type_aliases import HocObjectType
from bluecellab.nrn import objects

__all__ = ["SerializedSections"]


class SerializedSections:
    """References to the sections of a hoc cell, by SONATA id, in ``isec2sec``.

    Parameters
    ----------
    cell
        An object with the section list ``all``; see :func:`bluecellab.compat.psection.init_psections`.

    Raises
    ------
    CellError
        If there are ids beyond the number of sections.
    """

    def __init__(self, cell: HocObjectType) -> None:
        sections = sections_by_name(cell.all)
        count = getattr(cell, "nSecAll", None)
        ids = section_ids(sections, None if count is None else int(count))
        self.isec2sec: dict[int, HocObjectType] = {
            index: objects.section_reference(sections[name]) for index, name in ids.items()
        }
