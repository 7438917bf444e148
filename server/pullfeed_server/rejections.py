"""What importers could not take, and offering it to them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pullfeed_server import errors, paging
from pullfeed_server.store import Store, Transaction, rows

MAX_OFFERED = 1000


class Offered(NamedTuple):
    """Records that are offered again, and rejections that are left."""

    offered: int
    left: int


class Rejections:
    """Lists what importers could not take, and offers it again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(
        self, shop: str, scope: int, importer: str, page_size: int, page_token: str
    ) -> paging.Page[rows.RejectedRow]:
        """Rejections by importer and id. importer: "" for all.

        Raises FieldInvalid, ShopNotFound.
        """
        after = paging.read_pair(page_token) or ("", "")

        def work(tx: Transaction) -> list[rows.RejectedRow]:
            if not tx.feeds.has_shop(shop):
                raise errors.ShopNotFound
            return tx.rejections.page(shop, scope, importer, after, page_size + 1)

        found = self._store.read(work)
        return paging.cut(found, page_size, lambda row: paging.key(row.importer, row.id))

    def offer(self, shop: str, scope: int, importer: str, ids: Sequence[str]) -> Offered:
        """Gives rejected records a new position, to all importers, and takes them off the list.

        ids: none for the first 1,000; those that were not rejected are left alone.
        Raises ShopNotFound.
        """
        asked = {record_id.strip() for record_id in ids}

        def work(tx: Transaction) -> Offered:
            # Only a put makes a shop.
            if not tx.feeds.has_shop(shop):
                raise errors.ShopNotFound
            feed = tx.feeds.lock(shop, scope)
            wanted = _wanted(tx, shop, scope, importer, asked)
            count = tx.rejections.offer(shop, scope, wanted, feed.position) if wanted else 0
            if count:
                tx.feeds.set_position(shop, scope, feed.position + count)
            tx.rejections.drop(shop, scope, importer, wanted)
            return Offered(count, tx.rejections.count(shop, scope, importer))

        return self._store.write(work)


def _wanted(tx: Transaction, shop: str, scope: int, importer: str, asked: set[str]) -> list[str]:
    if not asked:
        first = tx.rejections.page(shop, scope, importer, ("", ""), MAX_OFFERED)
        return [row.id for row in first]
    return [
        row.id
        for record_id in sorted(asked)
        for row in tx.rejections.of(shop, scope, record_id)
        if row.importer == importer
    ]
