"""The log: lines of JSON on stderr."""

from __future__ import annotations

import errno
import io
import sys
import types

import orjson
import pytest

from pullfeed_server import log


def test_a_line_is_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    log.line({"code": "OK", "request_id": 'a\n"b'})
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert orjson.loads(written) == {"code": "OK", "request_id": 'a\n"b'}


class _Full(io.RawIOBase):
    """A file on a disk that is full."""

    def write(self, _line: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_line_that_cannot_be_written_fails_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", types.SimpleNamespace(buffer=_Full()))
    log.line({"code": "OK"})
