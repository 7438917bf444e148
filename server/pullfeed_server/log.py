"""The log: one line for each record, on stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping

import orjson

# What no line tells need not be looked up for each of them.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def line(fields: Mapping[str, object]) -> None:
    """Writes a call's line at once, past the loggers: their way to here is 2 % of a page."""
    try:
        sys.stderr.buffer.write(orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE))
        sys.stderr.buffer.flush()
    except OSError:
        # Nowhere is left to say it; the call is answered all the same.
        pass


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
    # It tells each time that it looks at the schema's version.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.basicConfig(level=level.upper(), format="%(message)s", handlers=[Stderr()], force=True)
