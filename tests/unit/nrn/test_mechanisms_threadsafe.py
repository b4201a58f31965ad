"""The pass that makes texts of mechanisms thread safe, and what is adapted for CoreNEURON."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bluecellab.nrn import objects, runtime
from bluecellab.nrn.mechanisms import globals_flow, linear
from bluecellab.nrn.mechanisms.adapting import for_coreneuron
from bluecellab.nrn.mechanisms.compiling import compile_into
from bluecellab.nrn.mechanisms.sources import collect
from bluecellab.nrn.mechanisms.threadsafe import is_suspicious, made_thread_safe, thread_safe
from bluecellab.nrn.mechanisms.toolchain import find_toolchain

DENSITY = "NEURON { SUFFIX one %s NONSPECIFIC_CURRENT i }\nASSIGNED { v i m }\n"
CODE = "NEURON { ARTIFICIAL_CELL One }\nASSIGNED { x }\n%s\nPROCEDURE go() {\nVERBATIM\n%s\nENDVERBATIM\n}\n"

SAFE = {
    "nothing": DENSITY % "" + "BREAKPOINT { i = v }",
    "says so": CODE.replace("{ ART", "{ THREADSAFE ART") % ("", "static int n;"),
    "random": DENSITY % "RANDOM r" + "BREAKPOINT { i = v*random_normal(r) }",
}
MADE_SAFE = {
    "code": CODE % ("", "int n = 0; n++; const double k = 2; x = k;"),
    "declarations": CODE % ("VERBATIM\nextern int ifarg(int);\n#define N 3\nENDVERBATIM", "x = N;"),
    "functions": CODE
    % ("VERBATIM\nstatic double twice(double y) { double z = y; return 2*z; }\nENDVERBATIM", ""),
    "assigned first": DENSITY % "GLOBAL m" + "BREAKPOINT { rates(v) i = m }\nPROCEDURE rates(v) { m = v }",
    "both branches": DENSITY % "GLOBAL m" + "BREAKPOINT { if (v > 0) { m = 1 } else { m = 2 }\n i = m }",
    "its own pointer": "NEURON { POINT_PROCESS One BBCOREPOINTER rng }\nASSIGNED { rng }\n",
}
UNSAFE = {
    "variable of the file": (
        CODE % ("VERBATIM\nint n = 0;\nENDVERBATIM", "n++;"),
        "variable of the whole file",
    ),
    "static variable": (CODE % ("", "static int n = 0; n++;"), "variable that all instances share"),
    "shared numbers": (CODE % ("", "x = drand48();"), "drand48, which all threads share"),
    "of NEURON": (DENSITY % "" + "BREAKPOINT { i = scop_random() }", "scop_random is not thread safe"),
    "read first": (
        DENSITY % "GLOBAL m" + "BREAKPOINT { i = m\n m = v }",
        "carries a value in the GLOBAL variable m",
    ),
    "one branch": (DENSITY % "GLOBAL m" + "BREAKPOINT { if (v > 0) { m = 1 }\n i = m }", "carries a value"),
    "counts": (DENSITY % "GLOBAL m" + "BREAKPOINT { m = m + 1\n i = v }", "carries a value"),
    "elsewhere": (
        DENSITY % "GLOBAL m" + "BREAKPOINT { i = m }\nINITIAL { rates(v) }\nPROCEDURE rates(v) { m = v }",
        "carries a value",
    ),
    "used by code": (
        DENSITY % "GLOBAL m" + "BREAKPOINT { m = v\nVERBATIM\ni = m;\nENDVERBATIM\n}",
        "C.. uses the GLOBAL variable m",
    ),
    "pointer": (
        (DENSITY % "POINTER far").replace("v i m", "v i far") + "BREAKPOINT { i = v - far }",
        "follows the POINTER far",
    ),
    "outside": (DENSITY % "EXTERNAL q_other" + "BREAKPOINT { i = v }", "EXTERNAL"),
}

EQUATIONS = """
NEURON { %s SUFFIX %s RANGE sx, sy, sz, a }
PARAMETER { a = 0.3 }
STATE { sx sy sz }
INITIAL { SOLVE steady }
LINEAR steady { : comment
    ~ sx*a - sy*(1 + a) = 0
    ~ sy - sz*exp(-a) + sx*0.1 = 0
    ~ sx + sy + sz = 1
}
"""


@pytest.mark.parametrize("text", SAFE.values(), ids=SAFE)
def test_what_is_safe_is_left_as_it_is(text: str) -> None:
    assert made_thread_safe(text).text == text
    assert not made_thread_safe(text).reasons


@pytest.mark.parametrize("text", MADE_SAFE.values(), ids=MADE_SAFE)
def test_what_is_made_safe(text: str) -> None:
    assert is_suspicious(text)
    made = made_thread_safe(text)
    assert made.reasons == ()
    assert made.changes == ("declared THREADSAFE",)
    assert made.text == text.replace("NEURON {", "NEURON { THREADSAFE ", 1)
    assert made_thread_safe(made.text).text == made.text


@pytest.mark.parametrize(("text", "reason"), UNSAFE.values(), ids=UNSAFE)
def test_what_is_not_safe(text: str, reason: str) -> None:
    assert is_suspicious(text)
    made = made_thread_safe(text)
    assert made.text == text
    assert made.changes == ()
    assert re.search(reason, " ".join(made.reasons)), made.reasons


def test_procedures_within_procedures() -> None:
    text = "BREAKPOINT { a(v) i = m } PROCEDURE a(v) { b(v) } PROCEDURE b(v) { m = v }"
    assert list(globals_flow.carried(text, "m")) == []
    text = "BREAKPOINT { a(v) } PROCEDURE a(v) { b(v) } PROCEDURE b(v) { i = m a(v) }"
    assert len(list(globals_flow.carried(text, "m"))) == 1


def test_equations_with_more_are_left() -> None:
    text = EQUATIONS % ("", "more")
    for old, new in (
        ("{ : comment", "{ LOCAL q\n q = 1"),
        ("~ sx + sy + sz = 1", ""),
        ("steady {", "steady SOLVEFOR sx {"),
    ):
        assert linear.as_procedure(text.replace(old, new)) == (text.replace(old, new), None)


def test_includes_are_found(tmp_path: Path) -> None:
    (tmp_path / "one.mod").write_text('NEURON { SUFFIX one GLOBAL m }\nINCLUDE "rest.inc"\n')
    (tmp_path / "rest.inc").write_text("ASSIGNED { m }\nINITIAL { m = 1 }\n")
    sources, changes = thread_safe(collect(tmp_path))
    assert changes == ("one: declared THREADSAFE",)
    assert sources.files["rest.inc"] == b"ASSIGNED { m }\nINITIAL { m = 1 }\n"
    assert b"{ THREADSAFE " in sources.files["one.mod"]


def test_equations_have_the_same_solution_to_the_last_bit(tmp_path: Path) -> None:
    (tmp_path / "given.mod").write_text(EQUATIONS % ("", "bcl_given"))
    made = made_thread_safe(EQUATIONS % ("", "bcl_made"))
    assert [change.split()[0] for change in made.changes] == ["LINEAR", "declared"]
    (tmp_path / "made.mod").write_text(made.text)
    target = tmp_path / "library"
    target.mkdir()
    name, _ = compile_into(collect(tmp_path), find_toolchain(), target)
    h = runtime.raw_h()
    if not hasattr(h, "bcl_given"):
        assert h.nrn_load_dll(str(target / name)) == 1
    section = h.Section(name="of_equations")
    section.insert("bcl_given")
    section.insert("bcl_made")
    found = []
    for a in np.linspace(0.01, 7.3, 50):
        section.a_bcl_given = section.a_bcl_made = a
        h.finitialize(-65)
        found.append(
            [[getattr(section, f"s{state}_bcl_{kind}") for state in "xyz"] for kind in ("given", "made")]
        )
    objects.delete_section(section)
    given, ours = np.array(found).transpose(1, 0, 2)
    assert np.ptp(given) > 0.1
    assert np.array_equal(given, ours)


def test_globals_for_coreneuron() -> None:
    text = (
        "NEURON { SUFFIX one RANGE g GLOBAL minf, q10, mtau : both\n}\nPARAMETER { q10 = 2 }\n"
        "ASSIGNED { v g minf mtau (ms) }\nBREAKPOINT { minf = v mtau = q10 g = minf/mtau }\n"
    )
    changed, told = for_coreneuron(text)
    assert told == ("GLOBAL minf, mtau, which the mechanism assigns to: a variable of each thread",)
    assert "static thread_local double minf, mtau;" in changed
    assert "GLOBAL q10 :" in changed
    assert "ASSIGNED { v g   }" in changed
    for unchanged in (
        text.replace("GLOBAL minf, q10, mtau", "RANGE h"),
        text + "PROCEDURE p() { TABLE minf, mtau }",
    ):
        assert for_coreneuron(unchanged) == (unchanged, ())
