"""The epoch of a database: begun when it was made, and anew when positions may be lost.

A standby that took over, or a copy that was restored, may lack changes whose positions
were given out. So the counters of all feeds jump before anything is served: the row of
the database says how often, and a feed makes up for it when it is locked or read.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from pullfeed_server import clock, encoding
from pullfeed_server.store import dialects, schema
from pullfeed_server.store.sql.statement import Cursor, Statement

_D = schema.database.c
# What a jump leaves behind it: more than an epoch has positions.
JUMP = 2**32


class Epochs:
    """Begins epochs, each by one statement, so that of two cores one begins it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._dialect = dialects.of(engine)
        insert = dialects.insert(engine, schema.database)
        self._made = Statement(engine, sa.select(_D.one))
        self._add = Statement(engine, insert.on_conflict_do_nothing())
        begun = sa.update(schema.database).values(
            jumps=_D.jumps + 1,
            **{name: sa.bindparam(name) for name in ("epoch", "begun_us", "system_id", "timeline")},
        )
        self._begin = Statement(engine, begun)
        is_elsewhere = sa.or_(
            _D.system_id != sa.bindparam("of_system_id"), _D.timeline != sa.bindparam("of_timeline")
        )
        # Asked before anything is written: on Citus this row is written on every node or not at
        # all, and a node that is away would keep new connections from the shops of the others.
        self._is_elsewhere = Statement(engine, sa.select(_D.one).where(is_elsewhere))
        self._begin_elsewhere = Statement(engine, begun.where(is_elsewhere))

    def ensure(self, cursor: Cursor) -> None:
        """Draws the first epoch of a new database.

        Raises StoreUnavailable where the server takes no writes.
        """
        new = {"one": 1, "oldest_version": schema.VERSION, "jumps": 0, "rules": encoding.RULES}
        drawn = self._drawn(cursor, begun_us=0)
        if self._made.first(cursor) is None:
            self._add.run(cursor, **new, **drawn)

    def recognise(self, cursor: Cursor) -> None:
        """Begins an epoch where a connection leads to another server than the last one did.

        Raises StoreUnavailable where that is a standby.
        """
        drawn = self._drawn(cursor, clock.now_us())
        here = {f"of_{name}": drawn[name] for name in ("system_id", "timeline")}
        # A file is no server: there only the operator knows.
        if not drawn["system_id"] or self._is_elsewhere.first(cursor, **here) is None:
            return
        cursor.execute(self._dialect.BEGIN_WRITE)
        try:
            self._begin_elsewhere.run(cursor, **drawn, **here)
            cursor.execute("COMMIT")
        except BaseException:
            self._dialect.roll_back(cursor)
            raise

    def begin(self, cursor: Cursor) -> None:
        """Begins an epoch."""
        self._begin.run(cursor, **self._drawn(cursor, clock.now_us()))

    def _drawn(self, cursor: Cursor, begun_us: int) -> dict[str, object]:
        # Drawn, not counted: a number that was lost is not given again.
        epoch = secrets.randbits(62)
        system_id, timeline = self._dialect.origin(cursor)
        return {
            "epoch": epoch,
            "begun_us": begun_us,
            "system_id": system_id,
            "timeline": timeline,
        }
