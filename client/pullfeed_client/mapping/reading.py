"""A mapped source, opened: which files are its rows in, and what the mapping makes of them."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Generator, Iterator
from typing import NamedTuple

from pullfeed_client import errors
from pullfeed_client.mapping import columns, fields, lookups, records
from pullfeed_client.mapping.plan import Mapping, Section
from pullfeed_client.mapping.spec import Spec
from pullfeed_client.sources import files, form, streams


class Invention(NamedTuple):
    """A field whose value the mapping itself says. because: empty where it is synthetic."""

    field: str
    because: str


class Mapped:
    """One section of a mapping, laid over a source: a folder, a file, or - for standard input.

    Raises Misused where the mapping does not fit the source, Environment where a
    library that it needs is not installed.
    """

    def __init__(self, mapping: Mapping, section: Section, source: str) -> None:
        self.section = section
        self.invented: dict[str, int] = {}
        self.files = files_of(section, source)
        self._mapping = mapping
        asking: dict[str, list[Spec]] = {}
        for field in section.record.specs():
            if field.lookup:
                asking.setdefault(field.lookup, []).append(field)
        folder = _folder(source)
        tables = {
            name: lookups.load(mapping.document, mapping.lookups[name], folder, wanted)
            for name, wanted in asking.items()
        }
        maker = fields.Maker(mapping.document, tables, self.invented)
        self._mapper = records.Mapper(mapping, section, maker)

    @contextlib.contextmanager
    def rows(self) -> Generator[Iterator[files.Row]]:
        """The source's records, while the block lasts."""
        with self._mapper.mapped(self._source_rows()) as mapped:
            yield mapped

    @property
    def said(self) -> list[Invention]:
        """The fields whose value is the mapping's own word."""
        return [
            Invention(".".join(map(str, field.path[1:])).removeprefix("fields."), field.because)
            for field in self.section.record.specs()
            if field.because
        ]

    def _source_rows(self) -> Iterator[files.Row]:
        wanted = columns.of_section(self.section)
        for name in self.files:
            with streams.opened(name) as stream:
                table = files.table(stream, name, self.section.source.form)
                columns.check(self._mapping.document, wanted, table.columns, name)
                if len(self.files) == 1:
                    yield from table.rows
                    continue
                shown = pathlib.PurePath(name).name
                for row in table.rows:
                    yield row._replace(file=shown)


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


def _folder(source: str) -> pathlib.Path:
    path = pathlib.Path(source)
    # The parent of - is the folder one stands in.
    return path if form.is_folder(source) else path.parent
