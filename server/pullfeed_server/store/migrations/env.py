"""What Alembic runs around the migrations."""

from __future__ import annotations

from alembic import context

from pullfeed_server.store import migrations

_given = context.config.attributes

if context.is_offline_mode():
    context.configure(dialect_name=_given[migrations.ENGINE], literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    # Its transaction is the caller's: all of it or nothing.
    context.configure(connection=_given[migrations.CONNECTION])
    context.run_migrations()
