"""What the ledger costs a page: `python -m bench.recording`.

The same pages by cursor, with and without recording, in turns in one process and
without a wire, where the share of recording is largest. Each turn of a second ends
with what the recorder does once a second. Processor time, so that a busy machine
says the same as an idle one.
"""

from __future__ import annotations

import pathlib
import statistics
import tempfile
import time
from collections.abc import Iterator

import click

from pullfeed.v1 import record_pb2
from pullfeed_server import feed, recorder, records, tokens
from pullfeed_server.store import rows
from pullfeed_server.store.sql import SqlStore

SHOP = "shop.example"
SCOPE = record_pb2.SCOPE_CUSTOMER
SIZES = (50, 250, 1000)
TURN_S = 0.5


@click.command()
@click.option("--customers", "count", type=click.IntRange(1000), default=20_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=15, show_default=True)
def main(count: int, rounds: int) -> None:
    """Prints pages a second without and with recording, and the share that is left."""
    with tempfile.TemporaryDirectory(prefix="pullfeed-recording-") as name:
        store = SqlStore(f"sqlite:///{pathlib.Path(name) / 'pullfeed.db'}")
        written = recorder.Recorder(store)
        _load(records.Records(store), count)
        signed = tokens.Tokens([b"a secret of the bench, 32 bytes."])
        without, with_ = feed.Feeds(store, signed), feed.Feeds(store, signed, written.note)
        for size in SIZES:
            pairs = [
                (_rate(without, size, written), _rate(with_, size, written)) for _ in range(rounds)
            ]
            bare, noted = (statistics.median(rates) for rates in zip(*pairs, strict=True))
            share = statistics.median(noted / bare for bare, noted in pairs)
            click.echo(f"{size:5} a page: {bare:7.0f} {noted:7.0f} pages/s, {share:.3f} is left")
        written.stop()
        store.close()


def _load(kept: records.Records, count: int) -> None:
    for begin in range(0, count, 1000):
        batch = [_customer(index) for index in range(begin, begin + 1000)]
        kept.put(records.Batch(SHOP, SCOPE, batch, (), force=False))


def _customer(index: int) -> record_pb2.Record:
    customer = record_pb2.Customer(
        customer_id=str(index),
        email=f"customer{index}@example.com",
        first_name="Amber",
        last_name="Hill",
        mobile=f"+1555010{index % 10_000:04}",
        language="en",
        consent="Yes",
        gender="Female",
        last_modified_date="2024-12-01T10:30:00Z",
    )
    return record_pb2.Record(customer=customer)


def _rate(feeds: feed.Feeds, size: int, written: recorder.Recorder) -> float:
    """Pages a second of walks by cursor, one after the other."""
    pages = _pages(feeds, size)
    begun = time.process_time()
    count = 0
    while time.process_time() - begun < TURN_S:
        next(pages)
        count += 1
    written.flush()
    return count / (time.process_time() - begun)


def _pages(feeds: feed.Feeds, size: int) -> Iterator[None]:
    first = _page(feeds, size, "").cursor
    cursor = first
    while True:
        cursor = _page(feeds, size, cursor).cursor or first
        yield


def _page(feeds: feed.Feeds, size: int, cursor: str) -> feed.Page:
    return feeds.fetch(feed.Order("mail", SHOP, SCOPE, rows.RECORDS, cursor, 1, size, as_json=True))


if __name__ == "__main__":
    main()
