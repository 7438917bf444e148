"""Tables that are looked up: rows by their key, only the columns that are used.

They are held in memory: a catalogue is small beside the orders that name it.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pullfeed_client.mapping import cells, columns, origins
from pullfeed_client.mapping.cells import Made, Reader
from pullfeed_client.mapping.document import Document
from pullfeed_client.mapping.origin import Lookup
from pullfeed_client.mapping.plan import Mapping, Section
from pullfeed_client.mapping.positions import Path
from pullfeed_client.mapping.spec import Spec
from pullfeed_client.mapping.steps import Unfit
from pullfeed_client.sources import database, files, streams, tables, values

_Found = dict[str, tuple[str, ...] | None]


class Table:
    """The rows of one lookup. wanted: the columns that are asked for."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self.columns = tuple(sorted(set(wanted)))
        # None where rows of one key say different things.
        self._rows: _Found = {}

    def clear(self) -> None:
        """Forgets the rows."""
        self._rows.clear()

    def take(self, rows: Iterable[files.Row], key: tuple[str, ...]) -> None:
        """Takes the rows that have a key."""
        key_of = cells.key_at(key)
        readers = [cells.text_at(column) for column in self.columns]
        for row in rows:
            found = _exact(row)
            row_key = key_of(found)
            if row_key:
                values = tuple(read(found, {}) for read in readers)
                if self._rows.setdefault(row_key, values) != values:
                    self._rows[row_key] = None

    def reader(self, field: Spec) -> Reader:
        """Reads the field's column of the row whose key stands in `by`.

        Empty where no row has the key. Raises Unfit: AMBIGUOUS where several have.
        """
        key_of = cells.key_at(field.by)
        place = self.columns.index(field.column or "")
        rows = self._rows

        def read(row: cells.Cells, _: Made) -> str:
            key = key_of(row)
            if key not in rows:
                return ""
            found = rows[key]
            if found is None:
                raise Unfit("AMBIGUOUS")
            return found[place]

        return read


class Tables:
    """The lookups a section uses: files are read at once, tables when they are asked for.

    Raises Misused where a file cannot be read, or lacks a column that is asked for.
    """

    def __init__(self, mapping: Mapping, section: Section, place: origins.Place) -> None:
        self.by_name: dict[str, Table] = {}
        self._from_databases: list[_FromDatabase] = []
        for name, wanted in _asking(section).items():
            lookup = mapping.lookups[name]
            self.by_name[name] = table = Table(wanted)
            if lookup.reading is None:
                _read_file(mapping.document, lookup, place.folder, wanted, table)
                continue
            address = place.database(lookup.database, lookup.path)
            self._from_databases.append(
                _FromDatabase(mapping.document, lookup, lookup.reading, address, wanted, table)
            )

    def fill(self, databases: database.Databases) -> None:
        """Reads the tables, in the snapshot that the rows come from. Raises Misused."""
        for found in self._from_databases:
            found.table.clear()
            _read_table(found, databases.snapshot(found.address))


class _FromDatabase(NamedTuple):
    """A lookup into a database. wanted: its columns, with who asks for them."""

    document: Document
    lookup: Lookup
    reading: tables.Reading
    address: str
    wanted: dict[str, Path]
    table: Table


def _asking(section: Section) -> dict[str, dict[str, Path]]:
    """The columns that are looked up, by lookup, each with the first place that asks for it."""
    found: dict[str, dict[str, Path]] = {}
    for field in section.record.specs():
        if field.lookup:
            found.setdefault(field.lookup, {}).setdefault(field.column or "", field.path)
    return found


def _read_file(
    document: Document, lookup: Lookup, folder: pathlib.Path, wanted: dict[str, Path], table: Table
) -> None:
    name = str(folder / lookup.file)
    with streams.opened(name) as stream:
        found = files.table(stream, name, lookup.form)
        columns.check(document, wanted, found.columns, name)
        columns.check(document, dict.fromkeys(lookup.key, lookup.path), found.columns, name)
        table.take(found.rows, lookup.key)


def _read_table(found: _FromDatabase, snapshot: database.Snapshot) -> None:
    document, lookup, reading = found.document, found.lookup, found.reading
    wanted = {**dict.fromkeys(lookup.key, lookup.path), **found.wanted}
    try:
        known = snapshot.columns(reading)
        columns.check(document, wanted, known, reading.name)
        names = columns.read_of(wanted, known)
        rows = snapshot.rows(tables.rows(reading, names, None), reading)
        found.table.take((_row(names, cells) for cells in rows), lookup.key)
    except database.Rejected as error:
        raise document.wrong(lookup.path, f"{reading.name} cannot be read: {error}") from error


def _row(names: Sequence[str], cells: Sequence[Any]) -> files.Row:
    return files.Row(
        0, {name: values.texts(cell) for name, cell in zip(names, cells, strict=True)}, b"", 0
    )


def _exact(row: files.Row) -> cells.Cells:
    if row.fields is None:
        return {}
    found: cells.Cells = row.exact() if row.text else row.fields
    return found
