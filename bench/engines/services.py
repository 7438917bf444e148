"""What the core's services take on one engine."""

from __future__ import annotations

import itertools

from tests import factories

from bench.engines import turns
from pullfeed.v1 import record_pb2
from pullfeed_server import feed, records, tokens
from pullfeed_server.store import Transaction, rows
from pullfeed_server.store.sql import SqlStore

SHOP, SCOPE = factories.SHOP, record_pb2.SCOPE_CUSTOMER
BATCH, PAGE = 500, 250
_SECRET = b"a secret of the bench, 32 bytes.."
# About what a customer takes.
_PROTO, _JSON = b"p" * 120, b"j" * 250


class Services:
    """The services on one engine, with a feed of some size."""

    def __init__(self, url: str, size: int) -> None:
        self.store = SqlStore(url)
        self._feeds = feed.Feeds(self.store, tokens.Tokens([_SECRET]))
        self._records = records.Records(self.store)
        self._numbers = itertools.count()
        for _ in range(size // BATCH):
            self.put()
        order = feed.Order("bench", SHOP, SCOPE, rows.RECORDS, "", 1, PAGE, as_json=True)
        self._by_number = order
        self._by_cursor = order._replace(cursor=self._feeds.fetch(order).cursor)
        self._rows = [rows.RecordRow(f"c{n}", n, n, b"f" * 16, _PROTO, _JSON) for n in range(BATCH)]

    def measures(self) -> list[turns.Measure]:
        """What is measured on each engine."""
        return [
            turns.Measure("page of 250 by cursor, ms", lambda: self._feeds.fetch(self._by_cursor)),
            turns.Measure("page of 250 by number, ms", lambda: self._feeds.fetch(self._by_number)),
            turns.Measure("new customers put, 500 a batch, records/s", self.put, BATCH),
            turns.Measure("rows upserted in place, 500 a batch, rows/s", self.upsert, BATCH),
        ]

    def put(self) -> None:
        """Validates, encodes and stores a batch of new customers."""
        made = [
            factories.record(factories.customer(customer_id=f"c{next(self._numbers)}"))
            for _ in range(BATCH)
        ]
        self._records.put(records.Batch(SHOP, SCOPE, made, (), force=False))

    def upsert(self) -> None:
        """Stores a batch of ready rows anew."""

        def work(tx: Transaction) -> None:
            position = tx.feeds.lock("rows.example", SCOPE).position
            placed = [
                row._replace(position=number) for number, row in enumerate(self._rows, position + 1)
            ]
            tx.records.put("rows.example", SCOPE, placed)
            tx.feeds.set_position("rows.example", SCOPE, position + BATCH)

        self.store.write(work)
