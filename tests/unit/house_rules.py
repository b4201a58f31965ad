"""The rules of the house that no linter knows; each returns what breaks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef

#: Kinds of files that models are published in.
MODEL_SUFFIXES = {".mod", ".asc", ".swc", ".hoc", ".h5", ".hdf5", ".nrrd"}
#: Ours, though of such a kind.
OWN_MODELS = re.compile(
    r"(bluecellab/nrn/hoc|tests/vs_neuron)/[^/]+\.hoc|examples/(five_cells|allen_network|custom_models)/.+"
)  # drawn and written by us
#: Package registries, and folders of somebody's machine. A bracket in each, so that none matches itself.
NAMED = re.compile(
    r"py[p]i\.org|python[h]osted|ana[c]onda\.org|index[-]url|find[-]links"
    r"|(?<![\w.])/(?:[w]ork|[r]oot|[h]ome|[U]sers|[o]pt)/"
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b|def __del__")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def long_files(paths: Iterable[Path], limit: int = 400) -> dict[str, int]:
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return {name: length for name, length in lengths.items() if length > limit}


def _code_lines(node: Function) -> int:
    """Lines of a function without its docstring, which may be a small paper."""
    documented = ast.get_docstring(node) is not None and len(node.body) > 1
    first = node.body[1 if documented else 0].lineno
    return (node.end_lineno or first) - first + 1


def long_functions(paths: Iterable[Path], limit: int = 60) -> dict[str, int]:
    found = {f"{path.name}:{node.name}": _code_lines(node) for path in paths for node in functions(path)}
    return {name: length for name, length in found.items() if length > limit}


def long_signatures(paths: Iterable[Path], allowed: Mapping[str, int], limit: int = 8) -> dict[str, int]:
    """Signatures with too many parameters; ``allowed`` says how many those may have that are published."""
    found: dict[str, int] = {}
    for path in paths:
        for node in functions(path):
            named = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            count = len([a for a in named if a.arg not in ("self", "cls")])
            key = f"{path.name}:{node.name}"
            if count > max(limit, allowed.get(key, 0)):
                found[key] = count
    return found


def imports_of(path: Path) -> set[str]:
    """Names of modules imported anywhere in a file, ``import_module("...")`` and ``__import__`` too."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module or "")
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                found.add(node.args[0].value)
    return found


def importing(paths: Iterable[Path], packages: set[str]) -> list[str]:
    return [str(path) for path in paths if {name.partition(".")[0] for name in imports_of(path)} & packages]


def face_imports(paths: Iterable[Path], rooms: set[str]) -> list[str]:
    """Files that import the package's own face; ``from bluecellab import room`` is a room's module."""
    found = []
    for path in paths:
        for node in ast.walk(tree(path)):
            plain = isinstance(node, ast.Import) and any(alias.name == "bluecellab" for alias in node.names)
            named = (
                isinstance(node, ast.ImportFrom)
                and node.module == "bluecellab"
                and not {alias.name for alias in node.names} <= rooms
            )
            if plain or named:
                found.append(f"{path}:{node.lineno}")
    return found


def unfinished(paths: Iterable[Path]) -> list[str]:
    return [str(path) for path in paths if UNFINISHED.search(path.read_text(encoding="utf-8"))]


def foreign_models(names: Iterable[str]) -> list[str]:
    return [
        name
        for name in names
        if Path(name).suffix.lower() in MODEL_SUFFIXES and not OWN_MODELS.fullmatch(name)
    ]


def naming_machines(root: Path, names: Iterable[str]) -> list[str]:
    """Files that name a package registry or a folder of somebody's machine."""
    found = []
    for name in names:
        content = (root / name).read_bytes()
        if b"\0" in content:  # pictures
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
            if match := NAMED.search(line):
                found.append(f"{name}:{number}: {match.group()}")
    return found


def undocumented(paths: Iterable[Path]) -> tuple[list[str], int]:
    """Public modules, classes, functions and methods without docstring, and how many have been seen."""
    silent, seen = [], 0
    for path in paths:
        module = tree(path)
        for name, node in [("", module), *_public(module)]:
            seen += 1
            if not ast.get_docstring(node):
                silent.append(f"{path.name}:{name}")
    return silent, seen


def _public(
    parent: ast.Module | ast.ClassDef, prefix: str = ""
) -> Iterator[tuple[str, ast.ClassDef | Function]]:
    for node in parent.body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
        if decorators & {"overload", "setter", "override"}:
            continue
        yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _public(node, f"{prefix}{node.name}.")
