"""Libraries that are really compiled and loaded, each time in a process of its own.

All tests share one cache, so that each text is compiled once.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bluecellab.errors import CompileError
from bluecellab.nrn.mechanisms import MechanismLibrary, build, list_cache

ROOT = Path(__file__).resolve().parents[3]
LEAK = """\
NEURON {{ SUFFIX mtleak NONSPECIFIC_CURRENT i RANGE g, e }}
PARAMETER {{ e = -70 (mV) }}
INCLUDE "conductance.inc"
ASSIGNED {{ v (mV) i (mA/cm2) }}
BREAKPOINT {{ i = {factor}*g*(v - e) }}
"""
PROBE = "NEURON { POINT_PROCESS MtProbe RANGE seen }\nASSIGNED { v (mV) seen }\nBREAKPOINT { seen = v }\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mechanisms é and spaces")


@pytest.fixture(autouse=True)
def _cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLUECELLAB_CACHE_DIR", str(home / "cache"))
    monkeypatch.delenv("BLUECELLAB_MECHANISMS", raising=False)
    monkeypatch.delenv("BLUECELLULAB_MOD_LIBRARY_PATH", raising=False)


@pytest.fixture
def mods(home: Path) -> Path:
    write(home / "mods" / "leak of-mine.mod", LEAK.format(factor=1))
    write(home / "mods" / "conductance.inc", "PARAMETER { g = 1e-4 (S/cm2) }\n")
    return home / "mods"


def child(code: str, *arguments: object, cwd: Path = ROOT, fails: bool = False, **environment: str) -> str:
    """Run code in a process of its own; return what it prints."""
    prelude = "import sys; from bluecellab.nrn import mechanisms as m; from bluecellab import errors\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", prelude + code, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stderr if fails else done.stdout


def test_two_processes_at_once_compile_once(mods: Path) -> None:
    code = (
        "import logging; logging.basicConfig(level=logging.INFO, stream=sys.stdout)\n"
        "print(m.build(sys.argv[1]).path); assert 'neuron' not in sys.modules"
    )
    program = "import sys; from bluecellab.nrn import mechanisms as m\n" + code
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(mods)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    outputs = [one.communicate(timeout=90)[0].splitlines() for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert outputs[0][-1] == outputs[1][-1]
    assert sum("compiled 1 .mod files" in line for lines in outputs for line in lines) <= 1
    assert sorted(path.name for path in mods.iterdir()) == ["conductance.inc", "leak of-mine.mod"]


def test_a_loaded_library_works_and_is_loaded_once(mods: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(mods)
    library = build(mods)
    assert library.path is not None
    (tmp_path / "there" / "x86_64").mkdir(parents=True)
    shutil.copyfile(library.path, tmp_path / "there" / "x86_64" / "libnrnmech.so")
    shutil.copyfile(library.path, tmp_path / "copy é.so")
    code = """
from threading import Thread
first = m.load_mechanisms(sys.argv[1])
assert first.names == ("mtleak",), first
more = []
threads = [Thread(target=lambda p=p: more.append(m.load_mechanisms(p))) for p in sys.argv[2:] * 2]
[t.start() for t in threads]; [t.join() for t in threads]
assert more == [first] * len(threads), more
from bluecellab.nrn import runtime
h = runtime.raw_h()
section = h.Section(); section.insert("mtleak"); h.finitialize(-65); h.fadvance()
assert section(0.5).v < -65
own, ours = m.loaded()
assert ours == first and own.source.startswith("NEURON 9") and set(own.names) == m.loading.BUILT_IN
m.require("mtleak"); m.require(["hh", "IClamp", "NetStim"])
((entry, reason),) = m.clear_cache().kept
"""
    same = [tmp_path / "link", library.path, tmp_path / "there", tmp_path / "copy é.so"]
    child(code, mods, *same)


def test_conflicts_are_refused_before_anything_is_loaded(mods: Path, tmp_path: Path) -> None:
    write(tmp_path / "other" / "leak.mod", LEAK.format(factor=2))
    write(tmp_path / "other" / "conductance.inc", "PARAMETER { g = 1e-4 (S/cm2) }\n")
    write(tmp_path / "more" / "leak.mod", LEAK.format(factor=1))
    write(tmp_path / "more" / "conductance.inc", "PARAMETER { g = 1e-4 (S/cm2) }\n")
    write(tmp_path / "more" / "probe.mod", PROBE)
    write(tmp_path / "builtin" / "pas.mod", "NEURON { SUFFIX pas RANGE q }\nASSIGNED { q }\n")
    code = """
def refused(path):
    before = m.loaded()
    try:
        m.load_mechanisms(path)
    except errors.MechanismConflictError as problem:
        assert m.loaded() == before
        return problem.names, str(problem)
    raise AssertionError(path)
m.load_mechanisms(sys.argv[1])
names, text = refused(sys.argv[2])
assert names == ("mtleak",) and "with another text, by " + sys.argv[1] in text, text
assert "another process" in text, text
names, text = refused(sys.argv[3])
assert names == ("mtleak",) and "with the same text" in text and "remaining .mod files" in text, text
names, text = refused(sys.argv[4])
assert names == ("pas",) and "part of NEURON itself" in text, text
"""
    child(code, mods, tmp_path / "other", tmp_path / "more", tmp_path / "builtin")


def test_what_is_missing_is_named(mods: Path, tmp_path: Path) -> None:
    library = build(mods)
    assert library.path is not None
    (tmp_path / "arm64").mkdir()
    shutil.copyfile(library.path, tmp_path / "arm64" / "libnrnmech.so")
    code = """
import warnings
with warnings.catch_warnings(record=True) as given:
    warnings.simplefilter("always")
    from bluecellab.nrn import runtime
    runtime.raw_h()
assert any(issubclass(w.category, errors.MechanismWarning) and "arm64/libnrnmech.so" in str(w.message) for w in given)
for wanted in (["hh", "mtleek", "Nowhere"], "mtleek"):
    try:
        m.require(wanted)
    except errors.MissingMechanismError as problem:
        print(problem.names, problem)
"""
    first, second = child(code, cwd=tmp_path).splitlines()
    assert first.startswith("('Nowhere', 'mtleek') NEURON has no mechanism 'Nowhere', 'mtleek'.")
    for words in ("Nothing is loaded but", "arm64/libnrnmech.so, which is not loaded", "load_mechanisms"):
        assert words in first
    assert second.startswith("('mtleek',)")
    text = child(f"m.load_mechanisms({str(mods)!r}); m.require('mtleek')", fails=True)
    assert "There is 'mtleak'. Loaded from" in text


@pytest.mark.parametrize("variable", ["BLUECELLAB_MECHANISMS", "BLUECELLULAB_MOD_LIBRARY_PATH"])
def test_the_environment_names_libraries(mods: Path, variable: str) -> None:
    code = "from bluecellab.nrn import runtime; assert runtime.raw_h().mtleak; print('loaded')"
    assert child(code, **{variable: str(mods)}) == "loaded\n"


def test_the_environment_and_the_working_directory_disagree(mods: Path, tmp_path: Path) -> None:
    (tmp_path / "x86_64").mkdir()
    code = "from bluecellab.nrn import runtime; runtime.raw_h()"
    text = child(code, cwd=tmp_path, fails=True, BLUECELLULAB_MOD_LIBRARY_PATH=str(mods))
    assert "MechanismError: BLUECELLULAB_MOD_LIBRARY_PATH is set to" in text
    assert "has a folder x86_64 as well" in text
    child(code, cwd=tmp_path, BLUECELLAB_MECHANISMS=str(mods))


def test_a_library_beside_its_mods_is_used_only_if_made_of_them(mods: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(mods, folder)
    built = build(mods).path
    assert built is not None
    (folder / "x86_64").mkdir()
    compiled = folder / "x86_64" / "libnrnmech.so"
    shutil.copyfile(built, compiled)
    from bluecellab.nrn.mechanisms.library import find_library

    def source() -> Path | None:
        return find_library(folder).path

    assert source() == compiled
    (folder / "conductance.inc").write_text("PARAMETER { g = 2e-4 (S/cm2) }\n")
    assert source() != compiled


def test_a_library_that_is_none(tmp_path: Path, mods: Path) -> None:
    write(tmp_path / "bad.so", "no library")
    for machine in {"x86_64", "arm64"} - {os.uname().machine}:
        write(tmp_path / "foreign" / machine / "libnrnmech.so", "")
    code = """
for path in sys.argv[1:]:
    try:
        m.load_mechanisms(path)
    except errors.MechanismError as problem:
        print(problem)
"""
    bad, foreign, nowhere = child(code, tmp_path / "bad.so", tmp_path / "foreign", "nowhere").splitlines()
    assert "the system cannot load the library" in bad
    assert "was compiled for" in foreign
    assert "no mechanism library and no folder of .mod files at nowhere" in nowhere


def test_nothing_is_loaded_in_the_middle_of_a_run(mods: Path) -> None:
    code = """
from bluecellab.nrn import runtime
with runtime.marked_running("a simulation"):
    try:
        m.load_mechanisms(sys.argv[1])
    except errors.BusyError as problem:
        print("refused", problem)
"""
    assert child(code, mods).startswith("refused loading the mechanisms of")


def test_the_compilers_own_message(tmp_path: Path) -> None:
    write(tmp_path / "m" / "fine.mod", PROBE)
    write(
        tmp_path / "m" / "wrong.mod",
        "NEURON { SUFFIX mtwrong }\nBREAKPOINT {\nVERBATIM\n no_such_function();\nENDVERBATIM\n}\n",
    )
    with pytest.raises(CompileError, match=r"wrong\.mod of .* cannot be compiled") as caught:
        build(tmp_path / "m")
    assert "no_such_function" in caught.value.output
    assert "error" in caught.value.output
    assert "Traceback" not in caught.value.output
    assert "bluecellab-mechanisms-" not in caught.value.output
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["fine.mod", "wrong.mod"]


def test_a_killed_compilation_does_not_block_the_next(mods: Path, tmp_path: Path, home: Path) -> None:
    code = """
import time
from bluecellab.nrn.mechanisms import library
library.compile_into = lambda *a: (print("compiling", flush=True), time.sleep(60))
m.build(sys.argv[1])
"""
    program = "import sys; from bluecellab.nrn import mechanisms as m\n" + code
    shutil.copytree(mods, tmp_path / "m")
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "m")],
        cwd=ROOT,
        env={**os.environ, "BLUECELLAB_CACHE_DIR": str(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        text=True,
    ) as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == "compiling\n"
        builder.send_signal(signal.SIGKILL)
    began = time.perf_counter()
    child("m.build(sys.argv[1])", tmp_path / "m", BLUECELLAB_CACHE_DIR=str(tmp_path / "cache"))
    assert time.perf_counter() - began < 60


def test_ctrl_c_ends_the_compilers_too(mods: Path, tmp_path: Path) -> None:
    shutil.copytree(mods, tmp_path / "m")
    # what a shell starts in the background, such as these tests, ignores the signal, and so does its offspring
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from bluecellab.nrn import mechanisms as m; m.build(sys.argv[1])"
    )
    (tmp_path / "temporary").mkdir()
    environment = {
        **os.environ,
        "BLUECELLAB_CACHE_DIR": str(tmp_path / "cache"),
        "TMPDIR": str(tmp_path / "temporary"),
        "CXX": f"{sys.executable} {write(tmp_path / 'slow.py', SLOW)}",
    }
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "m")],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
    ) as builder:
        try:
            deadline = time.monotonic() + 60
            while not (tmp_path / "started").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            assert (tmp_path / "started").exists(), "no compiler was started within a minute"
            builder.send_signal(signal.SIGINT)
            _, errors = builder.communicate(timeout=40)
        finally:
            builder.kill()
    assert b"KeyboardInterrupt" in errors
    compiler = int((tmp_path / "started").read_text())
    with pytest.raises(ProcessLookupError):
        _wait_for_end(compiler)
    assert list((tmp_path / "temporary").iterdir()) == []


SLOW = """\
import os, sys, time
from pathlib import Path
if "--version" in sys.argv or "-dumpversion" in sys.argv:
    print("slow compiler 1.0")
else:
    place = Path(__file__).with_name("started")
    place.with_suffix(".new").write_text(str(os.getpid()))
    place.with_suffix(".new").rename(place)
    time.sleep(60)
"""


def _wait_for_end(pid: int) -> None:
    for _ in range(100):
        os.kill(pid, 0)
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":  # its parent, init, is slow
            raise ProcessLookupError
        time.sleep(0.05)


def test_the_entry_tells_what_was_compiled(mods: Path) -> None:
    library: MechanismLibrary = build(mods)
    (entry,) = [entry for entry in list_cache() if entry.key == library.key]
    assert entry.names == ("mtleak",)
    assert entry.neuron.startswith("9.")
    assert entry.seconds > 0
    assert "." in entry.compiler
