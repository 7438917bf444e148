"""The importer's copy: JSON Lines, one record a line, the last one of an id counts."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
from collections.abc import Generator
from typing import IO, Any, Protocol


class Shrunk(Exception):
    """The copy has lost what the state file says was stored."""


class Copy(Protocol):
    """Where pages are kept."""

    def add(self, records: list[dict[str, Any]]) -> int:
        """Makes the records of a page durable; the bytes that the copy has then."""
        ...


class Nowhere:
    """Keeps nothing."""

    def add(self, records: list[dict[str, Any]]) -> int:
        del records
        return 0


class Lines:
    """A JSON Lines file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, records: list[dict[str, Any]]) -> int:
        for record in records:
            line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
            # A lone surrogate goes out as the JSON escape it came as.
            self._file.write(f"{line}\n".encode(errors="backslashreplace"))
        self._file.flush()
        # A commit says "stored": the file must survive a power cut by then.
        os.fsync(self._file.fileno())
        return self._file.tell()


@contextlib.contextmanager
def opened(path: pathlib.Path | None, size: int) -> Generator[Copy]:
    """The copy in a file, cut to the size that holds whole pages. Raises OSError, Shrunk."""
    if path is None:
        yield Nowhere()
        return
    with path.open("r+b" if size else "wb") as file:
        if file.seek(0, os.SEEK_END) < size:
            raise Shrunk(
                f"{path} is shorter than when its import was interrupted; "
                "remove the state file to begin anew"
            )
        file.truncate(size)
        file.seek(size)
        yield Lines(file)


def newest(path: pathlib.Path, id_field: str) -> dict[str, dict[str, Any]]:
    """By id the record that came last."""
    with path.open(encoding="utf-8") as file:
        return {record[id_field]: record for record in map(json.loads, file)}
