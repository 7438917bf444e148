"""A feed that is renewed, and how it stands."""

from __future__ import annotations

from typing import Any

from tests import factories
from tests.store.shop import CUSTOMERS, Shop

from pullfeed_server import encoding, renewal
from pullfeed_server.store import rows
from pullfeed_server.store.sql import SqlStore

ASKED = (factories.SHOP, CUSTOMERS)


def refuses(record: Any) -> bool:
    """What rules 2 of these tests do not take, beside what no rules do."""
    return bool(record.email.startswith("refused"))


def fill(shop: Shop) -> Shop:
    """Customers c1 to c5, of whom c2 and c4 have e-mail addresses that rules 2 refuse."""
    shop.put("c1", "c3", "c5")
    shop.put("c2", "c4", email="refused@example.com")
    return shop


def adopt(shop: Shop) -> None:
    """As the command reapply does."""
    assert isinstance(shop.store, SqlStore)
    with shop.store._begin_write() as cursor:
        cursor.execute(f"UPDATE database SET rules = {encoding.RULES}")  # noqa: S608 - a number


def reapply(shop: Shop) -> renewal.Renewal:
    """Judges everything anew that is due."""
    renewing = renewal.Renewal(shop.store)
    for _ in renewing.reapply():
        pass
    return renewing


def reencode(shop: Shop) -> renewal.Renewal:
    """Writes everything anew that has another form."""
    renewing = renewal.Renewal(shop.store)
    for _ in renewing.reencode():
        pass
    return renewing


def feed(shop: Shop) -> rows.FeedRow:
    """The customers' feed."""
    found = shop.store.read(lambda tx: tx.feeds.get(*ASKED))
    assert found is not None
    return found


def stored(shop: Shop, list: int = rows.RECORDS) -> list[rows.EncodedRow]:
    """The rows of one of its lists."""
    return shop.store.read(lambda tx: tx.records.stored(*ASKED, list, 0, 1000))


def reasons(shop: Shop) -> dict[str, str]:
    """The reason of each tombstone."""
    found = stored(shop, rows.REMOVED)
    return {one.row.id: one.row.reason for one in found if isinstance(one.row, rows.TombstoneRow)}
