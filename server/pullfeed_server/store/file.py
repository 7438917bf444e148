"""The file of an SQLite database: held by one core, and the same one all along."""

from __future__ import annotations

import fcntl
import pathlib

from pullfeed_server import errors


class File:
    """A database file, locked for this core until it is closed."""

    def __init__(self, path: pathlib.Path) -> None:
        """Takes the lock beside the file, which may still be absent.

        Raises Unusable where another core has it (SQLite's own lock is unfair
        between processes: one of four writers got 1 of 13,669 commits), and OSError.
        """
        self._path = path
        self._identity: tuple[int, int] | None = None
        # The lock lasts as long as its handle.
        self._lock = pathlib.Path(f"{path}.lock").open("a", encoding="utf-8")  # noqa: SIM115
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise errors.Unusable(
                f"Another core serves the database {path}; "
                "stop it or choose another file with the setting database."
            ) from error

    def remember(self) -> None:
        """Notes which file it is, once it is made. Raises OSError."""
        self._identity = self._found()

    def check(self) -> None:
        """Raises StoreUnavailable where the path names another file by now, or none.

        What is written to a file that was removed would be acknowledged and lost.
        """
        if self._identity is None:
            return
        try:
            is_same = self._found() == self._identity
        except OSError:
            is_same = False
        if not is_same:
            raise errors.StoreUnavailable(
                "The database file was moved or removed under the core. Restart the core."
            )

    def close(self) -> None:
        """Lets another core have the file."""
        self._lock.close()

    def _found(self) -> tuple[int, int]:
        stat = self._path.stat()
        return stat.st_dev, stat.st_ino
