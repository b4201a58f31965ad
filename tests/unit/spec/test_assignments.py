"""Texts of assignments: what is read of them, and that everything else is refused."""

from __future__ import annotations

import math
import pickle
import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bluecellab.errors import AssignmentError
from bluecellab.spec.assignments import parse_assignments

VALUES = {"g": 4.0, "tau": 0.5, "zero": 0.0}


def value_of(text):
    (assignment,) = parse_assignments(text)
    return assignment.evaluate(VALUES.__getitem__)


@pytest.mark.parametrize(
    ("right", "value"),
    [
        ("1.4", 1.4),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 1e-3),
        ("2E+2", 200.0),
        ("-2**2", -4.0),
        ("(-2)**2", 4.0),
        ("2**3**2", 512.0),
        ("2^3", 8.0),
        ("2**-1", 0.5),
        ("2 - 3 - 4", -5.0),
        ("12/3/2", 2.0),
        ("1 + 2*3", 7.0),
        ("(1 + 2)*3", 9.0),
        ("--1", 1.0),
        ("+1", 1.0),
        ("-%s.g", -4.0),
        ("%s.g*2 + %s.tau", 8.5),
        ("%s . g", 4.0),
        ("1 +\n2", 3.0),
    ],
)
def test_expressions(right, value):
    assert value_of(f"%s.x = {right}") == value


@pytest.mark.parametrize(
    ("operator", "value"), [("=", 3.0), ("+=", 7.0), ("-=", 1.0), ("*=", 12.0), ("/=", 4.0 / 3.0)]
)
def test_operators(operator, value):
    (assignment,) = parse_assignments(f"%s.g {operator} 3")
    assert assignment.operator == operator
    assert assignment.evaluate(VALUES.__getitem__) == value
    assert assignment.reads == (() if operator == "=" else ("g",))
    assert assignment.constant is (operator == "=")


@pytest.mark.parametrize(
    "text",
    [
        "%s.Fac = 0 %s.Dep = 671",
        "%s.Fac=0;%s.Dep=671",
        "%s.Fac = 0;; %s.Dep = 671 ;",
        "\n%s.Fac = 0\n\t%s.Dep = 671\n",
        "%s.Fac=0%s.Dep=671",
    ],
)
def test_how_assignments_are_separated(text):
    made = parse_assignments(text)
    assert [(each.attribute, each.evaluate(VALUES.__getitem__)) for each in made] == [
        ("Fac", 0.0),
        ("Dep", 671.0),
    ]
    assert parse_assignments("; ".join(map(str, made))) == tuple(made)


def test_what_is_known_of_an_assignment():
    (made,) = parse_assignments("  %s.g  *= %s.tau + %s.g/%s.zero ; ")
    assert made.text == "%s.g  *= %s.tau + %s.g/%s.zero"
    assert (made.target, made.attribute) == ("%s", "g")
    assert made.reads == ("g", "tau", "zero")
    assert made.attributes == ("g", "tau", "zero")
    assert pickle.loads(pickle.dumps(made)) == made
    assert len({made, *parse_assignments(made.text)}) == 1


def test_forms_of_targets():
    lists = parse_assignments("apical.gbar_X = 0; basal.cm *= 2 apic[10].g = -apic[10].h", placeholder=None)
    assert [made.target for made in lists] == ["apical", "basal", "apic[10]"]
    bare = parse_assignments("gbar_X = 0 cm *= gbar_X", placeholder="")
    assert [(made.target, made.attribute, made.reads) for made in bare] == [
        ("", "gbar_X", ()),
        ("", "cm", ("cm", "gbar_X")),
    ]
    assert parse_assignments("") == parse_assignments(" \n;; ") == ()
    with pytest.raises(ValueError, match="placeholder"):
        parse_assignments("x = 1", placeholder="%d")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("quit()", "'quit()': an assignment must begin with %s.<parameter>"),
        ('nrnpython("import os")', "no part of an assignment"),
        ("%s.mg = nrnpython(1)", "only numbers"),
        ("%s.mg = exp(1)", "only numbers"),
        ("{%s.mg = 1}", "no part of an assignment"),
        ("%s.mg = 1; quit()", "'quit()': an assignment must begin with %s.<parameter>"),
        ("%s.mg = 1 // no", "only numbers"),
        ("%s.mg = 1 # no", "no part"),
        ("%s.mg = %s.x = 1", "only one assignment at a time"),
        ("%s.mg == 1", "must be followed by ="),
        ("%s.mg **= 2", "must be followed by ="),
        ("%s.mg = 1 == 2", "only one assignment"),
        ("%s.mg", "at the end, %s.mg must be followed by ="),
        ("%s.mg =", "a value is missing"),
        ("%s.mg = (1", "not closed"),
        ("%s.mg = 1)", "must begin with"),
        ("%s = 1", "must begin with"),
        ("%s.a.b = 1", "have no parts and no arguments"),
        ("%s.a[0] = 1", "have no parts and no arguments"),
        ("%s.a() = 1", "have no parts and no arguments"),
        ("%s.a = %s.b.c", "have no parts"),
        ("%s.__class__ = 1", "no part"),
        ("%s.a__b = 1", "must begin with"),
        ("%s.a = soma.v", "only numbers"),
        ("%s.a = b", "only numbers"),
        ("soma.v = 1", "must begin with"),
        ("a = 1", "must begin with"),
        ("%s.a, %s.b = 1, 2", "no part"),
        ("%s.a = 'x'", "no part"),
        ("%s.a = 1e999", "too large"),
        ("%s.a = 1.2.3", "no part"),
        ("%s.a = 0x10", "no part"),
        ("%s.a = 1_000", "no part"),
        ("%s.a = 1j", "no part"),
        ("%s.a = nan", "only numbers"),
        ("%s.a = \u0663", "no part"),
        ("%s.\u0430 = 1", "no part"),
        ("%s.a = 1\0", "no part"),
        ("%d.a = 1", "no part"),
        ("%s.a = 1 if 1 else 2", "must begin with"),
        ("%s.a = " + 40 * "(" + "1" + 40 * ")", "nested more than 30 deep"),
        ("%s.a = " + 40 * "-" + "1", "nested more than 30 deep"),
        ("%s.a = " + "**".join(40 * "1"), "nested more than 30 deep"),
        ("%s.a = " + "+".join(6000 * "1"), "too long"),
    ],
)
def test_everything_else_is_refused(text, says):
    with pytest.raises(AssignmentError, match=re.escape(says)) as refused:
        parse_assignments(text)
    assert len(str(refused.value)) < 500
    if "too long" not in says:
        assert "nothing was executed" in str(refused.value)
        assert "'%s.mg = 1.4; %s.tau *= 2'" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("apical.a = basal.b", "only parameters of apical, which is assigned to, can be read"),
        ("apic[1].a = apic[2].b", "only parameters of apic[1]"),
        ("apic[-1].a = 1", "<section>[<number>].<parameter>"),
        ("apic[1.5].a = 1", "<section>[<number>].<parameter>"),
        ("apic[" + 5000 * "9" + "].a = 1", "<section>[<number>].<parameter>"),
        ("apic.a[1] = 1", "no parts"),
        ("a = 1", "<list>.<parameter>"),
        ("%s.a = 1", "<list>.<parameter>"),
    ],
)
def test_what_lists_and_sections_refuse(text, says):
    with pytest.raises(AssignmentError, match=re.escape(says)):
        parse_assignments(text, placeholder=None)


def test_what_bare_names_refuse():
    for text in ("a.b = 1", "%s.a = 1", "a = b.c", "a[1] = 1"):
        with pytest.raises(AssignmentError):
            parse_assignments(text, placeholder="")
    with pytest.raises(AssignmentError, match="a text of assignments is needed, not 5"):
        parse_assignments(5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("%s.a = 1/0", "division by zero"),
        ("%s.a = %s.g/%s.zero", "where g = 4, zero = 0"),
        ("%s.zero /= %s.zero", "division by zero"),
        ("%s.a = (-1)**.5", "no finite number"),
        ("%s.a = 10**400", "no finite number"),
        ("%s.a = 9**9**9**9", "no finite number"),
        ("%s.a = 1e308*10", "it is inf"),
        ("%s.a = 1e308*10 - 1e308*10", "it is nan"),
    ],
)
def test_values_must_be_finite(text, says):
    with pytest.raises(AssignmentError, match=says):
        value_of(text)


# hypothesis: expressions mean what they mean in Python, and no text does anything but be read or refused

numbers = st.floats(0, 1e3, allow_nan=False).map(repr)
atoms = st.one_of(numbers, st.sampled_from([f"%s.{name}" for name in VALUES]))
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", " ** "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=12,
)


@given(expressions)
@example("2 ** -1 ** 2")
def test_expressions_mean_what_they_mean_in_python(text):
    try:
        found = value_of(f"%s.x = {text}")
    except AssignmentError:
        found = None
    plain = text.replace("%s.", "")
    code = compile(plain, "expression", "eval")
    try:
        expected = float(eval(code, {"__builtins__": {}}, VALUES))  # our own text, made above
    except (ArithmeticError, ValueError, TypeError):
        expected = math.nan
    if found is None:
        assert not math.isfinite(expected) or text.count("-") > 20
    else:
        assert found == expected


alphabet = st.text(alphabet=string.printable + "%s.%s.=*é\u2028\u0663", max_size=60)
pieces = st.lists(
    st.sampled_from(
        "%s . mg = 1 1e9 ; ( ) [ ] { } ** ^ + - * / == , : ' \" \\ \n # // nrnpython quit os exec __import__ "
        "%s.mg %s.tau = *= += import lambda forall load_file hoc_ac_ $s1".split(" ")
    ),
    max_size=25,
).map(" ".join)


@given(st.one_of(alphabet, pieces), st.sampled_from(["%s", "", None]))
def test_any_text_is_read_or_refused(text, placeholder):
    try:
        made = parse_assignments(text, placeholder)
    except AssignmentError as refused:
        assert "nothing was executed" in str(refused)
        return
    for assignment in made:
        assert assignment.text in text
        assert assignment.attribute.isidentifier()
        assert "__" not in assignment.attribute
        assert all(isinstance(item, (float, str)) for item in assignment.expression)
        try:
            assert math.isfinite(assignment.evaluate(lambda _: 2.0))
        except AssignmentError as refused:
            assert "no finite number" in str(refused)
