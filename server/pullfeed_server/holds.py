"""Removals that wait for a person's approval.

A full comparison that finds far more vanished than usual holds them: a broken
export must not empty a feed. A put or a delete of an id takes it out of the
hold (see records), and so does time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pullfeed_server import clock, errors, intake, paging, records
from pullfeed_server.store import Store, Transaction, rows

_DAY_US = 86_400_000_000


class Holding(NamedTuple):
    """Ids to hold. reason: of the tombstones. replace: what is held already is dropped first."""

    shop: str
    scope: int
    ids: Sequence[str]
    reason: str
    replace: bool


class Hold(NamedTuple):
    """A hold as it stands. held: how many ids. expires_us: None where there are none."""

    held: int
    expires_us: int | None


class Approval(NamedTuple):
    """What one call removed, and how many ids are left."""

    removed: int
    left: int


class Holds:
    """The holds of all feeds."""

    def __init__(self, store: Store, days: int) -> None:
        """days: how long a hold lasts."""
        self._store = store
        self._lasts_us = days * _DAY_US

    def add(self, holding: Holding) -> Hold:
        """Holds the ids that stand in the feed or are withheld. Raises ShopNotFound."""
        return self._store.write(lambda tx: self._add(tx, holding))

    def page(
        self, shop: str, scope: int, page_size: int, page_token: str
    ) -> tuple[paging.Page[str], Hold]:
        """Held ids in their order, and the hold. Raises FieldInvalid, ShopNotFound."""
        after = paging.read(page_token)

        def work(tx: Transaction) -> tuple[paging.Page[str], Hold]:
            hold = self._standing(tx, shop, scope)
            found = tx.holds.page(shop, scope, after, page_size + 1) if hold.held else []
            return paging.cut([row.id for row in found], page_size, lambda last: last), hold

        return self._store.read(work)

    def approve(self, shop: str, scope: int) -> Approval:
        """Removes up to 1,000 held ids. Raises ShopNotFound."""
        return self._store.write(lambda tx: self._approve(tx, shop, scope))

    def discard(self, shop: str, scope: int) -> int:
        """Drops the hold; how many ids it had. Raises ShopNotFound."""

        def work(tx: Transaction) -> int:
            feed = self._locked(tx, shop, scope)
            tx.holds.drop(shop, scope)
            return feed.held

        return self._store.write(work)

    def _add(self, tx: Transaction, holding: Holding) -> Hold:
        shop, scope = holding.shop, holding.scope
        feed = self._locked(tx, shop, scope)
        if holding.replace and feed.held:
            tx.holds.drop(shop, scope)
        begun_us = tx.holds.begun_us(shop, scope)
        ids = list(dict.fromkeys(record_id.strip() for record_id in holding.ids))
        standings = tx.records.standings(shop, scope, ids)
        held = [rows.HeldRow(one, holding.reason) for one in ids if _is_kept(standings.get(one))]
        now_us = clock.now_us()
        tx.holds.add(shop, scope, held, now_us if begun_us is None else begun_us)
        return self._standing(tx, shop, scope)

    def _approve(self, tx: Transaction, shop: str, scope: int) -> Approval:
        feed = self._locked(tx, shop, scope)
        held = tx.holds.page(shop, scope, "", records.MAX_BATCH) if feed.held else []
        standings = tx.records.standings(shop, scope, [row.id for row in held])
        taken = intake.Intake(standings, clock.now_us(), force=False)
        outcomes = [taken.delete(intake.Removal(row.id, None, row.reason)) for row in held]
        records.keep(tx, shop, scope, feed.position, taken.changes())
        tx.holds.release(shop, scope, [row.id for row in held])
        return Approval(outcomes.count(intake.STORED), feed.held - len(held))

    def _locked(self, tx: Transaction, shop: str, scope: int) -> rows.FeedRow:
        """The feed under its lock, without a hold that has expired. Raises ShopNotFound."""
        if not tx.feeds.has_shop(shop):
            raise errors.ShopNotFound
        feed = tx.feeds.lock(shop, scope)
        if feed.held and not self._standing(tx, shop, scope).held:
            tx.holds.drop(shop, scope)
            return feed._replace(held=0)
        return feed

    def _standing(self, tx: Transaction, shop: str, scope: int) -> Hold:
        if not tx.feeds.has_shop(shop):
            raise errors.ShopNotFound
        feed = tx.feeds.get(shop, scope)
        begun_us = tx.holds.begun_us(shop, scope) if feed and feed.held else None
        if feed is None or begun_us is None or begun_us + self._lasts_us <= clock.now_us():
            return Hold(0, None)
        return Hold(feed.held, begun_us + self._lasts_us)


def _is_kept(standing: rows.Standing | None) -> bool:
    return standing is not None and (standing.list == rows.RECORDS or standing.is_withheld)
