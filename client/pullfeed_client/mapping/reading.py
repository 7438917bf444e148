"""A mapped source, opened: which files are its rows in, and what the mapping makes of them."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from typing import NamedTuple

from pullfeed_client.mapping import fields, lookups, origins, records
from pullfeed_client.mapping.plan import Mapping, Section
from pullfeed_client.sources import database, files, tables


class Invention(NamedTuple):
    """A field whose value the mapping itself says. because: empty where it is synthetic."""

    field: str
    because: str


class Mapped:
    """One section of a mapping, laid over a source: a folder, a file, - for standard input, or a
    database.

    Raises Misused where the mapping does not fit the source, Environment where a
    library that it needs is not installed.
    """

    def __init__(self, mapping: Mapping, section: Section, source: str | None) -> None:
        """source: None where the mapping itself says where everything is."""
        self.section = section
        self.invented: dict[str, int] = {}
        place = origins.Place(source, mapping)
        self._origin = origins.of(mapping.document, section, place)
        self._tables = lookups.Tables(mapping, section, place)
        maker = fields.Maker(mapping.document, self._tables.by_name, self.invented)
        self._mapper = records.Mapper(mapping, section, maker)

    @property
    def size(self) -> int | None:
        """Bytes that will be read; None where that is not known."""
        return self._origin.size

    @contextlib.contextmanager
    def rows(self, window: tables.Window | None = None) -> Generator[Iterator[files.Row]]:
        """The source's records, while the block lasts; of a window, oldest change first."""
        with database.opened() as databases:
            self._tables.fill(databases)
            with self._mapper.mapped(self._origin.rows(databases, window)) as mapped:
                yield mapped

    @property
    def said(self) -> list[Invention]:
        """The fields whose value is the mapping's own word."""
        return [
            Invention(".".join(map(str, field.path[1:])).removeprefix("fields."), field.because)
            for field in self.section.record.specs()
            if field.because
        ]
