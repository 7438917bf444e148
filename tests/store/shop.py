"""A shop and its importers over a store: short words for long calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from tests import factories

from pullfeed.v1 import record_pb2
from pullfeed_server import (
    commits,
    deliveries,
    feed,
    holds,
    keys,
    receipts,
    recorder,
    records,
    rejections,
    rewinds,
    tokens,
    ways,
)
from pullfeed_server.store import Store, rows

CUSTOMERS = record_pb2.SCOPE_CUSTOMER


class Shop:
    """The services of one store. Records are customers c1, c2, … unless said otherwise."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tokens = tokens.Tokens([b"a secret of the test, 32 bytes.."])
        self.records = records.Records(store)
        self.recorder = recorder.Recorder(store)
        self.feeds = feed.Feeds(store, self.tokens, self.recorder.note)
        self.commits = commits.Commits(store, self.tokens)
        self.rewinds = rewinds.Rewinds(store)
        self.handovers = ways.Handovers(store, self.tokens)
        self.keys = keys.Keys(store)
        self.holds = holds.Holds(store, days=7)
        self.deliveries = deliveries.Deliveries(
            store, self.recorder.flush, silent_after_hours=24, retention_days=30
        )
        self.rejections = rejections.Rejections(store)

    def put(
        self,
        *ids: str,
        second: int = 0,
        email: str = "amber.hill@example.com",
        name: str = factories.SHOP,
        force: bool = False,
    ) -> list[str]:
        """Puts customers, last modified in this second; what became of them."""
        messages = [
            factories.customer(
                customer_id=one, email=email, last_modified_date=f"2024-12-01T10:30:{second:02}Z"
            )
            for one in ids
        ]
        return self.put_all([factories.record(one) for one in messages], name=name, force=force)

    def put_all(
        self,
        batch: Sequence[record_pb2.Record],
        *,
        scope: int = CUSTOMERS,
        name: str = factories.SHOP,
        force: bool = False,
    ) -> list[str]:
        """Puts a batch of any scope; what became of its records."""
        return self.records.put(records.Batch(name, scope, batch, (), force)).outcomes

    def delete(self, *ids: str, removed_us: int | None = None, force: bool = False) -> list[str]:
        """Deletes customers; what became of them."""
        return self.records.delete(
            records.Removals(factories.SHOP, CUSTOMERS, ids, removed_us, force)
        )

    @property
    def epoch(self) -> int:
        """The epoch that every feed of the store begins with."""
        return self.store.read(lambda tx: tx.feeds.epoch().epoch)

    def position(self, *, scope: int = CUSTOMERS) -> int:
        """Number of the feed's last change."""
        found = self.store.read(lambda tx: tx.feeds.get(factories.SHOP, scope))
        return 0 if found is None else found.position

    def delivered(self, *, importer: str = "") -> list[deliveries.Delivery]:
        """The walks over the customers, the one served last first."""
        return self.deliveries.list(factories.SHOP, CUSTOMERS, importer, 50, "").items

    def importer(
        self,
        name: str = "mail",
        *,
        page_size: int = 2,
        list: int = rows.RECORDS,
        since_us: int = 0,
    ) -> Importer:
        """An importer of the customers."""
        return Importer(self, name, page_size, list, since_us)

    def rewind(self, importer: Importer, to_us: int | None = None) -> tuple[int, int]:
        """Sets an importer's position back; where it stands and stood."""
        self.keys.set_importer(importer.name, {})
        return self.rewinds.rewind(
            rewinds.Rewind(importer.name, factories.SHOP, CUSTOMERS, importer.list, to_us)
        )


class Importer:
    """One importer's calls on one feed."""

    def __init__(
        self, shop: Shop, name: str, page_size: int, list: int = rows.RECORDS, since_us: int = 0
    ) -> None:
        self.shop = shop
        self.name = name
        self.page_size = page_size
        self.list = list
        self.since_us = since_us

    @property
    def owner(self) -> tokens.Feed:
        """What its tokens belong to."""
        return tokens.Feed(self.name, factories.SHOP, CUSTOMERS, self.list)

    def page(self, number: int) -> feed.Page:
        """A page by its number."""
        return self._fetch("", number)

    def after(self, cursor: str) -> feed.Page:
        """A page by cursor."""
        return self._fetch(cursor, 1)

    def walk(self) -> list[str]:
        """The ids of a whole walk by page number."""
        found: list[str] = []
        number, has_next = 1, True
        while has_next:
            page = self.page(number)
            found += ids(page)
            number, has_next = number + 1, page.has_next
        return found

    def commit_page(self, number: int) -> commits.Standing:
        """Confirms a page by its number."""
        return self._commit(page=number)

    def commit_token(self, token: str) -> commits.Standing:
        """Confirms a page by its token."""
        return self._commit(token=token)

    def commit_cursor(self, cursor: str) -> commits.Standing:
        """Confirms all before a cursor."""
        return self._commit(cursor=cursor)

    def commit_with(
        self,
        *rejected: tuple[str, str],
        page: int = 0,
        token: str = "",
        received: int | None = None,
    ) -> commits.Standing:
        """Confirms a page with a receipt."""
        receipt = receipts.Receipt(received, rejected)
        return self._commit(token=token, page=page, receipt=receipt)

    def starts_at_the_commit(self) -> None:
        """Sets that its walks begin at the committed position."""
        self.shop.keys.set_importer(self.name, {CUSTOMERS: "committed"})

    def commits_by(self, way: str, **changes: Any) -> None:
        """Sets how it commits. changes: of whom to tell."""
        notify = rows.NotifyRow(
            **{"url": "https://importer.example/commit", "api_key": "a key", **changes}
        )
        self.shop.keys.set_importer(self.name, {}, way, notify, accept_loss=True)

    def hand_over(self, page: feed.Page) -> None:
        """Reports that the answer was handed over, where the page asks for it."""
        if page.report_handover:
            self.shop.handovers.report(self.owner, page.commit_token)

    @property
    def committed(self) -> int:
        """Its committed position."""
        found = self.shop.store.read(
            lambda tx: tx.commits.get(factories.SHOP, CUSTOMERS, rows.RECORDS, self.name)
        )
        return 0 if found is None else found.position

    def _fetch(self, cursor: str, number: int) -> feed.Page:
        return self.shop.feeds.fetch(
            feed.Order(
                self.name,
                factories.SHOP,
                CUSTOMERS,
                self.list,
                cursor,
                number,
                self.page_size,
                as_json=True,
                since_us=self.since_us,
            )
        )

    def _commit(
        self,
        token: str = "",
        cursor: str = "",
        page: int = 0,
        receipt: receipts.Receipt = receipts.NONE,
    ) -> commits.Standing:
        return self.shop.commits.commit(
            commits.Claim(
                self.name,
                factories.SHOP,
                CUSTOMERS,
                self.list,
                token,
                cursor,
                page,
                self.page_size,
                since_us=self.since_us,
                receipt=receipt,
            )
        )


def ids(page: feed.Page) -> list[str]:
    """The ids of a page of customers."""
    return [customer["customer_id"] for customer in orjson.loads(b"[%b]" % b",".join(page.bodies))]
