"""Notices to importers, one a page: held until it was handed over, then sent in that order.

The line of one (shop, scope, list, importer) goes one after the other. Its first
notice is called again until it succeeds or is given up; then all behind it wait
for an operator.
"""

from __future__ import annotations

import random
import re
import secrets
from typing import NamedTuple

from pullfeed_server import commits, errors, tokens
from pullfeed_server.store import Transaction, rows

# Longer than a call takes: until then no other core sends the same notice.
LEASE_US = 60 * 1_000_000
# Waits between the calls of one notice: up to the first, doubled each time, up to the last.
FIRST_WAIT_US = 1_000_000
LONGEST_WAIT_US = 300 * 1_000_000
# A page can be asked again for as long as its cursor lives, and is told of once.
KEPT_US = 8 * 24 * 3600 * 1_000_000

SKIPPED = "SKIPPED"
_NUMBER = re.compile(r"n[0-9a-f]{32}\Z")


class Call(NamedTuple):
    """A notice that is to be sent, under a lease."""

    key: rows.OutboxKey
    notice: rows.NoticeRow
    notify: rows.NotifyRow
    lease: str


def new_number() -> str:
    """What names a notice, and all calls of it."""
    return f"n{secrets.token_hex(16)}"


def hold(tx: Transaction, owner: tokens.Feed, notice: rows.NoticeRow) -> None:
    """Keeps the notice of a page, in the same transaction as the page.

    Of a page that was served before, the one notice stays; what it confirms is only
    ever lowered, as of marks.
    """
    key = _key(owner)
    tx.outbox.lock(key)
    known = tx.outbox.of_page(key, notice.walk, notice.page)
    if known is None:
        tx.outbox.put(key, notice)
    elif known.state != rows.DONE:
        tx.outbox.put(key, _lowered(known, notice))


def hand_over(tx: Transaction, owner: tokens.Feed, walk: int, page: int, now_us: int) -> None:
    """Puts the notice of a page in line, behind those of the pages handed over before."""
    key = _key(owner)
    line = tx.outbox.lock(key)
    notice = tx.outbox.of_page(key, walk, page)
    if notice is None or notice.state != rows.HELD:
        return
    ordinal = line.last_ordinal + 1
    tx.outbox.put(key, notice._replace(state=rows.DUE, ordinal=ordinal, next_us=now_us))
    _schedule(tx, key, line._replace(last_ordinal=ordinal))


def claim(tx: Transaction, key: rows.OutboxKey, now_us: int) -> Call | None:
    """The first notice of a line, where it is to be sent and no other core sends it.

    That of a shop that moves is sent by the cores of its new database.
    """
    if not tx.feeds.is_open(key.shop):
        return None
    line = tx.outbox.lock(key)
    if line.next_us > now_us or line.lease_us > now_us:
        return None
    notice = tx.outbox.head(key)
    if notice is None or notice.state != rows.DUE:
        return None
    lease = secrets.token_hex(8)
    tx.outbox.set(key, line._replace(lease=lease, lease_us=now_us + LEASE_US))
    importer = tx.keys.importer(key.importer)
    return Call(key, notice, importer.notify if importer else rows.NotifyRow(), lease)


def succeed(tx: Transaction, call: Call, outcome: str, now_us: int) -> None:
    """Confirms the page of a call, and ends its notice."""
    if not tx.feeds.is_open(call.key.shop):
        return
    line = tx.outbox.lock(call.key)
    found = tx.outbox.get(call.key.shop, call.notice.notice)
    # Another core may have sent it too, after the lease had ended.
    if found is not None and found[1].state == rows.DUE:
        notice = found[1]._replace(attempts=found[1].attempts + 1, outcome=outcome)
        _end(tx, call.key, line, notice, now_us)


def fail(tx: Transaction, call: Call, outcome: str, now_us: int, give_up_us: int) -> None:
    """Has a call made again after a while, or gives its notice up."""
    if not tx.feeds.is_open(call.key.shop):
        return
    line = tx.outbox.lock(call.key)
    if line.lease != call.lease:
        return
    first_us = call.notice.first_call_us or now_us
    attempts = call.notice.attempts + 1
    failed = call.notice._replace(attempts=attempts, outcome=outcome, first_call_us=first_us)
    if now_us - first_us >= give_up_us:
        failed = failed._replace(state=rows.DEAD, next_us=rows.NEVER)
    else:
        failed = failed._replace(next_us=now_us + _wait_us(attempts))
    # Its page may have been served again, and lower, during the call.
    found = tx.outbox.get(call.key.shop, call.notice.notice)
    if found is not None and found[1].state == rows.DUE:
        tx.outbox.put(call.key, _lowered(failed, found[1]))
    _schedule(tx, call.key, line._replace(lease_us=0))


def resend(tx: Transaction, shop: str, number: str, now_us: int) -> None:
    """Puts a notice that was given up in line again, in its place. Raises NoticeNotFound."""
    key, line, notice = _dead(tx, shop, number)
    tx.outbox.put(key, notice._replace(state=rows.DUE, attempts=0, first_call_us=0, next_us=now_us))
    _schedule(tx, key, line)


def skip(tx: Transaction, shop: str, number: str, now_us: int) -> None:
    """Ends a notice that was given up as if it had succeeded. Raises NoticeNotFound."""
    key, line, notice = _dead(tx, shop, number)
    _end(tx, key, line, notice._replace(outcome=SKIPPED), now_us)


def _key(owner: tokens.Feed) -> rows.OutboxKey:
    return rows.OutboxKey(owner.shop, owner.scope, owner.list, owner.importer)


def _lowered(known: rows.NoticeRow, served: rows.NoticeRow) -> rows.NoticeRow:
    is_last = known.is_last and served.is_last
    if served.position < known.position:
        return known._replace(
            position=served.position,
            covered_from=served.covered_from,
            served=served.served,
            is_last=is_last,
        )
    return known._replace(is_last=is_last)


def _dead(
    tx: Transaction, shop: str, number: str
) -> tuple[rows.OutboxKey, rows.OutboxRow, rows.NoticeRow]:
    tx.feeds.keep_open(shop)
    found = tx.outbox.get(shop, number) if _NUMBER.match(number) else None
    if found is None:
        raise errors.NoticeNotFound
    line = tx.outbox.lock(found[0])
    # Read again behind the lock: another operator may have been faster.
    found = tx.outbox.get(shop, number)
    if found is None or found[1].state != rows.DEAD:
        raise errors.NoticeNotFound
    return found[0], line, found[1]


def _end(
    tx: Transaction, key: rows.OutboxKey, line: rows.OutboxRow, notice: rows.NoticeRow, now_us: int
) -> None:
    owner = tokens.Feed(key.importer, key.shop, key.scope, key.list)
    try:
        commits.confirm(tx, owner, _point(notice))
    except errors.BadRequest as error:
        # The feed was restored, or the importer rewound, since the page was served.
        notice = notice._replace(outcome=error.reason)
    tx.outbox.put(key, notice._replace(state=rows.DONE, next_us=rows.NEVER))
    tx.outbox.drop_before(key, now_us - KEPT_US)
    _schedule(tx, key, line._replace(lease_us=0))


def _point(notice: rows.NoticeRow) -> tokens.Point:
    return tokens.Point(
        notice.covered_from,
        notice.position,
        notice.page,
        notice.epoch,
        notice.generation,
        notice.walk,
        notice.page_size,
        notice.served,
        notice.is_last,
    )


def _schedule(tx: Transaction, key: rows.OutboxKey, line: rows.OutboxRow) -> None:
    """Stores a line, and when its first notice is to be sent."""
    head = tx.outbox.head(key)
    tx.outbox.set(key, line._replace(next_us=rows.NEVER if head is None else head.next_us))


def _wait_us(attempts: int) -> int:
    """Drawn evenly up to a bound that doubles: cores and importers do not come in step."""
    bound = min(FIRST_WAIT_US * 2 ** min(attempts - 1, 30), LONGEST_WAIT_US)
    return random.randint(0, bound)  # noqa: S311 - a wait is no secret
