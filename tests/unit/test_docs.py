"""Every Python block of README and docs runs, those about models of the reader's own with a real one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.material import material

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
#: Names that the pages give to models of the reader's own.
FILES = ('"mechanisms/"', "cADpyr.hoc")


def blocks(*, with_files: bool) -> list[object]:
    return [
        pytest.param(block, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
        if any(name in block for name in FILES) == with_files
    ]


def run(code: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", blocks(with_files=False))
def test_block_runs(block: str, tmp_path: Path) -> None:
    earlier = (
        "from bluecellab.results import Traces, Trace\n"
        "traces = Traces([Trace('v', [0.0, 1.0], [0.0, 1.0], 'mV')])\n"
    )
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    run(earlier + block, tmp_path)


@pytest.mark.material
@pytest.mark.parametrize("block", blocks(with_files=True))
def test_block_about_files_runs(block: str, tmp_path: Path) -> None:
    model = material().cell("l5pc_v6")
    (tmp_path / "mechanisms").symlink_to(model.mechanisms)
    (tmp_path / "cADpyr.hoc").symlink_to(model.template)
    (tmp_path / "morphologies").mkdir()
    (tmp_path / "morphologies" / "cell.asc").symlink_to(model.morphology)
    run(block + "\nif 'cell' in globals(): cell.close()", tmp_path)


def test_a_wrong_block_would_be_seen(tmp_path: Path) -> None:
    assert len(blocks(with_files=False)) > 10
    assert len(blocks(with_files=True)) > 1
    with pytest.raises(AssertionError, match="no attribute 'absent'"):
        run("import bluecellab\nbluecellab.absent", tmp_path)


def broken_links(page: Path) -> list[str]:
    links = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    return [link for link in links if not (page.parent / link).exists()]


def test_links_lead_somewhere(tmp_path: Path) -> None:
    assert {page.name: broken_links(page) for page in PAGES if broken_links(page)} == {}
    page = tmp_path / "page.md"
    page.write_text("[a](page.md) [b](absent.md#part) [c](https://example.org) `x[0](0.3)`", encoding="utf-8")
    assert broken_links(page) == ["absent.md"]
