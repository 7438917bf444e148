"""What is too much for memory, in a temporary SQLite file that vanishes by itself."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Generator, Iterable, Iterator

from pullfeed_client.sources.row import Row

_CACHE_KIB = 16_384

_TABLES = """
CREATE TABLE lines (place INTEGER PRIMARY KEY, key BLOB NOT NULL, row TEXT NOT NULL);
CREATE TABLE seen (key BLOB PRIMARY KEY) WITHOUT ROWID;
"""
# Groups in the order of their first rows, rows in the order they came.
_BY_GROUP = """
SELECT key, row
FROM (SELECT place, key, row, min(place) OVER (PARTITION BY key) AS first FROM lines)
ORDER BY first, place
"""


class Spool:
    """Rows by key, and keys that were seen."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def keep(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Takes the rows, each with its key."""
        self._database.executemany(
            "INSERT INTO lines (key, row) VALUES (?, ?)",
            ((_bytes(key), json.dumps(row[:2] + row[3:6])) for key, row in rows),
        )

    def by_key(self) -> Iterator[tuple[str, Row]]:
        """The rows kept, those of one key together, in the order of the keys' first rows."""
        for key, text in self._database.execute(_BY_GROUP):
            line, fields, size, fault, file = json.loads(text)
            yield _text(key), Row(line, fields, b"", size, fault, file)

    def is_new(self, key: str) -> bool:
        """Was the key not seen before; from now on it was."""
        kept = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (_bytes(key),))
        return kept.rowcount == 1


@contextlib.contextmanager
def opened() -> Generator[Spool]:
    """An empty spool for as long as the block lasts."""
    # The empty name is a file of its own in the folder for temporary files, which
    # SQLite removes when the connection closes, and when the process dies.
    with contextlib.closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        database.execute("PRAGMA temp_store = FILE")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(_TABLES)
        database.execute("BEGIN")
        yield Spool(database)


def _bytes(key: str) -> bytes:
    return key.encode(errors="surrogatepass")


def _text(key: bytes) -> str:
    return key.decode(errors="surrogatepass")
