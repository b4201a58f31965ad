"""The text of templates: what it defines, and what is put in the place of what."""

from __future__ import annotations

import pytest

from bluecellab.errors import TemplateError
from bluecellab.nrn.templates import (
    check_compliance_with_neuron,
    get_neuron_compliant_template_name,
    shorten_and_hash_string,
    source,
)
from bluecellab.nrn.templates.naming import unique_name

PLAIN = """begintemplate A
proc load() { localobj morph, import
  morph = new Import3d_SWC_read()
  morph.quiet = 1
  morph.input($s1)
  import = new Import3d_GUI(morph, 0)
  import.instantiate(this)
}
endtemplate A
"""


def rewritten(body: str) -> str:
    text = f"begintemplate A\n{body}\nendtemplate A\n"
    return source.parse(text, "a.hoc").rewritten({"A": "B"}).partition("\n")[2].rpartition("\nend")[0]


def test_names_are_found_outside_of_comments_and_strings() -> None:
    text = (
        '// begintemplate Wrong\n/* begintemplate Worse */ x = "begintemplate Worst"\n'
        "begintemplate Right\nendtemplate Right\n"
    )
    parsed = source.parse(text, "a.hoc")
    assert parsed.templates == ("Right",)
    assert "begintemplate New\nendtemplate New" in parsed.rewritten({"Right": "New"})
    assert "// begintemplate Wrong" in parsed.rewritten({"Right": "New"})


def test_the_main_template_is_the_one_that_no_other_makes() -> None:
    text = (
        "begintemplate Helper\nendtemplate Helper\n"
        "begintemplate Main\nobjref h\nproc init() { h = new Helper() }\nendtemplate Main\n"
    )
    parsed = source.parse(text, "a.hoc")
    assert parsed.main == "Main"
    assert "new Other()" in parsed.rewritten({"Helper": "Other", "Main": "M"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("proc f() { }", "no 'begintemplate"),
        ("begintemplate A\n", "no endtemplate"),
        ("begintemplate A\nbegintemplate B\n", "inside template A"),
        ("begintemplate A\nendtemplate B\n", "endtemplate B"),
        ("begintemplate A\nendtemplate A\nbegintemplate A\nendtemplate A\n", "defined twice"),
        ("begintemplate A\nproc f() { \nendtemplate A\n", "never closed"),
        ("begintemplate A\n}\nendtemplate A\n", "without"),
        ('begintemplate A\nx = "abc\nendtemplate A\n', "line 2: a string"),
        ("begintemplate A\n/* abc\nendtemplate A\n", "line 2: the comment"),
        ("begintemplate A\n\0\nendtemplate A\n", "zero byte"),
        ("begintemplate", "without a name"),
    ],
)
def test_text_that_would_upset_neuron_is_refused(text: str, words: str) -> None:
    with pytest.raises(TemplateError, match=r"a\.hoc") as caught:
        source.parse(text, "a.hoc")
    assert words in str(caught.value)


@pytest.mark.parametrize("ending", ["quit()", "quit ( )", "if (x) quit", "stop"])
def test_what_would_end_the_process_becomes_an_error(ending: str) -> None:
    text = rewritten(ending)
    assert "execerror(" in text
    assert "quit" not in text.replace("called quit()", "")


def test_members_called_quit_stay() -> None:
    assert rewritten("window.quit()") == "window.quit()"


def test_readers_used_plainly_become_ours() -> None:
    text = source.parse(PLAIN, "a.hoc").rewritten({"A": "B"})
    assert "Import3d_" not in text
    assert "new BluecellabSWC()" in text


@pytest.mark.parametrize(
    "other", ["n = morph.sections.count", "index(import)", "other = morph", "print import.swc"]
)
def test_readers_used_otherwise_stay(other: str) -> None:
    text = PLAIN.replace("  import.instantiate(this)", f"  import.instantiate(this)\n  {other}")
    assert "new Import3d_SWC_read()" in source.parse(text, "a.hoc").rewritten({"A": "B"})


def test_files_of_ours_are_not_looked_for() -> None:
    text = source.parse(
        '{load_file("Cell.hoc")}\n{load_file("mine.hoc")}\nbegintemplate A\nendtemplate A', "a.hoc"
    ).rewritten({"A": "B"})
    assert "Cell.hoc" not in text
    assert '{load_file("mine.hoc")}' in text


def test_trial_creates_no_sections() -> None:
    text = (
        "begintemplate A\npublic soma, dend\ncreate soma[1],\\\n dend[2*1]\n"
        "proc f() { dend[1] { nseg = 3 } this.soma[0] nseg = 1 }\nendtemplate A"
    )
    trial = source.parse(text, "a.hoc").trial({"A": "B"})
    assert "create" not in trial
    assert "public soma, dend" in trial
    assert "bluecellab_trial_[1] { nseg = 3 }" in trial
    assert "this.soma[0]" in trial


def test_mechanisms_and_variables_that_are_only_set() -> None:
    text = "begintemplate A\nproc f() { insert pas insert hh g_pas = 1 x = 2 y = x }\nendtemplate A"
    parsed = source.parse(text, "a.hoc")
    assert parsed.inserts == ("pas", "hh")
    assert set(parsed.only_assigned()) == {"g_pas", "y"}


def test_shorten_and_hash_string() -> None:
    assert shorten_and_hash_string(50 * "x") == 50 * "x"
    assert len(shorten_and_hash_string(51 * "x")) == 50
    assert shorten_and_hash_string("abcdefgh", keep_length=2, hash_length=3).startswith("ab_")
    with pytest.raises(ValueError, match="at most 20"):
        shorten_and_hash_string("x", hash_length=21)


@pytest.mark.parametrize(
    ("name", "good"),
    [("a", True), ("", False), ("1a", False), ("a-b", False), ("_a", False), (51 * "a", False)],
)
def test_check_compliance(name: str, good: bool) -> None:
    assert check_compliance_with_neuron(name) is good


def test_names_are_made_compliant() -> None:
    assert get_neuron_compliant_template_name("12ab-c") == "ab_c"
    assert check_compliance_with_neuron(get_neuron_compliant_template_name("x-" + 200 * "y"))
    assert len(unique_name(200 * "y", 64 * "f", attempt=99)) <= 80
