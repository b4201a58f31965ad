"""Gather real cell models from the package index into the cache: ``python scripts/material.py``.

Nothing of it is committed. Published packages bring electrical models with their mechanisms and
morphologies; installed in a folder of their own, they write the hoc templates. What there
is at the end is in ``index.json``; tests read it through ``tests.material``. Running it again does
nothing; two at once wait for each other. ``--force`` makes everything anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import filelock

from bluecellab.errors import BluecellabError
from bluecellab.nrn.mechanisms import build, cache_folder
from bluecellab.nrn.mechanisms.sources import collect

HERE = Path(__file__).resolve().parent
PACKAGES = {
    "emodelrunner": ("emodelrunner==1.2.5", "--only-binary=emodelrunner"),
    "bluepyopt": ("bluepyopt==1.14.26", "--no-binary=bluepyopt"),
    "bmtk": ("bmtk==1.2.0", "--only-binary=bmtk"),
}
NEURON = "neuron==9.0.2"
#: What is needed of each package.
WANTED = {
    "emodelrunner": ("examples/",),
    "bluepyopt": ("examples/l5pc/",),
    "bmtk": ("bmtk/utils/scripts/bionet/", "bmtk/simulator/bionet/default_templates/"),
}
#: Folders of .mod files by family; of equal names the first counts. The plasticity example adds
#: what the first lacks: GluSynapse, TTXDynamicsSwitch, deterministic synapses, gap junctions.
FAMILIES = {
    "sscx": (
        "emodelrunner/examples/sscx_sample_dir/mechanisms",
        "emodelrunner/examples/synplas_sample_dir/mechanisms",
    ),
    "thalamus": ("emodelrunner/examples/thalamus_sample_dir/mechanisms",),
    "l5pc": ("bluepyopt/examples/l5pc/mechanisms",),
    "bmtk": ("bmtk/bmtk/utils/scripts/bionet/mechanisms/modfiles",),
}
COMPILED = ("sscx", "l5pc")


def say(text: str) -> None:
    """Print at once: compilations take a while."""
    print(f"[{time.perf_counter() - BEGAN:6.1f} s] {text}", flush=True)


BEGAN = time.perf_counter()


def run(command: list[str], **options: object) -> None:
    """Run a command; on failure show its output and stop."""
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        **options,  # type: ignore[call-overload]
    )
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(command)}\n{done.stdout[-4000:]}")


def download(folder: Path) -> dict[str, Path]:
    """Download the packages themselves, without what they depend on."""
    found = {}
    for name, (requirement, kind) in PACKAGES.items():
        target = folder / name
        if not list(target.glob("*")):
            partial = Path(tempfile.mkdtemp(dir=folder, prefix=f".{name}-"))
            # An sdist's metadata is made by building it, for which pip installs its build tools.
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind]
            run([*pip, "--dest", str(partial), requirement])
            partial.rename(target)
        found[name] = next(target.glob("*"))
    return found


def unpack(archive: Path, wanted: tuple[str, ...], target: Path) -> None:
    """Unpack the wanted folders; the top folder of an sdist is left out."""
    target.mkdir(parents=True)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(target, [n for n in wheel.namelist() if n.startswith(wanted)])
        return
    with tarfile.open(archive) as sdist:
        members = []
        for member in sdist.getmembers():
            member.name = member.name.partition("/")[2]
            if member.name.startswith(wanted):
                members.append(member)
        if hasattr(tarfile, "data_filter"):
            sdist.extractall(target, members, filter="data")
        else:
            sdist.extractall(target, members)


def merge(folders: list[Path], target: Path) -> None:
    """Copy .mod and .inc files into one folder; of mechanisms of one name the first counts."""
    target.mkdir(parents=True)
    names: set[str] = set()
    for folder in folders:
        declarations = collect(folder).declarations
        for path in sorted(folder.glob("*.mod")):
            name = declarations[path.name].name
            if name not in names:
                shutil.copyfile(path, target / path.name)
                names.add(name)
        for path in folder.glob("*.inc"):
            shutil.copyfile(path, target / path.name)


def make_templates(root: Path, packages: dict[str, Path]) -> None:
    """Install the packages beside the material and let them write templates and morphologies."""
    environment = root / "environment"  # a folder, since not every Python can make an environment
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(environment)]
    run([*pip, str(packages["emodelrunner"]), PACKAGES["bluepyopt"][0], NEURON])
    say("helper packages installed")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    clean |= {"PYTHONPATH": str(environment), "PYTHONNOUSERSITE": "1"}
    run([sys.executable, str(HERE / "material_templates.py"), str(root)], env=clean, cwd=root)
    shutil.rmtree(environment)
    say("templates and morphologies written")


def stamp() -> str:
    """Return a hash of everything that decides what comes out."""
    digest = hashlib.sha256()
    for name in ("material.py", "material_templates.py"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def is_complete(root: Path) -> bool:
    """Whether the material of this very script is there."""
    try:
        index = json.loads((root / "index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    paths = [path for cell in index["cells"].values() for path in cell["files"]]
    return index["stamp"] == stamp() and all(
        (root / path).exists() for path in [*paths, *index["mechanisms"].values()]
    )


def gather(root: Path) -> None:
    """Make everything beside its place, then move it there."""
    downloads = root.parent / "material-downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    packages = download(downloads)
    say("packages downloaded")
    shutil.rmtree(root, ignore_errors=True)
    for name, archive in packages.items():
        unpack(archive, WANTED[name], root / "packages" / name)
    for family, folders in FAMILIES.items():
        merge([root / "packages" / folder for folder in folders], root / "mechanisms" / family)
    with ThreadPoolExecutor(2) as pool:
        templates = pool.submit(make_templates, root, packages)
        compiled: Future[None] = pool.submit(compile_families, root)
        templates.result()
        compiled.result()
    index = json.loads((root / "cells.json").read_text(encoding="utf-8"))
    index["mechanisms"] = {family: f"mechanisms/{family}" for family in FAMILIES}
    index["stamp"] = stamp()
    (root / "index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")


def compile_families(root: Path) -> None:
    """Compile the mechanisms that most tests need, into bluecellab's own cache."""
    for family in COMPILED:
        library = build(root / "mechanisms" / family)
        say(f"{family}: {len(library.names)} mechanisms compiled")


def main() -> int:
    """Gather what is not there yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--force", action="store_true", help="make everything anew")
    arguments = parser.parse_args()
    root = cache_folder() / "material"
    root.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(root.parent / "material.lock"):
        try:
            if arguments.force or not is_complete(root):
                gather(root)
            else:
                compile_families(root)
        except BluecellabError as problem:
            print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
            return 1
    say(f"material is in {root}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
