"""The part of the store's contract that is about what importers have confirmed."""

from __future__ import annotations

from typing import Protocol

from pullfeed_server.store import rows


class Commits(Protocol):
    """What importers have confirmed."""

    def get(self, shop: str, scope: int, list: int, importer: str) -> rows.CommitRow | None:
        """The committed position; None before the first claim."""
        ...

    def lock(self, shop: str, scope: int, list: int, importer: str, epoch: int) -> rows.CommitRow:
        """The committed position, made where it is new and held until the end of the transaction.

        Position 0, committed_us 0 where nothing was committed yet. epoch: of a new
        one. Of records it is spared what was pruned of its feed by now, if it is the
        importer's first; of the removed, what the one of records is.
        """
        ...

    def set(self, shop: str, scope: int, list: int, importer: str, commit: rows.CommitRow) -> None:
        """Stores the committed position."""
        ...
