"""A statement built with SQLAlchemy Core, compiled once, run on the driver's cursor.

Executing through SQLAlchemy costs about 60 us a statement and 1 us a row; the
statement of a page itself takes 40 us. Core still writes the SQL, so that one
text serves every engine and every value is bound.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import interfaces
from sqlalchemy.sql import compiler

Cursor = interfaces.DBAPICursor
Row = tuple[Any, ...]


class Statement:
    """One statement. Values are given by name, as its bind parameters are called."""

    def __init__(self, engine: sa.Engine, built: sa.ClauseElement) -> None:
        compiled = cast("compiler.SQLCompiler", built.compile(dialect=engine.dialect))
        self._text = str(compiled)
        self._order = compiled.positiontup if compiled.positional else None
        # Constants of the statement itself; what the caller binds is None here.
        self._constants = {
            name: value for name, value in compiled.params.items() if value is not None
        }

    def all(self, cursor: Cursor, **values: object) -> list[Row]:
        """Every row."""
        cursor.execute(self._text, self._bound(values))
        return list(cursor.fetchall())

    def first(self, cursor: Cursor, **values: object) -> Row | None:
        """The first row, or None."""
        cursor.execute(self._text, self._bound(values))
        row: Row | None = cursor.fetchone()
        return row

    def scalar(self, cursor: Cursor, **values: object) -> Any:
        """The first column of the first row, or None."""
        row = self.first(cursor, **values)
        return None if row is None else row[0]

    def run(self, cursor: Cursor, **values: object) -> None:
        """Runs it for its effect."""
        cursor.execute(self._text, self._bound(values))

    def run_many(
        self, cursor: Cursor, names: Sequence[str], many: Iterable[Row], **common: object
    ) -> None:
        """Runs it once for each row of values. names: theirs, in order; common: of every row."""
        common = {**self._constants, **common}
        names, added = (*names, *common), tuple(common.values())
        pick = self._picker(names)
        cursor.executemany(self._text, [pick((*row, *added)) for row in many])

    def _bound(self, values: Mapping[str, object]) -> Any:
        if self._constants:
            values = {**self._constants, **values}
        return values if self._order is None else tuple([values[name] for name in self._order])

    def _picker(self, names: Sequence[str]) -> Callable[[Row], Any]:
        """What brings a row of values into the driver's form; planned once for many rows."""
        if self._order is None:
            return lambda row: dict(zip(names, row, strict=True))
        return operator.itemgetter(*[names.index(name) for name in self._order])
