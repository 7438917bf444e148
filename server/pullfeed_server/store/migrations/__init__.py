"""Migrations: how a database comes to the tables of this version, forward only.

`versions/` has one file for each schema version, run by Alembic through `env.py`.
"""

from __future__ import annotations

import io
import pathlib

import sqlalchemy as sa
from alembic import command, config
from alembic.runtime import migration

from pullfeed_server import errors
from pullfeed_server.store import schema

_FOLDER = pathlib.Path(__file__).parent
# What env.py is given: a connection that is in a transaction, or the name of an engine.
CONNECTION, ENGINE = "connection", "engine"


def version_of(connection: sa.Connection) -> int:
    """The schema version of a database, 0 where it has none. Raises Unusable."""
    revision = migration.MigrationContext.configure(connection).get_current_revision()
    if revision is None and _has_tables(connection):
        raise errors.Unusable(
            "The database has tables of ours but no schema version: give the core an empty one."
        )
    return int(revision or 0)


def check(connection: sa.Connection) -> None:
    """Raises Unusable where this core cannot serve the database's schema version."""
    version = version_of(connection)
    if version < schema.VERSION:
        raise errors.Unusable(
            f"The database has {f'schema version {version}' if version else 'no tables yet'}, "
            f"this core serves version {schema.VERSION}: run `pullfeed-server migrate` with the "
            "same setting database (PULLFEED_DATABASE)."
        )
    if version > schema.VERSION and not _is_welcome(connection):
        raise errors.Unusable(
            f"The database has schema version {version}, this core serves version "
            f"{schema.VERSION}: start a newer pullfeed-server."
        )


def upgrade(connection: sa.Connection) -> None:
    """Brings a database to this version, in the transaction that is open.

    Raises Unusable where it has a newer one: there is no way back.
    """
    version = version_of(connection)
    if version > schema.VERSION:
        raise errors.Unusable(
            f"The database has schema version {version} already, newer than {schema.VERSION}."
        )
    command.upgrade(_config({CONNECTION: connection}), "head")


def script(engine: str) -> str:
    """The SQL of all migrations, for an empty database. engine: for example "postgresql"."""
    told = io.StringIO()
    command.upgrade(_config({ENGINE: engine}, told), "head", sql=True)
    return told.getvalue()


def _has_tables(connection: sa.Connection) -> bool:
    return bool(schema.metadata.tables.keys() & sa.inspect(connection).get_table_names())


def _is_welcome(connection: sa.Connection) -> bool:
    """May a core of this version still serve a newer schema."""
    oldest = connection.execute(sa.select(schema.database.c.oldest_version)).scalar()
    return oldest is not None and oldest <= schema.VERSION


def _config(given: dict[str, object], output: io.StringIO | None = None) -> config.Config:
    made = config.Config(output_buffer=output or io.StringIO(), attributes=given)
    # A percent sign would begin an interpolation.
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made
