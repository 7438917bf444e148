"""Pages of a feed, by cursor and by number, and the export."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pullfeed_server import clock, errors, tokens, walks
from pullfeed_server.store import Store, Transaction, rows

DEFAULT_PAGE_SIZE = 50
EXPORT_CHUNK = 1000


class Order(NamedTuple):
    """A page that is asked for. list: rows.RECORDS or REMOVED. cursor: "" to go by page number."""

    importer: str
    shop: str
    scope: int
    list: int
    cursor: str
    page: int
    page_size: int
    as_json: bool


class Page(NamedTuple):
    """A page that was read. bodies, size: as in rows.PageRows. cursor: "" on the last one."""

    bodies: list[bytes]
    size: int
    has_next: bool
    cursor: str
    page: int
    page_size: int
    commit_token: str


class Chunk(NamedTuple):
    """Part of an export. position: of its last record."""

    bodies: list[bytes]
    position: int


# Takes note of a page that leaves: whose, its end, how many records are on it.
Note = Callable[[tokens.Feed, tokens.Point, int], None]


def _unnoted(owner: tokens.Feed, point: tokens.Point, record_count: int) -> None:
    del owner, point, record_count


class Feeds:
    """Hands records out, oldest change first."""

    def __init__(self, store: Store, signed: tokens.Tokens, note: Note = _unnoted) -> None:
        self._store = store
        self._tokens = signed
        self._note = note

    def fetch(self, order: Order) -> Page:
        """One page, full unless it is the last one.

        Raises ShopNotFound; CursorInvalid, CursorForeign, CursorExpired;
        PageNotReached, WalkExpired.
        """
        if order.cursor:
            return self._by_cursor(order)
        return self._by_number(order)

    def export(self, shop: str, scope: int, after: int) -> Iterator[Chunk]:
        """Every record behind a position, in chunks of up to 1,000.

        Each chunk is read by itself, so that a slow reader holds no
        transaction open. Raises ShopNotFound.
        """
        has_next = True
        while has_next:
            found = self._store.read(functools.partial(_export, shop, scope, after))
            if found.bodies:
                yield Chunk(found.bodies, found.position)
            has_next, after = found.has_next, found.position

    def _by_cursor(self, order: Order) -> Page:
        owner = _owner(order)
        point = self._tokens.read_cursor(owner, order.cursor)

        def work(tx: Transaction) -> rows.PageRows:
            epoch = epoch_of(tx, order.shop, order.scope)
            if epoch != point.epoch:
                raise errors.CursorExpired
            return _read(tx, order, point.position)

        found = self._store.read(work)
        point = point._replace(
            position=found.position,
            page=point.page + 1,
            page_size=order.page_size,
            served=point.served + found.size,
            is_last=not found.has_next,
        )
        return self._answer(order, found, point)

    def _by_number(self, order: Order) -> Page:
        now_us = clock.now_us()
        key = rows.WalkKey(order.shop, order.scope, order.list, order.importer, order.page_size)

        def work(tx: Transaction) -> tuple[walks.Place, rows.PageRows]:
            epoch = epoch_of(tx, order.shop, order.scope)
            place = walks.locate(tx, key, order.page, epoch, now_us)
            return place, _read(tx, order, place.start)

        place, found = self._store.read(work)
        served = place.served + found.size
        mark = rows.MarkRow(
            order.page, place.start, found.position, place.covered_from, found.has_next, served
        )
        self._store.write(lambda tx: walks.record(tx, key, place, mark, now_us))
        point = tokens.Point(
            place.covered_from,
            found.position,
            order.page,
            place.walk.epoch,
            walk=place.walk.walk & walks.NAME_MASK,
            page_size=order.page_size,
            served=served,
            is_last=not found.has_next,
        )
        return self._answer(order, found, point)

    def _answer(self, order: Order, found: rows.PageRows, point: tokens.Point) -> Page:
        owner = _owner(order)
        self._note(owner, point, found.size)
        return Page(
            bodies=found.bodies,
            size=found.size,
            has_next=found.has_next,
            cursor=self._tokens.cursor(owner, point) if found.has_next else "",
            page=point.page,
            page_size=order.page_size,
            commit_token=self._tokens.commit_token(owner, point),
        )


def epoch_of(tx: Transaction, shop: str, scope: int) -> int:
    """The epoch of a feed; the first one where nothing changed yet. Raises ShopNotFound."""
    feed = tx.feeds.get(shop, scope)
    if feed is not None:
        return feed.epoch
    if not tx.feeds.has_shop(shop):
        raise errors.ShopNotFound
    return tx.feeds.first_epoch


def _owner(order: Order) -> tokens.Feed:
    return tokens.Feed(order.importer, order.shop, order.scope, order.list)


def _read(tx: Transaction, order: Order, after: int) -> rows.PageRows:
    page = tx.records.page_json if order.as_json else tx.records.page_proto
    return page(order.shop, order.scope, order.list, after, order.page_size)


def _export(shop: str, scope: int, after: int, tx: Transaction) -> rows.PageRows:
    epoch_of(tx, shop, scope)
    return tx.records.page_proto(shop, scope, rows.RECORDS, after, EXPORT_CHUNK)
