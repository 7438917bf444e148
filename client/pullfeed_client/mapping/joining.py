"""Rows of a second table brought to the records whose parts they are: a query for many records."""

from __future__ import annotations

import itertools
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pullfeed_client.mapping import columns, parts
from pullfeed_client.mapping.document import Document
from pullfeed_client.mapping.origin import Lines
from pullfeed_client.mapping.plan import Part
from pullfeed_client.sources import database, tables, values
from pullfeed_client.sources.row import Row

# Keys in one IN list: every engine takes as many.
_KEYS = 500

Keyed = tuple[Row, Any]


class Join(NamedTuple):
    """A part whose elements come from a table of their own. columns: the key is the first."""

    name: str
    lines: Lines
    columns: tuple[str, ...]


def of(part: Part, lines: Lines, snapshot: database.Snapshot, document: Document) -> Join:
    """The join of a part. Raises Misused where its table cannot be read, or lacks a column."""
    wanted = columns.of_lines(part, lines)
    try:
        found = snapshot.columns(lines.reading)
    except database.Rejected as error:
        raise document.wrong(lines.path, f"{lines.reading.name} cannot be read: {error}") from error
    columns.check(document, wanted, found, lines.reading.name)
    others = (name for name in columns.read_of(wanted, found) if name != lines.key)
    return Join(part.each or "", lines, (lines.key, *others))


def joined(
    rows: Iterable[Keyed], joins: Sequence[Join], snapshot: database.Snapshot, document: Document
) -> Iterator[Row]:
    """The rows, each with the lists of its parts. rows: each with the key its parts name."""
    coming = iter(rows) if snapshot.gives_several_at_once else _put_aside(rows)
    while batch := list(itertools.islice(coming, _KEYS)):
        for join in joins:
            _bring(batch, join, snapshot, document)
        yield from (_whole(row, joins) for row, _ in batch)


def _bring(
    batch: Sequence[Keyed], join: Join, snapshot: database.Snapshot, document: Document
) -> None:
    homes = _Homes(batch, join.name)
    keys = list(dict.fromkeys(key for _, key in batch if key is not None))
    lines = join.lines
    statement = tables.parts(lines.reading, join.columns, keys)
    try:
        for cells in snapshot.rows(statement, lines.reading):
            home = homes.of(cells[0])
            if home is None:
                raise document.wrong(
                    (*lines.path, "key"),
                    "the database takes two keys for the same that are written differently. "
                    "Bring both to one form in a query.",
                )
            # One more than is kept tells that there are too many.
            if len(home) <= parts.MAX_ROWS:
                fields = zip(join.columns, cells, strict=True)
                home.append({name: values.texts(value) for name, value in fields})
    except database.Rejected as error:
        raise document.wrong(lines.path, f"{lines.reading.name} cannot be read: {error}") from error
    if not lines.reading.order:
        homes.sort()


def _put_aside(rows: Iterable[Keyed]) -> Iterator[Keyed]:
    """The rows by way of a temporary file, so that the connection is free while they are used."""
    coming = iter(rows)
    with tempfile.TemporaryFile() as kept:
        while batch := list(itertools.islice(coming, _KEYS)):
            pickle.dump(batch, kept)
        end = kept.tell()
        kept.seek(0)
        while kept.tell() < end:
            yield from pickle.load(kept)  # noqa: S301 - written just above


class _Homes:
    """The lists that a batch's parts go to, by key."""

    def __init__(self, batch: Sequence[Keyed], name: str) -> None:
        self._lists: dict[Any, list[dict[str, Any]]] = {}
        self._folded: dict[str, Any] = {}
        for row, key in batch:
            found = self._lists.setdefault(key, [])
            self._folded.setdefault(_fold(key), key)
            if row.fields is not None:
                row.fields[name] = found

    def of(self, key: Any) -> list[dict[str, Any]] | None:
        """The list of a key; None where no row has it."""
        if key in self._lists:
            return self._lists[key]
        # Some engines compare texts without case and trailing blanks.
        return self._lists.get(self._folded.get(_fold(key)))

    def sort(self) -> None:
        """Puts each list into an order of its own, so that it does not change by itself."""
        for found in self._lists.values():
            found.sort(key=lambda fields: [str(value) for value in fields.values()])


def _fold(key: Any) -> str:
    return str(key).rstrip().casefold()


def _whole(row: Row, joins: Sequence[Join]) -> Row:
    """The row; one with more parts than are kept is no record."""
    fields = row.fields or {}
    if any(len(fields.get(join.name, ())) > parts.MAX_ROWS for join in joins):
        return row._replace(fault=("", "TOO_LARGE"))
    return row
