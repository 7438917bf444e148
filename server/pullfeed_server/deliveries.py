"""What was delivered to whom: walks, what is odd about them, and who fell silent."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pullfeed_server import clock, errors, paging
from pullfeed_server.store import Store, Transaction, rows

UNCOMMITTED, TOO_LONG, COUNT_DIFFERS = "UNCOMMITTED", "TOO_LONG", "COUNT_DIFFERS"
_HOUR_US = 3600 * 1_000_000
_DAY_US = 24 * _HOUR_US
_SHOPS = 1000
_BATCH = 500
_END = (2**62, 2**62)

# How many shops, by importer and scope.
Counts = collections.Counter[tuple[str, int]]


class Delivery(NamedTuple):
    """A walk, and what is odd about it."""

    row: rows.DeliveryRow
    warnings: list[str]


class Odd(NamedTuple):
    """Shops in which an importer has not confirmed for too long, and walks that do not end.

    dead: shops in which a notice was given up.
    """

    silent: Counts
    too_long: Counts
    dead: Counts


class Deliveries:
    """Tells of the walks that were served."""

    def __init__(
        self,
        store: Store,
        flush: Callable[[], None],
        *,
        silent_after_hours: float,
        retention_days: float,
    ) -> None:
        """flush: stores what this core has served until now."""
        self._store = store
        self._flush = flush
        self._silent_after_us = int(silent_after_hours * _HOUR_US)
        self._retention_us = int(retention_days * _DAY_US)

    def list(
        self, shop: str, scope: int, importer: str, page_size: int, page_token: str
    ) -> paging.Page[Delivery]:
        """Walks, the one served last first. scope: 0, importer: "" for all.

        Raises FieldInvalid, ShopNotFound.
        """
        before = _read_token(page_token)
        silent_since_us = clock.now_us() - self._silent_after_us
        self._flush()

        def work(tx: Transaction) -> list[rows.DeliveryRow]:
            if not tx.feeds.has_shop(shop):
                raise errors.ShopNotFound
            return tx.deliveries.page(shop, scope, importer, before, silent_since_us, page_size + 1)

        told = [Delivery(row, _warnings(row)) for row in self._store.read(work)]
        return paging.cut(told, page_size, lambda one: paging.key(one.row.last_us, one.row.walk))

    def odd(self) -> Odd:
        """Who is silent now, and which walks of late are too long, over all shops."""
        since_us = clock.now_us() - self._silent_after_us
        odd = Odd(collections.Counter(), collections.Counter(), collections.Counter())
        for shop in self._shops():
            found = self._store.read(functools.partial(_odd, shop, since_us))
            for counts, of_shop in zip(odd, found, strict=True):
                counts.update(of_shop)
        return odd

    def prune(self) -> Iterator[None]:
        """Forgets what is past the retention; a step is a small batch, or a look at a shop."""
        before_us = clock.now_us() - self._retention_us
        for shop in self._shops():
            while self._store.write(functools.partial(_prune, shop, before_us)):
                yield
            yield

    def _shops(self) -> Iterator[str]:
        shops = self._store.read(functools.partial(_shops, ""))
        while shops:
            yield from shops
            shops = self._store.read(functools.partial(_shops, shops[-1]))


def _shops(after: str, tx: Transaction) -> list[str]:
    return tx.feeds.shops(after, _SHOPS)


def _odd(shop: str, since_us: int, tx: Transaction) -> tuple[list[tuple[str, int]], ...]:
    """What of a shop goes to each field of Odd."""
    return (
        tx.deliveries.silent(shop, since_us),
        tx.deliveries.too_long(shop, since_us),
        tx.outbox.dead(shop),
    )


def _prune(shop: str, before_us: int, tx: Transaction) -> bool:
    tx.rejections.prune(shop)
    return tx.deliveries.prune(shop, before_us, _BATCH)


def _warnings(row: rows.DeliveryRow) -> list[str]:
    return [
        warning
        for warning, is_given in (
            (UNCOMMITTED, row.is_uncommitted),
            (TOO_LONG, row.is_too_long),
            (COUNT_DIFFERS, row.count_differs),
        )
        if is_given
    ]


def _read_token(text: str) -> tuple[int, int]:
    key = paging.read_pair(text)
    if key is None:
        return _END
    if not all(part.isascii() and part.isdigit() and len(part) < len(str(_END[0])) for part in key):
        raise paging.invalid()
    return int(key[0]), int(key[1])
