from __future__ import annotations

import errno
import io
import json
import logging
import re
import sys
import types
from typing import Any

import pytest

from pullfeed_facade import log


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    text = log.JsonLines().format(record)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


def record_of(message: str, **more: Any) -> logging.LogRecord:
    record = logging.LogRecord("a.logger", logging.INFO, "file.py", 1, message, (), None)
    record.__dict__.update(more)
    return record


def test_a_line_is_json_with_its_time_in_utc_and_its_level() -> None:
    line = line_of(record_of("It began."))

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line == {"level": "info", "logger": "a.logger", "message": "It began."}


def test_fields_stand_in_place_of_the_message() -> None:
    line = line_of(record_of("request", fields={"status": 200, "path": "/\n"}))

    assert line.pop("time")
    assert line == {"level": "info", "status": 200, "path": "/\n"}


def test_an_exception_stays_on_the_line() -> None:
    failed = LookupError("no such thing")
    record = record_of("It failed.", exc_info=(LookupError, failed, None))

    assert line_of(record)["exception"] == "LookupError: no such thing"


class _Full(io.RawIOBase):
    """A file on a disk that is full."""

    def write(self, _line: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_line_that_cannot_be_written_fails_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", types.SimpleNamespace(buffer=_Full()))
    log.line("info", {"status": 200})
