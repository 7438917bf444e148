"""A new epoch: what was given out counts no longer, and no position is given twice."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from concurrent import futures

import click.testing
import pytest
import sqlalchemy as sa
from tests import factories, postgres, wiretap
from tests.clock import Clock
from tests.store.shop import CUSTOMERS, Shop, ids

from pullfeed_server import __main__ as program
from pullfeed_server import errors, maintenance, tokens
from pullfeed_server.store import Store, rows
from pullfeed_server.store.sql import SqlStore

_JUMP = 2**32
_WEEK_US = 7 * 24 * 3600 * 1_000_000


@pytest.fixture
def begin(store: SqlStore) -> Callable[[], None]:
    """Begins an epoch under the store, as another process would."""

    def run() -> None:
        with store._begin_write() as cursor:
            store._epochs.begin(cursor)

    return run


Begin = Callable[[], None]


def _epoch(store: Store) -> int:
    return store.read(lambda tx: tx.feeds.epoch()).epoch


def test_every_counter_jumps_and_goes_on_from_there(shop: Shop, begin: Begin) -> None:
    shop.put("c1", "c2")
    begin()
    assert shop.position() == 2 + _JUMP
    (counts,) = shop.store.read(lambda tx: tx.feeds.counts(factories.SHOP))
    assert counts.position == 2 + _JUMP
    shop.put("c3")
    assert shop.position() == 3 + _JUMP


def test_a_feed_that_stood_still_makes_up_for_every_jump(shop: Shop, begin: Begin) -> None:
    shop.put("c1")
    for _ in range(3):
        begin()
    shop.put("c2")
    assert shop.position() == 2 + 3 * _JUMP


def test_a_feed_that_is_new_begins_behind_the_jumps(shop: Shop, begin: Begin) -> None:
    """It may be one that was lost: its positions were given out before."""
    begin()
    shop.put("c1")
    assert shop.position() == 1 + _JUMP


def test_all_feeds_have_the_same_new_epoch(shop: Shop, begin: Begin) -> None:
    shop.put("c1")
    before = shop.epoch
    begin()
    feed = shop.store.read(lambda tx: tx.feeds.get(factories.SHOP, CUSTOMERS))
    assert feed is not None
    assert feed.epoch == shop.epoch != before


def test_a_page_walk_ends_and_the_next_one_misses_nothing(shop: Shop, begin: Begin) -> None:
    shop.put("c1", "c2", "c3", "c4", "c5")
    importer = shop.importer()
    importer.page(1)
    importer.page(2)
    begin()
    shop.put("c6")
    for number in (2, 3, 4):
        with pytest.raises(errors.WalkExpired):
            importer.page(number)
    with pytest.raises(errors.WalkExpired):
        importer.commit_page(2)
    assert importer.walk() == ["c1", "c2", "c3", "c4", "c5", "c6"]


def test_a_page_of_a_walk_that_may_be_lost_is_neither_counted_nor_committed(
    shop: Shop, begin: Begin, clock: Clock
) -> None:
    shop.put("c1", "c2", "c3")
    begin()
    for call in (shop.importer().page, shop.importer().commit_page):
        with pytest.raises(errors.WalkExpired):
            call(2)
    clock.now_us += _WEEK_US + 1
    assert ids(shop.importer().page(2)) == ["c3"]


def test_cursors_and_tokens_end(shop: Shop, begin: Begin) -> None:
    shop.put("c1", "c2", "c3")
    importer = shop.importer()
    page = importer.page(1)
    begin()
    with pytest.raises(errors.CursorExpired):
        importer.after(page.cursor)
    with pytest.raises(errors.CursorExpired):
        importer.commit_cursor(page.cursor)
    with pytest.raises(errors.TokenExpired):
        importer.commit_token(page.commit_token)


def test_a_walk_by_cursor_goes_on_across_the_jump(shop: Shop, begin: Begin) -> None:
    shop.put("c1", "c2", "c3")
    begin()
    shop.put("c4", "c1", second=1)
    page = shop.importer().page(1)
    found = ids(page)
    while page.cursor:
        page = shop.importer().after(page.cursor)
        found += ids(page)
    assert found == ["c2", "c3", "c4", "c1"]
    assert shop.importer().commit_token(page.commit_token).position == 5 + _JUMP


def test_what_was_committed_stays_and_what_is_new_comes_after_it(shop: Shop, begin: Begin) -> None:
    shop.put("c1", "c2")
    importer = shop.importer()
    importer.starts_at_the_commit()
    importer.page(1)
    assert importer.commit_page(1).position == 2
    begin()
    shop.put("c3")
    assert importer.walk() == ["c3"]
    assert importer.commit_page(1).position == 3 + _JUMP


def test_a_commit_above_the_counter_is_refused(shop: Shop, begin: Begin) -> None:
    shop.put("c1")
    begin()
    importer = shop.importer()
    ahead = tokens.Point(0, 2 + _JUMP, 1, shop.epoch)
    with pytest.raises(errors.CommitAhead):
        importer.commit_token(shop.tokens.commit_token(importer.owner, ahead))


def test_a_restored_file_begins_an_epoch_by_the_operators_word(tmp_path: pathlib.Path) -> None:
    url = f"sqlite:///{tmp_path}/pullfeed.db"
    store = SqlStore(url)
    Shop(store).put("c1")
    before = _epoch(store)
    with pytest.raises(errors.Unusable, match="Another core"):
        maintenance.restored(url)
    store.close()
    done = click.testing.CliRunner().invoke(program.command, ["--database", url, "restored"])
    assert (done.exit_code, done.output.count("\n")) == (0, 1)
    store = SqlStore(url)
    assert _epoch(store) != before
    assert Shop(store).position() == 1 + _JUMP
    store.close()


def test_a_file_without_tables_was_not_restored(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.Unusable, match="no tables yet"):
        maintenance.restored(f"sqlite:///{tmp_path}/pullfeed.db")


@pytest.mark.postgresql
def test_running_cores_take_a_new_epoch_at_once(
    url: str, open_store: Callable[..., SqlStore]
) -> None:
    shop = Shop(open_store())
    shop.put("c1")
    maintenance.restored(url)
    assert shop.position() == 1 + _JUMP
    shop.put("c2")
    assert shop.position() == 2 + _JUMP


def _pretend(server: postgres.Server, url: str, change: str) -> None:
    """Writes into the row what another server would have written, and breaks connections."""
    server.execute(change, str(sa.make_url(url).database))
    server.cut(url)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "change", ["UPDATE database SET system_id = '1'", "UPDATE database SET timeline = timeline - 1"]
)
def test_another_server_or_timeline_begins_one_epoch_under_all_cores(
    server: postgres.Server, url: str, open_store: Callable[..., SqlStore], change: str
) -> None:
    stores = [open_store() for _ in range(3)]
    Shop(stores[0]).put("c1")
    before = {_epoch(store) for store in stores}
    _pretend(server, url, change)
    with futures.ThreadPoolExecutor(3) as pool:
        after = set(pool.map(_epoch, stores))
    assert (len(before), len(after), before & after) == (1, 1, set())
    assert [Shop(store).position() for store in stores] == [1 + _JUMP] * 3


@pytest.mark.postgresql
def test_the_same_server_after_a_lost_connection_is_the_same_epoch(
    server: postgres.Server, url: str, open_store: Callable[..., SqlStore]
) -> None:
    store = open_store()
    before = _epoch(store)
    server.cut(url)
    assert _epoch(store) == before
    assert _epoch(open_store()) == before


@pytest.mark.postgresql
def test_a_connection_to_the_same_server_writes_nothing(
    open_store: Callable[..., SqlStore], tap: wiretap.Wiretap
) -> None:
    """On Citus the row of the database is written on every node, and one may be away."""
    open_store()
    tap.seen.clear()
    _epoch(open_store())
    assert "epochs._is_elsewhere" in tap.seen
    assert not tap.seen & {"epochs._add", "epochs._begin", "epochs._begin_elsewhere"}


@pytest.mark.postgresql
def test_a_database_that_is_read_only_by_default_is_served(
    server: postgres.Server, url: str, open_store: Callable[..., SqlStore]
) -> None:
    database = str(sa.make_url(url).database)
    server.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    assert Shop(open_store()).put("c1") == ["stored"]


@pytest.mark.postgresql
def test_a_role_that_may_only_read_and_write_rows_is_enough(
    server: postgres.Server, url: str
) -> None:
    database = str(sa.make_url(url).database)
    server.execute(
        "DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
    )
    server.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plain", database
    )
    store = SqlStore(url.replace("pullfeed@", "plain@"))
    Shop(store).put("c1")
    page = store.read(
        lambda tx: tx.records.page_json(factories.SHOP, CUSTOMERS, rows.RECORDS, 0, 1)
    )
    assert page.position == 1
    store.close()
