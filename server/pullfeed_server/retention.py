"""How long tombstones are kept, and what an importer is told that came too late for them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

from pullfeed_server import clock, errors
from pullfeed_server.encoding import scopes
from pullfeed_server.store import Store, Transaction, rows

DAY_US = 24 * 3600 * 1_000_000
_MINUTE_US = 60 * 1_000_000
# Under the lock that puts wait for: a few milliseconds.
BATCH = 500
_SHOPS = 1000


def check(tx: Transaction, shop: str, scope: int, importer: str, pruned: int) -> None:
    """Raises ResyncRequired where tombstones are gone that the importer had not confirmed.

    pruned: position of the last one that is gone. An importer that has confirmed
    nothing yet needs none of them: it begins with what stands there now.
    """
    removed = tx.commits.get(shop, scope, rows.REMOVED, importer)
    records = tx.commits.get(shop, scope, rows.RECORDS, importer)
    if removed is not None:
        kept_from = max(removed.position, removed.spared)
    else:
        kept_from = records.spared if records else 0
    holds = any(commit and commit.position for commit in (removed, records))
    if holds and kept_from < pruned:
        raise errors.ResyncRequired


class Retention:
    """Drops tombstones once they are old enough, but never an erasure's or a consent's."""

    def __init__(self, store: Store, days: int) -> None:
        """days: 0 keeps all of them."""
        self._store = store
        self._days = days

    def prune(self) -> Iterator[None]:
        """Drops what is old enough, shop by shop; a step is a small batch, or a look at a feed."""
        if self._days == 0:
            return
        minute = (clock.now_us() - self._days * DAY_US) // _MINUTE_US
        for shop in self._shops():
            for scope in scopes.KINDS:
                yield from self._prune(shop, scope, minute)

    def _shops(self) -> Iterator[str]:
        shops = self._store.read(functools.partial(_shops, ""))
        while shops:
            yield from shops
            shops = self._store.read(functools.partial(_shops, shops[-1]))

    def _prune(self, shop: str, scope: int, minute: int) -> Iterator[None]:
        # A newer core's feed is for it to keep.
        with contextlib.suppress(errors.RulesUnknown):
            # Looked up first: most feeds have nothing to drop, and a write would wait for the disk.
            while self._store.read(lambda tx: _due(tx, shop, scope, minute)) is not None:
                self._store.write(lambda tx: _drop(tx, shop, scope, minute))
                yield
        yield


def _shops(after: str, tx: Transaction) -> list[str]:
    return tx.feeds.shops(after, _SHOPS)


def _due(tx: Transaction, shop: str, scope: int, minute: int) -> int | None:
    """Up to where the next batch goes; None where there is nothing to drop."""
    feed = tx.feeds.get(shop, scope)
    if feed is None:
        return None
    until = tx.feeds.stood_at(shop, scope, minute)
    return tx.records.prunable(shop, scope, feed.pruned, until, BATCH)


def _drop(tx: Transaction, shop: str, scope: int, minute: int) -> None:
    feed = tx.feeds.lock(shop, scope)
    until = _due(tx, shop, scope, minute)
    if until is not None:
        tx.records.prune(shop, scope, feed.pruned, until)
        tx.feeds.set_pruned(shop, scope, until)
