"""Pages of a feed, by cursor and by number, and the export."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pullfeed_server import clock, epochs, errors, rendering, retention, tokens, walks, ways
from pullfeed_server.store import Store, Transaction, feeds, rows

DEFAULT_PAGE_SIZE = 50
EXPORT_CHUNK = 1000


class Order(NamedTuple):
    """A page that is asked for. list: rows.RECORDS or REMOVED. cursor: "" to go by page number.

    since_us: the time its walk begins at, 0 for none; of no account by cursor.
    """

    importer: str
    shop: str
    scope: int
    list: int
    cursor: str
    page: int
    page_size: int
    as_json: bool
    request_id: str = ""
    since_us: int = 0


class Page(NamedTuple):
    """A page that was read. bodies, size: as in rows.PageRows. cursor: "" on the last one.

    report_handover: its importer's way to commit waits for Handovers.report.
    """

    bodies: list[bytes]
    size: int
    has_next: bool
    cursor: str
    page: int
    page_size: int
    commit_token: str
    report_handover: bool


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
        PageNotReached, WalkExpired; Rewound, ResyncRequired.
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
        before = self._tokens.read_cursor(_owner(order), order.cursor)
        way, found = self._behind(order, before)
        point = before._replace(
            position=found.position,
            page=before.page + 1,
            page_size=order.page_size,
            served=before.served + found.size,
            is_last=not found.has_next,
        )
        served = _served(order, before, point, found)
        if not ways.is_silent(way):
            self._store.write(lambda tx: ways.serve(tx, way, served))
        return self._answer(order, found, served, way)

    def _behind(self, order: Order, before: tokens.Point) -> tuple[str, rows.PageRows]:
        """How the importer commits, and the page behind a cursor."""
        feed, after = (order.shop, order.scope, order.list, order.importer), before.position
        if order.as_json and order.list == rows.RECORDS:
            found = self._store.read_one(
                lambda tx: tx.records.page_for(*feed, after, order.page_size)
            )
            if found is not None and rendering.is_current(found[0].feed):
                _check(found[0], before)
                return found[0].commit_way, found[1]

        def work(tx: Transaction) -> tuple[str, rows.PageRows]:
            reader = epochs.reader(tx, *feed)
            _check(reader, before)
            return reader.commit_way, _read(tx, order, reader.feed, after)

        return self._store.read(work)

    def _by_number(self, order: Order) -> Page:
        now_us = clock.now_us()
        feed = (order.shop, order.scope, order.list)
        key = rows.WalkKey(*feed, order.importer, order.page_size, order.since_us)

        def work(tx: Transaction) -> tuple[str, walks.Place, rows.PageRows]:
            known = epochs.feed(tx, order.shop, order.scope)
            place = walks.locate(tx, key, order.page, known.epoch, now_us)
            way = tx.keys.commit_way(order.importer)
            return way, place, _read(tx, order, known, place.start)

        way, place, found = self._store.read(work)
        count = place.served + found.size
        mark = rows.MarkRow(
            order.page, place.start, found.position, place.covered_from, found.has_next, count
        )

        def keep(tx: Transaction) -> ways.Served:
            # Another request may have been faster to open the walk.
            walk = walks.record(tx, key, place, mark, now_us)
            served = _served(order, _before(order, place), _end(order, place, found, walk), found)
            ways.serve(tx, way, served)
            return served

        return self._answer(order, found, self._store.write(keep), way)

    def _answer(self, order: Order, found: rows.PageRows, served: ways.Served, way: str) -> Page:
        owner, point = served.owner, served.point
        self._note(owner, point, found.size)
        return Page(
            bodies=found.bodies,
            size=found.size,
            has_next=found.has_next,
            cursor=self._tokens.cursor(owner, point) if found.has_next else "",
            page=point.page,
            page_size=order.page_size,
            commit_token=self._tokens.commit_token(owner, point),
            report_handover=ways.is_reported(way, served),
        )


def _check(reader: feeds.ReaderRow, before: tokens.Point) -> None:
    if reader.feed.epoch != before.epoch:
        raise errors.CursorExpired
    if reader.generation != before.generation:
        raise errors.Rewound(field="cursor")


def _owner(order: Order) -> tokens.Feed:
    return tokens.Feed(order.importer, order.shop, order.scope, order.list)


def _served(
    order: Order, before: tokens.Point | None, point: tokens.Point, found: rows.PageRows
) -> ways.Served:
    return ways.Served(_owner(order), before, point, found.size, order.cursor, order.request_id)


def _end(order: Order, place: walks.Place, found: rows.PageRows, walk: int) -> tokens.Point:
    """The end of a numbered page."""
    return tokens.Point(
        place.covered_from,
        found.position,
        order.page,
        place.walk.epoch,
        place.walk.generation,
        walk=walk & walks.NAME_MASK,
        page_size=order.page_size,
        served=place.served + found.size,
        is_last=not found.has_next,
    )


def _before(order: Order, place: walks.Place) -> tokens.Point | None:
    """The end of the numbered page that must have been read to ask for this one."""
    if order.page == 1:
        return None
    return tokens.Point(
        place.covered_from,
        place.start,
        order.page - 1,
        place.walk.epoch,
        place.walk.generation,
        walk=place.mark_walk & walks.NAME_MASK,
        page_size=order.page_size,
        served=place.served,
    )


def _read(tx: Transaction, order: Order, known: rows.FeedRow, after: int) -> rows.PageRows:
    if order.list == rows.REMOVED and after < known.pruned:
        retention.check(tx, order.shop, order.scope, order.importer, known.pruned)
    page = tx.records.page_proto
    if order.as_json:
        is_joined = rendering.is_current(known)
        page = tx.records.page_json if is_joined else functools.partial(rendering.page, tx)
    return page(order.shop, order.scope, order.list, after, order.page_size)


def _export(shop: str, scope: int, after: int, tx: Transaction) -> rows.PageRows:
    epochs.of(tx, shop, scope)
    return tx.records.page_proto(shop, scope, rows.RECORDS, after, EXPORT_CHUNK)
