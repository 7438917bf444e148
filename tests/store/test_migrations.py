"""The migrations, and what a core does where they were not run."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import autogenerate
from alembic.runtime import migration
from tests import databases as test_databases
from tests import postgres

from pullfeed_server import errors, maintenance
from pullfeed_server.store import database, migrations, schema
from pullfeed_server.store.sql import SqlStore

# All that an engine itself tells of a database's tables.
_TOLD = {
    "sqlite": ("SELECT type, name, sql FROM sqlite_master WHERE sql <> '' ORDER BY name",),
    "postgresql": (
        """
        SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
        FROM information_schema.columns WHERE table_schema = current_schema()
        ORDER BY table_name, ordinal_position
        """,
        """
        SELECT indexname, replace(indexdef, current_schema() || '.', '') FROM pg_indexes
        WHERE schemaname = current_schema() ORDER BY indexname
        """,
        """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace ORDER BY conname
        """,
    ),
}


@pytest.fixture(params=test_databases.EACH_ENGINE)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new(
    engine: str, databases: test_databases.Databases, tmp_path: pathlib.Path
) -> Iterator[Callable[[], database.Database]]:
    """Opens one more database that has nothing."""
    opened: list[database.Database] = []

    def make() -> database.Database:
        folder = tmp_path / str(len(opened))
        opened.append(database.Database(databases.empty_url(engine, folder), 1))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def _told(opened: database.Database) -> list[Any]:
    with opened.alone() as connection:
        return [
            row
            for question in _TOLD[opened.engine.dialect.name]
            for row in connection.exec_driver_sql(question).fetchall()
            if not any("alembic_version" in str(value) for value in row)
        ]


def _migrated(opened: database.Database) -> database.Database:
    with opened.alone() as connection:
        migrations.upgrade(connection)
    return opened


def test_all_migrations_come_to_the_schema(new: Callable[[], database.Database]) -> None:
    made = new()
    with made.alone() as connection:
        schema.metadata.create_all(connection)
    assert _told(_migrated(new())) == _told(made)


def test_alembic_finds_nothing_that_a_migration_lacks(
    new: Callable[[], database.Database],
) -> None:
    url = _migrated(new()).engine.url
    # Without the core's own way with results, which reflection does not know.
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        context = migration.MigrationContext.configure(connection)
        assert autogenerate.compare_metadata(context, schema.metadata) == []


def test_the_last_migration_is_the_schemas_version(new: Callable[[], database.Database]) -> None:
    with _migrated(new()).alone() as connection:
        assert migrations.version_of(connection) == schema.VERSION


def test_a_second_run_changes_nothing(new: Callable[[], database.Database]) -> None:
    migrated = _migrated(new())
    before = _told(migrated)
    assert _told(_migrated(migrated)) == before


def test_a_run_that_fails_leaves_nothing(new: Callable[[], database.Database]) -> None:
    opened = new()
    with contextlib.suppress(errors.BatchSize), opened.alone() as connection:
        migrations.upgrade(connection)
        raise errors.BatchSize
    assert _told(opened) == []


def test_tables_without_a_version_are_left_alone(new: Callable[[], database.Database]) -> None:
    opened = new()
    with opened.alone() as connection:
        schema.metadata.create_all(connection)
    with opened.alone() as connection, pytest.raises(errors.Unusable, match="no schema version"):
        migrations.upgrade(connection)


def _set_version(opened: database.Database, version: int, oldest: int) -> None:
    with opened.alone() as connection:
        known = sa.table("alembic_version", sa.column("version_num"))
        connection.execute(sa.update(known).values(version_num=f"{version:04}"))
        row: dict[str, object]
        row = {"one": 1, "oldest_version": oldest, "epoch": 7, "jumps": 0, "begun_us": 0}
        row |= {"system_id": "", "timeline": 0, "rules": 1}
        connection.execute(sa.insert(schema.database), row)


def test_a_newer_version_that_still_takes_this_core_is_served(
    new: Callable[[], database.Database],
) -> None:
    opened = _migrated(new())
    _set_version(opened, 99, schema.VERSION)
    with opened.alone() as connection:
        migrations.check(connection)


def test_a_newer_version_that_does_not_is_refused(new: Callable[[], database.Database]) -> None:
    opened = _migrated(new())
    _set_version(opened, 99, 99)
    for step in (migrations.check, migrations.upgrade):
        with opened.alone() as connection, pytest.raises(errors.Unusable, match="version 99"):
            step(connection)


@pytest.mark.postgresql
def test_a_server_without_tables_is_refused_until_it_is_migrated(server: postgres.Server) -> None:
    url = server.empty_url()
    for call in (SqlStore, maintenance.check):
        with pytest.raises(errors.Unusable, match="pullfeed-server migrate"):
            call(url)
    assert maintenance.migrate(url) == (0, schema.VERSION)
    assert maintenance.migrate(url) == (schema.VERSION, schema.VERSION)
    assert maintenance.check(url) == schema.VERSION
    SqlStore(url).close()


@pytest.mark.postgresql
def test_migrations_at_once_are_run_once(server: postgres.Server) -> None:
    with futures.ThreadPoolExecutor(4) as pool:
        came = list(pool.map(maintenance.migrate, [server.empty_url()] * 4))
    assert sorted(came) == [(0, schema.VERSION), *[(schema.VERSION, schema.VERSION)] * 3]


@pytest.mark.postgresql
def test_the_script_makes_what_the_command_makes(server: postgres.Server) -> None:
    urls = [server.empty_url(), server.empty_url()]
    maintenance.migrate(urls[0])
    server.execute(maintenance.script(urls[1]), str(sa.make_url(urls[1]).database))
    assert maintenance.check(urls[1]) == schema.VERSION
    told: list[Any] = []
    for url in urls:
        opened = database.Database(url, 1)
        told.append(_told(opened))
        opened.close()
    assert told[0] == told[1]


def test_a_new_file_is_migrated_by_the_core_itself(tmp_path: pathlib.Path) -> None:
    url = f"sqlite:///{tmp_path}/pullfeed.db"
    SqlStore(url).close()
    assert maintenance.check(url) == schema.VERSION


def test_a_file_of_an_older_version_is_refused_with_the_command_to_run(
    tmp_path: pathlib.Path,
) -> None:
    SqlStore(f"sqlite:///{tmp_path}/pullfeed.db").close()
    connection = sqlite3.connect(tmp_path / "pullfeed.db")
    connection.execute("UPDATE alembic_version SET version_num = '-001'")
    connection.commit()
    connection.close()
    with pytest.raises(errors.Unusable, match="pullfeed-server migrate"):
        SqlStore(f"sqlite:///{tmp_path}/pullfeed.db")


def test_a_file_that_a_core_serves_is_not_migrated(tmp_path: pathlib.Path) -> None:
    url = f"sqlite:///{tmp_path}/pullfeed.db"
    served = SqlStore(url)
    with pytest.raises(errors.Unusable, match="Another core"):
        maintenance.migrate(url)
    served.close()


def test_a_file_needs_no_script() -> None:
    with pytest.raises(errors.Unusable, match="--sql"):
        maintenance.script("sqlite:///pullfeed.db")
