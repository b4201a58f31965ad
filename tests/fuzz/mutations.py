"""Mutations of JSON values and texts, and of HDF5 files: always the same for the same number."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

#: What would betray itself by a file if anything executed it.
PAYLOADS = (
    "%s.mg = 1 }} nrnpython(\"open('{trap}', 'w')\") {{",
    "%s.mg = nrnpython(\"open('{trap}', 'w')\")",
    '{{system("touch {trap}")}}',
    "%s.mg = __import__('os').system('touch {trap}')",
    "$(touch {trap})",
    "`touch {trap}`",
    "__import__('pathlib').Path('{trap}').touch()",
    "!!python/object/apply:os.system ['touch {trap}']",
    "{{0.__class__.__init__.__globals__}} open('{trap}', 'w')",
)
NASTY: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    -(2**63) - 1,
    10**400,
    0.5,
    -0.0,
    1e308,
    1e-320,
    5e-324,
    1e999,
    "",
    " ",
    "0",
    "a",
    "Some",
    "places",
    ".",
    "..",
    "/",
    "//",
    "/dev/zero",
    "/dev/stdin",
    "/proc/self/mem",
    "/etc/passwd",
    "~",
    "$BASE",
    "${BASE}",
    "$OUT$OUT$OUT",
    "$",
    "${",
    "$NOPE/x",
    "../../../../etc/passwd",
    "nodes.h5",
    "circuit_config.json",
    "simulation_config.json",
    "a\0b",
    "a\nb",
    "\ud800",
    "ü" * 300,
    "x" * 5000,
    "%s",
    "%n%n%n",
    "{0}",
    "{trap}",
    "hoc:small",
    "(?P<x>a+)+$",
    [],
    {},
    [[]],
    [None],
    [0, 0, 0.5],
    [[0, 0, 0.5], [0, 0, 0.5]],
    ["Some", "Some"],
    {"a": {}},
    {"$regex": "(a+)+$"},
    {"$gt": "x"},
    {"population": "S1"},
    {"population": "S1", "node_id": [0, 99999999999]},
    {"type": "lfp"},
    {"node_id": [-1]},
)


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        found.append((value, key))
        _places(item, found)
    return found


def _nasty(chance: random.Random, trap: Path) -> Any:
    if chance.random() < 0.15:
        return chance.choice(PAYLOADS).format(trap=trap)
    return copy.deepcopy(chance.choice(NASTY))


def _misspelled(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return chance.choice([text[:at] + text[at + 1 :], text[:at] + "e" + text[at:], text.upper(), text[::-1]])


def mutate_value(value: Any, chance: random.Random, trap: Path) -> Any:
    """Return a JSON value with one to five things changed."""
    value = copy.deepcopy(value)
    for _ in range(chance.randint(1, 5)):
        places = _places(value, [])
        if not places:
            break
        container, key = chance.choice(places)
        other, other_key = chance.choice(places)
        what = chance.choice(["replace", "replace", "drop", "rename", "swap", "copy", "wrap", "scale", "add"])
        if what == "replace":
            container[key] = _nasty(chance, trap)
        elif what == "drop":
            del container[key]
        elif what == "rename" and isinstance(container, dict):
            container[_misspelled(chance, str(key))] = container.pop(key)
        elif what == "swap":
            here, there = copy.deepcopy(container[key]), copy.deepcopy(other[other_key])
            container[key], other[other_key] = there, here
        elif what == "copy":
            container[key] = copy.deepcopy(other[other_key])
        elif what == "wrap":
            container[key] = chance.choice([[container[key]], {"x": container[key]}, str(container[key])])
        elif what == "scale" and isinstance(container[key], int | float):
            container[key] *= chance.choice([-1, 0, 1e-9, 1e9, 1.0000001])
        elif what == "add" and isinstance(container, dict):
            container[f"{key}{chance.randrange(9)}"] = _nasty(chance, trap)
    return value


def mutate_text(text: str, chance: random.Random) -> bytes:
    """Return a text of JSON with bytes changed, cut, doubled or put in."""
    content = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(content) + 1)
        what = chance.choice(["flip", "cut", "double", "insert", "truncate"])
        if what == "flip" and at < len(content):
            content[at] ^= 1 << chance.randrange(8)
        elif what == "cut":
            del content[at : at + chance.randrange(40)]
        elif what == "double":
            content[at:at] = content[at : at + chance.randrange(200)]
        elif what == "insert":
            content[at:at] = chance.choice(
                [
                    b"NaN",
                    b"-Infinity",
                    b"1e999",
                    b"[" * 5000,
                    b"{",
                    b'"',
                    b"\xff",
                    b"\0",
                    b"\\u0000",
                    b"\xef\xbb\xbf",
                ]
            )
        elif what == "truncate" and chance.random() < 0.3:
            del content[at:]
    return bytes(content)


def mutated_json(value: Any, chance: random.Random, trap: Path) -> bytes:
    """Return a JSON value, mutated, as the content of a file."""
    if chance.random() < 0.75:
        text = json.dumps(mutate_value(value, chance, trap))
        return text.encode() if chance.random() < 0.9 else mutate_text(text, chance)
    return mutate_text(json.dumps(value), chance)


def mutate_bytes(path: Path, chance: random.Random) -> None:
    """Change bytes of a file: single ones, ranges of zeros, its end."""
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 1, 2, 5, 40])):
        at = chance.randrange(len(content))
        what = chance.choice(["flip", "flip", "byte", "zeros", "ones", "move"])
        if what == "flip":
            content[at] ^= 1 << chance.randrange(8)
        elif what == "byte":
            content[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif what in ("zeros", "ones"):
            size = min(chance.randrange(1, 64), len(content) - at)
            content[at : at + size] = bytes([0 if what == "zeros" else 0xFF]) * size
        else:
            other = chance.randrange(len(content))
            size = min(8, len(content) - at, len(content) - other)
            content[at : at + size] = content[other : other + size]
    if chance.random() < 0.15:
        del content[chance.randrange(len(content)) :]
    path.write_bytes(bytes(content))


def _values(old: h5py.Dataset, chance: random.Random) -> Any:
    """Return other values for a column."""
    size = chance.choice([len(old), len(old), len(old), 0, 1, len(old) - 1, len(old) + 3, 1000])
    shape = chance.choice([(size,), (size,), (size,), (size, 2), (size, 2, 2), ()])
    make: list[Callable[[], Any]] = [
        lambda: np.full(shape, chance.choice([np.nan, np.inf, -np.inf, -1.0, 0.0, 1e308, -1e-320])),
        lambda: np.full(shape, chance.choice([-1, 0, 4, 5, 99, 2**31, 2**62, -(2**63)]), dtype=np.int64),
        lambda: np.full(shape, chance.choice([2**63, 2**64 - 1, 7]), dtype=np.uint64),
        lambda: np.full(shape, chance.choice([0, 255]), dtype=np.uint8),
        lambda: np.full(shape, "x" * chance.choice([0, 1, 2000]), dtype=h5py.string_dtype()),
        lambda: np.full(shape, b"ab", dtype="S2"),
        lambda: np.full(shape, True),
        lambda: np.full(shape, 1 + 2j),
        lambda: np.zeros(shape, dtype=[("a", "i4"), ("b", "f8")]),
        lambda: np.array([chance.randrange(-3, 12) for _ in range(max(size, 1))]),
    ]
    return chance.choice(make)()


def mutate_columns(path: Path, chance: random.Random) -> None:
    """Change columns, groups and attributes of an HDF5 file, as HDF5 allows it."""
    with h5py.File(path, "a") as file:
        for _ in range(chance.randint(1, 4)):
            names: list[str] = []
            file.visit(names.append)
            if not names:
                return
            name = chance.choice(names)
            item = file[name] if name in file else None
            what = chance.choice(
                ["values", "values", "values", "drop", "rename", "link", "attribute", "group", "swap"]
            )
            if what == "values" and isinstance(item, h5py.Dataset) and item.ndim:
                attributes = dict(item.attrs)
                made = _values(item, chance)
                del file[name]
                file[name] = made
                file[name].attrs.update(attributes)
            elif what == "drop":
                del file[name]
            elif what == "rename":
                file.move(name, name + chance.choice(["_", "x", "0"]))
            elif what == "link":
                del file[name]
                kind = chance.randrange(3)
                file[name] = (
                    h5py.SoftLink("/" + name)
                    if kind == 0
                    else h5py.SoftLink("/nowhere")
                    if kind == 1
                    else h5py.ExternalLink("/etc/passwd", "/x")
                )
            elif what == "attribute" and item is not None:
                for key in item.attrs:
                    item.attrs[key] = chance.choice(["", "S1", "W", 3, "x" * 1000])
            elif what == "group":
                del file[name]
                file.create_group(name)
            elif what == "swap":
                other = chance.choice(names)
                if other in file and isinstance(file[other], h5py.Dataset) and not other.startswith(name):
                    values = file[other][()]
                    del file[name]
                    file[name] = values
