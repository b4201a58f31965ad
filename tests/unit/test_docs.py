"""Every Python block of README and docs runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: Blocks about models of the reader's own.
NEEDS_FILES = ('"mechanisms/"', "cADpyr.hoc")
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
    if not any(needed in block for needed in NEEDS_FILES)
]


@pytest.mark.parametrize("block", BLOCKS)
def test_block_runs(block: str, tmp_path: Path) -> None:
    earlier = "from bluecellab.results import Traces, Trace\ntraces = Traces([Trace('v', [0.0, 1.0], [0.0, 1.0], 'mV')])\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", earlier + block],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
