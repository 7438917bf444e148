"""What an operator does to a database by command, while no call is served by it."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from pullfeed_server import encoding, errors
from pullfeed_server.store import database, dialects, migrations, schema
from pullfeed_server.store.sql import epochs

_D = schema.database


def migrate(url: str) -> tuple[int, int]:
    """The schema version before and after it was brought to this one's. Raises Unusable."""
    with _opened(url) as opened, opened.alone() as connection:
        before = migrations.version_of(connection)
        migrations.upgrade(connection)
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


def check(url: str) -> int:
    """The schema version of a database that can be served. Raises Unusable where it cannot."""
    with _opened(url) as opened, opened.alone() as connection:
        migrations.check(connection)
        return migrations.version_of(connection)


def script(url: str) -> str:
    """The SQL that `migrate` runs on an empty database, for who runs it by other means."""
    engine = dialects.name_of(url)
    if engine == "sqlite":
        raise errors.Unusable("A file is migrated by the command itself: leave out --sql.")
    return migrations.script(engine)


def _opened(url: str) -> contextlib.closing[database.Database]:
    return contextlib.closing(database.Database(url, connections=1))
