"""The tables. Every one that a shop owns has the shop first in its key."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from pullfeed_server.store import rows

# Of the last migration; a core refuses a database of another version (see migrations.check).
VERSION = 1

metadata = sa.MetaData()

_BYTES = sa.LargeBinary
_NUMBER = sa.BigInteger
# Compared byte by byte on every engine, whatever the language of its server.
_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _by_position(name: str, kind: int) -> sa.Index:
    """The index of one list. Partial, so that a look-up by id has the primary key alone to go by.

    PostgreSQL knows nothing of a shop that is new since it last looked. With an
    index on (shop, scope, …) for all rows it read the whole feed to find 500 ids.
    """
    of_list = sa.text(f"list = {kind}")
    return sa.Index(
        name,
        "shop",
        "scope",
        "position",
        unique=True,
        sqlite_where=of_list,
        postgresql_where=of_list,
    )


# One row, made at the core's first start. oldest_version: the least schema version whose
# cores may serve the database, raised by a migration that takes away what they need.
# epoch: drawn, so that no cursor or token of a database that stood here before is taken for
# one of this. jumps, begun_us: how many epochs came after the first, and when the last one.
# system_id, timeline: of the server that it began on; "" and 0 on SQLite. rules: the version
# that every feed is to be brought to.
database = sa.Table(
    "database",
    metadata,
    sa.Column("one", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("oldest_version", sa.Integer, nullable=False),
    sa.Column("epoch", _NUMBER, nullable=False),
    sa.Column("jumps", _NUMBER, nullable=False),
    sa.Column("begun_us", _NUMBER, nullable=False),
    sa.Column("system_id", _TEXT, nullable=False),
    sa.Column("timeline", _NUMBER, nullable=False),
    sa.Column("rules", sa.SmallInteger, nullable=False),
)

# state: rows.OPEN, or why it is not served. move: names the last time it was moved from one
# database to another, the same in both; 0 before. moved_epoch: of the source of that move.
shops = sa.Table(
    "shops",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("created_us", _NUMBER, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("move", _NUMBER, nullable=False),
    sa.Column("moved_epoch", _NUMBER, nullable=False),
)

# One counter row per feed: its lock orders the writers (see store.Feeds.lock). jumps: how
# many of the database's it has made. The encodings are bounds of those its rows have, so that
# a page need not look at each. rules: those that all its records have passed. state: its
# shop's, where every page reads it anyway.
feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("position", _NUMBER, nullable=False),
    sa.Column("jumps", _NUMBER, nullable=False),
    # How many ids its hold has: where it is 0 a put does not look.
    sa.Column("held", _NUMBER, nullable=False),
    sa.Column("pruned", _NUMBER, nullable=False),
    sa.Column("minute", _NUMBER, nullable=False),
    sa.Column("oldest_encoding", sa.SmallInteger, nullable=False),
    sa.Column("newest_encoding", sa.SmallInteger, nullable=False),
    sa.Column("rules", sa.SmallInteger, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
)

# Ids that go once a person has approved it. held_us: when the hold began, the same in each row.
held = sa.Table(
    "held",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("id", _TEXT, primary_key=True),
    sa.Column("held_us", _NUMBER, nullable=False),
    sa.Column("reason", _TEXT, nullable=False),
)

# Where a feed stood before its first change of a minute. Minutes never go back, though clocks do.
times = sa.Table(
    "times",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("minute", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("position", _NUMBER, nullable=False),
)

# Both lists of a feed, each with the bytes that are handed out. A record has no reason.
# refused: consent reads No, as of modified_us. suppressed: erased, and not lifted.
records = sa.Table(
    "records",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("id", _TEXT, primary_key=True),
    sa.Column("list", sa.SmallInteger, nullable=False),
    sa.Column("position", _NUMBER, nullable=False),
    sa.Column("modified_us", _NUMBER, nullable=False),
    sa.Column("fingerprint", _BYTES, nullable=False),
    sa.Column("encoding", sa.SmallInteger, nullable=False),
    sa.Column("reason", _TEXT, nullable=False),
    sa.Column("removed_us", _NUMBER, nullable=False),
    sa.Column("refused", sa.Boolean, nullable=False),
    sa.Column("suppressed", sa.Boolean, nullable=False),
    sa.Column("proto", _BYTES, nullable=False),
    sa.Column("json", _BYTES, nullable=False),
    _by_position("records_by_position", rows.RECORDS),
    _by_position("removed_by_position", rows.REMOVED),
)

# violations: a JSON list of [field, reason]; reasons: ",BAD_EMAIL,MISSING," to filter by.
withheld = sa.Table(
    "withheld",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("id", _TEXT, primary_key=True),
    sa.Column("modified_us", _NUMBER, nullable=False),
    sa.Column("violations", _TEXT, nullable=False),
    sa.Column("reasons", _TEXT, nullable=False),
    sa.Column("first_seen_us", _NUMBER, nullable=False),
    sa.Column("last_seen_us", _NUMBER, nullable=False),
)

# Tells what of the journal beside the database was done in it.
erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("id", _TEXT, primary_key=True),
    sa.Column("erased_us", _NUMBER, nullable=False),
    sa.Column("lifted_us", _NUMBER, nullable=False),
)

walks = sa.Table(
    "walks",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("list", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("importer", _TEXT, primary_key=True),
    sa.Column("page_size", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since_us", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("walk", _NUMBER, nullable=False),
    sa.Column("previous", _NUMBER, nullable=False),
    sa.Column("start", _NUMBER, nullable=False),
    sa.Column("epoch", _NUMBER, nullable=False),
    sa.Column("touched_us", _NUMBER, nullable=False),
    sa.Column("generation", _NUMBER, nullable=False),
    sa.Column("is_rewound", sa.Boolean, nullable=False),
    sa.Column("was_repeated", sa.Boolean, nullable=False),
    sa.Column("claimed", _NUMBER, nullable=False),
    sa.Column("previous_claimed", _NUMBER, nullable=False),
    sa.Column("ended", _NUMBER, nullable=False),
)

marks = sa.Table(
    "marks",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("walk", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("page", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("start", _NUMBER, nullable=False),
    sa.Column("end", _NUMBER, nullable=False),
    sa.Column("covered_from", _NUMBER, nullable=False),
    sa.Column("has_next", sa.Boolean, nullable=False),
    sa.Column("served", _NUMBER, nullable=False),
    sa.Column("follows_claim", sa.Boolean, nullable=False),
)

commits = sa.Table(
    "commits",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("list", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("importer", _TEXT, primary_key=True),
    sa.Column("position", _NUMBER, nullable=False),
    sa.Column("epoch", _NUMBER, nullable=False),
    sa.Column("committed_us", _NUMBER, nullable=False),
    sa.Column("finished", sa.Boolean, nullable=False),
    sa.Column("claimed_us", _NUMBER, nullable=False),
    sa.Column("generation", _NUMBER, nullable=False),
    sa.Column("spared", _NUMBER, nullable=False),
)

# Each advance of a committed position, from `start` to `position`.
confirmations = sa.Table(
    "confirmations",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("list", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("importer", _TEXT, primary_key=True),
    sa.Column("position", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("start", _NUMBER, nullable=False),
    sa.Column("committed_us", _NUMBER, nullable=False),
    sa.Index("confirmations_by_date", "shop", "committed_us"),
)

# What was served on each walk, and how far it was confirmed: see rows.ServedRow, rows.ReceiptRow.
# Holds no id of a record.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("list", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("importer", _TEXT, primary_key=True),
    sa.Column("walk", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("epoch", _NUMBER, nullable=False),
    sa.Column("generation", _NUMBER, nullable=False),
    sa.Column("page_size", sa.Integer, nullable=False),
    sa.Column("page_count", _NUMBER, nullable=False),
    sa.Column("record_count", _NUMBER, nullable=False),
    sa.Column("length", _NUMBER, nullable=False),
    sa.Column("last_page", _NUMBER, nullable=False),
    sa.Column("position", _NUMBER, nullable=False),
    sa.Column("is_complete", sa.Boolean, nullable=False),
    sa.Column("first_us", _NUMBER, nullable=False),
    sa.Column("last_us", _NUMBER, nullable=False),
    sa.Column("feed_size", _NUMBER, nullable=False),
    sa.Column("is_too_long", sa.Boolean, nullable=False),
    sa.Column("confirmed_us", _NUMBER, nullable=False),
    sa.Column("confirmed_count", _NUMBER, nullable=False),
    sa.Column("count_before", _NUMBER, nullable=False),
    sa.Column("count_differs", sa.Boolean, nullable=False),
    sa.Column("is_finished", sa.Boolean, nullable=False),
    sa.Index("deliveries_by_date", "shop", "last_us", "walk"),
)

# What importers could not take, at the position at which they were given it.
rejected = sa.Table(
    "rejected",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("importer", _TEXT, primary_key=True),
    sa.Column("id", _TEXT, primary_key=True),
    sa.Column("list", sa.SmallInteger, nullable=False),
    sa.Column("position", _NUMBER, nullable=False),
    sa.Column("walk", _NUMBER, nullable=False),
    sa.Column("reason", _TEXT, nullable=False),
    sa.Column("rejected_us", _NUMBER, nullable=False),
)

# Not a shop's: few rows, the same on every node.
keys = sa.Table(
    "keys",
    metadata,
    sa.Column("key_id", _TEXT, primary_key=True),
    sa.Column("role", _TEXT, nullable=False),
    sa.Column("importer", _TEXT, nullable=False),
    sa.Column("shops", _TEXT, nullable=False),
    sa.Column("hash", _BYTES, nullable=False),
    sa.Column("created_us", _NUMBER, nullable=False),
    sa.Column("revoked_us", _NUMBER, nullable=False),
)

importers = sa.Table(
    "importers",
    metadata,
    sa.Column("importer", _TEXT, primary_key=True),
    sa.Column("starts", _TEXT, nullable=False),
    sa.Column("commit_way", _TEXT, nullable=False),
    sa.Column("accept_loss", sa.Boolean, nullable=False),
    sa.Column("url", _TEXT, nullable=False),
    sa.Column("api_key", _TEXT, nullable=False),
    sa.Column("integration_type_id", _TEXT, nullable=False),
    sa.Column("allow_private", sa.Boolean, nullable=False),
)

# One row for the notices that go out one after the other: its lock orders them, its lease
# says which core sends.
outboxes = sa.Table(
    "outboxes",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("list", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("importer", _TEXT, primary_key=True),
    sa.Column("last_ordinal", _NUMBER, nullable=False),
    sa.Column("next_us", _NUMBER, nullable=False),
    sa.Column("lease", _TEXT, nullable=False),
    sa.Column("lease_us", _NUMBER, nullable=False),
    sa.Index("outboxes_by_next", "next_us"),
)

# One row for each page that an importer is told of. Holds no id of a record.
_IN_LINE = sa.text(f"state IN ({rows.DUE}, {rows.DEAD})")
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("shop", _TEXT, primary_key=True),
    sa.Column("notice", _TEXT, primary_key=True),
    sa.Column("scope", sa.SmallInteger, nullable=False),
    sa.Column("list", sa.SmallInteger, nullable=False),
    sa.Column("importer", _TEXT, nullable=False),
    sa.Column("walk", _NUMBER, nullable=False),
    sa.Column("page", _NUMBER, nullable=False),
    sa.Column("page_size", sa.Integer, nullable=False),
    sa.Column("epoch", _NUMBER, nullable=False),
    sa.Column("generation", _NUMBER, nullable=False),
    sa.Column("covered_from", _NUMBER, nullable=False),
    sa.Column("position", _NUMBER, nullable=False),
    sa.Column("served", _NUMBER, nullable=False),
    sa.Column("is_last", sa.Boolean, nullable=False),
    sa.Column("record_count", sa.Integer, nullable=False),
    sa.Column("body", _BYTES, nullable=False),
    sa.Column("served_us", _NUMBER, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("ordinal", _NUMBER, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("outcome", _TEXT, nullable=False),
    sa.Column("first_call_us", _NUMBER, nullable=False),
    sa.Column("next_us", _NUMBER, nullable=False),
    sa.Index("notices_by_page", "shop", "scope", "list", "importer", "walk", "page", unique=True),
    sa.Index(
        "notices_in_line",
        "shop",
        "scope",
        "list",
        "importer",
        "ordinal",
        unique=True,
        sqlite_where=_IN_LINE,
        postgresql_where=_IN_LINE,
    ),
    sa.Index("notices_by_served", "shop", "served_us", "notice"),
)
