"""What is committed of the examples of the Allen dialect is what their script makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import pytest

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"
NAMES = {"allen_network": "network", "custom_models": "networks"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    script = ROOT / "scripts" / "make_allen_examples.py"
    subprocess.run([sys.executable, str(script), "--output", str(folder)], check=True, timeout=60)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_the_script_makes_what_is_committed(made: Path, name: str) -> None:
    files = [path.relative_to(EXAMPLES) for path in (EXAMPLES / name / NAMES[name]).rglob("*.*")]
    files.append(Path(name) / "input_spikes.h5")
    assert {path.suffix for path in files} == {".h5", ".csv", ".json"}
    for path in sorted(files):
        assert contents(made / path) == contents(EXAMPLES / path), path


def contents(path: Path) -> object:
    """What a file says; that of HDF5 whichever version of the library wrote it."""
    if path.suffix != ".h5":
        return path.read_text()
    found: dict[str, object] = {}

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        values = (str(item.dtype), item[()].tolist()) if isinstance(item, h5py.Dataset) else None
        found[name] = (values, {key: str(value) for key, value in item.attrs.items()})

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_by_hand_is_copied(made: Path, name: str) -> None:
    assert list((made / name / "components").rglob("*.json"))
    assert list((made / name).glob("*.json"))
