"""The epoch of a feed: carried by cursors, tokens and marks, ended by a restore or a failover."""

from __future__ import annotations

from pullfeed_server import errors
from pullfeed_server.store import Transaction, feeds, rows


def of(tx: Transaction, shop: str, scope: int) -> int:
    """The epoch of a feed; of all feeds where nothing changed yet. Raises ShopNotFound."""
    return feed(tx, shop, scope).epoch


def reader(tx: Transaction, shop: str, scope: int, list: int, importer: str) -> feeds.ReaderRow:
    """A feed as it stands to an importer, the same way. Raises ShopNotFound."""
    found = tx.feeds.get_for(shop, scope, list, importer)
    return found or feeds.ReaderRow(feed(tx, shop, scope), 0, tx.keys.commit_way(importer))


def feed(tx: Transaction, shop: str, scope: int) -> rows.FeedRow:
    """A feed; at position 0 where nothing changed yet. Raises ShopNotFound."""
    found = tx.feeds.get(shop, scope)
    if found is not None:
        return found
    if not tx.feeds.has_shop(shop):
        raise errors.ShopNotFound
    return rows.FeedRow(0, tx.feeds.epoch().epoch)
