"""What is asked of a database: a table or a query, and which of its rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

DEFAULT_BATCH = 1000
_NAME = "source"


@dataclasses.dataclass(frozen=True)
class Reading:
    """A table, schema.table, or a query; one of both is given.

    batch: rows fetched at a time. rows_per_second: None for as many as come. order:
    the column whose order the rows come in, where that matters.
    """

    table: str = ""
    query: str = ""
    order: str = ""
    batch: int = DEFAULT_BATCH
    rows_per_second: int | None = None

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"the table {self.table}" if self.table else "the query"


@dataclasses.dataclass(frozen=True)
class Window:
    """The rows changed since, oldest change first. since: None for all of them."""

    column: str
    since: Any = None


def nothing(reading: Reading) -> sa.Select[*tuple[Any, ...]]:
    """No row at all: it tells the columns."""
    return (
        sa.select(sa.literal_column("*", type_=sa.types.NullType()))
        .select_from(_rows(reading, ()))
        .where(sa.false())
    )


def rows(
    reading: Reading, columns: Sequence[str], window: Window | None
) -> sa.Select[*tuple[Any, ...]]:
    """The rows, of a window oldest change first. Rows without a date of change always come."""
    asked = list(dict.fromkeys((*columns, window.column) if window else columns))
    found = _rows(reading, asked)
    statement = sa.select(*(found.c[name] for name in asked)).select_from(found)
    if window is None:
        return statement.order_by(found.c[reading.order]) if reading.order else statement
    changed = found.c[window.column]
    if window.since is not None:
        statement = statement.where(sa.or_(changed >= window.since, changed.is_(None)))
    return statement.order_by(changed)


def parts(
    reading: Reading, columns: Sequence[str], keys: Sequence[Any]
) -> sa.Select[*tuple[Any, ...]]:
    """The rows whose key is one of these. columns: the key is the first of them."""
    found = _rows(reading, columns)
    statement = sa.select(*(found.c[name] for name in columns)).select_from(found)
    statement = statement.where(found.c[columns[0]].in_(keys))
    return statement.order_by(found.c[reading.order]) if reading.order else statement


def _rows(reading: Reading, columns: Sequence[str]) -> Any:
    named: list[sa.ColumnClause[Any]] = [sa.column(name) for name in columns]
    if reading.table:
        schema, _, table = reading.table.rpartition(".")
        return sa.table(table, *named, schema=schema or None)
    # A colon is the query's own, never a parameter.
    text = sa.text(reading.query.strip().rstrip(";").replace(":", "\\:"))
    return text.columns(*named).subquery(_NAME)
