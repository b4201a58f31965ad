"""What a builder hands to a live cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bluecellab.errors import CellError
from bluecellab.nrn import objects, runtime
from bluecellab.nrn.handles import name_of

__all__ = ["SECTION_LISTS", "Model", "section_ids", "sections_by_name"]

SECTION_LISTS = ("somatic", "basal", "apical", "axonal", "myelinated")
_ID_POSITION = 0.0001  # templates leave a section's id here, as its membrane potential


@dataclass
class Model:
    """The raw parts of a cell; whoever made them has them owned by the cell's scope.

    Parameters
    ----------
    sections
        NEURON's sections by name within the cell, in the order of ``all``.
    lists
        Names of the sections in each list, such as ``"somatic"``.
    ids
        Name of the section for each SONATA section id.
    hoc
        The template's instance, or the user's Python object.
    public
        The object that carries the sections, which may be the same.
    artificial
        The artificial cell, of a cell without sections.
    threshold
        Current on top of the holding current that makes the first spike, in nA.
    holding
        Holding current in nA, where it is known.
    template_id
        Name of the hoc template as NEURON knows it.
    reseed
        Starts the streams of stochastic channels anew, with a channel seed where one is given.
    """

    sections: dict[str, Any]
    lists: dict[str, list[str]]
    ids: dict[int, str]
    hoc: Any = None
    public: Any = None
    artificial: Any = None
    threshold: float = 0.0
    holding: float | None = None
    template_id: str = ""
    reseed: Callable[[int | None], None] | None = field(default=None)

    def clear(self) -> None:
        """Let go of everything of NEURON's."""
        objects.disconnect(self.sections.values())
        self.sections = {}
        self.hoc = self.public = self.artificial = self.reseed = None


def sections_by_name(raw_sections: Iterable[Any]) -> dict[str, Any]:
    """Return sections by their names within the cell.

    Raises
    ------
    CellError
        If two have the same name, or there is none.
    """
    by_name: dict[str, Any] = {}
    for section in raw_sections:
        name = name_of(section)
        if name in by_name:
            raise CellError(f"two sections of the cell are called {name}; give each a name of its own")
        by_name[name] = section
    if not by_name:
        raise CellError("the cell has no sections; its maker must leave at least a soma")
    return by_name


def section_ids(sections: dict[str, Any], count: int | None) -> dict[int, str]:
    """Read the ids that a template left as potentials at x = 0.0001.

    Parameters
    ----------
    sections
        By name, in the order of ``all``.
    count
        The number of sections the morphology had (``nSecAll``), beyond which an id is wrong; None
        if the template does not say.

    Returns
    -------
    dict
        Empty when the template does not number its sections. Where two sections carry one id the
        later one has it.

    Raises
    ------
    CellError
        If an id is not below ``count``.
    """
    v_init = float(runtime.raw_h().v_init)
    values = {name: float(section(_ID_POSITION).v) for name, section in sections.items()}
    if all(value in (v_init, -65.0) for value in values.values()):
        return {}
    ids: dict[int, str] = {}
    for name, value in values.items():
        index = int(value)
        if count is not None and index >= count:
            raise CellError(f"section {name} has the id {index}, but the morphology has {count} sections")
        if value >= 0:
            ids[index] = name
    return ids
