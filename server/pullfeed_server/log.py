"""The log: one line for each record, on stderr."""

from __future__ import annotations

import logging
import sys

# What no line tells need not be looked up for each of them.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class Stderr(logging.Handler):
    """Writes a line at once, past the layers of a text stream."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.buffer.write(f"{self.format(record)}\n".encode())
            sys.stderr.buffer.flush()
        except OSError:
            self.handleError(record)


def configure(level: str) -> None:
    """Sends what is logged from this level on to stderr."""
    logging.basicConfig(level=level.upper(), format="%(message)s", handlers=[Stderr()], force=True)
