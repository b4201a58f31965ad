"""The library for CoreNEURON and what is in it, with a stand-in for NEURON's script."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bluecellab.errors import CompileError, MechanismError
from bluecellab.nrn.mechanisms import (
    MechanismLibrary,
    build_for_coreneuron,
    coreneuron,
    coreneuron_library,
    list_cache,
)
from bluecellab.nrn.mechanisms.flags import NATIVE_VARIABLE
from bluecellab.nrn.mechanisms.toolchain import Toolchain

TEXTS = {
    "fine": "NEURON { SUFFIX fine }",
    "shares": "NEURON { SUFFIX shares GLOBAL m }\nASSIGNED { m }\nINITIAL { m = 1 }",
    "bad": "NEURON { SUFFIX bad }",
}


class Script:
    """Does as nrnivmodl-core does, with make going on after a failure."""

    def __init__(self) -> None:
        self.runs = 0
        self.commands: list[list[str]] = []
        self.failing: Mapping[str, str] = {
            "bad": "x86_64/corenrn/mod2c/bad.cpp:7:1: error: 'ifarg' was not declared"
        }
        self.given: dict[str, str] = {}

    def __call__(
        self, command: Sequence[str], tools: Toolchain, folder: Path, **variables: str
    ) -> tuple[int, str]:
        self.runs += 1
        self.commands.append(list(command))
        assert variables["MAKEFLAGS"] == "k"
        assert (folder / "translator").stat().st_mode & 0o111
        self.given |= {path.stem: path.read_text() for path in (folder / "mods").iterdir()}
        failed = [name for name in self.failing if (folder / "mods" / f"{name}.mod").exists()]
        built = folder / "x86_64" / "corenrn" / "mod2c"
        built.mkdir(parents=True, exist_ok=True)
        for name in failed:
            (built / f"{name}.cpp").write_text("")
        if failed:
            return 2, "".join(
                f"{self.failing[name]}\nmake: *** [m:181: x86_64/corenrn/build/{name}.o] Error 1\n"
                for name in failed
            )
        assert not list(built.glob("bad.*"))
        (folder / "x86_64" / "libcorenrnmech.so").write_bytes(b"library")
        return 0, ""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    monkeypatch.setenv("BLUECELLAB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv(NATIVE_VARIABLE, raising=False)
    fake = Script()
    libraries = (
        MechanismLibrary(("pas",), None, "neuron", "NEURON"),
        MechanismLibrary(tuple(sorted(TEXTS)), None, "other", "loaded by other code"),
    )
    monkeypatch.setattr(coreneuron, "run", fake)
    monkeypatch.setattr(coreneuron, "loaded", lambda: libraries)
    monkeypatch.setattr(coreneuron, "source_text", TEXTS.__getitem__)
    return fake


def test_what_cannot_be_compiled_is_left_out(script: Script) -> None:
    made = build_for_coreneuron()
    assert made.path.read_bytes() == b"library"
    assert made.names == ("fine", "shares")
    assert made.left_out == {"bad": "bad.cpp:7:1: error: 'ifarg' was not declared"}
    assert made.changes == ("shares: GLOBAL m, which the mechanism assigns to: a variable of each thread",)
    assert "thread_local double m;" in script.given["shares"]
    assert script.given["fine"] == TEXTS["fine"]
    assert script.runs == 2
    assert coreneuron_library(needed=["fine"]) == made.path
    assert script.runs == 2
    (entry,) = list_cache()
    assert (entry.engine, entry.state, entry.left_out) == ("coreneuron", "in use", made.left_out)
    assert sorted(path.name for path in entry.sources.iterdir()) == ["bad.mod", "fine.mod", "shares.mod"]


def test_what_is_needed_and_cannot_be_compiled(script: Script) -> None:
    with pytest.raises(CompileError, match="CoreNEURON cannot have bad: ") as refused:
        coreneuron_library(needed=["bad", "fine"])
    assert "'ifarg' was not declared" in refused.value.output


def test_a_native_library_is_another_one(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = build_for_coreneuron()
    native = build_for_coreneuron(native=True)
    assert usual.flags == ("-O3", "-fno-math-errno", "-fno-trapping-math", "-D__FAST_MATH__")
    assert native.flags == (*usual.flags, "-march=native", "-ffp-contract=off")
    assert native.path != usual.path
    assert script.commands[-1][-4:] == ["./translator", "-i", " ".join(native.flags), "mods"]
    monkeypatch.setenv(NATIVE_VARIABLE, "1")
    assert build_for_coreneuron().path == native.path
    assert build_for_coreneuron(native=False).path == usual.path


@pytest.mark.parametrize(
    "trouble",
    ["fatal error: error writing to /tmp/x.s: No space left on device", "g++: fatal error: Killed signal"],
)
def test_trouble_of_the_machine_leaves_nothing_out(script: Script, trouble: str) -> None:
    script.failing = {"fine": trouble}
    with pytest.raises(CompileError, match="cannot be made") as refused:
        build_for_coreneuron()
    assert trouble in refused.value.output
    assert list_cache() == []
    script.failing = {}
    assert build_for_coreneuron().left_out == {}


def test_no_room_in_the_cache(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("bluecellab.nrn.mechanisms.cache.shutil.copyfile", full)
        patch.setattr(coreneuron, "_write_translator", lambda folder: None)
        patch.setattr(coreneuron, "run", writes)
        with pytest.raises(MechanismError, match="cache folder .* cannot be used .*No space left"):
            build_for_coreneuron()
    assert list_cache() == []
    assert build_for_coreneuron().names == ("fine", "shares")


def writes(command: Sequence[str], tools: Toolchain, folder: Path, **variables: str) -> tuple[int, str]:
    (folder / "x86_64").mkdir()
    (folder / "x86_64" / "libcorenrnmech.so").write_bytes(b"library")
    return 0, ""


def test_unknown_text(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coreneuron, "source_text", lambda name: "")
    with pytest.raises(MechanismError, match=r"text of the mechanism bad .* is not known"):
        build_for_coreneuron()


def test_the_translator_tells_of_whom_it_speaks(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    solver = "namespace nmodl {\nnamespace crout {\nint x;\n}  // namespace crout\n}  // namespace nmodl\n"
    (tmp_path / "bin" / "nmodl").write_text(
        f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
        "if 'bad' in sys.argv[1]: sys.exit('cannot translate')\n"
        f"Path(sys.argv[3], 'good.cpp').write_text({solver + 'int main;' + solver!r})\n"
    )
    (tmp_path / "bin" / "nmodl").chmod(0o755)
    program = Path(coreneuron.__file__).with_name("translator.py")

    def translate(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(program), f"mods/{name}.mod", "-o", str(tmp_path), "host"],
            env={"NRNHOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert translate("good").returncode == 0
    assert (tmp_path / "good.cpp").read_text() == solver + "int main;"
    failed = translate("bad")
    assert failed.returncode == 1
    assert re.search(r"^bad.mod: cannot translate$", failed.stdout, re.MULTILINE)


def test_entries_of_older_versions_are_still_good(script: Script) -> None:
    path = build_for_coreneuron().path
    manifest = path.with_name("manifest.json")
    data = json.loads(manifest.read_text())
    for name in ("engine", "flags", "changes", "left_out"):
        del data[name]
    manifest.write_text(json.dumps(data))
    (entry,) = list_cache()
    assert (entry.engine, entry.flags, entry.changes, entry.left_out) == ("neuron", (), (), {})
    assert entry.state != "damaged"
