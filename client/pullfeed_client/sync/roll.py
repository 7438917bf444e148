"""The ids a shop has, struck off as they are found in its source: what is left has vanished."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Iterable, Iterator

_CACHE_KIB = 16_384


class Roll:
    """Ids, each either found or not. In a temporary file: there may be millions."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.total = 0
        self.found = 0

    @property
    def left(self) -> int:
        """How many were not found."""
        return self.total - self.found

    def add(self, ids: Iterable[str]) -> None:
        """Takes ids that are not on the roll."""
        added = self._database.executemany(
            "INSERT INTO ids (id) VALUES (?)", ((record_id,) for record_id in ids)
        )
        self.total += added.rowcount

    def strike(self, record_id: str) -> None:
        """Notes that the id was found; nothing where it is not on the roll."""
        struck = self._database.execute(
            "UPDATE ids SET found = 1 WHERE id = ? AND found = 0", (record_id,)
        )
        self.found += struck.rowcount

    def has(self, record_id: str) -> bool:
        """Is the id on the roll, found or not."""
        known = self._database.execute("SELECT 1 FROM ids WHERE id = ?", (record_id,))
        return known.fetchone() is not None

    def vanished(self, size: int) -> Iterator[list[str]]:
        """The ids that were not found, in lists of at most this size."""
        coming = self._database.execute("SELECT id FROM ids WHERE found = 0 ORDER BY id")
        while batch := [record_id for (record_id,) in coming.fetchmany(size)]:
            yield batch


@contextlib.contextmanager
def opened() -> Generator[Roll]:
    """An empty roll for as long as the block lasts."""
    # The empty name is a file of its own that vanishes by itself; see mapping.spool.
    with contextlib.closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        database.execute("PRAGMA temp_store = FILE")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute(
            "CREATE TABLE ids (id TEXT PRIMARY KEY, found INTEGER DEFAULT 0) WITHOUT ROWID"
        )
        database.execute("BEGIN")
        yield Roll(database)
