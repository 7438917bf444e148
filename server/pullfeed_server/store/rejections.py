"""The part of the store's contract that is about what importers could not take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pullfeed_server.store import rows


class Rejections(Protocol):
    """What importers could not take.

    A rejection is over when its record stands elsewhere than where it was given.
    """

    def places(self, shop: str, scope: int, list: int, ids: Sequence[str]) -> dict[str, int]:
        """The positions of those ids that stand in a list. ids: at most 1,000."""
        ...

    def add(self, shop: str, scope: int, rejected: Sequence[rows.RejectedRow]) -> None:
        """Stores rejections; a later one of the same importer and id stands for both."""
        ...

    def settle(self, name: rows.WalkName, after: int, until: int) -> None:
        """Forgets what an earlier walk could not take, of what lies between two positions."""
        ...

    def page(
        self, shop: str, scope: int, importer: str, after: tuple[str, str], limit: int
    ) -> list[rows.RejectedRow]:
        """Rejections behind an (importer, id), in this order. importer: "" for all."""
        ...

    def of(self, shop: str, scope: int, id: str) -> list[rows.RejectedRow]:
        """Who could not take an id."""
        ...

    def count(self, shop: str, scope: int, importer: str) -> int:
        """How many there are of an importer."""
        ...

    def drop(self, shop: str, scope: int, importer: str, ids: Sequence[str]) -> None:
        """Takes ids off an importer's list."""
        ...

    def offer(self, shop: str, scope: int, ids: Sequence[str], after: int) -> int:
        """Gives ids the positions behind a locked counter, in their order; how many stand."""
        ...

    def prune(self, shop: str) -> None:
        """Forgets those that are over."""
        ...
