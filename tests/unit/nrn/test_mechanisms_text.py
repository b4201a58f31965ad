"""What is read from .mod files and libraries, without compiling."""

from __future__ import annotations

from pathlib import Path

import pytest

from bluecellab.errors import MechanismConflictError, MechanismError
from bluecellab.nrn.mechanisms.nmodl import Declaration, declaration, embedded, includes
from bluecellab.nrn.mechanisms.sources import collect


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NEURON { SUFFIX leak }", Declaration("leak", "density")),
        ("NEURON{SUFFIX leak RANGE g}", Declaration("leak", "density")),
        ("NEURON {\n  THREADSAFE\n  POINT_PROCESS Probe\n}", Declaration("Probe", "point process")),
        ("NEURON\n{ ARTIFICIAL_CELL Spiker }", Declaration("Spiker", "artificial cell")),
        ("NEURON { SUFFIX nothing }", Declaration("", "none")),
        ("PARAMETER { g = 1 }", Declaration("file", "density")),
        ("NEURON { : SUFFIX old\n SUFFIX new }", Declaration("new", "density")),
        ("NEURON { ? SUFFIX old\n SUFFIX new }", Declaration("new", "density")),
        ("COMMENT NEURON { SUFFIX old } ENDCOMMENT NEURON { SUFFIX new }", Declaration("new", "density")),
        (
            "VERBATIM\n/* NEURON { SUFFIX old } */\nENDVERBATIM\nNEURON { SUFFIX new }",
            Declaration("new", "density"),
        ),
        ("TITLE NEURON { SUFFIX old }\nNEURON { SUFFIX new }", Declaration("new", "density")),
        ('TITLE "quoted : "\nNEURON { SUFFIX new }', Declaration("new", "density")),
        ("COMMENT never ended NEURON { SUFFIX old }", Declaration("file", "density")),
        ("NEURON { SUFFIX café }", Declaration("café", "density")),
        ("", Declaration("file", "density")),
    ],
)
def test_declaration(text: str, expected: Declaration) -> None:
    assert declaration(text, "file") == expected


def test_includes() -> None:
    text = 'NEURON { SUFFIX a }\nINCLUDE "x.inc" : why\n: INCLUDE "y.inc"\nCOMMENT\nINCLUDE "z.inc"\nENDCOMMENT\n  INCLUDE "sub/w.inc"\n'
    assert includes(text) == ("x.inc", "sub/w.inc")


def test_embedded_texts_are_found_between_zeros_and_paths_are_left_out() -> None:
    text = b'NEURON { SUFFIX leak }\n:::INCLUDE "q.inc"\n:::realpath /somewhere/q.inc\nPARAMETER { g }\n'
    library = b"\x7fELF\0junk\0NEURON { no name }\0" + text + b"\0rest"
    assert embedded(library) == {"leak": text.replace(b":::realpath /somewhere/q.inc\n", b"")}


def test_embedded_of_an_unfinished_file() -> None:
    assert embedded(b"NEURON { SUFFIX a }") == {"a": b"NEURON { SUFFIX a }"}
    assert embedded(b"") == {}


def test_collect_reads_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "b.mod", 'NEURON { SUFFIX bee }\nINCLUDE "sub/deep.txt"')
    write(tmp_path / "a-1 é.mod", "NEURON { POINT_PROCESS Ay }")
    write(tmp_path / "rates.inc", "PARAMETER { k = 1 }")
    write(tmp_path / "sub" / "deep.txt", "PARAMETER { m = 1 }")
    write(tmp_path / "sub" / "c.mod", "NEURON { SUFFIX notme }")
    write(tmp_path / "notes.txt", "")
    sources = collect(tmp_path)
    assert sources.names == ("Ay", "bee")
    assert set(sources.files) == {"b.mod", "a_1__.mod", "rates.inc", "sub/deep.txt"}
    assert sources.origin == str(tmp_path.resolve())


def test_the_digest_follows_content_and_names_but_not_the_place(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(tmp_path / folder / "a.mod", "NEURON { SUFFIX a }")
        write(tmp_path / folder / "a.inc", "x")
    first = collect(tmp_path / "one").digest
    assert collect(tmp_path / "two").digest == first
    assert collect(str(tmp_path / "two")).digest == first
    assert collect([tmp_path / "two" / "a.mod"]).digest == first
    write(tmp_path / "two" / "a.inc", "y")
    assert collect(tmp_path / "two").digest != first


def test_collect_refuses_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MechanismError, match=r"nowhere, which does not exist"):
        collect(tmp_path / "nowhere")
    with pytest.raises(MechanismError, match=r"no \.mod file in the folder .* Give the folder"):
        collect(tmp_path)
    write(tmp_path / "inner" / "a.mod", "NEURON { SUFFIX a }")
    with pytest.raises(MechanismError, match="Folders in it that have some: inner"):
        collect(tmp_path)
    with pytest.raises(MechanismError, match=r"is not a \.mod file"):
        collect(write(tmp_path / "x.txt", ""))
    with pytest.raises(MechanismError, match="was given"):
        collect([])


def test_collect_refuses_two_files_for_one_mechanism(tmp_path: Path) -> None:
    write(tmp_path / "a.mod", "NEURON { SUFFIX same }")
    write(tmp_path / "b.mod", "NEURON { POINT_PROCESS same }")
    with pytest.raises(
        MechanismConflictError, match=r"'same' is defined twice .*a\.mod and by b\.mod"
    ) as caught:
        collect(tmp_path)
    assert caught.value.names == ("same",)


def test_collect_refuses_two_files_that_would_get_one_name(tmp_path: Path) -> None:
    write(tmp_path / "a-b.mod", "NEURON { SUFFIX one }")
    write(tmp_path / "a_b.mod", "NEURON { SUFFIX two }")
    with pytest.raises(MechanismConflictError, match=r"a_b\.mod; rename one"):
        collect(tmp_path)


@pytest.mark.parametrize("included", ["../shared.inc", "/shared.inc"])
def test_collect_refuses_includes_from_elsewhere(tmp_path: Path, included: str) -> None:
    write(tmp_path / "a.mod", f'NEURON {{ SUFFIX a }}\nINCLUDE "{included}"\n')
    with pytest.raises(MechanismError, match="lies outside its folder"):
        collect(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mod", "NEURON { SUFFIX a }")
    path.with_name("b.inc").symlink_to(tmp_path / "gone")
    assert set(collect(tmp_path).files) == {"a.mod"}
