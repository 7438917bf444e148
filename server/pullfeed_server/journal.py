"""The erasure journal: a file beside the database, of which no restore makes an older copy.

One JSON line for each id: {"action", "shop", "scope", "id", "time_us"}. It must
hold the id, or it could not be replayed; only its owner may read it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
import pathlib
from collections.abc import Generator, Iterable
from typing import NamedTuple

import orjson

from pullfeed_server import errors

ERASE, LIFT = "erase", "lift"
_ACTIONS = frozenset((ERASE, LIFT))


class Entry(NamedTuple):
    """What was done to one id, and when."""

    action: str
    shop: str
    scope: int
    id: str
    time_us: int


class Journal:
    """A file that is only appended to. Several cores may share it."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def append(self, entries: Iterable[Entry]) -> None:
        """Makes entries durable. Raises StorageFull, StoreUnavailable."""
        lines = b"".join(orjson.dumps(entry._asdict()) + b"\n" for entry in entries)
        try:
            with self._held() as file:
                _append(file, lines)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise errors.StorageFull(
                    "The erasure journal has no room left. Make room, then erase again."
                ) from error
            raise errors.StoreUnavailable(
                f"The erasure journal cannot be written ({error.strerror}). Try again."
            ) from error

    def read(self) -> list[Entry]:
        """All entries, oldest first; none where there is no file. Raises Unusable."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise errors.Unusable(
                f"The erasure journal {self._path} cannot be read: {error.strerror}."
            ) from error
        # What a crash broke off at the end was never answered.
        return [self._entry(number, line) for number, line in enumerate(lines[:-1], 1)]

    def _entry(self, number: int, line: bytes) -> Entry:
        try:
            entry = Entry(**orjson.loads(line))
        except (orjson.JSONDecodeError, TypeError) as error:
            raise self._broken(number) from error
        shape = [type(value) for value in entry]
        if shape != [str, str, int, str, int] or entry.action not in _ACTIONS:
            raise self._broken(number)
        return entry

    def _broken(self, number: int) -> errors.Unusable:
        # Not its text: that holds an id.
        return errors.Unusable(
            f"The erasure journal {self._path} cannot be read at line {number}: what it says was "
            "erased might be served again. Mend the line."
        )

    @contextlib.contextmanager
    def _held(self) -> Generator[io.FileIO]:
        """The file, kept from other cores until it is closed."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self._path.exists()
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with io.FileIO(handle, "r+") as file:
            # Lasts as long as the handle.
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        if is_new:
            _sync_folder(self._path.parent)


def _append(file: io.FileIO, lines: bytes) -> None:
    """Behind the last whole line; nothing where not all of it fits."""
    end = _last_line_end(file)
    file.truncate(end)
    try:
        written = 0
        while written < len(lines):
            written += file.write(lines[written:]) or 0
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)
        raise


def _last_line_end(file: io.FileIO) -> int:
    """Where the last whole line ends: a crash may have broken one off behind it."""
    end = file.seek(0, os.SEEK_END)
    while end and os.pread(file.fileno(), 1, end - 1) != b"\n":
        end -= 1
    return end


def _sync_folder(folder: pathlib.Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
