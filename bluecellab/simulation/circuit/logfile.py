"""What a simulation says while it is prepared and run, written to the file that its configuration wants."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bluecellab.errors import OutputError

__all__ = ["LogFile", "logged"]

_LOG = logging.getLogger("bluecellab")
_FORMAT = "%(asctime)s [%(levelname)s] %(message)s"


class LogFile(logging.Handler):
    """Keeps records until it is known where they go, and writes them there from then on."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter(_FORMAT))
        self._waiting: list[logging.LogRecord] = []
        self._file: logging.FileHandler | None = None

    def begin(self, path: Path | None) -> None:
        """Append to a file from now on, and what was said before, too; None: keep nothing.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        waiting, self._waiting = self._waiting, []
        if path is None:
            _LOG.removeHandler(self)
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = logging.FileHandler(path, mode="a", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"the log {path} cannot be written: {error.strerror}") from error
        self._file.setFormatter(self.formatter)
        for record in waiting:
            self._file.emit(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, or write it."""
        if self._file is None:
            self._waiting.append(record)
        else:
            self._file.emit(record)

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()


@contextmanager
def logged() -> Iterator[LogFile]:
    """Collect what bluecellab logs, from INFO on; the logger is as before in the end. An error is logged."""
    handler, level = LogFile(), _LOG.level
    _LOG.addHandler(handler)
    _LOG.setLevel(min(logging.INFO, level) if level else logging.INFO)
    try:
        yield handler
    except Exception as error:
        _LOG.info("failed: %s: %s", type(error).__name__, str(error))  # the error itself would be kept
        raise
    finally:
        _LOG.removeHandler(handler)
        _LOG.setLevel(level)
        handler.close()
