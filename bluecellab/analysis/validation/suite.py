"""A suite of validations as data: JSON and YAML both ways."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
    model_validator,
)

from bluecellab.analysis.features import check_feature
from bluecellab.analysis.validation.base import Observation
from bluecellab.analysis.validation.criteria import Always, AnyCriterion
from bluecellab.analysis.validation.measurements import AnyMeasurement, Measured, Measurement, Value
from bluecellab.analysis.validation.protocols import AnyProtocol
from bluecellab.analysis.validation.texts import compact, line_of, lines_of, reference
from bluecellab.errors import FeatureError, InvalidSpecError
from bluecellab.results.extras import require
from bluecellab.spec.base import Spec

__all__ = ["Judge", "Measure", "Suite", "Validation"]

Measure = Callable[[Observation], "Value | Measured | None"]
"""A measurement written in Python."""
Judge = Callable[[Value], bool]
"""A criterion written in Python."""


def _function(given: object) -> object:
    """Return the function that a text such as ``"my.module:my_function"`` names."""
    if not isinstance(given, str):
        return given
    module, colon, name = given.partition(":")
    if not colon or not name:
        raise ValueError(f"write 'module:function', not {given!r}")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"there is no function {given!r}: {error}") from error
    if not callable(found):
        raise ValueError(f"{given!r} is no function, but {type(found).__name__}")
    return found


def _kind(given: object) -> str:
    return (
        "function" if isinstance(given, str) or (callable(given) and not isinstance(given, Spec)) else "data"
    )


_READ = BeforeValidator(_function)
_WRITE = PlainSerializer(reference, return_type=str)
_SCHEMA = WithJsonSchema({"type": "string", "description": "module:function"})
_Measure = Annotated[Measure, _READ, _WRITE, _SCHEMA, Tag("function")]
_Judge = Annotated[Judge, _READ, _WRITE, _SCHEMA, Tag("function")]


class Validation(Spec):
    """One question to a cell: what is done, what is measured, and what it should be.

    Parameters
    ----------
    name
        Under which its result is found.
    title
        What it is called in reports; its name by default.
    protocol
        What is done; None for what needs no run.
    measurement
        What is measured, if anything: one of :mod:`~bluecellab.analysis.validation.measurements`, or a
        function of an :class:`~bluecellab.analysis.validation.base.Observation`, in files
        ``"module:function"``.
    criterion
        What it should be: one of :mod:`~bluecellab.analysis.validation.criteria`, or a function of the
        value, in files ``"module:function"``.
    skipped_without
        Sections without which there is nothing to be asked, so that it is skipped. The absence of any other
        section that the protocol needs is an error.

    Examples
    --------
    >>> from bluecellab.analysis.validation import AtLeast, SpikeCount, StepProtocol
    >>> from bluecellab.spec.base import Site
    >>> protocol = StepProtocol(percent=130, spikes=(Site(),))
    >>> spiking = Validation(name="spiking", protocol=protocol, measurement=SpikeCount(),
    ...                      criterion=AtLeast(threshold=1))
    >>> Validation.from_json(spiking.to_json()) == spiking
    True
    """

    name: Annotated[str, Field(min_length=1)]
    title: str = ""
    protocol: AnyProtocol | None = None
    measurement: Annotated[Annotated[AnyMeasurement, Tag("data")] | _Measure, Discriminator(_kind)] | None = (
        None
    )
    criterion: Annotated[Annotated[AnyCriterion, Tag("data")] | _Judge, Discriminator(_kind)] = Always()
    skipped_without: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _titled(cls, fields: object) -> object:
        if isinstance(fields, dict) and not fields.get("title"):
            return {**fields, "title": fields.get("name", "")}
        return fields

    def functions(self) -> tuple[Callable[..., object], ...]:
        """Return what of it is written in Python."""
        parts = (self.measurement, self.criterion)
        return tuple(part for part in parts if callable(part) and not isinstance(part, Spec))

    def to_json(self, *, indent: int | None = None) -> str:
        """Return it as JSON text.

        Raises
        ------
        InvalidSpecError
            If a function in it cannot be named.
        """
        for function in self.functions():
            reference(function)
        return super().to_json(indent=indent)

    @property
    def needs_rheobase(self) -> bool:
        """Whether it depends on the cell's rheobase."""
        if self.protocol is not None:
            return self.protocol.needs_rheobase
        return getattr(self.measurement, "name", "") in ("rheobase", "rin")


class Suite(Spec):
    """Validations that belong together.

    Parameters
    ----------
    name
        What it is called.
    validations
        Each with a name of its own.
    properties
        Properties of the cell that are measured in any case; others only if a validation needs them.
    version
        Of this format of suites.

    Raises
    ------
    InvalidSpecError
        If two validations have one name, or there is none.
    """

    name: str = ""
    validations: tuple[Validation, ...]
    properties: tuple[Literal["holding_current", "rheobase", "rin"], ...] = (
        "holding_current",
        "rheobase",
        "rin",
    )
    version: Literal[1] = Field(1, repr=False)

    @model_validator(mode="after")
    def _names_differ(self) -> Suite:
        names = [validation.name for validation in self.validations]
        if not names:
            raise ValueError("a suite has at least one validation")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"several validations have the name {', '.join(twice)}; give each its own")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the validations, in order."""
        return tuple(validation.name for validation in self.validations)

    def features(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield the names of all features of eFEL's that it takes, each with its place in the suite."""
        for index, validation in enumerate(self.validations):
            if isinstance(validation.measurement, Measurement):
                for field, name in validation.measurement.features.items():
                    yield ("validations", index, "measurement", field), name

    def only(self, *names: str) -> Suite:
        """Return a suite of some of the validations, which measures no more properties than these need.

        Raises
        ------
        InvalidSpecError
            If there is no validation of a name.
        """
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise InvalidSpecError(
                f"no validation {', '.join(map(repr, unknown))} in this suite; it has {', '.join(self.names)}"
            )
        chosen = tuple(validation for validation in self.validations if validation.name in names)
        return Suite(name=self.name, validations=chosen, properties=())

    def extended(self, validations: Iterable[Validation]) -> Suite:
        """Return a suite with more validations; one of the same name replaces what there is."""
        more = {validation.name: validation for validation in validations}
        kept = tuple(more.pop(validation.name, validation) for validation in self.validations)
        return Suite(name=self.name, validations=(*kept, *more.values()), properties=self.properties)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the suite as JSON text; :meth:`from_json` reads it back.

        Raises
        ------
        InvalidSpecError
            If a function in it cannot be named.
        """
        self._check_functions()
        return super().to_json(indent=indent)

    def _check_functions(self) -> None:
        for validation in self.validations:
            for function in validation.functions():
                reference(function)

    def to_yaml(self) -> str:
        """Return the suite as YAML, without what is long and as by default; :meth:`from_yaml` reads it back.

        Raises
        ------
        MissingDependencyError
            If PyYAML is not installed.
        InvalidSpecError
            If a function in it cannot be named.
        """
        yaml = require("yaml", extra="analysis", doing="writing a suite of validations as YAML")
        self._check_functions()
        text: str = yaml.safe_dump(compact(self), sort_keys=False, width=100)
        return text

    @classmethod
    def from_yaml(cls, text: str, *, source: str = "the suite") -> Suite:
        """Make a suite from YAML text, of which JSON is a part.

        A ``measurement`` or ``criterion`` that is a text imports the module it names: read suites of
        people whose code you would run.

        Parameters
        ----------
        text
            What :meth:`to_yaml` writes.
        source
            What to call it in messages.

        Raises
        ------
        InvalidSpecError
            If it is no YAML, or a field is bad, missing or unknown: with the line of each problem.
        MissingDependencyError
            If PyYAML is not installed.
        """
        yaml = require("yaml", extra="analysis", doing="reading a suite of validations from YAML")
        try:
            fields = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InvalidSpecError(f"{source} is no YAML: {error}") from error
        if not isinstance(fields, dict):
            raise InvalidSpecError(
                f"{source} must be a mapping with the field 'validations', not {type(fields).__name__}"
            )
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        try:
            suite = cls(**{str(name): value for name, value in fields.items()})
        except InvalidSpecError as error:
            raise InvalidSpecError(f"{source}: {error}{lines_of(root, error.__cause__)}") from error
        for path, name in suite.features():
            try:
                check_feature(name)
            except FeatureError as error:
                raise InvalidSpecError(f"{source}, line {line_of(root, path)}: {error}") from error
        return suite

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Suite:
        """Read a suite from a file, YAML or JSON.

        Raises
        ------
        InvalidSpecError
            If there is no such file, or it is no suite: with the lines of what is wrong.
        """
        file = Path(path)
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidSpecError(f"the suite {file} cannot be read: {error}") from error
        return cls.from_yaml(text, source=str(file))

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the suite to a file: JSON if its name ends with ``.json``, else YAML."""
        file = Path(path)
        text = self.to_json(indent=2) if file.suffix.lower() == ".json" else self.to_yaml()
        file.write_text(text, encoding="utf-8")
        return file
