"""What an importer says with a commit: how many records it counted, and which it could not take."""

from __future__ import annotations

from typing import NamedTuple

from pullfeed_server.store import Transaction, rows


class Receipt(NamedTuple):
    """received: records counted since the last commit, None where none were.

    rejected: (id, reason) pairs.
    """

    received: int | None
    rejected: tuple[tuple[str, str], ...]


NONE = Receipt(None, ())


class Served(NamedTuple):
    """What a commit says to have: records after one position, up to another.

    walk: as its tokens name it. records: how many; 0 where that is not known.
    is_last: nothing stood behind them when they were served.
    """

    walk: int
    after: int
    until: int
    records: int
    is_last: bool


def keep(
    tx: Transaction,
    feed: tuple[str, int, int, str],
    served: Served,
    receipt: Receipt,
    now_us: int,
) -> int | None:
    """Notes a commit and its receipt; how many records it confirms, None where that is not known.

    feed: shop, scope, list and importer, whose committed position is locked.
    """
    name = rows.WalkName(*feed, served.walk)
    known = tx.deliveries.receipt(name) or rows.ReceiptRow(0, 0, 0, count_differs=False)
    noted = _counted(known, served.records)._replace(
        confirmed_us=now_us, is_finished=known.is_finished or served.is_last
    )
    is_known = 0 < served.records == noted.confirmed_count
    count = served.records - noted.count_before if is_known else None
    if None not in (count, receipt.received) and count != receipt.received:
        noted = noted._replace(count_differs=True)
    tx.deliveries.confirm(name, noted)
    tx.rejections.settle(name, served.after, served.until)
    if receipt.rejected:
        _reject(tx, name, served, receipt, now_us)
    return count


def _counted(known: rows.ReceiptRow, count: int) -> rows.ReceiptRow:
    """A commit that comes again is compared with what was confirmed before its first coming."""
    if count <= known.confirmed_count:
        return known
    return known._replace(confirmed_count=count, count_before=known.confirmed_count)


def _reject(
    tx: Transaction, name: rows.WalkName, served: Served, receipt: Receipt, now_us: int
) -> None:
    # As a put trims them; the last one stands for an id that comes twice.
    reasons = {record_id.strip(): reason for record_id, reason in receipt.rejected}
    places = tx.rejections.places(name.shop, name.scope, name.list, list(reasons))
    told = [
        rows.RejectedRow(
            name.importer, record_id, name.list, position, name.walk, reasons[record_id], now_us
        )
        for record_id, position in places.items()
        # What has changed since comes again.
        if position <= served.until
    ]
    if told:
        tx.rejections.add(name.shop, name.scope, told)
