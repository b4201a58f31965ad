"""The cache of libraries, with a stand-in for the compiler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bluecellab.errors import CompileError, MechanismError, NoCompilerError
from bluecellab.nrn.mechanisms import MechanismLibrary, build, cache_folder, clear_cache, library, list_cache
from bluecellab.nrn.mechanisms.sources import Sources
from bluecellab.nrn.mechanisms.toolchain import Toolchain, find_toolchain

ROOT = Path(__file__).resolve().parents[3]


class FakeCompiler:
    """Writes a library at once, and counts."""

    def __init__(self) -> None:
        self.runs = 0
        self.pause = 0.0

    def __call__(
        self, sources: Sources, tools: Toolchain, target: Path, flags: tuple[str, ...] = ()
    ) -> tuple[str, float]:
        self.runs += 1
        time.sleep(self.pause)
        (target / "libnrnmech.so").write_bytes(b"\0".join(sources.files.values()))
        return "libnrnmech.so", 0.25


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache with spaces é"
    monkeypatch.setenv("BLUECELLAB_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> FakeCompiler:
    fake = FakeCompiler()
    monkeypatch.setattr(library, "compile_into", fake)
    return fake


@pytest.fixture
def mods(tmp_path: Path) -> Path:
    folder = tmp_path / "mods"
    folder.mkdir()
    (folder / "leak.mod").write_text("NEURON { SUFFIX leak }")
    return folder


def test_the_folder_of_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == cache
    monkeypatch.delenv("BLUECELLAB_CACHE_DIR")
    assert cache_folder().name == "bluecellab"


def test_content_is_compiled_once(compiler: FakeCompiler, mods: Path, cache: Path, tmp_path: Path) -> None:
    first = build(mods)
    assert first == MechanismLibrary(("leak",), first.path, first.key, str(mods))
    assert first.path is not None
    assert first.path.is_relative_to(cache)
    (tmp_path / "link").symlink_to(mods)
    assert build(tmp_path / "link").path == build([mods / "leak.mod"]).path == first.path
    assert compiler.runs == 1
    assert list(mods.iterdir()) == [mods / "leak.mod"]
    (mods / "leak.mod").write_text("NEURON { SUFFIX leak RANGE g }")
    assert build(mods).key != first.key
    assert compiler.runs == 2


def test_native_flags(compiler: FakeCompiler, mods: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BLUECELLAB_NATIVE", raising=False)
    usual, native = build(mods), build(mods, native=True)
    assert (usual.flags, native.flags) == ((), ("-O3", "-march=native"))
    assert usual.path != native.path
    assert native.path is not None
    monkeypatch.setenv("BLUECELLAB_NATIVE", "1")
    assert build(mods) == native
    assert build(mods, native=False) == usual
    assert compiler.runs == 2
    assert library.find_library(native.path).flags == native.flags  # as a worker is told of it
    monkeypatch.setattr("bluecellab.nrn.mechanisms.flags._processor", lambda: "another")
    assert build(mods).path != native.path


def test_texts_are_made_thread_safe(compiler: FakeCompiler, mods: Path) -> None:
    plain = build(mods)
    assert plain.changes == ()
    text = "NEURON { SUFFIX leak GLOBAL m }\nASSIGNED { m }\nINITIAL { m = 1 }"
    (mods / "leak.mod").write_text(text)
    made = build(mods)
    assert made.changes == ("leak: declared THREADSAFE",)
    assert made.path is not None
    assert b"{ THREADSAFE  SUFFIX" in made.path.read_bytes()
    assert (made.path.parent / "sources" / "leak.mod").read_text() == text
    assert library.find_library(made.path).changes == made.changes


def test_another_compiler_or_neuron_makes_another_library(
    compiler: FakeCompiler, mods: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {build(mods).key}
    tools = find_toolchain()
    monkeypatch.setattr(library, "find_toolchain", lambda: Toolchain(tools.nrnivmodl, "cc", "cxx", "cxx 99"))
    keys.add(build(mods).key)
    monkeypatch.setattr(library, "neuron_version", lambda: "99.0")
    keys.add(build(mods).key)
    assert len(keys) == compiler.runs == 3
    assert len({key.partition("-")[0] for key in keys}) == 1


@pytest.mark.parametrize(
    "damage", ["library", "shorter", "no library", "manifest", "no manifest", "other manifest"]
)
def test_a_damaged_entry_is_made_anew(compiler: FakeCompiler, mods: Path, damage: str) -> None:
    path = build(mods).path
    assert path is not None
    manifest = path.with_name("manifest.json")
    if damage == "library":
        path.write_bytes(b"x" * path.stat().st_size)
    elif damage == "shorter":
        path.write_bytes(b"x")
    elif damage == "no library":
        path.unlink()
    elif damage == "manifest":
        manifest.write_bytes(b'{"format": \xff')
    elif damage == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "key": "another"}))
    assert [entry.state for entry in list_cache()] == ["damaged"]
    assert build(mods).path == path
    assert compiler.runs == 2
    assert [entry.state for entry in list_cache()] == ["ready"]
    assert path.read_bytes() == b"NEURON { SUFFIX leak }"


def test_two_threads_compile_once(compiler: FakeCompiler, mods: Path) -> None:
    compiler.pause = 0.2
    found: list[MechanismLibrary] = []
    threads = [threading.Thread(target=lambda: found.append(build(mods))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert compiler.runs == 1
    assert len(set(found)) == 1
    assert len(found) == 4


def test_a_failed_compilation_leaves_nothing(
    mods: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(sources: Sources, tools: Toolchain, target: Path, flags: tuple[str, ...]) -> tuple[str, float]:
        (target / "half").write_text("")
        raise CompileError("no", "why")

    monkeypatch.setattr(library, "compile_into", fail)
    with pytest.raises(CompileError, match="The compiler said"):
        build(mods)
    assert [path.suffix for path in (cache / "mechanisms").iterdir()] == [".lock"]
    assert list_cache() == []


def test_a_cache_that_cannot_be_used(
    compiler: FakeCompiler, mods: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLUECELLAB_CACHE_DIR", str(mods / "leak.mod" / "cache"))
    with pytest.raises(MechanismError, match=r"cache folder .* cannot be used .*BLUECELLAB_CACHE_DIR"):
        build(mods)
    assert list_cache() == []
    assert clear_cache().removed == ()


def test_a_full_disk(
    compiler: FakeCompiler, mods: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    def full(self: Path, text: str, **how: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(MechanismError, match="No space left on device"):
        build(mods)
    assert [path.suffix for path in (cache / "mechanisms").iterdir()] == [".lock"]


def test_without_a_compiler(
    compiler: FakeCompiler, mods: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = build(mods).path
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build(mods).path == path  # compiled before
    (mods / "other.mod").write_text("NEURON { SUFFIX other }")
    with pytest.raises(NoCompilerError, match=r"has no C\+\+ compiler \(g\+\+\), no make") as caught:
        build(mods)
    for word in ("g++", "make", "apt-get install g++ make", "libnrnmech.so"):
        assert word in str(caught.value)


def test_a_compiler_named_by_the_environment(mods: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler -O3")
    with pytest.raises(NoCompilerError):
        find_toolchain()
    monkeypatch.setenv("CXX", "false")
    with pytest.raises(NoCompilerError, match="'false' does not work"):
        find_toolchain()


def test_list_and_clear(compiler: FakeCompiler, mods: Path) -> None:
    build(mods)
    (entry,) = list_cache()
    assert (entry.names, entry.source, entry.seconds) == (("leak",), str(mods), 0.25)
    assert entry.size == entry.path.stat().st_size
    assert clear_cache(older_than=1).removed == ()
    assert [gone.key for gone in clear_cache().removed] == [entry.key]
    assert list_cache() == []


def test_what_another_process_uses_is_kept(compiler: FakeCompiler, mods: Path) -> None:
    path = build(mods).path
    code = (
        "import sys; from pathlib import Path; from bluecellab.nrn.mechanisms import cache; "
        "cache.hold(Path(sys.argv[1])); print('holding', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == "holding\n"
        cleared = clear_cache()
        assert cleared.removed == ()
        assert [(entry.state, reason) for entry, reason in cleared.kept] == [
            ("in use", "a living process has loaded it")
        ]
        user.communicate("")
    assert len(clear_cache().removed) == 1


def test_what_is_being_compiled_is_kept(compiler: FakeCompiler, mods: Path) -> None:
    from bluecellab.nrn.mechanisms import cache

    key = build(mods).key
    with cache.entry_lock(key):
        ((entry, reason),) = clear_cache().kept
    assert entry.key == key
    assert "Another process is compiling" in reason


def test_leftovers_of_killed_processes_go(compiler: FakeCompiler, mods: Path, cache: Path) -> None:
    build(mods)
    old, new = cache / "mechanisms" / ".staging-old", cache / "mechanisms" / ".staging-new"
    old.mkdir()
    new.mkdir()
    os.utime(old, (1, 1))
    clear_cache()
    assert (old.exists(), new.exists()) == (False, True)
