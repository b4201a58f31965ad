"""Stands in for NEURON's translator ``nmodl`` while a library for CoreNEURON is made; a program of its own.

It runs the translator, says which file a message is about, and takes out what the translator writes
twice: a mechanism that solves two systems of equations gets the same solver twice, which no compiler takes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["without_repetition"]

_SOLVER = re.compile(
    r"namespace nmodl \{\nnamespace (\w+) \{\n.*?\}  // namespace \1\n\}  // namespace nmodl\n", re.DOTALL
)


def without_repetition(text: str) -> str:
    r"""Return translated C++ without solvers that it defines again.

    Examples
    --------
    >>> ends = "}  // namespace crout\n}  // namespace nmodl\n"
    >>> solver = "namespace nmodl {\nnamespace crout {\n" + ends
    >>> without_repetition(solver + "int main;\n" + solver) == solver + "int main;\n"
    True
    """
    seen: set[str] = set()

    def once(found: re.Match[str]) -> str:
        if found[0] in seen:
            return ""
        seen.add(found[0])
        return found[0]

    return _SOLVER.sub(once, text)


def _main(arguments: list[str]) -> int:
    """Translate; the first argument is the .mod file, the one after ``-o`` the folder to write to."""
    source = Path(arguments[0])
    done = subprocess.run(  # noqa: S603 - NEURON's own translator
        [str(Path(os.environ["NRNHOME"], "bin", "nmodl")), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        for line in f"{done.stdout}\n{done.stderr}".splitlines():
            print(f"{source.name}: {line}")  # noqa: T201 - a program of its own
        return 1
    made = Path(arguments[arguments.index("-o") + 1], f"{source.stem}.cpp")
    text = made.read_text(encoding="utf-8", errors="surrogateescape")
    made.write_text(without_repetition(text), encoding="utf-8", errors="surrogateescape")
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
