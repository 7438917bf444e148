"""A database of many shops, one of them deep, written by SQL; and pages of it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa
from tests import scans

from bench.engines import services, turns
from pullfeed_server import encoding
from pullfeed_server.store import rows
from pullfeed_server.store.sql import SqlStore

SCOPE, PAGE = services.SCOPE, services.PAGE
# Where pages are read: in the midst of a shop of some size.
MEASURED_SIZE, MIDST = 1000, 300
_MEASURED_PAGE = ("measured0.example", MIDST)
# Of each of the others.
SMALL = 10
_NUMBERS = (
    "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :last) "
)
_SHOPS = (
    "INSERT INTO shops (shop, created_us, state, move, moved_epoch)"  # noqa: S608 - our own text
    f" {_NUMBERS} SELECT :prefix || n || '.example', 0, :state, 0, 0 FROM numbers"
)
_FEEDS = (
    "INSERT INTO feeds (shop, scope, position, jumps, held, pruned, minute,"  # noqa: S608 - as above
    f" oldest_encoding, newest_encoding, rules, state) {_NUMBERS}"
    "SELECT :prefix || n || '.example', :scope, :each, 0, 0, 0, 0, :encoding, :encoding, :rules,"
    " :state FROM numbers"
)
_RECORDS = (
    "INSERT INTO records (shop, scope, id, list, position, modified_us,"  # noqa: S608 - as above
    " fingerprint, encoding, reason, removed_us, refused, suppressed, proto, json)"
    f" {_NUMBERS} SELECT :prefix || (n / :each) || '.example', :scope, 'c' || n, 1,"
    " n % :each + 1, 0, :fingerprint, :encoding, '', 0, FALSE, FALSE, :proto, :json FROM numbers"
)
# What an engine would else do in the midst of the measures.
_SETTLE = {"sqlite": "PRAGMA wal_checkpoint(TRUNCATE)", "postgresql": "VACUUM (ANALYZE)"}


class Shops(NamedTuple):
    """Shops prefix0.example, prefix1.example, … of so many records each."""

    prefix: str
    shops: int
    each: int
    proto: bytes = b"p" * 20
    json: bytes = b"j" * 20


MEASURED = Shops("measured", 1, MEASURED_SIZE, b"p" * 120, b"j" * 250)


class Crowd:
    """A store that holds shops of some kinds."""

    def __init__(self, url: str, *kinds: Shops) -> None:
        # It makes the tables.
        SqlStore(url).close()
        _fill(url, kinds)
        self.store = SqlStore(url)

    def page(self, shop: str, after: int) -> None:
        """Reads a page as the core does, from the look-up of its feed on."""
        found = self.store.read_one(
            lambda tx: tx.records.page_for(shop, SCOPE, rows.RECORDS, "mail", after, PAGE)
        )
        # A page of nothing would be fast.
        assert found is not None and found[1].size == PAGE  # noqa: S101, PT018

    def scan(self, shop: str, after: int) -> scans.Scan:
        """What the engine goes over for a page."""
        return scans.page(self.store, shop, SCOPE, after, PAGE)


class Depth(NamedTuple):
    """The pages that are compared: of a lone shop and of one of many, first and deep ones."""

    lone: Crowd
    many: Crowd
    last: int

    def measures(self) -> list[turns.Measure]:
        """Pairs of what must not differ."""
        deep = functools.partial(self.many.page, "deep0.example")
        return [
            turns.Measure("a lone shop", functools.partial(self.lone.page, *_MEASURED_PAGE)),
            turns.Measure("one of many", functools.partial(self.many.page, *_MEASURED_PAGE)),
            turns.Measure("first page", lambda: deep(0)),
            turns.Measure("last page", lambda: deep(self.last)),
        ]

    def scans(self) -> Iterator[scans.Scan]:
        """What each of them goes over."""
        yield self.lone.scan(*_MEASURED_PAGE)
        yield self.many.scan(*_MEASURED_PAGE)
        yield self.many.scan("deep0.example", 0)
        yield self.many.scan("deep0.example", self.last)


def _fill(url: str, kinds: tuple[Shops, ...]) -> None:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for kind in kinds:
            _write(connection, kind)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(_SETTLE[engine.dialect.name])
    engine.dispose()


def _write(connection: sa.Connection, kind: Shops) -> None:
    of_shops = {"prefix": kind.prefix, "last": kind.shops - 1, "state": rows.OPEN}
    versions = {"encoding": encoding.VERSION, "rules": encoding.RULES}
    of_feeds = {**of_shops, **versions, "scope": SCOPE, "each": kind.each}
    of_records = {
        **of_feeds,
        "last": kind.shops * kind.each - 1,
        "fingerprint": b"f" * 16,
        "proto": kind.proto,
        "json": kind.json,
    }
    for text, values in ((_SHOPS, of_shops), (_FEEDS, of_feeds), (_RECORDS, of_records)):
        connection.execute(sa.text(text), values)
