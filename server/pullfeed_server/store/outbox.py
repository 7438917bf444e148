"""The part of the store's contract that is about notices to importers."""

from __future__ import annotations

from typing import Protocol

from pullfeed_server.store import rows


class Outbox(Protocol):
    """Notices to importers, and the lines they stand in."""

    def lock(self, key: rows.OutboxKey) -> rows.OutboxRow:
        """The line, made where it is new and held until the end of the transaction.

        Whatever changes a notice holds its line.
        """
        ...

    def set(self, key: rows.OutboxKey, line: rows.OutboxRow) -> None:
        """Stores a locked line."""
        ...

    def ready(self, now_us: int, limit: int) -> list[rows.OutboxKey]:
        """Lines whose first notice is to be sent and that nobody holds a lease of, oldest first."""
        ...

    def release(self) -> None:
        """Ends every lease: for a core that is alone, about what it held before a restart."""
        ...

    def head(self, key: rows.OutboxKey) -> rows.NoticeRow | None:
        """The first notice in line, DUE or DEAD."""
        ...

    def get(self, shop: str, notice: str) -> tuple[rows.OutboxKey, rows.NoticeRow] | None:
        """A notice, and the line it belongs to."""
        ...

    def of_page(self, key: rows.OutboxKey, walk: int, page: int) -> rows.NoticeRow | None:
        """The notice that tells of this page of a walk, also one that is over."""
        ...

    def put(self, key: rows.OutboxKey, notice: rows.NoticeRow) -> None:
        """Stores a notice; replaces what stands under its number."""
        ...

    def waiting(
        self, shop: str, importer: str, after: tuple[int, str], limit: int, *, only_dead: bool
    ) -> list[tuple[rows.OutboxKey, rows.NoticeRow]]:
        """Notices that are not over, the page served first first. importer: "" for all.

        after: served_us and number of the last one of the page before.
        """
        ...

    def dead(self, shop: str) -> list[tuple[str, int]]:
        """Importer and scope of each notice of a shop that was given up."""
        ...

    def drop_before(self, key: rows.OutboxKey, served_us: int) -> None:
        """Forgets notices of pages served earlier that are over, or were never handed over."""
        ...
