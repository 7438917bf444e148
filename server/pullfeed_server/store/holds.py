"""The part of the store's contract that is about removals that wait for a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from pullfeed_server.store import rows


class Holds(Protocol):
    """Ids that are to be removed once a person has approved it: one hold a feed.

    Changed under the lock of the feed, whose `held` counts the ids.
    """

    def begun_us(self, shop: str, scope: int) -> int | None:
        """When the hold began; None where there is none."""
        ...

    def add(self, shop: str, scope: int, held: Sequence[rows.HeldRow], begun_us: int) -> None:
        """Takes ids into the hold, where they are not in it. held: at most 1,000, each once."""
        ...

    def page(self, shop: str, scope: int, after: str, limit: int) -> list[rows.HeldRow]:
        """Held ids behind an id, in their order."""
        ...

    def release(self, shop: str, scope: int, ids: Iterable[str]) -> None:
        """Takes ids out of the hold."""
        ...

    def drop(self, shop: str, scope: int) -> None:
        """Ends the hold."""
        ...
