"""Passes by the update column: what changed comes over, and nothing is ever missed."""

from __future__ import annotations

import random
import threading

import pytest
import sqlalchemy as sa
from tests.sources import shop as shops
from tests.sync import shopkeeper
from tests.sync.shopkeeper import Shopkeeper

from pullfeed_client import errors
from pullfeed_client.sources import addresses


def test_a_first_pass_reads_everything_and_the_next_only_what_changed(kept: Shopkeeper) -> None:
    kept.add(*[shops.customer(number, number * 60) for number in range(1, 31)])
    assert kept.sync().read == 30
    assert kept.delivered() == kept.in_source()
    kept.change(3, First="Changed", changed=shops.moment(31 * 60))
    report = kept.sync()
    # What lies within five minutes of the last change is read again.
    assert (report.read, report.outcome.stored, report.outcome.unchanged) == (7, 1, 6)
    assert kept.delivered()["3"] == "Changed"


def test_a_row_of_the_same_time_as_the_last_one_is_not_missed(kept: Shopkeeper) -> None:
    kept.mapping = kept.mapping.replace(
        'updated = "changed"', 'updated = "changed"\noverlap = "0s"'
    )
    kept.add(shops.customer(1, 60))
    kept.sync()
    kept.add(shops.customer(2, 60))
    kept.sync()
    assert set(kept.delivered()) == {"1", "2"}


def test_a_row_that_was_committed_late_is_not_missed(kept: Shopkeeper) -> None:
    kept.add(shops.customer(1, 0))
    engine = shops.engine(kept.url)
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: nothing is committed late there")
    with engine.connect() as late:
        # Its time is that of its begin, before that of what is read first.
        late.execute(sa.insert(shops.customers), [shops.customer(2, 200)])
        kept.add(shops.customer(3, 400))
        assert kept.sync().read == 2
        assert kept.sync().read == 1
        late.commit()
    engine.dispose()
    kept.sync()
    assert kept.delivered() == kept.in_source()


def test_rows_without_a_date_of_change_are_read_each_time(kept: Shopkeeper) -> None:
    kept.mapping = kept.mapping.replace(
        'last_modified_date = { column = "changed", date = "iso", zone = "UTC" }',
        'last_modified_date = { constant = "2026-01-01T00:00:00Z" }',
        1,
    )
    kept.add(shops.customer(1, 3600), shops.customer(2, changed=None))
    kept.sync()
    kept.change(2, First="Changed")
    assert kept.sync().read == 2
    assert kept.delivered()["2"] == "Changed"


def test_a_clock_that_runs_ahead_hides_nothing(kept: Shopkeeper) -> None:
    kept.add(
        shops.customer(1, changed=shopkeeper.now(3600)),
        shops.customer(2, changed=shopkeeper.now(-7200)),
    )
    kept.sync()
    kept.add(shops.customer(3, changed=shopkeeper.now(-7100)))
    kept.sync()
    assert set(kept.delivered()) == {"1", "2", "3"}


def test_a_changed_mapping_reads_everything_anew(kept: Shopkeeper) -> None:
    kept.add(*[shops.customer(number, number * 3600) for number in range(1, 6)])
    kept.sync()
    kept.mapping = kept.mapping.replace('first_name = "First"', 'first_name = "last"')
    assert kept.sync().read == 5
    assert kept.delivered()["1"] == "Brookmoor"


def test_a_pass_without_a_change_gives_no_position(kept: Shopkeeper) -> None:
    kept.add(*[shops.customer(number, number) for number in range(1, 6)])
    kept.sync()
    position = kept.position()
    kept.sync()
    kept.sync(full=True)
    assert kept.position() == position == 5


def test_orders_come_with_their_lines(kept: Shopkeeper) -> None:
    rows = shops.everything()
    shops.fill(kept.url, rows)
    report = kept.sync("order", batch_rows=7)
    assert (report.read, report.outcome.stored) == (60, 11)
    assert kept.sync("order").outcome.stored == 0
    assert 'line_item_id: "2"' in kept.delivered("order")["4"]


def test_nothing_is_missed_while_others_write(kept: Shopkeeper) -> None:
    """Writers whose transactions take their time, each dated at its begin, while passes go on."""
    kept.add(*[shops.customer(number, 0) for number in range(1, 21)])
    done = threading.Event()
    writers = 1 if addresses.resolved(kept.url).get_backend_name() == "sqlite" else 3
    threads = [
        threading.Thread(target=_write, args=(kept.url, seed, done)) for seed in range(writers)
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(25):
            kept.sync(batch_rows=5)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    kept.sync(batch_rows=5)
    assert kept.delivered() == kept.in_source()
    assert kept.position() > 20


def _write(url: str, seed: int, done: threading.Event) -> None:
    """Adds and changes customers of its own: some at once, others uncommitted for a while."""
    chosen = random.Random(seed)
    engine = shops.engine(url)
    own = [number for number in range(1, 21) if number % 3 == seed]
    version = 0
    while not done.is_set():
        version += 1
        begun = shopkeeper.now()
        with engine.begin() as connection:
            # Never touched again: once missed, missed for good.
            new = shops.customer(1000 * (seed + 1) + version, changed=begun)
            connection.execute(sa.insert(shops.customers), [new])
            for number in chosen.sample(own, 3):
                connection.execute(
                    sa.update(shops.customers)
                    .where(shops.customers.c.id == number)
                    .values(First=f"v{version}", changed=begun)
                )
            # The transaction stays open meanwhile; the test does not wait for it.
            done.wait(chosen.choice((0, 0.01, 0.05)))
    engine.dispose()


def test_an_update_column_that_is_none_says_so(kept: Shopkeeper) -> None:
    kept.mapping = kept.mapping.replace('updated = "changed"', 'updated = "e-mail"')
    kept.add(shops.customer(1))
    kept.sync()
    with pytest.raises(errors.Misused, match=r"is not a date.*sync = 'fingerprint'"):
        kept.sync()


def test_a_number_as_update_column_looks_back_by_a_number(kept: Shopkeeper) -> None:
    kept.mapping = kept.mapping.replace(
        'updated = "changed"\nzone = "UTC"', 'updated = "id"\noverlap = 2', 1
    )
    kept.add(*[shops.customer(number, 0) for number in range(1, 11)])
    assert kept.sync().read == 10
    kept.add(shops.customer(11, 0))
    assert kept.sync().read == 4
    assert len(kept.delivered()) == 11
