"""The tables of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision: str | None = None

_BYTES = sa.LargeBinary
_NUMBER = sa.BigInteger
_SMALL = sa.SmallInteger
_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    _database()
    _feeds()
    _records()
    _withheld()
    _erasures()
    _walks()
    _commits()
    _deliveries()
    _keys()
    _outboxes()
    _notices()


def _database() -> None:
    op.create_table(
        "database",
        sa.Column("one", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("oldest_version", sa.Integer, nullable=False),
        sa.Column("epoch", _NUMBER, nullable=False),
        sa.Column("jumps", _NUMBER, nullable=False),
        sa.Column("begun_us", _NUMBER, nullable=False),
        sa.Column("system_id", _TEXT, nullable=False),
        sa.Column("timeline", _NUMBER, nullable=False),
        sa.Column("rules", _SMALL, nullable=False),
    )


def _feeds() -> None:
    op.create_table(
        "shops",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("created_us", _NUMBER, nullable=False),
        sa.Column("state", _SMALL, nullable=False),
        sa.Column("move", _NUMBER, nullable=False),
        sa.Column("moved_epoch", _NUMBER, nullable=False),
    )
    op.create_table(
        "feeds",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("position", _NUMBER, nullable=False),
        sa.Column("jumps", _NUMBER, nullable=False),
        sa.Column("held", _NUMBER, nullable=False),
        sa.Column("pruned", _NUMBER, nullable=False),
        sa.Column("minute", _NUMBER, nullable=False),
        sa.Column("oldest_encoding", _SMALL, nullable=False),
        sa.Column("newest_encoding", _SMALL, nullable=False),
        sa.Column("rules", _SMALL, nullable=False),
        sa.Column("state", _SMALL, nullable=False),
    )
    op.create_table(
        "held",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("id", _TEXT, primary_key=True),
        sa.Column("held_us", _NUMBER, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
    )
    op.create_table(
        "times",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("minute", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("position", _NUMBER, nullable=False),
    )


def _records() -> None:
    op.create_table(
        "records",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("id", _TEXT, primary_key=True),
        sa.Column("list", _SMALL, nullable=False),
        sa.Column("position", _NUMBER, nullable=False),
        sa.Column("modified_us", _NUMBER, nullable=False),
        sa.Column("fingerprint", _BYTES, nullable=False),
        sa.Column("encoding", _SMALL, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("removed_us", _NUMBER, nullable=False),
        sa.Column("refused", sa.Boolean, nullable=False),
        sa.Column("suppressed", sa.Boolean, nullable=False),
        sa.Column("proto", _BYTES, nullable=False),
        sa.Column("json", _BYTES, nullable=False),
    )
    for name, kind in (("records_by_position", 1), ("removed_by_position", 2)):
        of_list = sa.text(f"list = {kind}")
        op.create_index(
            name,
            "records",
            ["shop", "scope", "position"],
            unique=True,
            sqlite_where=of_list,
            postgresql_where=of_list,
        )


def _withheld() -> None:
    op.create_table(
        "withheld",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("id", _TEXT, primary_key=True),
        sa.Column("modified_us", _NUMBER, nullable=False),
        sa.Column("violations", _TEXT, nullable=False),
        sa.Column("reasons", _TEXT, nullable=False),
        sa.Column("first_seen_us", _NUMBER, nullable=False),
        sa.Column("last_seen_us", _NUMBER, nullable=False),
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("id", _TEXT, primary_key=True),
        sa.Column("erased_us", _NUMBER, nullable=False),
        sa.Column("lifted_us", _NUMBER, nullable=False),
    )


def _walks() -> None:
    op.create_table(
        "walks",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("list", _SMALL, primary_key=True, autoincrement=False),
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
    op.create_table(
        "marks",
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


def _commits() -> None:
    op.create_table(
        "commits",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("list", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("importer", _TEXT, primary_key=True),
        sa.Column("position", _NUMBER, nullable=False),
        sa.Column("epoch", _NUMBER, nullable=False),
        sa.Column("committed_us", _NUMBER, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
        sa.Column("claimed_us", _NUMBER, nullable=False),
        sa.Column("generation", _NUMBER, nullable=False),
        sa.Column("spared", _NUMBER, nullable=False),
    )
    op.create_table(
        "confirmations",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("list", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("importer", _TEXT, primary_key=True),
        sa.Column("position", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("start", _NUMBER, nullable=False),
        sa.Column("committed_us", _NUMBER, nullable=False),
    )
    op.create_index("confirmations_by_date", "confirmations", ["shop", "committed_us"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("list", _SMALL, primary_key=True, autoincrement=False),
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
    )
    op.create_index("deliveries_by_date", "deliveries", ["shop", "last_us", "walk"])
    op.create_table(
        "rejected",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("importer", _TEXT, primary_key=True),
        sa.Column("id", _TEXT, primary_key=True),
        sa.Column("list", _SMALL, nullable=False),
        sa.Column("position", _NUMBER, nullable=False),
        sa.Column("walk", _NUMBER, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("rejected_us", _NUMBER, nullable=False),
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("key_id", _TEXT, primary_key=True),
        sa.Column("role", _TEXT, nullable=False),
        sa.Column("importer", _TEXT, nullable=False),
        sa.Column("shops", _TEXT, nullable=False),
        sa.Column("hash", _BYTES, nullable=False),
        sa.Column("created_us", _NUMBER, nullable=False),
        sa.Column("revoked_us", _NUMBER, nullable=False),
    )
    op.create_table(
        "importers",
        sa.Column("importer", _TEXT, primary_key=True),
        sa.Column("starts", _TEXT, nullable=False),
        sa.Column("commit_way", _TEXT, nullable=False),
        sa.Column("accept_loss", sa.Boolean, nullable=False),
        sa.Column("url", _TEXT, nullable=False),
        sa.Column("api_key", _TEXT, nullable=False),
        sa.Column("integration_type_id", _TEXT, nullable=False),
        sa.Column("allow_private", sa.Boolean, nullable=False),
    )


def _outboxes() -> None:
    op.create_table(
        "outboxes",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("list", _SMALL, primary_key=True, autoincrement=False),
        sa.Column("importer", _TEXT, primary_key=True),
        sa.Column("last_ordinal", _NUMBER, nullable=False),
        sa.Column("next_us", _NUMBER, nullable=False),
        sa.Column("lease", _TEXT, nullable=False),
        sa.Column("lease_us", _NUMBER, nullable=False),
    )
    op.create_index("outboxes_by_next", "outboxes", ["next_us"])


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("shop", _TEXT, primary_key=True),
        sa.Column("notice", _TEXT, primary_key=True),
        sa.Column("scope", _SMALL, nullable=False),
        sa.Column("list", _SMALL, nullable=False),
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
        sa.Column("state", _SMALL, nullable=False),
        sa.Column("ordinal", _NUMBER, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("outcome", _TEXT, nullable=False),
        sa.Column("first_call_us", _NUMBER, nullable=False),
        sa.Column("next_us", _NUMBER, nullable=False),
    )
    of_page = ["shop", "scope", "list", "importer", "walk", "page"]
    op.create_index("notices_by_page", "notices", of_page, unique=True)
    in_line = sa.text("state IN (1, 2)")
    op.create_index(
        "notices_in_line",
        "notices",
        ["shop", "scope", "list", "importer", "ordinal"],
        unique=True,
        sqlite_where=in_line,
        postgresql_where=in_line,
    )
    op.create_index("notices_by_served", "notices", ["shop", "served_us", "notice"])
