"""The part of the store's contract that is about keys and importers."""

from __future__ import annotations

from typing import Protocol

from pullfeed_server.store import rows


class Keys(Protocol):
    """Keys and importers."""

    def lock(self) -> None:
        """Holds all of them until the end of the transaction, so that rules across them hold."""
        ...

    def get(self, key_id: str) -> rows.KeyRow | None:
        """A key, revoked or not."""
        ...

    def all(self) -> list[rows.KeyRow]:
        """All keys, oldest first."""
        ...

    def add(self, key: rows.KeyRow) -> None:
        """Stores a new key."""
        ...

    def revoke(self, key_id: str, revoked_us: int) -> None:
        """Ends a key; an ended one keeps its date."""
        ...

    def importers(self) -> list[rows.ImporterRow]:
        """All importers, by name."""
        ...

    def importer(self, name: str) -> rows.ImporterRow | None:
        """One importer."""
        ...

    def commit_way(self, name: str) -> str:
        """How an importer commits; "importer" where nothing was set."""
        ...

    def set_importer(self, importer: rows.ImporterRow) -> None:
        """Makes an importer or sets all of its settings."""
        ...
