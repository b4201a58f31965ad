"""Networks that BMTK's builder makes, and BMTK's answers to configurations of them; both are kept in the cache.

BMTK runs in its own Python, named by the environment variable BLUECELLAB_BMTK_PYTHON.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import filelock
import pytest

from bluecellab.nrn.mechanisms import build
from tests.material import material

PYTHON = os.environ.get("BLUECELLAB_BMTK_PYTHON", "")
_HERE = Path(__file__).resolve().parent
_SCRIPT = _HERE.parents[1] / "scripts" / "allen_networks.py"
_TEXTS = _SCRIPT.with_name("allen_texts.py")
_LARGE = _SCRIPT.with_name("allen_large.py")
_BIONET = "bmtk/bmtk/utils/scripts/bionet"
Config = dict[str, Any]


def need_peer() -> None:
    """Skip a whole module of tests if there is no BMTK."""
    if not PYTHON:
        pytest.skip("BLUECELLAB_BMTK_PYTHON does not name a Python that has bmtk", allow_module_level=True)


def networks() -> Path:
    """Return the folder of the networks, made when they are not there: ``one``, ``fourteen``, ``kinds``, ``sixty``."""
    found = material()
    root = found.root.parent / "allen_networks"
    stamp = hashlib.sha256(_SCRIPT.read_bytes() + _TEXTS.read_bytes()).hexdigest()
    with filelock.FileLock(root.with_suffix(".lock")):
        if not (root / "stamp").is_file() or (root / "stamp").read_text() != stamp:
            shutil.rmtree(root, ignore_errors=True)
            partial = Path(tempfile.mkdtemp(dir=root.parent, prefix=".allen-"))
            ask([PYTHON, str(_SCRIPT), str(found.packages / _BIONET), str(partial)], partial)
            (partial / "stamp").write_text(stamp)
            partial.rename(root)
    return root


def large() -> Path:
    """Return the folder of the networks, with ``large`` among them."""
    root = networks()
    made = root / "large"
    stamp = hashlib.sha256(_LARGE.read_bytes()).hexdigest()
    with filelock.FileLock(root.with_suffix(".lock")):
        if not (made / "stamp").is_file() or (made / "stamp").read_text() != stamp:
            shutil.rmtree(made, ignore_errors=True)
            ask([PYTHON, str(_LARGE), str(root)], root)
            (made / "stamp").write_text(stamp)
    return root


def library(root: Path) -> Path:
    """Return the compiled mechanisms."""
    return build(root / "components" / "mechanisms" / "modfiles").path


def ask(command: list[str], folder: Path) -> str:
    """Run a program; return what it prints, or fail with what it says."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def write_config(config: Config, folder: Path, *, output: str = "output") -> Path:
    """Write a configuration to a folder whose ``output`` it then writes to."""
    made = copy.deepcopy(config)
    made["manifest"]["$OUTPUT"] = str(folder / output)
    made["output"]["output_dir"] = str(folder / output)
    path = folder / "config.json"
    path.write_text(json.dumps(made, indent=1))
    return path


def simulate(config: Config, folder: Path) -> dict[str, Any]:
    """Run BMTK on a configuration, in a folder of its own; return what it cost."""
    path = write_config(config, folder)
    printed = ask(
        [PYTHON, str(_HERE / "oracle_run.py"), str(library(networks())), str(path)], folder
    ).splitlines()
    (answer,) = [line for line in printed if line.startswith('{"seconds"')]
    found: dict[str, Any] = json.loads(answer)
    return found


def answer(config: Config) -> Path:
    """Return BMTK's output folder for a configuration; it is run once for all tests ever."""
    root = networks()
    digest = hashlib.sha256((root / "stamp").read_bytes() + (_HERE / "oracle_run.py").read_bytes())
    digest.update(json.dumps(config, sort_keys=True).encode())
    for path in config.pop("_inputs", ()):
        digest.update(Path(path).read_bytes())
    kept = root.parent / "allen_answers" / digest.hexdigest()[:20]
    kept.parent.mkdir(exist_ok=True)
    with filelock.FileLock(kept.with_suffix(".lock")):
        if not kept.is_dir():
            partial = Path(tempfile.mkdtemp(dir=kept.parent, prefix=".partial-"))
            simulate(config, partial)
            partial.rename(kept)
    return kept / "output"
