"""Flags of the compiler: the usual ones, or those that make the most of this very processor."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from pathlib import Path

__all__ = ["NATIVE_VARIABLE", "flags_for", "wants_native", "what_for"]

#: Set it to 1 to have every library compiled for the processor of this machine.
NATIVE_VARIABLE = "BLUECELLAB_NATIVE"

_PROCESSOR = "-march=native"
_NATIVE = ("-O3", _PROCESSOR)


def wants_native(native: bool | None = None) -> bool:
    """Whether to compile for this processor: as asked for, or as the environment says."""
    return os.environ.get(NATIVE_VARIABLE, "0") not in {"", "0"} if native is None else native


def flags_for(native: bool | None) -> tuple[str, ...]:
    """Return the flags that are added to those NEURON's script uses.

    Examples
    --------
    >>> flags_for(True)
    ('-O3', '-march=native')
    >>> flags_for(False)
    ()
    """
    return _NATIVE if wants_native(native) else ()


def what_for(flags: tuple[str, ...]) -> str:
    """Return what a library compiled with these flags depends on because of them; nothing without flags.

    That is the processor, if they ask for it: a cache may be shared by machines with different ones.
    """
    if not flags:
        return ""
    return f"{' '.join(flags)}\0{_processor() if _PROCESSOR in flags else ''}"


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.is_file():
        text = described.read_text(encoding="utf-8", errors="replace")
        facts = re.findall(
            r"^(?:vendor_id|cpu family|model|model name|flags|Features|CPU \w+)\s*:.*", text, re.MULTILINE
        )
        return hashlib.sha256("\n".join(sorted(set(facts))).encode()).hexdigest()[:12]
    return f"{platform.processor()} {platform.node()}"
