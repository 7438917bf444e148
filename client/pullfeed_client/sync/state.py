"""What passes remember: one SQLite file, written only with what the core has answered."""

from __future__ import annotations

import contextlib
import fcntl
import json
import pathlib
import sqlite3
from collections.abc import Generator, Iterable
from typing import Any, NamedTuple

from pullfeed_client import errors
from pullfeed_client.sync import marks

_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS feeds (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    mapping TEXT NOT NULL,
    mark TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS fingerprints (
    feed INTEGER NOT NULL,
    id TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
"""


class Feed(NamedTuple):
    """What is synced: the section of a mapping, to a shop of a core.

    mapping: of what it says; where that changes, all is read anew.
    """

    core: str
    shop: str
    file: str
    scope: str
    mapping: str

    @property
    def name(self) -> str:
        """The name it is remembered by."""
        return json.dumps(self[:-1])


class Memory:
    """What is remembered of one feed."""

    def __init__(self, database: sqlite3.Connection, number: int) -> None:
        self._database = database
        self._number = number

    @property
    def mark(self) -> Any:
        """How far the source was read; None where it never was."""
        [text] = self._database.execute(
            "SELECT mark FROM feeds WHERE number = ?", (self._number,)
        ).fetchone()
        return marks.read(text) if text else None

    def keep_mark(self, mark: Any) -> None:
        """Sets how far the source was read."""
        with self._database:
            self._database.execute(
                "UPDATE feeds SET mark = ? WHERE number = ?", (marks.written(mark), self._number)
            )

    def fingerprint(self, record_id: str) -> bytes | None:
        """What the core was last given under an id."""
        found = self._database.execute(
            "SELECT fingerprint FROM fingerprints WHERE feed = ? AND id = ?",
            (self._number, record_id),
        ).fetchone()
        return found[0] if found else None

    def keep_fingerprints(self, found: Iterable[tuple[str, bytes]]) -> None:
        """Remembers what the core was given."""
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO fingerprints VALUES (?, ?, ?)",
                ((self._number, record_id, fingerprint) for record_id, fingerprint in found),
            )

    def forget(self, ids: Iterable[str]) -> None:
        """Forgets ids that the core has no more."""
        with self._database:
            self._database.executemany(
                "DELETE FROM fingerprints WHERE feed = ? AND id = ?",
                ((self._number, record_id) for record_id in ids),
            )


@contextlib.contextmanager
def opened(path: str, feed: Feed) -> Generator[Memory]:
    """What is remembered of a feed, kept from other passes while the block lasts.

    Raises Environment where the file cannot be used, or another pass uses it.
    """
    try:
        pathlib.Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path), contextlib.closing(sqlite3.connect(path)) as database:
            yield Memory(database, _number(database, feed))
    except (sqlite3.Error, OSError) as error:
        raise errors.Environment(f"The state file {path} cannot be used: {error}.") from error


@contextlib.contextmanager
def _locked(path: str) -> Generator[None]:
    with pathlib.Path(f"{path}.lock").open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise errors.Environment(
                f"Another sync uses {path}: wait for its end, or name another file with --state."
            ) from error
        yield


def _number(database: sqlite3.Connection, feed: Feed) -> int:
    """The feed's number in the file; it begins anew where its mapping has changed."""
    with database:
        _prepare(database)
        database.execute(
            "INSERT OR IGNORE INTO feeds (name, mapping, mark) VALUES (?, ?, '')",
            (feed.name, feed.mapping),
        )
        database.execute(
            "UPDATE feeds SET mapping = ?1, mark = '' WHERE name = ?2 AND mapping <> ?1",
            (feed.mapping, feed.name),
        )
    [number] = database.execute("SELECT number FROM feeds WHERE name = ?", (feed.name,)).fetchone()
    found: int = number
    return found


def _prepare(database: sqlite3.Connection) -> None:
    [version] = database.execute("PRAGMA user_version").fetchone()
    if version not in {0, _VERSION}:
        raise sqlite3.DatabaseError("it is of another version of pullfeed")
    database.executescript(f"{_TABLES} PRAGMA user_version = {_VERSION};")
