"""The base of all specifications: frozen values with units, JSON both ways, no NEURON."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bluecellab.errors import InvalidSpecError

__all__ = [
    "CellId",
    "Celsius",
    "Fraction",
    "Hertz",
    "Megaohm",
    "Micrometer",
    "Microsiemens",
    "Millisecond",
    "Millivolt",
    "Nanoampere",
    "NonNegativeMicrosiemens",
    "NonNegativeMillisecond",
    "Percent",
    "PositiveHertz",
    "PositiveMegaohm",
    "PositiveMicrometer",
    "PositiveMillisecond",
    "Site",
    "Spec",
    "TargetSimulator",
    "Unit",
    "unit_of",
]

TargetSimulator = Literal["NEURON", "CORENEURON"]
"""What integrates, as SONATA spells it."""

_PREFIXES = {
    "G": 9,
    "M": 6,
    "k": 3,
    "": 0,
    "c": -2,
    "m": -3,
    "u": -6,
    "µ": -6,
    "μ": -6,
    "n": -9,
    "p": -12,
}
_BASES = {
    "s": "s",
    "V": "V",
    "A": "A",
    "m": "m",
    "S": "S",
    "ohm": "ohm",
    "Ohm": "ohm",
    "Ω": "ohm",
    "Hz": "Hz",
}
_WHOLE = {"%": ("%", 0), "degC": ("degC", 0), "°C": ("degC", 0)}
_QUANTITY = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S+)\s*$")

Self = TypeVar("Self", bound="Spec")


def _dimension(symbol: str) -> tuple[str, int]:
    """Split a unit symbol into its base unit and the power of ten of its prefix."""
    if symbol in _WHOLE:
        return _WHOLE[symbol]
    for base, name in _BASES.items():
        prefix = symbol.removesuffix(base)
        if prefix != symbol and prefix in _PREFIXES:
            return name, _PREFIXES[prefix]
    raise ValueError(f"unknown unit {symbol!r}")


def _scale(number: float, power: int) -> float:
    """Multiply by a power of ten with one rounding, so that '500 pA' is exactly 0.5 nA."""
    return float(number * 10**power) if power >= 0 else float(number / 10**-power)


@dataclass(frozen=True)
class Unit:
    """The unit of a field: documents it, puts it into the JSON Schema, and converts text.

    A field of unit ``nA`` takes ``0.5`` or ``"0.5 nA"`` or ``"500 pA"``, and refuses ``"0.5 mV"``.

    Parameters
    ----------
    symbol
        The unit that plain numbers are in, such as ``"nA"``.
    """

    symbol: str

    def parse(self, value: object) -> object:
        """Return text such as ``"500 pA"`` as a number in this unit; pass anything else on."""
        if isinstance(value, bool):
            raise ValueError(f"a number in {self.symbol} is needed, not {value!r}")
        if not isinstance(value, str):
            return value
        match = _QUANTITY.match(value)
        if match is None:
            raise ValueError(
                f"not a quantity: {value!r}; write a number in {self.symbol} or '1 {self.symbol}'"
            )
        (base, power), (own_base, own_power) = _dimension(match[2]), _dimension(self.symbol)
        if base != own_base:
            raise ValueError(f"{value!r} has the wrong unit; {self.symbol} is needed")
        return _scale(float(match[1]), power - own_power)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "unit": self.symbol}


def _unit(symbol: str) -> tuple[Unit, BeforeValidator]:
    unit = Unit(symbol)
    return unit, BeforeValidator(unit.parse)


_MS, _MS_PARSE = _unit("ms")
_US, _US_PARSE = _unit("uS")
_MOHM, _MOHM_PARSE = _unit("Mohm")
_HZ, _HZ_PARSE = _unit("Hz")
_UM, _UM_PARSE = _unit("um")
_MV, _MV_PARSE = _unit("mV")
_NA, _NA_PARSE = _unit("nA")
_DEGC, _DEGC_PARSE = _unit("degC")
_PERCENT, _PERCENT_PARSE = _unit("%")

Millisecond = Annotated[float, _MS, _MS_PARSE]
NonNegativeMillisecond = Annotated[float, Field(ge=0), _MS, _MS_PARSE]
PositiveMillisecond = Annotated[float, Field(gt=0), _MS, _MS_PARSE]
Millivolt = Annotated[float, _MV, _MV_PARSE]
Nanoampere = Annotated[float, _NA, _NA_PARSE]
Micrometer = Annotated[float, _UM, _UM_PARSE]
PositiveMicrometer = Annotated[float, Field(gt=0), _UM, _UM_PARSE]
Microsiemens = Annotated[float, _US, _US_PARSE]
NonNegativeMicrosiemens = Annotated[float, Field(ge=0), _US, _US_PARSE]
Megaohm = Annotated[float, _MOHM, _MOHM_PARSE]
PositiveMegaohm = Annotated[float, Field(gt=0), _MOHM, _MOHM_PARSE]
Hertz = Annotated[float, _HZ, _HZ_PARSE]
PositiveHertz = Annotated[float, Field(gt=0), _HZ, _HZ_PARSE]
Celsius = Annotated[float, _DEGC, _DEGC_PARSE]
Percent = Annotated[float, _PERCENT, _PERCENT_PARSE]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Spec(BaseModel):
    """A value that says what one wants: frozen, hashable, picklable, JSON both ways.

    Unknown fields, NaN and infinities are refused with :class:`~bluecellab.errors.InvalidSpecError`,
    which lists every problem at once. ``eval(repr(spec)) == spec``.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        ser_json_inf_nan="constants",
    )

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise _readable(type(self), error) from error

    @classmethod
    def from_dict(cls: type[Self], fields: Mapping[str, object]) -> Self:
        """Make the specification from a mapping.

        Raises
        ------
        InvalidSpecError
            If a field is bad, missing or unknown.
        """
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise _readable(cls, error) from error

    @classmethod
    def from_json(cls: type[Self], text: str | bytes) -> Self:
        """Make the specification from JSON text.

        Raises
        ------
        InvalidSpecError
            If the text is not JSON, or a field is bad, missing or unknown.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise _readable(cls, error) from error

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain, JSON-ready values."""
        return self.model_dump(mode="json")

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the specification as JSON text; :meth:`from_json` reads it back."""
        return self.model_dump_json(indent=indent)

    def replace(self: Self, **fields: object) -> Self:
        """Return a copy with other values of some fields, checked like any specification.

        Raises
        ------
        InvalidSpecError
            If a field is bad or unknown.

        Examples
        --------
        >>> Site(section="dend[3]").replace(x=0.7)
        Site(section='dend[3]', x=0.7, cell=None)
        """
        return type(self)(**{**dict(self), **fields})

    @property
    def key(self) -> str:
        """What identifies the content: the hexadecimal SHA-256 of its JSON with the names in order.

        It is the same in every process and on every machine. Files that the specification names, such as
        the template and the morphology of a cell, enter by their names alone, not by their content.

        Examples
        --------
        >>> Site().key[:16]
        'e363c403f7c2383e'
        """
        text = json.dumps(
            {"class": type(self).__name__, "fields": self.to_dict()}, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def __hash__(self) -> int:
        return hash((type(self), tuple(_hash_of(value) for _, value in self)))

    def __str__(self) -> str:
        return repr(self)


def _hash_of(value: object) -> int:
    """Return a hash that equal values share; also of lists, and of mappings in any order."""
    try:
        return hash(value)
    except TypeError:
        pass
    if isinstance(value, Mapping):
        return hash(frozenset((name, _hash_of(item)) for name, item in value.items()))
    if isinstance(value, list | tuple):
        return hash(tuple(map(_hash_of, value)))
    raise TypeError(f"{value!r} is not hashable")


def _readable(cls: type[BaseModel], error: ValidationError) -> InvalidSpecError:
    """Turn pydantic's report into one line for each problem, in our words."""
    lines = []
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        kind = problem["type"]
        if kind == "extra_forbidden":
            text = f"no such field; {cls.__name__} has {', '.join(cls.model_fields)}"
        elif kind == "missing":
            text = "is needed"
        else:
            reason = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
            shown = repr(problem["input"])
            text = reason if len(shown) > 80 or not place else f"{reason} (got {shown})"
        lines.append(f"{place}: {text}" if place else text)
        _let_go(problem.get("ctx", {}).get("error"))
    if len(lines) == 1:
        return InvalidSpecError(f"{cls.__name__}: {lines[0]}")
    return InvalidSpecError(f"{cls.__name__}: {len(lines)} problems\n  " + "\n  ".join(lines))


def _let_go(error: object) -> None:
    """Take the frames off what refused a part, and off its causes.

    pydantic holds on to it where the garbage collector cannot see it: a circle through its frames would stay.
    """
    while isinstance(error, BaseException):  # some are texts
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _field_unit(field: FieldInfo) -> str | None:
    for item in field.metadata:
        if isinstance(item, Unit):
            return item.symbol
    return None


def unit_of(spec: type[Spec], field: str) -> str:
    """Return the unit symbol of a field, or ``""`` when it has none.

    Raises
    ------
    InvalidSpecError
        If the specification has no such field.
    """
    if field not in spec.model_fields:
        raise InvalidSpecError(
            f"{spec.__name__} has no field {field!r}; it has {', '.join(spec.model_fields)}"
        )
    return _field_unit(spec.model_fields[field]) or ""


class CellId(NamedTuple):
    """A cell by its population and its 0-based id there (SONATA ``node_id``)."""

    population_name: str
    id: int

    def __str__(self) -> str:
        return f"{self.population_name}/{self.id}" if self.population_name else str(self.id)


class Site(Spec):
    """A place on a cell: a section and a normalised position along it.

    Parameters
    ----------
    section
        Name of the section within its cell, such as ``"dend[3]"``.
    x
        Normalised position along the section, 0 to 1.
    cell
        The cell, where several are in play.
    """

    section: str = "soma[0]"
    x: Fraction = 0.5
    cell: CellId | None = None

    def __str__(self) -> str:
        prefix = f"{self.cell} " if self.cell else ""
        return f"{prefix}{self.section}({self.x:g})"
