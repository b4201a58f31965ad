"""Results in HDF5 and NPZ files: written whole or not at all, and read without trusting them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from bluecellab.errors import BluecellabError, OutputError, ResultsError
from bluecellab.files.heaps import has_damaged_texts
from bluecellab.results.arrays import FloatArray
from bluecellab.results.stored import FORMAT, Content, Stored, checked_header, content_of, stored_of

__all__ = ["PathLike", "read_results", "write_results"]

PathLike = str | os.PathLike[str]

_BLOCK = 512  # bytes before an HDF5 file in which others may write
_MAGIC = FORMAT.encode()
_HEADER = "header"
# what zipfile, numpy and h5py raise when a file is not what it should be
_FAILURES = (
    OSError,
    EOFError,
    KeyError,
    RuntimeError,
    ValueError,
    TypeError,
    MemoryError,
    OverflowError,
    AttributeError,
    SyntaxError,
    zipfile.BadZipFile,
)


def write_results(path: PathLike, stored: Stored, *, overwrite: bool) -> None:
    """Write results into a ``.h5`` or ``.npz`` file; see :meth:`bluecellab.results.Results.save`."""
    target = Path(path)
    write = {".h5": _write_hdf5, ".npz": _write_npz}.get(target.suffix)
    if write is None:
        raise ResultsError(f"results are saved as .h5 or .npz, not as {target.name!r}")
    if target.exists() and (not overwrite or target.is_dir()):
        way = "Choose another name." if target.is_dir() else "Choose another name, or pass overwrite=True."
        raise OutputError(f"{target} exists already. {way}")
    content = content_of(stored)
    with _named_when_complete(target, overwrite=overwrite) as unfinished:
        write(unfinished, content)


def read_results(path: PathLike) -> Stored:
    """Read what :func:`write_results` has written; see :meth:`bluecellab.results.Results.load`."""
    source = Path(path)
    if not source.is_file():
        raise ResultsError(f"there is no file {source}")
    try:
        with source.open("rb") as file:
            first = file.read(max(len(_MAGIC), 4))
        if first.startswith(_MAGIC):
            content = _read_hdf5(source)
        elif first.startswith(b"PK"):
            content = _read_npz(source)
        else:
            raise ResultsError(f"{source} holds no results of bluecellab: save them with results.save(path)")
    except BluecellabError:
        raise
    except _FAILURES as error:
        reason = (str(error) or type(error).__name__).strip("'\"").splitlines()[0]
        raise ResultsError(f"{source} cannot be read: {reason}. Get a whole copy of it") from error
    return stored_of(content, str(source))


@contextmanager
def _named_when_complete(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a name to write under; the file gets its own when the block has ended well, else it goes."""
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(8)}.partial")
    try:
        try:
            yield unfinished
            if overwrite:
                unfinished.replace(target)
            else:
                _rename_new(unfinished, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                unfinished.unlink()
    except BluecellabError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # h5py raises any of them when a disk is full
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise OutputError(
            f"cannot write {target}: {reason}. Check that the folder exists and is writable, and the space "
            "left on its disk."
        ) from error


def _rename_new(unfinished: Path, target: Path) -> None:
    """Give a file its name, unless something has got it in the meantime."""
    try:
        os.link(unfinished, target)
    except FileExistsError as error:
        raise OutputError(
            f"{target} has come into being meanwhile. Choose another name, or pass overwrite=True."
        ) from error
    except OSError:  # a file system without hard links
        if target.exists():
            raise OutputError(f"{target} has come into being meanwhile.") from None
        unfinished.replace(target)


def _write_npz(path: Path, content: Content) -> None:
    arrays: dict[str, Any] = {_HEADER: np.frombuffer(content.header_text(), np.uint8), **content.arrays}
    with path.open("wb") as file:
        np.savez(file, **arrays)


def _read_npz(path: Path) -> Content:
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > size:
                raise ResultsError(f"{path} holds no results of bluecellab: theirs are not compressed")
    with np.load(path, allow_pickle=False) as arrays:
        if _HEADER not in arrays:
            raise ResultsError(f"{path} holds no results of bluecellab: save them with results.save(path)")
        header = checked_header(arrays[_HEADER].tobytes(), str(path))
        return Content(header, {name: _floats(arrays[name], path) for name in arrays if name != _HEADER})


def _floats(array: Any, path: Path) -> FloatArray:
    if getattr(array, "dtype", None) != np.float64 or array.ndim != 1:
        raise ResultsError(f"{path} is damaged: arrays of other than numbers. Get a whole copy of it")
    plain: FloatArray = np.ascontiguousarray(array)
    plain.setflags(write=False)
    return plain


def _write_hdf5(path: Path, content: Content) -> None:
    """Write an HDF5 file behind a first line with the digest of all of it.

    A damaged file is told by the digest: HDF5 itself may go round in circles in one.
    """
    import h5py

    with h5py.File(path, "w", userblock_size=_BLOCK, libver="earliest") as file:
        file.create_dataset(_HEADER, data=np.frombuffer(content.header_text(), np.uint8))
        for name, array in content.arrays.items():
            file.create_dataset(name, data=array)
        for index, row in enumerate(content.header["traces"]):
            dataset = file[f"trace_{index}"]
            for key in ("name", "unit", "variable"):  # for those who look into the file by other means
                dataset.attrs[key] = np.bytes_(row[key].encode())
            dataset.attrs["time"] = np.bytes_(f"axis_{row['axis']}".encode())
        for index in range(len({name for name in content.arrays if name.startswith("axis_")})):
            file[f"axis_{index}"].attrs["unit"] = np.bytes_(b"ms")
        for index, source in enumerate(content.header["spikes"]["sources"]):
            file[f"spikes_{index}"].attrs["name"] = np.bytes_(str(source).encode())
            file[f"spikes_{index}"].attrs["unit"] = np.bytes_(b"ms")
    with path.open("r+b") as raw:
        raw.seek(_BLOCK)
        line = _MAGIC + b" sha256 " + _digest(raw).encode() + b"\n"
        raw.seek(0)
        raw.write(line.ljust(_BLOCK, b"\0"))


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _read_hdf5(path: Path) -> Content:
    import h5py

    with path.open("rb") as raw:
        line = raw.read(_BLOCK).partition(b"\n")[0]
        if line != _MAGIC + b" sha256 " + _digest(raw).encode():
            raise ResultsError(f"{path} is damaged, cut off, or was changed. Get a whole copy of it")
    if has_damaged_texts(str(path)):
        raise ResultsError(f"{path} is damaged: blocks of its texts were never written")
    size = path.stat().st_size
    with h5py.File(path, "r", locking="best-effort") as file:
        for name in file:
            dataset = file[name] if isinstance(file.get(name, getlink=True), h5py.HardLink) else None
            if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external is not None:
                raise ResultsError(f"{path}: {name!r} is not in the file itself, as all results are")
            if dataset.nbytes > size:
                raise ResultsError(f"{path}: {name!r} claims to be larger than the file")
        header = checked_header(np.asarray(file[_HEADER]).tobytes(), str(path))
        return Content(header, {name: _floats(file[name][()], path) for name in file if name != _HEADER})
