"""``circuit_config.json``, checked before it is opened: its files are there, and where they may be."""

from __future__ import annotations

from bluecellab.circuit.components import lay_out
from bluecellab.circuit.config.places import Places, is_file, is_folder
from bluecellab.circuit.config.problems import Problem, Problems

__all__ = ["check_circuit_file", "check_file"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def check_file(path: str, key: str, problems: Problems, *, hdf5: bool = False) -> bool:
    """Return whether a file is there, and can be read; report a problem if not.

    Parameters
    ----------
    path
        The file.
    key
        Where the configuration names it.
    problems
        Where to report to.
    hdf5
        Whether it must be HDF5.
    """
    if not is_file(path):
        there = "a folder" if is_folder(path) else "no such file"
        problems.add(key, path, f"{there}; the path of a file is needed")
        return False
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            start = file.read(len(_SIGNATURE))
    except OSError as error:
        problems.add(key, path, f"cannot be read: {error.strerror}")
        return False
    if hdf5 and start != _SIGNATURE:
        problems.add(key, path, "not an HDF5 file")
        return False
    return True


def check_circuit_file(path: str, *, confine_to: str | None = None) -> list[Problem]:
    """Return what is wrong with a ``circuit_config.json``, and which of its files are not there.

    Keys that are not known are tolerated, as SONATA wants it.

    Parameters
    ----------
    path
        The file.
    confine_to
        A folder that no path may leave.
    """
    problems = Problems(path)
    layout = lay_out(path, Places(path, problems, confine_to))
    if layout is not None:
        if layout.node_sets_file is not None:
            check_file(layout.node_sets_file, "node_sets_file", problems)
        for each in (*layout.nodes.values(), *layout.edges.values()):
            if each.file:
                check_file(each.file, each.key, problems, hdf5=True)
    return list(problems)
