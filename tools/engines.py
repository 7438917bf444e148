"""`python -m tools.engines`: the core's services on SQLite and on PostgreSQL, in turns.

Without gRPC and HTTP, whose cost is the same on both. PostgreSQL is the tests'
own server, with fsync on: a commit is durable on both before it returns.
"""

from __future__ import annotations

import itertools
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import click
from tests import databases, factories

from pullfeed.v1 import record_pb2
from pullfeed_server import feed, records, tokens
from pullfeed_server.store import Transaction, rows
from pullfeed_server.store.sql import SqlStore

SHOP, SCOPE = factories.SHOP, record_pb2.SCOPE_CUSTOMER
BATCH, PAGE = 500, 250
_SECRET = b"a secret of the bench, 32 bytes.."


class Measure(NamedTuple):
    """One thing that is measured. per_s: things done by one run; 0 tells milliseconds instead."""

    name: str
    run: Callable[[], object]
    per_s: int = 0


class Subject:
    """The services on one engine, with a feed of some size."""

    def __init__(self, url: str, size: int) -> None:
        self.store = SqlStore(url)
        self._feeds = feed.Feeds(self.store, tokens.Tokens([_SECRET]))
        self._records = records.Records(self.store)
        self._numbers = itertools.count()
        for _ in range(size // BATCH):
            self.put()
        order = feed.Order("bench", SHOP, SCOPE, rows.RECORDS, "", 1, PAGE, as_json=True)
        self._by_number = order
        self._by_cursor = order._replace(cursor=self._feeds.fetch(order).cursor)
        self._rows = [
            rows.RecordRow(f"c{n}", n, n, b"f" * 16, b"p" * 200, b"j" * 250) for n in range(BATCH)
        ]

    def measures(self) -> Iterator[Measure]:
        """What is measured on each engine."""
        yield Measure("page of 250 by cursor, ms", lambda: self._feeds.fetch(self._by_cursor))
        yield Measure("page of 250 by number, ms", lambda: self._feeds.fetch(self._by_number))
        yield Measure("new customers put, 500 a batch, records/s", self.put, BATCH)
        yield Measure("rows upserted in place, 500 a batch, rows/s", self.upsert, BATCH)

    def put(self) -> None:
        """Validates, encodes and stores a batch of new customers."""
        made = [
            factories.record(factories.customer(customer_id=f"c{next(self._numbers)}"))
            for _ in range(BATCH)
        ]
        self._records.put(records.Batch(SHOP, SCOPE, made, (), force=False))

    def upsert(self) -> None:
        """Stores a batch of ready rows anew."""

        def work(tx: Transaction) -> None:
            position = tx.feeds.lock("rows.example", SCOPE).position
            placed = [
                row._replace(position=number) for number, row in enumerate(self._rows, position + 1)
            ]
            tx.records.put("rows.example", SCOPE, placed)
            tx.feeds.set_position("rows.example", SCOPE, position + BATCH)

        self.store.write(work)


@click.command()
@click.option("--customers", default=50_000, show_default=True)
@click.option("--rounds", default=40, show_default=True)
def main(customers: int, rounds: int) -> None:
    """Prints the median of each engine and PostgreSQL's part of SQLite's, in one run."""
    made = databases.Databases(fsync="on")
    with tempfile.TemporaryDirectory(prefix="pullfeed-bench-") as folder:
        subjects = [
            Subject(made.url(engine, pathlib.Path(folder)), customers)
            for engine in databases.ENGINES
        ]
        try:
            for measures in zip(*(subject.measures() for subject in subjects), strict=True):
                click.echo(_line(measures, rounds))
        finally:
            for subject in subjects:
                subject.store.close()
            made.close()


def _line(measures: tuple[Measure, ...], rounds: int) -> str:
    taken_s = [statistics.median(each) for each in zip(*_rounds(measures, rounds), strict=True)]
    name, _, per_s = measures[0]
    told = [per_s / one if per_s else one * 1000 for one in taken_s]
    figures = "\t".join(f"{one:.0f}" if per_s else f"{one:.2f}" for one in told)
    return f"{name}\t{figures}\t{told[1] / told[0]:.2f}"


def _rounds(measures: tuple[Measure, ...], rounds: int) -> Iterator[list[float]]:
    """Seconds of each engine, one round after the other. The first ones warm up."""
    for turn in range(rounds + 10):
        taken = [_seconds(measure.run) for measure in measures]
        if turn >= 10:
            yield taken


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
