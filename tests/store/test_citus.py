"""What holds for Citus alone, where one is given by URL; and what is said where there is none."""

from __future__ import annotations

import functools
import pathlib
import re
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from tests import databases as test_databases
from tests import postgres, wiretap
from tests.store.shop import Shop

from pullfeed_server import errors, maintenance
from pullfeed_server.store import Transaction, citus, database, migrations, rows, schema
from pullfeed_server.store.sql import SqlStore
from pullfeed_server.store.sql.statement import Statement

on_citus = pytest.mark.skipif(not test_databases.CITUS, reason="TEST_CITUS_URL names no Citus")

_WAIT_S = 60
_SHARED = {"alembic_version", "database", "importers", "keys"}
_SPREAD = """
    SELECT relname, column_to_column_name(logicalrelid, partkey), colocationid, repmodel
    FROM pg_dist_partition JOIN pg_class ON pg_class.oid = logicalrelid
    WHERE relnamespace = current_schema()::regnamespace
"""


@pytest.mark.postgresql
def test_a_server_without_citus_is_refused_and_left_as_it_was(server: postgres.Server) -> None:
    url = server.empty_url()
    with pytest.raises(errors.Unusable, match="CREATE EXTENSION citus"):
        maintenance.migrate(url, to_citus=True)
    with pytest.raises(errors.Unusable, match="no tables yet"):
        maintenance.check(url)


@pytest.mark.parametrize("call", [maintenance.migrate, maintenance.check, maintenance.script])
def test_a_file_is_refused_and_not_made(call: Callable[..., Any], tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.Unusable, match="names a file"):
        call(f"sqlite:///{tmp_path}/pullfeed.db", to_citus=True)
    assert list(tmp_path.iterdir()) == []


def test_the_script_spreads_every_table_the_first_of_all_shops_first() -> None:
    told = maintenance.script("postgresql://127.0.0.1:1/none", to_citus=True)
    made = re.findall(r"create_(\w+)_table\('(\w+)'", told)
    assert made[0] == ("distributed", "shops")
    assert {name for kind, name in made if kind == "reference"} == _SHARED
    assert sorted(name for _, name in made) == sorted({*schema.metadata.tables, *_SHARED})


@pytest.fixture
def new(databases: test_databases.Databases, tmp_path: pathlib.Path) -> Iterator[Any]:
    """Opens an empty database at the Citus; gives its URL with it."""
    url = databases.empty_url("citus", tmp_path)
    opened = database.Database(url, 1)
    yield opened, url
    opened.close()


New = tuple[database.Database, str]


def _spread(opened: database.Database) -> dict[str, tuple[Any, ...]]:
    with opened.alone() as connection:
        return {row[0]: tuple(row[1:]) for row in connection.exec_driver_sql(_SPREAD)}


def _run(opened: database.Database, *statements: str) -> None:
    with opened.alone() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@on_citus
def test_tables_of_shops_lie_together_and_the_others_everywhere(new: New) -> None:
    opened, url = new
    assert maintenance.migrate(url, to_citus=True) == (0, schema.VERSION)
    found = _spread(opened)
    assert found.keys() == {*schema.metadata.tables, *_SHARED}
    of_shops = {found.pop(name) for name in found.keys() - _SHARED}
    assert {column for column, _, _ in of_shops} == {"shop"}
    assert len({together for _, together, _ in of_shops}) == 1
    # "t" is kept on every node by two-phase commits.
    assert {(column, kind) for column, _, kind in found.values()} == {(None, "t")}


@on_citus
def test_a_second_run_changes_nothing(new: New) -> None:
    opened, url = new
    maintenance.migrate(url, to_citus=True)
    before = _spread(opened)
    assert maintenance.migrate(url, to_citus=True) == (schema.VERSION, schema.VERSION)
    assert maintenance.check(url, to_citus=True) == schema.VERSION
    assert _spread(opened) == before


@on_citus
def test_tables_are_spread_with_the_rows_in_them(new: New) -> None:
    opened, url = new
    maintenance.migrate(url)
    store = SqlStore(url)
    shop = Shop(store)
    shop.put("c1", "c2")
    epoch = shop.epoch
    with pytest.raises(errors.Unusable, match=r"The tables shops, .* are not spread"):
        maintenance.check(url, to_citus=True)
    maintenance.migrate(url, to_citus=True)
    shop.put("c3")
    assert shop.epoch == epoch
    assert shop.importer().walk() == ["c1", "c2", "c3"]
    store.close()
    # Nor is a copy left where they were: an erasure would not find it.
    with opened.alone() as connection:
        left = "SELECT pg_relation_size('records') + pg_relation_size('database')"
        assert connection.exec_driver_sql(left).scalar() == 0


@on_citus
def test_a_table_of_a_later_version_is_spread_without_being_asked(new: New) -> None:
    opened, url = new
    maintenance.migrate(url, to_citus=True)
    _run(opened, "SELECT undistribute_table('held')", "SELECT undistribute_table('keys')")
    with pytest.raises(errors.Unusable, match="The tables held, keys are not spread"):
        maintenance.check(url)
    maintenance.migrate(url)
    assert maintenance.check(url, to_citus=True) == schema.VERSION


@on_citus
def test_a_table_that_is_spread_otherwise_is_refused(new: New) -> None:
    opened, url = new
    with opened.alone() as connection:
        migrations.upgrade(connection)
        connection.exec_driver_sql("SELECT create_reference_table('held')")
    with pytest.raises(errors.Unusable, match="The table held is spread over the nodes in another"):
        maintenance.migrate(url, to_citus=True)


@on_citus
def test_a_later_migration_reaches_every_node_in_one_transaction(new: New) -> None:
    opened, url = new
    maintenance.migrate(url, to_citus=True)
    SqlStore(url).close()
    _run(
        opened,
        "ALTER TABLE feeds ADD COLUMN more bigint NOT NULL DEFAULT 7",
        "CREATE INDEX feeds_by_more ON feeds (shop, more)",
        'CREATE TABLE later (shop text COLLATE "C" PRIMARY KEY)',
        "SELECT create_distributed_table('later', 'shop', colocate_with => 'shops')",
        "UPDATE alembic_version SET version_num = '0099'",
        "UPDATE database SET oldest_version = 1",
    )
    store = SqlStore(url)
    Shop(store).put("c1")
    store.close()
    with opened.alone() as connection:
        assert migrations.version_of(connection) == 99
        found = connection.exec_driver_sql("SELECT more FROM feeds").fetchall()
    assert [tuple(row) for row in found] == [(7,)]


@on_citus
def test_a_worker_is_refused_as_it_would_pass_for_another_server(new: New) -> None:
    opened, url = new
    maintenance.migrate(url, to_citus=True)
    with opened.alone() as connection:
        found = "SELECT node_name, node_port FROM citus_get_active_worker_nodes()"
        host, port = connection.exec_driver_sql(found).fetchall()[0]
    at_worker = sa.make_url(url).set(host=host, port=port).render_as_string(hide_password=False)
    for call in (SqlStore, maintenance.restored):
        with pytest.raises(errors.DatabaseAway, match="worker of a Citus: name its coordinator"):
            call(at_worker)


@pytest.fixture
def store(new: New) -> Iterator[SqlStore]:
    opened, url = new
    with opened.alone() as connection:
        migrations.upgrade(connection)
        citus.spread(connection)
    made = SqlStore(url)
    yield made
    made.close()


@on_citus
def test_each_statement_is_one_task_of_one_node_but_those_that_are_listed(store: SqlStore) -> None:
    with store._begin(store._dialect.BEGIN_WRITE) as cursor:
        for known in wiretap.statements(wiretap.ENGINES[1]):
            plan = _plan(store, cursor, known.statement)
            tasks = re.findall(r"Task Count: (\d+)", plan)
            # Rows that are bound as arrays are no task themselves: they are sent to their shop's.
            is_one = tasks == ["1"] or "Function Scan on given" in plan
            assert is_one != (known.name in wiretap.CROSSING), (known.name, plan)


def _plan(store: SqlStore, cursor: Any, statement: Statement) -> str:
    compiled: Any = statement.built.compile(dialect=store._engine.dialect)
    values = {name: _value(bind) for name, bind in compiled.binds.items()}
    cursor.execute(f"EXPLAIN {statement._text}", values)
    return "\n".join(row[0] for row in cursor.fetchall())


def _value(bind: Any) -> object:
    """Anything of the type that is bound."""
    if bind.value is not None:
        return bind.value
    if isinstance(bind.type, postgresql.ARRAY):
        return [_of_type(bind.type.item_type)]
    return _of_type(bind.type)


def _of_type(kind: Any) -> object:
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.LargeBinary):
        return b"x"
    return "x" if isinstance(kind, sa.Text) else 1


def _lock(shop: str, tx: Transaction) -> rows.FeedRow:
    return tx.feeds.lock(shop, 1)


@on_citus
def test_writers_that_wait_for_each_other_across_nodes_both_come_through(store: SqlStore) -> None:
    shops = [f"s{number}.example" for number in range(12)]
    both = threading.Barrier(2)
    runs: list[str] = []

    def crossing(order: list[str]) -> Callable[[Any], None]:
        def work(tx: Any) -> None:
            runs.append(order[0])
            tx.feeds.lock(order[0], 1)
            if len(runs) <= 2:
                both.wait(_WAIT_S)
            for shop in order[1:]:
                tx.feeds.lock(shop, 1)

        return work

    for shop in shops:
        store.write(functools.partial(_lock, shop))
    with futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(store.write, crossing(each)) for each in (shops, shops[::-1])]:
            done.result(_WAIT_S)
    assert len(runs) > 2
