"""The files that a configuration of the Allen dialect is spread over."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from bluecellab.circuit.config.allen.places import AllenPlaces
from bluecellab.circuit.config.allen.variables import Variables
from bluecellab.circuit.config.blocks import Block
from bluecellab.circuit.config.problems import Problem, Problems
from bluecellab.circuit.config.text import read_object

__all__ = ["PARTS", "Source", "Sources", "read_sources"]

PARTS = ("network", "simulation")
"""Keys that name a file whose keys are taken over, in this order."""

_DEEPEST = 8


@dataclass(frozen=True)
class Source:
    """A value at the top of a configuration.

    Parameters
    ----------
    value
        It, its variables replaced.
    places
        For its paths.
    """

    value: object
    places: AllenPlaces

    @property
    def problems(self) -> Problems:
        """Where to report to."""
        return self.places.problems


@dataclass
class Sources:
    """A configuration, from one file or several.

    Parameters
    ----------
    path
        The first file, as an absolute path.
    confine_to
        The folder that no path may leave.
    problems
        Of each file.
    top
        What stands at the top, by key; files that are named later win.
    """

    path: str
    confine_to: str | None = None
    problems: list[Problems] = field(default_factory=list)
    top: dict[str, Source] = field(default_factory=dict)
    readable: bool = True

    def found(self) -> list[Problem]:
        """Return the problems of all files."""
        return [each for problems in self.problems for each in problems]

    def block(self, name: str) -> Block | None:
        """Return an object at the top; None if there is none, or, with a problem, something else."""
        source = self.top.get(name)
        if source is None or source.value is None:
            return None
        if not isinstance(source.value, dict):
            source.problems.add(name, source.value, "an object {...} is needed")
            return None
        return Block(source.value, name, source.problems)

    def at(self, name: str) -> Source:
        """Return what stands at the top under a key; None as its value if nothing does."""
        first = next(iter(self.top.values()))
        return self.top.get(name, Source(None, first.places))


def read_sources(
    path: str | os.PathLike[str], *, confine_to: str | os.PathLike[str] | None = None
) -> Sources:
    """Read a configuration, and the files that it names under ``network`` and ``simulation``.

    Each file has its own manifest. The keys of a file that is named win over those of the file that
    names it, as wholes; those of ``simulation`` win over those of ``network``.

    Parameters
    ----------
    path
        The first file.
    confine_to
        A folder that no path may leave.
    """
    file = os.path.abspath(path)
    folder = None if confine_to is None else os.path.realpath(confine_to)
    sources = Sources(file, folder)
    _read(sources, file, ())
    return sources


def _read(sources: Sources, file: str, using: tuple[str, ...]) -> None:
    problems = Problems(file)
    sources.problems.append(problems)
    values = _values(sources, file, problems)
    if values is None:
        sources.readable = False
        return
    variables = Variables(file, values.get("manifest"), problems)
    base = os.path.dirname(sources.path)  # noqa: PTH120
    places = AllenPlaces(file, problems, variables, base=base, confine_to=sources.confine_to)
    for key, value in values.items():
        if key != "manifest":
            sources.top[key] = Source(variables.replaced(value, key), places)
    # Parts of this file come after all of it, for they win.
    named = [(key, sources.top[key].value) for key in PARTS if key in values]
    for key, value in named:
        if value is None:
            continue
        if not isinstance(value, str):
            problems.add(key, value, "the path of a configuration is needed")
            continue
        part = places.existing(value, key)
        if part is None:
            continue
        real = os.path.realpath(part)
        if real in (*using, os.path.realpath(file)) or len(using) > _DEEPEST:
            problems.add(key, value, "leads back to a file that names this one")
        else:
            _read(sources, part, (*using, os.path.realpath(file)))


def _values(sources: Sources, file: str, problems: Problems) -> dict[str, object] | None:
    places = AllenPlaces(file, problems, confine_to=sources.confine_to)
    if not places.allowed(file, "", None):
        return None
    if file.lower().endswith((".yml", ".yaml")):
        problems.add("", None, "YAML is not read; a file of JSON is needed")
        return None
    return read_object(file, problems)
