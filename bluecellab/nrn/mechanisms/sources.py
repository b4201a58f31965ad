"""The .mod files to compile: found, read, checked, and hashed."""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bluecellab.errors import MechanismConflictError, MechanismError
from bluecellab.nrn.mechanisms.nmodl import Declaration, declaration, includes

__all__ = ["COMPANIONS", "ModFiles", "PathLike", "Sources", "collect", "mods_in"]

PathLike: TypeAlias = "str | os.PathLike[str]"
ModFiles: TypeAlias = "PathLike | Iterable[PathLike]"

#: What .mod files include, from NMODL or from C++.
COMPANIONS = (".inc", ".h", ".hh", ".hpp")


@dataclass(frozen=True)
class Sources:
    """Files that are compiled together into one library.

    Parameters
    ----------
    origin
        Where they come from, to show: a folder, or the folders of single files.
    files
        Content by the path that the file gets in the build folder.
    declarations
        What every .mod file defines, by the same path.
    """

    origin: str
    files: Mapping[str, bytes]
    declarations: Mapping[str, Declaration]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the mechanisms, sorted."""
        return tuple(sorted(one.name for one in self.declarations.values() if one.name))

    @property
    def digest(self) -> str:
        """Hash of the names and contents of all files."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()


def mods_in(folder: Path) -> list[Path]:
    """Return the .mod files of a folder, sorted; like nrnivmodl, not those of folders in it."""
    return sorted(path for path in folder.glob("*.mod") if path.is_file())


def collect(what: ModFiles) -> Sources:
    """Find and read what is to be compiled.

    Parameters
    ----------
    what
        A folder of .mod files, one .mod file, or several .mod files.

    Returns
    -------
    Sources

    Raises
    ------
    MechanismError
        If there is no such folder or file, or no .mod file in it.
    MechanismConflictError
        If two of the files define the same mechanism.
    """
    mods, origin = _find(what)
    files: dict[str, bytes] = {}
    declarations: dict[str, Declaration] = {}
    for path in mods:
        content = _read(path)
        name = _compilable_name(path)
        if name in files:
            raise MechanismConflictError(
                f"Two of the .mod files in {origin} would both be compiled as {name}; rename one.",
                names=[path.stem],
            )
        files[name] = content
        declarations[name], included_files = _parsed(content, Path(name).stem)
        for included in included_files:
            _add_included(files, path, included)
    for folder in sorted({path.parent for path in mods}):
        for path in sorted(folder.iterdir()):
            if path.suffix in COMPANIONS and path.is_file():
                files.setdefault(path.name, _read(path))
    _refuse_duplicates(declarations, origin)
    return Sources(origin, files, declarations)


@functools.lru_cache(maxsize=512)  # every cell of a model asks for the same files
def _parsed(content: bytes, stem: str) -> tuple[Declaration, tuple[str, ...]]:
    text = content.decode("utf-8", errors="replace")
    return declaration(text, stem), includes(text)


def _find(what: ModFiles) -> tuple[list[Path], str]:
    if isinstance(what, (str, os.PathLike)):
        path = Path(what)
        if path.is_dir():
            mods = mods_in(path)
            if not mods:
                raise MechanismError(
                    f"There is no .mod file in the folder {path}. "
                    + _below(path)
                    + "Give the folder in which the .mod files lie."
                )
            return mods, str(path.resolve())
        single = [path]
    else:
        single = [Path(one) for one in what]
    for path in single:
        if not path.is_file() or path.suffix != ".mod":
            there = "which is not a .mod file" if path.exists() else "which does not exist"
            raise MechanismError(
                f"Mechanisms were asked for from {path}, {there} (working directory: {Path.cwd()}). "
                "Give a folder of .mod files, or .mod files."
            )
    if not single:
        raise MechanismError("No .mod file was given. Give a folder of .mod files, or .mod files.")
    folders = sorted({str(path.resolve().parent) for path in single})
    return sorted(single), ", ".join(folders)


def _below(folder: Path) -> str:
    deeper = sorted({path.parent.name for path in folder.glob("*/*.mod")})
    return f"Folders in it that have some: {', '.join(deeper)}. " if deeper else ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise MechanismError(f"{path} cannot be read: {problem.strerror}.") from problem


def _compilable_name(path: Path) -> str:
    """Return a name for the build folder: the name of the file becomes part of a C++ identifier."""
    return re.sub(r"[^A-Za-z0-9_]", "_", path.stem) + ".mod"


def _add_included(files: dict[str, bytes], mod: Path, included: str) -> None:
    """Add an included file; one that is missing is left to the translator to complain about."""
    inside = Path(included)
    if inside.is_absolute() or ".." in inside.parts:
        raise MechanismError(
            f"{mod} includes {included!r}, which lies outside its folder. Mechanisms are compiled "
            "elsewhere, from a copy of their folder: put the included file beside the .mod file."
        )
    path = mod.parent / inside
    if path.is_file():
        files.setdefault(inside.as_posix(), _read(path))


def _refuse_duplicates(declarations: Mapping[str, Declaration], origin: str) -> None:
    first: dict[str, str] = {}
    for file, defined in declarations.items():
        if defined.name and first.setdefault(defined.name, file) != file:
            raise MechanismConflictError(
                f"{defined.name!r} is defined twice in {origin}: by {first[defined.name]} and by "
                f"{file}. Remove one of them or give it another name.",
                names=[defined.name],
            )
