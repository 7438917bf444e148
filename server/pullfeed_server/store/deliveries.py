"""The part of the store's contract that is about what was served on walks."""

from __future__ import annotations

from typing import Protocol

from pullfeed_server.store import rows


class Deliveries(Protocol):
    """What was served on each walk, and how far that was confirmed."""

    def serve(self, name: rows.WalkName, served: rows.ServedRow) -> rows.LengthRow:
        """Adds pages to a walk, made where it is new; how long it is then."""
        ...

    def size(self, shop: str, scope: int, list: int, most: int) -> int:
        """How many stand in a list; no more than `most` are counted."""
        ...

    def measure(self, name: rows.WalkName, feed_size: int, *, is_too_long: bool) -> None:
        """Notes how large a walk's list was found, and what follows."""
        ...

    def receipt(self, name: rows.WalkName) -> rows.ReceiptRow | None:
        """How far a walk was confirmed; None where nothing is known of it."""
        ...

    def confirm(self, name: rows.WalkName, receipt: rows.ReceiptRow) -> None:
        """Stores how far a walk was confirmed; it may be that its pages are not noted yet."""
        ...

    def page(
        self,
        shop: str,
        scope: int,
        importer: str,
        before: tuple[int, int],
        silent_since_us: int,
        limit: int,
    ) -> list[rows.DeliveryRow]:
        """Walks served before (last_us, walk), the latest first. scope: 0, importer: "" for all.

        silent_since_us: what was served last before it had time enough to be confirmed.
        """
        ...

    def silent(self, shop: str, silent_since_us: int) -> list[tuple[str, int]]:
        """The (importer, scope) that were served before a time and have not confirmed it."""
        ...

    def too_long(self, shop: str, since_us: int) -> list[tuple[str, int]]:
        """The (importer, scope) of walks served since a time that are longer than they may be."""
        ...

    def prune(self, shop: str, before_us: int, most: int) -> bool:
        """Forgets walks and advances of before a time, at most so many of each; were there any."""
        ...
