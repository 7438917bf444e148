"""What an operator does to a database by command, while no call is served by it."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from pullfeed_server import encoding, errors
from pullfeed_server.store import citus, database, dialects, migrations, schema
from pullfeed_server.store.sql import epochs

_D = schema.database


def migrate(url: str, *, to_citus: bool = False) -> tuple[int, int]:
    """The schema version before and after it was brought to this one's. Raises Unusable.

    to_citus: spreads the tables over the nodes of a Citus. Of one where this was done
    before, tables that are new are spread in any case.
    """
    _require_server(url, to_citus=to_citus)
    with _opened(url) as opened, opened.alone() as connection:
        before = migrations.version_of(connection)
        is_spread = to_citus or _is_spread(opened, connection)
        migrations.upgrade(connection)
        if is_spread:
            citus.spread(connection)
    return before, schema.VERSION


def restored(url: str) -> None:
    """Begins a new epoch: what was given out since the copy was made is not given out again.

    Raises Unusable, also where a core serves the file.
    """
    with _opened(url) as opened, opened.alone() as connection:
        migrations.check(connection)
        cursor = connection.connection.cursor()
        found = epochs.Epochs(opened.engine)
        found.ensure(cursor)
        found.begin(cursor)


def reapply(url: str) -> tuple[int, int]:
    """The rules that feeds are brought to, before and from now on: this version's.

    Raises Unusable where they are newer already: there is no way back.
    """
    with _opened(url) as opened, opened.alone() as connection:
        migrations.check(connection)
        epochs.Epochs(opened.engine).ensure(connection.connection.cursor())
        before: int = connection.execute(sa.select(_D.c.rules)).scalar_one()
        if before > encoding.RULES:
            raise errors.Unusable(
                f"The database's feeds are brought to rules {before} already, newer than "
                f"{encoding.RULES}: start a newer pullfeed-server."
            )
        connection.execute(sa.update(_D).values(rules=encoding.RULES))
    return before, encoding.RULES


def check(url: str, *, to_citus: bool = False) -> int:
    """The schema version of a database that can be served. Raises Unusable where it cannot.

    to_citus: and where its tables are not spread over the nodes of a Citus.
    """
    _require_server(url, to_citus=to_citus)
    with _opened(url) as opened, opened.alone() as connection:
        migrations.check(connection)
        if to_citus or _is_spread(opened, connection):
            citus.check(connection)
        return migrations.version_of(connection)


def script(url: str, *, to_citus: bool = False) -> str:
    """The SQL that `migrate` runs on an empty database, for who runs it by other means."""
    _require_server(url, to_citus=to_citus)
    engine = dialects.name_of(url)
    if engine == "sqlite":
        raise errors.Unusable("A file is migrated by the command itself: leave out --sql.")
    return migrations.script(engine) + (citus.script() if to_citus else "")


def _require_server(url: str, *, to_citus: bool) -> None:
    """Before a file is made of a URL that names no server."""
    if to_citus and not dialects.is_shared(url):
        raise errors.Unusable(
            "The setting database names a file; --citus spreads a PostgreSQL database that has "
            "the extension citus."
        )


def _is_spread(opened: database.Database, connection: sa.Connection) -> bool:
    return opened.file is None and citus.is_spread(connection)


def _opened(url: str) -> contextlib.closing[database.Database]:
    return contextlib.closing(database.Database(url, connections=1))
