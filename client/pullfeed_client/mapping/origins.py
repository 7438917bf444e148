"""The rows of a section, from its files or from its database."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from pullfeed_client import errors
from pullfeed_client.mapping import columns, joining
from pullfeed_client.mapping.document import Document
from pullfeed_client.mapping.plan import Mapping, Section
from pullfeed_client.sources import addresses, database, files, form, streams, tables, values


class Place:
    """What a command's SOURCE names: a folder or file, a database, or nothing but the mapping's."""

    def __init__(self, source: str | None, mapping: Mapping) -> None:
        self._mapping = mapping
        self._database = source if source and addresses.is_one(source) else ""
        self.path = source if source and not self._database else _folder_of(mapping)

    @property
    def folder(self) -> pathlib.Path:
        """Where files that a mapping names lie."""
        path = pathlib.Path(self.path)
        # The parent of - is the folder one stands in.
        return path if form.is_folder(self.path) else path.parent

    def database(self, own: str, path: tuple[str | int, ...]) -> str:
        """The address of the database that a section or a lookup reads. Raises Misused."""
        address = self._database or own or self._mapping.database
        if not address:
            raise self._mapping.document.wrong(
                path, 'needs database = "…", here or at the top of the mapping.'
            )
        return address


class Origin(Protocol):
    """Where a section's rows come from."""

    @property
    def size(self) -> int | None:
        """Bytes that will be read; None where that is not known."""
        ...

    def rows(
        self, databases: database.Databases, window: tables.Window | None
    ) -> Iterator[files.Row]:
        """The rows; of a window only those in it, oldest change first. Raises Misused."""
        ...


class Files:
    """A section's files."""

    def __init__(self, document: Document, section: Section, place: Place) -> None:
        self.names = files_of(section, place.path)
        self._section = section
        self._document = document

    @property
    def size(self) -> int | None:
        """Bytes that will be read; None where that is not known."""
        sizes = [streams.size_of(name) for name in self.names]
        return None if None in sizes else sum(size for size in sizes if size)

    def rows(
        self, databases: database.Databases, window: tables.Window | None
    ) -> Iterator[files.Row]:
        """See Origin. A file has no windows."""
        del databases, window
        wanted = columns.of_section(self._section)
        for name in self.names:
            with streams.opened(name) as stream:
                table = files.table(stream, name, self._section.source.form)
                columns.check(self._document, wanted, table.columns, name)
                if len(self.names) == 1:
                    yield from table.rows
                    continue
                shown = pathlib.PurePath(name).name
                for row in table.rows:
                    yield row._replace(file=shown)


class Table:
    """A section's table or query, with the tables of its parts."""

    size: int | None = None

    def __init__(
        self, document: Document, section: Section, place: Place, reading: tables.Reading
    ) -> None:
        self._document = document
        self._section = section
        self._reading = reading
        self._address = place.database(section.source.database, section.source.path)

    def rows(
        self, databases: database.Databases, window: tables.Window | None
    ) -> Iterator[files.Row]:
        """See Origin."""
        snapshot = databases.snapshot(self._address)
        own = self._own(snapshot, window)
        joins = [
            joining.of(part, part.lines, snapshot, self._document)
            for part in self._section.joined
            if part.lines
        ]
        if not joins:
            return (row for row, _ in own)
        return joining.joined(own, joins, snapshot, self._document)

    def _own(
        self, snapshot: database.Snapshot, window: tables.Window | None
    ) -> Iterator[joining.Keyed]:
        """The record's own rows, each with the key of its parts."""
        names = self._columns(snapshot)
        key = names.index(self._section.source.key) if self._section.source.key else 0
        changed = names.index(window.column) if window else None
        statement = tables.rows(self._reading, names, window)
        try:
            for number, cells in enumerate(snapshot.rows(statement, self._reading), start=1):
                row = self._row(number, names, cells)
                if changed is not None:
                    row = row._replace(changed=cells[changed])
                yield row, cells[key]
        except database.Rejected as error:
            raise self._wrong(error) from error

    def _row(self, number: int, names: Sequence[str], cells: Sequence[Any]) -> files.Row:
        fields = {name: values.texts(cell) for name, cell in zip(names, cells, strict=True)}
        size = sum(len(text) for text in fields.values() if isinstance(text, str))
        return files.Row(number, fields, b"", size, None, self._reading.table or "query")

    def _columns(self, snapshot: database.Snapshot) -> tuple[str, ...]:
        wanted = columns.of_section(self._section)
        try:
            found = snapshot.columns(self._reading)
        except database.Rejected as error:
            raise self._wrong(error) from error
        columns.check(self._document, wanted, found, self._reading.name)
        return columns.read_of(wanted, found)

    def _wrong(self, error: database.Rejected) -> errors.Misused:
        kind = "table" if self._reading.table else "query"
        return self._document.wrong(
            (*self._section.source.path, kind), f"{self._reading.name} cannot be read: {error}"
        )


def of(document: Document, section: Section, place: Place) -> Origin:
    """Where the section's rows come from. Raises Misused where source and mapping do not fit."""
    if section.source.reading is not None:
        return Table(document, section, place, section.source.reading)
    return Files(document, section, place)


def _folder_of(mapping: Mapping) -> str:
    return str(pathlib.Path(mapping.document.name).parent)


def files_of(section: Section, source: str) -> list[str]:
    """The files a section reads in a source; patterns are sorted by name. Raises Misused."""
    if not form.is_folder(source):
        return [source]
    if not section.source.files:
        raise errors.Misused(
            f"{source} is a folder: [{section.kind.name}.source] must name its file."
        )
    found: list[str] = []
    for pattern in section.source.files:
        matched = sorted(pathlib.Path(source).glob(pattern))
        if not matched:
            raise errors.Misused(f"There is no {pattern} in {source}.")
        found += map(str, matched)
    return found
