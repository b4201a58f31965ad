"""Texts of assignments, as ``synapse_configure`` and ``section_configure`` have them: read, never executed.

The grammar is all there is; what does not follow it is refused::

    text        one or more assignments, with semicolons or blanks between them
    assignment  place operator sum            operator: =  +=  -=  *=  /=
    place       %s.name | list.name | section[number].name | name
    sum         product, + product, - product, ...
    product     power, * power, / power, ...
    power       -power | base | base ** power        (hoc writes ^ for **)
    base        number | place | ( sum )

Places on the right must belong to the same object as the one on the left. A text is turned into a few
numbers and names; no interpreter ever sees it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NoReturn

from bluecellab.errors import AssignmentError

__all__ = ["Assignment", "AssignmentOperator", "parse_assignments"]

AssignmentOperator = Literal["=", "+=", "-=", "*=", "/="]

_LONGEST = 10_000  # characters; the longest in circulation have some hundred
_DEEPEST = 30
_SHOWN = 60
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.])
    | (?P<name>[A-Za-z][A-Za-z0-9_]*)
    | (?P<sign>%s|\*\*=|\*\*|[-+*/]=|==|[-+*/^=;.()\[\]])
    )""",
    re.VERBOSE,
)
_OPERATORS: tuple[AssignmentOperator, ...] = ("=", "+=", "-=", "*=", "/=")


def _negated(value: float) -> float:
    return -value


_BINARY: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "**": math.pow,  # not Python's **, which makes complex numbers of roots of negative ones
}


@dataclass(frozen=True)
class Assignment:
    """One assignment to a parameter of an object.

    Parameters
    ----------
    text
        As it was written.
    target
        Whose parameter: ``"%s"``, a list of sections such as ``"apical"``, a section such as
        ``"apic[10]"``; empty if the text names none.
    attribute
        The parameter that is set.
    operator
        ``"="``, ``"+="``, ``"-="``, ``"*="`` or ``"/="``.
    expression
        What is on the right, in postfix order: numbers, names of parameters, and operators in brackets.

    Examples
    --------
    >>> scale, = parse_assignments("%s.gmax *= 1 / (%s.tau + 3)")
    >>> scale.attribute, scale.reads, scale.expression
    ('gmax', ('gmax', 'tau'), (1.0, 'tau', 3.0, '(+)', '(/)'))
    >>> scale.evaluate({"gmax": 8.0, "tau": 1.0}.__getitem__)
    2.0
    """

    text: str
    target: str
    attribute: str
    operator: AssignmentOperator
    expression: tuple[float | str, ...]

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The parameters whose values are needed, each once."""
        names = [item for item in self.expression if isinstance(item, str) and not item.startswith("(")]
        own = [] if self.operator == "=" else [self.attribute]
        return tuple(dict.fromkeys([*own, *names]))

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The parameters that an object must have: the one that is set, and those that are read."""
        return tuple(dict.fromkeys([self.attribute, *self.reads]))

    @property
    def constant(self) -> bool:
        """Whether every object gets the same value, whatever it has now."""
        return not self.reads

    def evaluate(self, read: Callable[[str], float]) -> float:
        """Return the value to be set.

        Parameters
        ----------
        read
            Gives the value that a parameter has now.

        Raises
        ------
        AssignmentError
            If it is not a finite number: a division by zero, a root of a negative number, ...
        """
        stack: list[float] = []
        try:
            for item in self.expression:
                if not isinstance(item, str):
                    stack.append(item)
                elif item == "(neg)":
                    stack.append(_negated(stack.pop()))
                elif item.startswith("("):
                    right = stack.pop()
                    stack.append(_BINARY[item[1:-1]](stack.pop(), right))
                else:
                    stack.append(float(read(item)))
            value = stack.pop()
            if self.operator != "=":
                value = _BINARY[self.operator[0]](float(read(self.attribute)), value)
        except (ArithmeticError, ValueError) as error:
            raise self._no_number(read, str(error)) from error
        if not math.isfinite(value):
            raise self._no_number(read, f"it is {value}")
        return value

    def _no_number(self, read: Callable[[str], float], reason: str) -> AssignmentError:
        values = ", ".join(f"{name} = {read(name):g}" for name in self.reads)
        return AssignmentError(
            f"{self.text!r} gives no finite number{f' where {values}' if values else ''}: {reason}"
        )

    def __str__(self) -> str:
        return self.text


def parse_assignments(text: str, placeholder: str | None = "%s") -> tuple[Assignment, ...]:
    """Read a text of assignments to parameters of an object; nothing is executed.

    Parameters
    ----------
    text
        The text: ``"%s.mg = 1.4; %s.tau_d_NMDA *= 2"``. A blank one has no assignments.
    placeholder
        What stands for the object: ``"%s"``; ``""`` if names of parameters stand alone, as for
        compartment sets; None if a list of sections or one section is named, as in
        ``"apical.gbar_X = 0"`` or ``"apic[10].gbar_X = 0"``.

    Returns
    -------
    tuple of Assignment
        In their order.

    Raises
    ------
    AssignmentError
        If the text is anything else than a list of such assignments; it says where.

    Examples
    --------
    >>> for assignment in parse_assignments("%s.Fac = 0 %s.Dep = 671"):
    ...     print(assignment.attribute, assignment.evaluate(dict().__getitem__))
    Fac 0.0
    Dep 671.0
    >>> parse_assignments("apic[10].gbar_X = 0", placeholder=None)[0].target
    'apic[10]'
    >>> parse_assignments("%s.mg = nrnpython(1)")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    AssignmentError: '%s.mg = nrnpython(1)': at 'nrnpython(1)', only numbers, + - * / ** ... are allowed.
    """
    if placeholder not in ("%s", "", None):
        raise ValueError(f"placeholder must be '%s', '' or None, not {placeholder!r}")
    if not isinstance(text, str):
        raise AssignmentError(f"a text of assignments is needed, not {text!r}")
    if len(text) > _LONGEST:
        raise AssignmentError(
            f"a text of {len(text)} characters is too long for assignments; {_LONGEST} are allowed"
        )
    return tuple(_Parser(text, placeholder).assignments())


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


class _Parser:
    """Reads one text, by recursive descent of bounded depth."""

    def __init__(self, text: str, placeholder: str | None) -> None:
        self._text = text
        self._placeholder = placeholder
        self._begin = 0
        self._depth = 0
        self._tokens = list(self._split())
        self._next = 0

    def _split(self) -> Iterator[_Token]:
        position, end = 0, len(self._text.rstrip())
        while position < end:
            found = _TOKEN.match(self._text, position)
            if found is None or found.lastgroup is None:
                self._begin = max(self._text.rfind(";", 0, position) + 1, position - _SHOWN)
                start = position + len(self._text[position:]) - len(self._text[position:].lstrip())
                self._refuse(start, "this is no part of an assignment")
            yield _Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup), found.end())
            position = found.end()
        yield _Token("end", "", end, end)

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._token
        self._next += 1
        return token

    def _skip(self, sign: str) -> bool:
        found = self._token.kind == "sign" and self._token.text == sign
        self._next += found
        return found

    def assignments(self) -> Iterator[Assignment]:
        """Yield all of them."""
        while True:
            while self._skip(";"):
                pass
            if self._token.kind == "end":
                return
            yield self._assignment()

    def _assignment(self) -> Assignment:
        self._begin = self._token.start
        target, attribute = self._place("", "an assignment must begin with {}")
        operator = next((sign for sign in _OPERATORS if self._token.text == sign), None)
        if operator is None:
            self._refuse(self._token.start, f"{self._written(target, attribute)} must be followed by =")
        self._next += 1
        expression: list[float | str] = []
        self._sum(target, expression)
        if self._token.text in (*_OPERATORS, "==", "**="):
            self._refuse(self._token.start, "only one assignment at a time")
        last = self._tokens[self._next - 1]
        return Assignment(self._text[self._begin : last.end], target, attribute, operator, tuple(expression))

    def _written(self, target: str, attribute: str) -> str:
        return f"{target}.{attribute}" if target else attribute

    def _place(self, owner: str, what: str) -> tuple[str, str]:
        """Read a parameter with its object; of one already known, if ``owner`` names it."""
        start = self._token.start
        target = self._target(start, what)
        if self._placeholder != "" and not self._skip("."):
            self._refuse(start, what.format(self._allowed(owner)))
        name = self._take()
        if name.kind != "name" or "__" in name.text:
            self._refuse(start, what.format(self._allowed(owner)))
        if self._token.text in (".", "[", "("):
            self._refuse(
                start, f"{what.format(self._allowed(owner))}; parameters have no parts and no arguments"
            )
        if owner and target != owner:
            self._refuse(start, f"only parameters of {owner}, which is assigned to, can be read")
        return target, name.text

    def _target(self, start: int, what: str) -> str:
        if self._placeholder == "":
            return ""
        token = self._take()
        if self._placeholder == "%s":
            if token.text != "%s":
                self._refuse(start, what.format(self._allowed("")))
            return "%s"
        if token.kind != "name" or "__" in token.text:
            self._refuse(start, what.format(self._allowed("")))
        if not self._skip("["):
            return token.text
        number = self._take()
        if not (
            number.kind == "number" and number.text.isdigit() and len(number.text) < 10 and self._skip("]")
        ):
            self._refuse(start, what.format(self._allowed("")))
        return f"{token.text}[{int(number.text)}]"

    def _allowed(self, owner: str) -> str:
        if owner:
            return f"{owner}.<parameter>"
        if self._placeholder is None:
            return "<list>.<parameter> or <section>[<number>].<parameter>"
        return "%s.<parameter>" if self._placeholder else "the name of a parameter"

    def _sum(self, owner: str, made: list[float | str]) -> None:
        self._product(owner, made)
        while self._token.text in ("+", "-"):
            sign = self._take().text
            self._product(owner, made)
            made.append(f"({sign})")

    def _product(self, owner: str, made: list[float | str]) -> None:
        self._power(owner, made)
        while self._token.text in ("*", "/"):
            sign = self._take().text
            self._power(owner, made)
            made.append(f"({sign})")

    def _power(self, owner: str, made: list[float | str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse(self._token.start, f"nested more than {_DEEPEST} deep")
        if self._skip("-"):
            self._power(owner, made)
            made.append("(neg)")
        elif self._skip("+"):
            self._power(owner, made)
        else:
            self._base(owner, made)
            if self._skip("**") or self._skip("^"):
                self._power(owner, made)
                made.append("(**)")
        self._depth -= 1

    def _base(self, owner: str, made: list[float | str]) -> None:
        token = self._token
        if token.kind == "number":
            self._next += 1
            value = float(token.text)
            if not math.isfinite(value):
                self._refuse(token.start, "this number is too large")
            made.append(value)
        elif self._skip("("):
            self._sum(owner, made)
            if not self._skip(")"):
                self._refuse(token.start, "this parenthesis is not closed")
        elif token.kind == "end":
            self._refuse(token.start, "a value is missing")
        else:
            made.append(self._place(owner, "only numbers, + - * / **, parentheses and {} are allowed")[1])

    def _refuse(self, position: int, reason: str) -> NoReturn:
        """Raise, showing the assignment and the piece in it that is wrong."""
        piece = _short(self._text[position:])
        begin = min(self._begin, position)
        whole = _short(self._text[begin:]) if position - begin < _SHOWN else _short(self._text[position:])
        where = f"at {piece!r}, " if piece and piece != whole else ("at the end, " if not piece else "")
        raise AssignmentError(
            f"{whole!r}: {where}{reason}. A text of assignments sets parameters of one object, as "
            f"{self._example()}; nothing else is allowed, and nothing was executed."
        )

    def _example(self) -> str:
        if self._placeholder is None:
            return "'apical.gbar_X = 0; apical.cm *= 2' or 'apic[10].gbar_X = 0'"
        return "'%s.mg = 1.4; %s.tau *= 2'" if self._placeholder else "'gbar_X = 0; cm *= 2'"


def _short(text: str) -> str:
    """Return the beginning of a text, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]}..."
