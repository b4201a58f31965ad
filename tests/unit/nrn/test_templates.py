"""Templates: defined once per content, made, released; nothing left behind when they fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bluecellab.cell.morphology  # noqa: F401 - registers its checks with the engine room
from bluecellab.errors import (
    MissingMechanismError,
    MorphologyError,
    TemplateError,
    TemplateNotFoundError,
)
from bluecellab.nrn import runtime, settings, templates
from tests.faults.hocs import ASC, SWC, template

V5 = """
{load_file("Cell.hoc")}
{load_file("TDistFunc.hoc")}
begintemplate Wrapper
public init, getCell, CellRef, gid
objref this, CellRef, functions
proc init() {
    CellRef = new Cell($1, $s2)
    CellRef.setCCell(this)
    gid = CellRef.gid
    CellRef.geom_nseg_fixed(40)
    CellRef.geom_nsec()
    CellRef.delete_axon()
    CellRef.insertChannel("all", "pas")
    functions = new TDistFunc()
    CellRef.soma[0] distance()
    functions.distribute(CellRef.basal, "g_pas", "1e-5*(1 + %g)", 1)
}
obfunc getCell() { return CellRef }
endtemplate Wrapper
"""


@pytest.fixture
def morphology(tmp_path: Path) -> Path:
    path = tmp_path / "small.swc"
    path.write_text(SWC)
    return path


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def sections() -> int:
    return sum(1 for _ in runtime.raw_h().allsec())


def test_a_content_is_defined_once(tmp_path: Path) -> None:
    first = templates.load(write(tmp_path / "a.hoc", template("Once")))
    assert templates.load(write(tmp_path / "b.hoc", template("Once"))) is first
    assert first.original_name == "Once"
    assert first.name.startswith("Once_")
    assert first.inserts == ("pas",)


def test_two_contents_of_one_name_coexist(tmp_path: Path, morphology: Path) -> None:
    one, two = (
        templates.load(
            write(tmp_path / f"{cm}.hoc", template("Two", biophysics=f"forsec all {{ cm = {cm} }}"))
        )
        for cm in (1, 2)
    )
    made = [made.create(0, str(tmp_path), morphology.name) for made in (one, two, one)]
    assert [cell.soma[0].cm for cell in made] == [1, 2, 1]
    while made:
        templates.release(made.pop())
    assert sections() == 0


def test_needed_attributes_are_those_of_the_content(tmp_path: Path) -> None:
    needing = 'strdef N_NeededAttributes\nN_NeededAttributes = "AIS_scaler; soma_scaler"\n'
    text = needing + template("N")
    assert templates.load(write(tmp_path / "a.hoc", text)).needed_attributes == (
        "AIS_scaler",
        "soma_scaler",
    )
    assert templates.load(write(tmp_path / "b.hoc", template("N"))).needed_attributes == ()


def test_run_settings_and_stray_sections_are_put_right(tmp_path: Path) -> None:
    before = settings.read("celsius")
    text = "celsius = 12\nv_init = -1\ncreate stray\n" + template("Stray")
    loaded = templates.load(write(tmp_path / "a.hoc", text))
    assert settings.read("celsius") == before
    assert sections() == 0
    assert any("celsius" in note for note in loaded.notes)
    assert any("stray" in note for note in loaded.notes)


def test_missing_file() -> None:
    with pytest.raises(TemplateNotFoundError, match=r"nowhere\.hoc"):
        templates.load("nowhere.hoc")


def test_folder_is_no_template(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="cannot be read"):
        templates.load(tmp_path)


@pytest.mark.parametrize(
    ("biophysics", "words"),
    [
        ("x = = 3", "syntax error"),
        ("forsec all { insert = 3 }", "syntax error"),
        ("forsec all { insert pas nonsuch_pas = 3 }", "nonsuch_pas"),
    ],
)
def test_text_that_neuron_refuses_leaves_no_sections(tmp_path: Path, biophysics: str, words: str) -> None:
    path = write(tmp_path / "bad.hoc", template("Bad", biophysics=biophysics))
    for _ in range(2):
        with pytest.raises(TemplateError, match=words):
            templates.load(path)
        assert sections() == 0
    mended = templates.load(write(path, template("Bad", biophysics="{ }")))
    assert mended.original_name == "Bad"


def test_missing_mechanism_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.hoc", template("M", biophysics="forsec all { insert absentee }"))
    with pytest.raises(MissingMechanismError, match="load_mechanisms") as caught:
        templates.load(path)
    assert caught.value.names == ("absentee",)


@pytest.mark.parametrize("place", ["prelude", "biophysics"])
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("quit()", "called quit"),
        ("stop", "executed stop"),
        ('execerror("mine", "own")', "mine"),
        ("nonexistent_function()", "nonexistent_function"),
    ],
)
def test_failing_constructors_leave_nothing(
    tmp_path: Path, morphology: Path, place: str, statement: str, words: str
) -> None:
    text = template("F", **{place: statement})
    loaded = templates.load(write(tmp_path / "a.hoc", text))
    for _ in range(3):
        with pytest.raises(TemplateError, match=words):
            loaded.create(0, str(tmp_path), morphology.name)
        assert sections() == 0


def test_missing_arguments(tmp_path: Path) -> None:
    loaded = templates.load(write(tmp_path / "a.hoc", template("Args")))
    with pytest.raises(TemplateError, match="not enough arguments"):
        loaded.create()
    assert sections() == 0


def test_template_without_public_members(tmp_path: Path, morphology: Path) -> None:
    text = template("Private", public="", members="", biophysics="CellRef = nil").replace(
        "objref this, CellRef,", "objref this, nil,"
    )
    loaded = templates.load(write(tmp_path / "a.hoc", text.replace("CellRef = nil", "{ }")))
    with pytest.raises(TemplateError, match="public getCell"):
        loaded.create(0, str(tmp_path), morphology.name)
    assert sections() == 0


def test_broken_morphology_is_an_error_of_the_morphology(tmp_path: Path) -> None:
    loaded = templates.load(write(tmp_path / "a.hoc", template("Broken", reader="Import3d_Neurolucida3")))
    good = write(tmp_path / "good.asc", ASC)
    bad = {
        "cut.asc": ASC[: len(ASC) // 2],
        "untyped.asc": ASC.replace("(Dendrite)", ""),
    }
    for name, text in bad.items():
        write(tmp_path / name, text)
        with pytest.raises(MorphologyError, match=name):
            loaded.create(0, str(tmp_path), name)
        assert sections() == 0
        cell = loaded.create(0, str(tmp_path), good.name)
        assert cell.gid == 0
        assert sum(1 for _ in cell.all) == 5
        templates.release(cell)
        del cell


_STOPS = """
import sys
import bluecellab.cell.morphology
from bluecellab.errors import MorphologyError
from bluecellab.nrn import templates
folder = sys.argv[1]
loaded = templates.load(f"{folder}/a.hoc")
try:
    loaded.create(0, folder, "stops.asc")
except MorphologyError as error:
    assert "parse error" in str(error), error
    cell = loaded.create(3, folder, "good.asc")
    assert cell.gid == 3 and sum(1 for _ in cell.all) == 5
    print("good")
"""


def test_neuron_goes_on_after_import3d_has_stopped(tmp_path: Path) -> None:
    # in a process of its own: hoc's stop leaves three empty lists in NEURON
    write(tmp_path / "a.hoc", template("Stops", reader="Import3d_Neurolucida3"))
    write(tmp_path / "stops.asc", ASC.replace("(CellBody)", "(Color. Red) (CellBody)"))
    write(tmp_path / "good.asc", ASC)
    done = subprocess.run(
        [sys.executable, "-c", _STOPS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "good", done.stderr


@pytest.mark.parametrize("extension", ["swc", "asc"])
def test_v5(tmp_path: Path, extension: str) -> None:
    path = write(tmp_path / f"cell.v5.{extension}", {"swc": SWC, "asc": ASC}[extension])
    loaded = templates.load(write(tmp_path / "v5.hoc", V5))
    for _ in range(2):
        wrapper = loaded.create(7, str(path))
        cell = wrapper.getCell()
        assert (wrapper.gid, cell.nSecAxonal, cell.nSecAll) == (7, 2, 5)
        assert [section.hname().rpartition(".")[2] for section in cell.axonal] == [
            "axon[0]",
            "axon[1]",
        ]
        assert [cell.axon[index].L for index in (0, 1)] == [30, 30]
        assert cell.axon[1].parentseg().sec == cell.axon[0]
        numbers = [round(section(0.0001).v) for section in cell.all]
        assert numbers == ([0, 2, 3, 4, 1, 1] if extension == "swc" else [0, 1, 2, 3, 4, 4])
        h = runtime.raw_h()
        h.distance(0, cell.soma[0](0))
        for section in cell.basal:
            for segment in section:
                assert segment.g_pas == pytest.approx(1e-5 * (1 + h.distance(segment)), rel=1e-5)
        del section, segment, cell
        templates.release(wrapper)
        del wrapper
        assert sections() == 0


def test_v5_refuses_unknown_extensions(tmp_path: Path) -> None:
    loaded = templates.load(write(tmp_path / "v5.hoc", V5))
    with pytest.raises(TemplateError, match="must end in"):
        loaded.create(7, str(write(tmp_path / "cell.txt", SWC)))
    assert sections() == 0
