"""The epoch of a feed: carried by cursors, tokens and marks, ended by a restore."""

from __future__ import annotations

from pullfeed_server import errors
from pullfeed_server.store import Transaction


def of(tx: Transaction, shop: str, scope: int) -> int:
    """The epoch of a feed; the first one where nothing changed yet. Raises ShopNotFound."""
    feed = tx.feeds.get(shop, scope)
    if feed is not None:
        return feed.epoch
    if not tx.feeds.has_shop(shop):
        raise errors.ShopNotFound
    return tx.feeds.first_epoch
