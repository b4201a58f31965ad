"""What templates say that they do to a morphology is understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluecellab.simulation.sizing.rules import Rule, rule_of_template

REPLACED = """
proc replace_axon(/* scalers */) {{ local nSec
    {halves}
    forsec axonal {{ nseg = 1 + int(L/chunkSize/2.)*2 }}
    execute1("create axon[2]", CellRef)
    {myelin}
}}
proc init() {{ geom_nseg_fixed(40)  replace_axon() }}
"""


def rule(folder: Path, text: str) -> Rule:
    path = folder / "cell.hoc"
    path.write_text(text, encoding="latin-1")
    return rule_of_template(str(path))


@pytest.mark.parametrize(
    ("text", "chunk"),
    [
        ("proc init() { this.geom_nseg_fixed(25) }", 25.0),
        ("proc init() { geom_nseg_fixed() }", 40.0),
        ("proc geom_nseg_fixed() { nseg = 1 + 2*int(L/40) }\nproc init() { geom_nseg_fixed(20) }", 20.0),
        ("forsec all { nseg = 1 + 2 * int(L / 12.5) }", 12.5),
        ("forsec all nseg = 1 + int(L/30)*2", 30.0),
        ("proc init() { forall delete_section() }", None),
        ("// nseg = 7\n/* geom_nseg_fixed(3) */", None),
    ],
)
def test_segments(tmp_path: Path, text: str, chunk: float | None) -> None:
    found = rule(tmp_path, f"{text}\nforsec all insert pas")
    assert (found.chunk, found.assumed) == (chunk, ())


@pytest.mark.parametrize("text", ["geom_nseg_lambda()", "forsec all nseg = int(L/7)"])
def test_another_rule_is_not_guessed_in_silence(tmp_path: Path, text: str) -> None:
    found = rule(tmp_path, f"{text}\nforsec all insert pas")
    assert found.chunk == 40.0
    assert "its own rule is another one" in found.assumed[0]


def test_axon_of_circuits(tmp_path: Path) -> None:
    found = rule(tmp_path, REPLACED.format(halves="nseg0 = 5", myelin="create myelin[1]"))
    assert (found.chunk, found.axon, found.myelin, found.kept_ids) == (40.0, (5, 5), (5,), 3)


def test_axon_of_two_stubs(tmp_path: Path) -> None:
    found = rule(tmp_path, REPLACED.format(halves="", myelin=""))
    assert (found.axon, found.myelin, found.kept_ids) == ((1, 1), (), None)


@pytest.mark.parametrize(
    ("call", "axon", "myelin"),
    [("delete_axon()", (1, 1), ()), ("delete_axon(3, 2, 1, 1)", (5, 7), (21,))],
)
def test_axon_of_wrappers(tmp_path: Path, call: str, axon: tuple[int, ...], myelin: tuple[int, ...]) -> None:
    found = rule(tmp_path, f"proc init() {{ CellRef.{call} }}")
    assert (found.axon, found.myelin) == (axon, myelin)


def test_a_procedure_that_is_not_called_does_nothing(tmp_path: Path) -> None:
    assert rule(tmp_path, "proc replace_axon() { create axon[2] }").axon is None


def test_mechanisms(tmp_path: Path) -> None:
    text = """
    forsec this.all { insert pas }
    forsec this.somatic {
        insert Ih
        insert NaTg  // twice counts once
        insert NaTg
    }
    CellRef.insertChannel("axonal", "SK")
    """
    found = rule(tmp_path, text)
    assert [found.mechanisms_of(kind) for kind in ("soma", "axon", "dend")] == [3.0, 2.0, 1.0]


def test_mechanisms_that_are_not_told_are_assumed(tmp_path: Path) -> None:
    found = rule(tmp_path, "create soma[1]")
    assert found.mechanisms_of("soma") == 5.0
    assert found.assumed == ("5 mechanisms in each section, as its text does not tell",)
