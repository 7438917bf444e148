"""The rows of a source, mapped: each comes out with the contract's fields."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from pullfeed_client import messages
from pullfeed_client.mapping import cells, columns, fields, grouping, parts, spool, steps
from pullfeed_client.mapping.plan import Mapping, Section
from pullfeed_client.sources.row import Row

_CONSENT = "consent"


class Mapper:
    """Maps the rows of one section."""

    def __init__(self, mapping: Mapping, section: Section, maker: fields.Maker) -> None:
        self._section = section
        self._builder = parts.Builder(section.record, maker, mapping.document)
        self._used = _columns_kept(section)
        reading = section.source.reading
        self._is_unordered = reading is not None and not reading.order

    @contextlib.contextmanager
    def mapped(self, rows: Iterable[Row]) -> Generator[Iterator[Row]]:
        """The records of the rows, while the block lasts; their order is that of the rows."""
        source = self._section.source
        if not source.group:
            yield (self.single(row) for row in rows)
            return
        key_of = _key(cells.key_at(source.group))
        bring = grouping.adjacent if source.adjacent else grouping.gathered
        with spool.opened() as kept:
            groups = bring((self._slim(row) for row in rows), key_of, kept)
            yield (self.grouped(group) for group in groups)

    def single(self, row: Row) -> Row:
        """The record of a row by itself; a row that could not be read stays as it is."""
        if row.fields is None:
            return row
        if row.fault is not None:
            return self._faulty(row, row.fields, row.size, (row.fault,))
        try:
            return self._made(row, [row.fields], row.size)
        except cells.Inexact:
            exact = _exact(row)
            return self._made(row, [exact], row.size) if exact is not None else _unread(row)

    def grouped(self, group: grouping.Group) -> Row:
        """The record of rows that belong together; its line is the first one's."""
        first = group.rows[0]
        if first.fields is None:
            return first
        size = sum(row.size for row in group.rows)
        found = [row.fields or {} for row in group.rows]
        if self._is_unordered:
            # A database gives its rows as it likes, and a record must not change by that.
            found.sort(key=_as_text)
        if group.is_cut:
            return self._faulty(first, found[0], size, (("", "TOO_LARGE"),))
        return self._made(first, found, size)

    def _made(self, row: Row, found: list[dict[str, Any]], size: int) -> Row:
        try:
            made = self._builder.build(found)
        except messages.Unreadable as error:
            return self._faulty(row, found[0], size, error.all)
        return Row(row.line, made, b"", size, None, row.file, row.changed)

    def _faulty(
        self, row: Row, found: dict[str, Any], size: int, faults: tuple[tuple[str, str], ...]
    ) -> Row:
        name = self._section.kind.id_field
        kept = {name: self._builder.one(name, found)}
        if consent := self._builder.one(_CONSENT, found):
            # A No goes out, whatever else cannot be read.
            kept[_CONSENT] = consent
        fault, *more = faults
        return Row(row.line, kept, b"", size, fault, row.file, row.changed, tuple(more))

    def _slim(self, row: Row) -> Row:
        """The row with nothing but what the mapping uses, in exact form: it may be put aside."""
        if row.fields is None:
            return row
        exact = _exact(row)
        if exact is None:
            return _unread(row)
        kept = {name: value for name, value in exact.items() if name in self._used}
        return Row(row.line, kept, b"", row.size, None, row.file)


def _as_text(fields: dict[str, Any]) -> list[str]:
    return [str(value) for _, value in sorted(fields.items())]


def _key(read: Callable[[cells.Cells], str]) -> Callable[[cells.Cells], str]:
    def key_of(row: cells.Cells) -> str:
        try:
            return read(row)
        except steps.Unfit:
            # A list is no key: the row is on its own, and lacks an id.
            return ""

    return key_of


def _columns_kept(section: Section) -> frozenset[str]:
    used = columns.of_section(section)
    return frozenset(used) | {name.partition(".")[0] for name in used}


def _exact(row: Row) -> dict[str, Any] | None:
    try:
        return row.exact()
    except RecursionError:
        return None


def _unread(row: Row) -> Row:
    return Row(row.line, None, b"", row.size, None, row.file, row.changed)
