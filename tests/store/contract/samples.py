"""Rows with no more in them than they need, and how they come to the store and back."""

from __future__ import annotations

from pullfeed_server.store import Store, rows

SHOP, SCOPE = "shop.example", 1


def record(number: int, position: int | None = None) -> rows.RecordRow:
    """A record whose id, date and bytes are a number, at that position unless said otherwise."""
    place = number if position is None else position
    return rows.RecordRow(f"c{number}", place, number, b"f", b"p%d" % number, b"j%d" % number)


def put(store: Store, *records: rows.RecordRow, shop: str = SHOP, scope: int = SCOPE) -> None:
    """Stores records in the feed."""
    store.write(lambda tx: tx.records.put(shop, scope, records))


def page(store: Store, after: int, limit: int) -> rows.PageRows:
    """A page of the feed's records, as JSON."""
    return store.read(lambda tx: tx.records.page_json(SHOP, SCOPE, rows.RECORDS, after, limit))


def withheld(record_id: str, modified_us: int = 5, seen_us: int = 1) -> rows.WithheldRow:
    """A version with two faults that was seen once."""
    violations = (("line_items[1].name", "MISSING"), ("email", "BAD_EMAIL"))
    return rows.WithheldRow(record_id, modified_us, violations, seen_us, seen_us)
