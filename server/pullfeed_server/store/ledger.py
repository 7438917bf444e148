"""The part of the store's contract that is about how one id stands."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from pullfeed_server.store import rows


class Committed(NamedTuple):
    """Where one of a shop's committed positions stands."""

    importer: str
    scope: int
    list: int
    position: int


class Ledger(Protocol):
    """How one id stands, and when it was confirmed."""

    def place(self, shop: str, scope: int, id: str) -> rows.PlaceRow | None:
        """Where an id stands; None where it is in neither list."""
        ...

    def withheld(self, shop: str, scope: int, id: str) -> rows.WithheldRow | None:
        """The version of an id that is kept out of the feed, where one is."""
        ...

    def committed(self, shop: str) -> list[Committed]:
        """Every committed position of a shop, by importer, scope and list."""
        ...

    def confirm(
        self, shop: str, scope: int, list: int, importer: str, confirmed: rows.ConfirmationRow
    ) -> None:
        """Notes an advance of a committed position."""
        ...

    def confirmed_us(self, shop: str, scope: int, list: int, importer: str, position: int) -> int:
        """When an advance first reached a position; 0 where that is not kept."""
        ...

    def take_back(self, shop: str, scope: int, list: int, importer: str, position: int) -> None:
        """Forgets what was noted of advances past a position."""
        ...
