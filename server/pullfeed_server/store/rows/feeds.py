"""Shops and the feeds they have."""

from __future__ import annotations

from typing import NamedTuple

# A shop: it is served; it is being filled from another database; it was given away to one.
OPEN, FILLING, MOVED = 0, 1, 2


class FeedRow(NamedTuple):
    """A feed that has had a change. position: number of the last one.

    held: ids in its hold. pruned: of the last tombstone that is no longer kept, 0
    where all are. minute: the last one in `times`, since 1970. oldest_encoding,
    newest_encoding: no row has one outside them. rules: those that all its records
    have passed.
    """

    position: int
    epoch: int
    held: int = 0
    pruned: int = 0
    minute: int = 0
    oldest_encoding: int = 0
    newest_encoding: int = 0
    rules: int = 0


class ShopCounts(NamedTuple):
    """What is held of one feed."""

    scope: int
    records: int
    removed: int
    withheld: int
    position: int
