"""What holds for PostgreSQL alone: several cores, and a server that can go away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from tests import postgres, scans

from pullfeed_server import errors
from pullfeed_server.store import Transaction, rows
from pullfeed_server.store.dialects import postgresql
from pullfeed_server.store.sql import SqlStore

pytestmark = pytest.mark.postgresql

_SHOP, _SCOPE = "shop.example", 1
_WAIT_S = 30
# A URL's own options take the place of the core's.
_SHORT_LOCKS = "options=-c lock_timeout=50 -c statement_timeout=5000"
_SHORT_STATEMENTS = "options=-c statement_timeout=50"


@pytest.fixture
def store(open_store: Callable[..., SqlStore]) -> SqlStore:
    return open_store()


def _name(url: str) -> str:
    return sa.make_url(url).database or ""


def _record(number: int) -> rows.RecordRow:
    return rows.RecordRow(f"c{number}", number, number, b"f", b"p", b"j%d" % number)


def _take(store: SqlStore) -> None:
    """Locks the feed's counter and gives its next position."""

    def work(tx: Transaction) -> None:
        position = tx.feeds.lock(_SHOP, _SCOPE).position + 1
        tx.feeds.set_position(_SHOP, _SCOPE, position)

    store.write(work)


def _put_all(shop: str, records: list[rows.RecordRow], tx: Transaction) -> None:
    tx.records.put(shop, _SCOPE, records)
    tx.feeds.set_position(shop, _SCOPE, len(records))


def _lock(shop: str, tx: Transaction) -> rows.FeedRow:
    return tx.feeds.lock(shop, _SCOPE)


def _shown(store: SqlStore, setting: str) -> str:
    with store._begin(store._dialect.BEGIN_READ) as cursor:
        cursor.execute(f"SHOW {setting}")
        ((value,),) = cursor.fetchall()
    return str(value)


def _settled(store: SqlStore) -> bool:
    """Does the store answer reads and writes."""
    _take(store)
    return store.read(lambda tx: tx.feeds.get(_SHOP, _SCOPE)) is not None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("postgresql+asyncpg://h/d", "asyncpg"),
        ("postgresql+psycopg2://h/d", "psycopg2"),
        ("mysql://h/d", "mysql"),
    ],
)
def test_another_driver_is_refused_by_its_name(given: str, named: str) -> None:
    with pytest.raises(errors.Unusable, match=named):
        SqlStore(given)


def test_the_driver_may_be_named(url: str) -> None:
    SqlStore(url.replace("postgresql:", "postgresql+psycopg:")).close()


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(errors.Unusable, match="cannot be opened") as refused:
        SqlStore("postgresql://ada:hush@127.0.0.1:1/pullfeed")
    assert "hush" not in refused.value.message


def test_a_commit_is_durable_though_the_server_would_not_wait(
    server: postgres.Server, url: str
) -> None:
    server.execute(f"ALTER DATABASE {_name(url)} SET synchronous_commit = off")
    opened = SqlStore(url)
    assert _shown(opened, "synchronous_commit") == "on"
    opened.close()


def test_a_read_sees_one_state_and_writes_nothing(store: SqlStore) -> None:
    assert _shown(store, "transaction_isolation") == "repeatable read"
    assert _shown(store, "transaction_read_only") == "on"


@pytest.mark.parametrize("is_analysed", [False, True])
@pytest.mark.parametrize(
    ("name", "values", "index"),
    [
        ("page_json", {"after": 900, "limit": 51}, "records_by_position"),
        ("standings", {"ids": ["c1", "c2"] * 250}, "records_pkey"),
    ],
)
def test_a_statement_goes_by_its_index_though_the_server_knows_nothing_of_the_shop(
    store: SqlStore, name: str, values: dict[str, object], index: str, *, is_analysed: bool
) -> None:
    records = [_record(number) for number in range(1, 1001)]
    store.write(lambda tx: tx.records.put(_SHOP, _SCOPE, records))
    statement = store._statements.records.standings
    if name == "page_json":
        statement = store._statements.records.page_json[rows.RECORDS]
    with store._begin(store._dialect.BEGIN_WRITE) as cursor:
        if is_analysed:
            cursor.execute("ANALYZE records")
        bound = statement._bound({"shop": _SHOP, "scope": _SCOPE, **values})
        cursor.execute(f"EXPLAIN {statement._text}", bound)
        plan = " ".join(str(row[0]) for row in cursor.fetchall())
    assert index in plan
    assert "Filter" not in plan
    assert "Sort" not in plan


@pytest.mark.parametrize(("shops", "each"), [(0, 0), (1, 1), (1, 10), (1, 300), (50, 1), (50, 10)])
@pytest.mark.parametrize("after", [0, 1000])
def test_a_page_does_not_read_the_feed_while_the_server_takes_that_for_a_small_one(
    store: SqlStore, shops: int, each: int, after: int
) -> None:
    few = [_record(number) for number in range(1, each + 1)]
    for number in range(shops):
        name = f"shop{number}.example" if number else _SHOP
        store.write(partial(_put_all, name, few))
    with store._begin(store._dialect.BEGIN_WRITE) as cursor:
        cursor.execute("ANALYZE records")
    store.write(partial(_put_all, _SHOP, [_record(number) for number in range(1, 5001)]))
    # A few more where it looks by the wrong index whether a next page is there.
    assert scans.page(store, _SHOP, _SCOPE, after, 50).rows < 200


def test_a_lock_that_is_not_given_in_time_is_unavailable(
    open_store: Callable[..., SqlStore], store: SqlStore
) -> None:
    hasty = open_store(query=_SHORT_LOCKS)
    _take(store)
    with store._begin(store._dialect.BEGIN_WRITE) as cursor:
        cursor.execute("SELECT * FROM feeds FOR UPDATE")
        with pytest.raises(errors.StoreUnavailable) as refused:
            _take(hasty)
    assert _SHOP not in str(refused.value)
    assert _settled(hasty)


def test_a_statement_that_takes_long_is_unavailable(
    open_store: Callable[..., SqlStore],
) -> None:
    hasty = open_store(query=_SHORT_STATEMENTS)

    def work(tx: Any) -> None:
        tx.feeds._cursor.execute("SELECT pg_sleep(10)")

    for run in (hasty.read, hasty.write):
        with pytest.raises(errors.StoreUnavailable):
            run(work)
    assert _settled(hasty)


def test_writers_that_wait_for_each_other_both_come_through(store: SqlStore) -> None:
    """One of both is ended by the server, and run again."""
    both = threading.Barrier(2)
    runs: list[str] = []

    def crossing(first: str, second: str) -> Callable[[Transaction], None]:
        def work(tx: Transaction) -> None:
            runs.append(first)
            tx.feeds.lock(first, _SCOPE)
            if len(runs) <= 2:
                both.wait(_WAIT_S)
            tx.feeds.lock(second, _SCOPE)

        return work

    for shop in ("a.example", "b.example"):
        store.write(partial(_lock, shop))
    names = (("a.example", "b.example"), ("b.example", "a.example"))
    with futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(store.write, crossing(*each)) for each in names]:
            done.result(_WAIT_S)
    assert len(runs) > 2


def test_a_full_disk_stores_nothing_of_a_write(
    server: postgres.Server, url: str, store: SqlStore
) -> None:
    refuse = (
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$;"
        " CREATE TRIGGER full_disk BEFORE INSERT ON records EXECUTE FUNCTION full_disk()"
    )
    server.execute(refuse, _name(url))

    def work(tx: Transaction) -> None:
        tx.feeds.add_shop(_SHOP, 1)
        tx.records.put(_SHOP, _SCOPE, [_record(1)])

    with pytest.raises(errors.StorageFull):
        store.write(work)
    assert store.read(lambda tx: tx.feeds.shops("", 10)) == []


def test_a_call_that_gets_no_connection_is_unavailable_and_the_next_is_served(
    open_store: Callable[..., SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_POOL_TIMEOUT_S", 0.05)
    narrow = open_store(connections=1)

    def work(_: Transaction) -> None:
        with futures.ThreadPoolExecutor(1) as pool:
            pool.submit(narrow.read, lambda tx: tx.feeds.shops("", 1)).result(_WAIT_S)

    with pytest.raises(errors.StoreUnavailable):
        narrow.read(work)
    assert _settled(narrow)


def test_connections_that_were_lost_while_idle_are_not_noticed(
    server: postgres.Server, url: str, open_store: Callable[..., SqlStore]
) -> None:
    store = open_store()
    with futures.ThreadPoolExecutor(4) as pool:
        together = threading.Barrier(4)
        for done in [pool.submit(store.read, lambda _: together.wait(_WAIT_S)) for _ in range(4)]:
            done.result(_WAIT_S)
    assert server.cut(url) == 4
    assert store.read_one(lambda tx: tx.feeds.shops("", 1)) == []
    assert _settled(store)


def test_a_connection_lost_in_a_transaction_is_unavailable_and_nothing_is_written(
    server: postgres.Server, url: str, store: SqlStore
) -> None:
    def work(tx: Transaction) -> None:
        tx.feeds.add_shop(_SHOP, 1)
        server.cut(url)
        tx.feeds.add_shop("other.example", 1)

    with pytest.raises(errors.StoreUnavailable):
        store.write(work)
    assert store.read(lambda tx: tx.feeds.shops("", 10)) == []


def test_a_server_that_was_away_is_used_again_without_a_restart() -> None:
    server = postgres.Server()
    try:
        store = SqlStore(server.url())
        assert _settled(store)
        server.stop()
        for _ in range(3):
            with pytest.raises(errors.StoreUnavailable):
                _take(store)
            for read in (store.read, store.read_one):
                with pytest.raises(errors.StoreUnavailable):
                    read(lambda tx: tx.feeds.shops("", 1))
        server.start()
        assert _settled(store)
        store.close()
    finally:
        server.close()


def test_a_server_that_became_a_standby_is_unavailable_for_writes(
    server: postgres.Server, url: str, open_store: Callable[..., SqlStore]
) -> None:
    def work(tx: Any) -> None:
        # A standby refuses like this, and nothing but its own state decides.
        tx.feeds._cursor.execute("SET TRANSACTION READ ONLY")
        tx.feeds.add_shop(_SHOP, 1)

    with pytest.raises(errors.StoreUnavailable):
        open_store().write(work)


def test_text_that_quotes_sql_stays_text(store: SqlStore) -> None:
    odd = "%(shop)s; DROP TABLE records; -- %s %% '"
    record = _record(1)._replace(id=odd)
    store.write(lambda tx: tx.records.put(_SHOP, _SCOPE, [record]))
    assert list(store.read(lambda tx: tx.records.standings(_SHOP, _SCOPE, [odd]))) == [odd]


def test_every_text_is_compared_byte_by_byte(server: postgres.Server, url: str) -> None:
    SqlStore(url).close()
    found = server.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT"
        " FROM 'C'",
        _name(url),
    )
    assert found == []
