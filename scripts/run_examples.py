"""Run every script in examples/ and its folders, each in an empty folder and a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run those named on the command line, or all; return the number that failed."""
    chosen = sys.argv[1:]
    there = sorted([*(ROOT / "examples").glob("*.py"), *(ROOT / "examples").glob("*/*.py")])
    there = [path for path in there if path.parent.name != "web"]  # a server; its tests run it
    scripts = [path for path in there if not chosen or path.stem in chosen]
    if not scripts:
        print(f"no example is called {', '.join(chosen) or 'anything'}")
        return 1
    failures = 0
    for script in scripts:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-W", "error", str(script)],
                cwd=folder,
                env=os.environ | {"MPLBACKEND": "Agg"},
                stdin=subprocess.DEVNULL,
                timeout=600,
                check=False,
            )
        outcome = "ok" if done.returncode == 0 else f"FAILED with exit code {done.returncode}"
        name = script.relative_to(ROOT / "examples")
        print(f"--- {name}: {outcome} ({time.monotonic() - begin:.1f} s)", flush=True)
        failures += done.returncode != 0
    return failures


if __name__ == "__main__":
    raise SystemExit(main())
