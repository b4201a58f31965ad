"""How large cells are: sections, segments and mechanisms of each, from files alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bluecellab.simulation.sizing.rules import Rule, rule_of_template
from bluecellab.simulation.sizing.shapes import KINDS, Shape, shape_of
from bluecellab.spec.cells import AllenCell, AnyCell, BallStickCell, HocCell, PointCell

__all__ = ["CellSize", "Sizes"]

_AXONS = ("aibs_perisomatic", "aibs_allactive", "aibs_perisomatic_directed", "aibs_allactive_directed")
_LENGTH = 30.0  # um, of each of the two sections of their axons
_STARTS_WITH_AXON = ("ctdb",)  # templates that replace the axon by themselves


@dataclass(frozen=True, eq=False)
class CellSize:
    """How large a cell is.

    Parameters
    ----------
    kind
        What makes it, for tables.
    counts
        Numbers of segments of the sections of each list: ``"soma"``, ``"axon"``, ``"dend"``, ``"apic"``,
        ``"myelin"``.
    mechanisms
        Segments times the mechanisms that are in them.
    absent
        Section ids from the first to before the last that its sections do not have any more.
    points
        3-D points of its morphology.
    exact
        Whether sections and segments are known, rather than assumed.
    """

    kind: str
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    mechanisms: float = 0.0
    absent: tuple[int, int] = (0, 0)
    points: int = 0
    exact: bool = True

    @property
    def sections(self) -> int:
        """How many sections it has."""
        return sum(map(len, self.counts.values()))

    @property
    def segments(self) -> int:
        """How many segments it has."""
        return sum(map(sum, self.counts.values()))

    @property
    def artificial(self) -> bool:
        """Whether it has no sections."""
        return not self.counts

    def of(self, sections: str) -> tuple[int, ...]:
        """Return the numbers of segments of a list of sections, or of ``"all"``."""
        if sections == "all":
            return tuple(number for numbers in self.counts.values() for number in numbers)
        return self.counts.get(sections, ())


class Sizes:
    """Tells how large cells are; every file is read once.

    Attributes
    ----------
    assumed
        What is assumed, with the number of cells that it concerns.
    """

    def __init__(self) -> None:
        self.assumed: dict[str, int] = {}
        self._shapes: dict[str, Shape] = {}
        self._rules: dict[str, Rule] = {}
        self._known: dict[tuple[object, ...], tuple[CellSize, tuple[str, ...]]] = {}

    @property
    def morphologies(self) -> Mapping[str, Shape]:
        """The morphologies that were read, by path."""
        return self._shapes

    def of(self, spec: AnyCell) -> CellSize:
        """Return how large a cell is.

        Raises
        ------
        MorphologyNotFoundError, MorphologyError
            If its morphology is missing or cannot be read.
        """
        key = _key(spec)
        if key not in self._known:
            self._known[key] = self._sized(spec)
        size, assumed = self._known[key]
        for text in assumed:
            self.assumed[text] = self.assumed.get(text, 0) + 1
        return size

    def _sized(self, spec: AnyCell) -> tuple[CellSize, tuple[str, ...]]:
        if isinstance(spec, PointCell):
            return CellSize(spec.mechanism), ()
        if isinstance(spec, BallStickCell):
            return CellSize("ball and stick", {"soma": (1,), "dend": (200,)}, 201.0), ()
        if isinstance(spec, HocCell):
            return self._hoc(spec)
        if isinstance(spec, AllenCell):
            return self._allen(spec)
        text = f"{spec.factory} makes one section of one segment: a function of the user's tells nothing"
        return CellSize(spec.factory, {"soma": (1,)}, 5.0, exact=False), (text,)

    def _shape(self, path: str) -> Shape:
        if path not in self._shapes:
            self._shapes[path] = shape_of(path)
        return self._shapes[path]

    def _hoc(self, spec: HocCell) -> tuple[CellSize, tuple[str, ...]]:
        name = Path(spec.template_path).stem
        if spec.template_path not in self._rules:
            self._rules[spec.template_path] = rule_of_template(spec.template_path)
        rule = self._rules[spec.template_path]
        shape = self._shape(spec.morphology_path)
        assumed = tuple(f"template {name}: {text}" for text in rule.assumed)
        if not shape.exact:
            assumed += ("morphologies .asc have the sections that MorphIO finds, not NEURON's Import3d",)
        return _divided(name, shape, rule), assumed

    def _allen(self, spec: AllenCell) -> tuple[CellSize, tuple[str, ...]]:
        scheme, _, name = spec.template.partition(":")
        if scheme == "nrn" or spec.model_type in ("point_neuron", "point_process"):
            return CellSize(name), ()
        if spec.morphology_path is None:
            text = f"{spec.template} makes one section of one segment, as it has no morphology"
            return CellSize(name, {"soma": (1,)}, 5.0, exact=False), (text,)
        shape = self._shape(spec.morphology_path)
        axon = next((each for each in spec.processing if each in _AXONS), None)
        longest = spec.max_segment_length
        chunk = None if longest is None else 2 * longest
        new = None if axon is None else (1 + 2 * int(_LENGTH / (chunk or np.inf)),) * 2
        rule = Rule(chunk, new, mechanisms=_mechanisms_of_fit(spec.dynamics_file))
        assumed: tuple[str, ...] = ()
        if scheme not in _STARTS_WITH_AXON:
            assumed = (f"{spec.template} makes the sections of its morphology, and no others",)
        elif set(spec.processing) - set(_AXONS) - {"extracellular", "set_extracellular"}:
            assumed = (f"processors of the user's ({', '.join(spec.processing)}) change no section",)
        size = _divided(name, shape, rule)
        return (size if not assumed else _inexact(size)), assumed


def _inexact(size: CellSize) -> CellSize:
    return CellSize(size.kind, size.counts, size.mechanisms, size.absent, size.points, exact=False)


def _key(spec: AnyCell) -> tuple[object, ...]:
    if isinstance(spec, HocCell):
        return "hoc", spec.template_path, spec.morphology_path
    if isinstance(spec, AllenCell):
        return (
            "allen",
            spec.template,
            spec.model_type,
            spec.morphology_path,
            spec.dynamics_file,
            spec.processing,
            spec.max_segment_length,
        )
    if isinstance(spec, PointCell):
        return "point", spec.mechanism
    return spec.type, getattr(spec, "factory", "")


def _divided(name: str, shape: Shape, rule: Rule) -> CellSize:
    """Return the cell that a rule makes of a morphology."""
    numbers: npt.NDArray[np.int64] = np.ones(len(shape), np.int64)
    if rule.chunk is not None:
        numbers = 1 + 2 * (shape.lengths / rule.chunk).astype(np.int64)
    kinds = np.array(shape.kinds)
    counts = {kind: tuple(numbers[kinds == kind].tolist()) for kind in KINDS.values() if kind in shape.kinds}
    absent = (0, 0)
    if rule.axon is not None:
        old = np.flatnonzero(kinds == "axon")
        if rule.kept_ids is not None and len(old) > rule.kept_ids:
            absent = int(old[rule.kept_ids]), int(old[-1]) + 1
        counts["axon"] = rule.axon
        if rule.myelin:
            counts["myelin"] = rule.myelin
    mechanisms = sum(sum(each) * rule.mechanisms_of(kind) for kind, each in counts.items())
    exact = not rule.assumed and shape.exact
    return CellSize(name, counts, mechanisms, absent, shape.points, exact)


def _mechanisms_of_fit(path: str | None) -> dict[str, float]:
    """Return how many mechanisms a fit of the Allen Institute inserts in sections of each list."""
    if path is None or not path.endswith(".json"):
        return {}
    try:
        fit = json.loads(Path(path).read_text(encoding="utf-8"))
        genome = [(str(row["section"]), str(row.get("mechanism", ""))) for row in fit["genome"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # no such fit; whoever builds the cell says what is wrong with it
    found: dict[str, set[str]] = {kind: {"pas"} for kind in KINDS.values()}
    for section, mechanism in genome:
        if mechanism:
            found.setdefault(section, {"pas"}).add(mechanism)
    return {kind: float(len(names)) for kind, names in found.items()}
