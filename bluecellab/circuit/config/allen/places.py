"""Paths of the Allen dialect: relative to the configuration first, to the working directory second."""

from __future__ import annotations

import logging
import os

from bluecellab.circuit.config.allen.variables import Variables
from bluecellab.circuit.config.places import Places, is_below, is_file, is_within
from bluecellab.circuit.config.problems import Problems

__all__ = ["AllenPlaces"]

_log = logging.getLogger("bluecellab")


class AllenPlaces(Places):
    """Makes absolute paths of what a configuration says, its variables replaced.

    Parameters
    ----------
    file
        The configuration.
    problems
        Where to report to.
    variables
        For the message about a variable that is none; there are none when left out.
    base
        The folder of the configuration that names this one, where it is a part of another.
    confine_to
        The folder that no path may leave; anything goes when left out.
    quiet
        Whether nothing is logged.
    """

    def __init__(
        self,
        file: str,
        problems: Problems,
        variables: Variables | None = None,
        *,
        base: str | None = None,
        confine_to: str | None = None,
        quiet: bool = False,
    ) -> None:
        super().__init__(file, problems, confine_to)
        self.base = base or self.folder
        self._quiet = quiet
        if variables is not None:
            self._given.update(variables.texts)
            self._values.update(variables.texts)
            self._unread = not variables.readable

    def existing(self, text: str, key: str) -> str | None:
        """Return the absolute path of what is read; None, and a problem, if it cannot be one.

        Of a relative path, the first that exists counts: in the folder of the configuration, in that of
        the configuration that names it, in the working directory. The log says where a path is not
        taken from the first, and where the working directory has another one of that name.

        Parameters
        ----------
        text
            What the configuration says.
        key
            Where it says so.
        """
        made = self.path(text, key)
        if made is None or os.path.isabs(text):  # noqa: PTH117
            return made
        working = os.getcwd()  # noqa: PTH109
        # "of" what was asked: variables that stay have been refused by path() already.
        others = [os.path.normpath(os.path.join(folder, text)) for folder in (self.base, working)]  # noqa: PTH118
        if os.path.lexists(made):
            if others[1] != made and is_file(others[1]):
                self._say(key, text, made, "the one in the working directory is not taken", logging.WARNING)
            return made
        for other in others:
            inside = self.confine_to is None or is_within(other, self.confine_to)
            if other != made and inside and os.path.lexists(other):
                self._say(key, text, other, "there is none in the folder of the configuration", logging.INFO)
                return other
        return made

    def _say(self, key: str, text: str, path: str, why: str, level: int) -> None:
        if not self._quiet:
            _log.log(level, "%s: %s = %r is %s; %s", self.problems.file, key, text, path, why)

    def output(self, text: str, key: str) -> str | None:
        """Return the absolute path of a folder of output, from the folder of the first configuration."""
        return self.path(text, key, folder=self.base)

    def of_output(self, text: str, key: str, directory: str) -> str | None:
        """Return the name of a file of output within the folder, as an absolute path if it is elsewhere.

        A path that begins with the folder of output already is not put into it once more.

        Parameters
        ----------
        text
            What the configuration says.
        key
            Where it says so.
        directory
            The absolute path of the folder of output.
        """
        whole = os.path.normpath(os.path.join(self.base, text))  # noqa: PTH118
        if "\0" not in text and is_below(whole, directory) and self.allowed(whole, key, text):
            return os.path.relpath(whole, directory)
        return self.within(text, key, directory)
