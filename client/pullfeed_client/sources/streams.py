"""Bytes of a file or of standard input, unpacked where they are gzip."""

from __future__ import annotations

import contextlib
import gzip
import io
import pathlib
import sys
from collections.abc import Generator
from typing import IO, cast

from pullfeed_client import errors
from pullfeed_client.sources import form

# What is looked at to find out how a file is written.
START_BYTES = 1 << 16
_GZIP = b"\x1f\x8b"


@contextlib.contextmanager
def opened(name: str) -> Generator[io.BufferedReader]:
    """The file's bytes; - is standard input. Raises Misused where it cannot be opened."""
    with contextlib.ExitStack() as stack:
        is_stdin = name == form.STDIN
        raw = buffered(sys.stdin.buffer) if is_stdin else stack.enter_context(_file(name))
        yield unpacked(raw)


def buffered(stream: IO[bytes]) -> io.BufferedReader:
    """The stream with room to look ahead."""
    # BufferedReader asks only for readinto, which every binary stream has.
    return io.BufferedReader(cast("io.RawIOBase", stream), START_BYTES)


def unpacked(stream: io.BufferedReader) -> io.BufferedReader:
    """The stream, or what is packed in it where it is gzip."""
    if stream.peek(len(_GZIP))[: len(_GZIP)] != _GZIP:
        return stream
    return buffered(cast("IO[bytes]", gzip.GzipFile(fileobj=stream)))


def start_of(stream: io.BufferedReader) -> bytes:
    """The first bytes, which stay to be read."""
    return stream.peek(START_BYTES)


def size_of(name: str) -> int | None:
    """Bytes that will be read; None where that is not known before."""
    path = pathlib.Path(name)
    if name == form.STDIN or not path.is_file() or path.suffix.lower() in {".gz", ".parquet"}:
        return None
    return path.stat().st_size


def _file(name: str) -> io.BufferedReader:
    try:
        return io.BufferedReader(io.FileIO(name), START_BYTES)
    except OSError as error:
        raise errors.Misused(f"{name} cannot be opened: {error.strerror}.") from error
