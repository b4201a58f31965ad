"""The HDF5 files of a circuit: opened when they are first asked for, never outside of what confines it."""

from __future__ import annotations

from bluecellab.circuit.config.places import is_within
from bluecellab.circuit.hdf5 import Hdf5File
from bluecellab.errors import ClosedError, ConfinementError

__all__ = ["OpenedFiles"]


class OpenedFiles:
    """The files of a circuit.

    Parameters
    ----------
    path
        The configuration that names them, for messages.
    confine_to
        A folder that no file may be outside of.
    """

    def __init__(self, path: str, confine_to: str | None) -> None:
        self.path = path
        self.confine_to = confine_to
        self._files: dict[str, Hdf5File] = {}
        self._closed = False

    def close(self) -> None:
        """Let go of all files. Closing twice does nothing."""
        self._closed = True
        for file in self._files.values():
            file.close()

    def check_open(self) -> None:
        """Raise if it is closed.

        Raises
        ------
        ClosedError
            Naming the circuit.
        """
        if self._closed:
            raise ClosedError(f"the circuit {self.path} is closed; open it again")

    def refuse_leaving(self, path: str) -> None:
        """Raise if a path leads out of the folder that confines.

        Raises
        ------
        ConfinementError
            If it does.
        """
        if self.confine_to is not None and not is_within(path, self.confine_to):
            raise ConfinementError(
                f"{path} is outside of {self.confine_to}, to which the circuit {self.path} is confined"
            )

    def file(self, path: str) -> Hdf5File:
        """Return an HDF5 file of the circuit, opened when something in it is first asked for."""
        if path not in self._files:
            self.refuse_leaving(path)
            self._files[path] = Hdf5File(path, confine_to=self.confine_to)
        return self._files[path]
