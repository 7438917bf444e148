"""The part of the store's contract that is about page-mode walks."""

from __future__ import annotations

from typing import Protocol

from pullfeed_server.store import rows


class Walks(Protocol):
    """Page-mode walks and their marks."""

    def get(self, key: rows.WalkKey) -> rows.WalkRow | None:
        """The walk of a key as it stands."""
        ...

    def open(self, key: rows.WalkKey, walk: rows.WalkRow, replaces: int) -> bool:
        """Sets the walk of a key in the place of the one numbered so, 0 for none.

        False, and nothing is set, where another one stands there by now.
        """
        ...

    def repeat(self, key: rows.WalkKey, walk: int) -> None:
        """Notes that page 1 of a walk was asked again: no page of it is claimed, nor its end.

        Nothing if it was replaced.
        """
        ...

    def forget_previous(self, key: rows.WalkKey, walk: rows.WalkRow) -> None:
        """Lets the walk before this one go, with its marks; notes that page 1 was asked again."""
        ...

    def claim(self, key: rows.WalkKey, walk: int, page: int) -> None:
        """Notes a commit of a page by its number, of the walk or the one before it.

        Nothing if it was replaced.
        """
        ...

    def expired(self, key: rows.WalkKey, touched_us: int, limit: int) -> list[rows.WalkKey]:
        """Walks from a time, of this importer and list, that nobody touched since then."""
        ...

    def close(self, key: rows.WalkKey) -> None:
        """Forgets a key's walk, the one before it, and their marks."""
        ...

    def touch(self, key: rows.WalkKey, walk: int, touched_us: int, ended: int) -> None:
        """Notes a request of a walk, and the page that was its end, 0 for none.

        Nothing if it was replaced.
        """
        ...

    def mark(self, shop: str, walk: int, page: int) -> rows.MarkRow | None:
        """The mark of a page, or None where it was not served."""
        ...

    def nearest_mark(self, shop: str, walk: int, page: int) -> rows.MarkRow | None:
        """The last mark before a page."""
        ...

    def put_mark(self, shop: str, walk: int, mark: rows.MarkRow) -> None:
        """Stores a mark; of one that is there numbers are only lowered, and has_next stays.

        follows_claim becomes what it is now.
        """
        ...

    def covered_end(self, shop: str, walk: int, page: int, committed: int) -> int:
        """How far pages up to this one cover without a gap from a position; at least that."""
        ...

    def drop(self, shop: str, walk: int) -> None:
        """Forgets all marks of a walk."""
        ...
