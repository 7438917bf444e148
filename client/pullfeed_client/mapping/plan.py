"""A mapping file as a whole: its sections, the files they read, the tables they look up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from google.protobuf import descriptor

from pullfeed_client import errors, messages, scopes
from pullfeed_client.mapping import document as documents
from pullfeed_client.mapping import origin, spec
from pullfeed_client.mapping.document import Document, Table
from pullfeed_client.mapping.origin import Lines, Lookup, Source
from pullfeed_client.mapping.positions import Path
from pullfeed_client.mapping.spec import Spec


@dataclasses.dataclass(frozen=True)
class Part:
    """A message: its fields, and the messages in it.

    each: the column with the list this part has one of for each element; without
    it there is one for each row. parts with more than one plan are fixed ones.
    lines: the table of its own that this list is read from.
    """

    path: Path
    kind: descriptor.Descriptor
    fields: dict[str, Spec]
    parts: dict[str, tuple[Part, ...]]
    each: str | None = None
    lines: Lines | None = None

    def specs(self) -> Iterator[Spec]:
        """All fields of this part and those in it, with what stands in for them."""
        for field in self.fields.values():
            current: Spec | None = field
            while current:
                yield current
                current = current.otherwise
        for parts in self.parts.values():
            for part in parts:
                yield from part.specs()


@dataclasses.dataclass(frozen=True)
class Section:
    """What the mapping says of one scope."""

    kind: scopes.Kind
    source: Source
    record: Part

    @property
    def joined(self) -> list[Part]:
        """The parts that come from a table of their own."""
        return [part for parts in self.record.parts.values() for part in parts if part.lines]

    def written_as(self, file_format: str | None) -> Section:
        """The section with the format of its files said otherwise; None: as it is."""
        if file_format is None:
            return self
        written = dataclasses.replace(self.source.form, format=file_format)
        return dataclasses.replace(self, source=dataclasses.replace(self.source, form=written))


@dataclasses.dataclass(frozen=True)
class Mapping:
    """A checked mapping file."""

    document: Document
    sections: dict[str, Section]
    lookups: dict[str, Lookup]
    database: str = ""

    def section(self, scope: str | None) -> Section:
        """The section of a scope; without one the only there is. Raises Misused."""
        if scope is None and len(self.sections) == 1:
            return next(iter(self.sections.values()))
        if scope is None:
            raise errors.Misused(
                f"{self.document.name} maps {', '.join(self.sections)}: say which with --scope."
            )
        if scope not in self.sections:
            raise errors.Misused(f"{self.document.name} has no [{scope}.fields].")
        return self.sections[scope]


def read(name: str) -> Mapping:
    """The mapping file of that name. Raises Misused with file, line and field."""
    return checked(documents.read(name))


def checked(document: Document) -> Mapping:
    """The mapping a document holds. Raises Misused with file, line and field."""
    document.check_names(document.tables, (*scopes.KINDS, "lookups", "database"), ())
    lookups = {
        name: origin.lookup(document, table, ("lookups", name))
        for name, table in document.table(document.tables.get("lookups", {}), ("lookups",)).items()
    }
    sections = {
        name: _section(document, document.tables[name], kind)
        for name, kind in scopes.KINDS.items()
        if name in document.tables
    }
    if not sections:
        raise document.wrong((), "maps nothing: there is no [customer], [order] or [product].")
    database = document.tables.get("database", "")
    mapping = Mapping(
        document, sections, lookups, database and document.text(database, ("database",))
    )
    _check_lookups(mapping)
    for section in sections.values():
        _check_joined(document, section)
    return mapping


def _section(document: Document, value: Any, kind: scopes.Kind) -> Section:
    table = document.table(value, (kind.name,))
    described = messages.descriptor_of(kind)
    inner = _names(described, is_message=True)
    document.check_names(table, ("source", "fields", *inner), (kind.name,))
    path = (kind.name, "fields")
    if "fields" not in table:
        raise document.wrong((kind.name,), f"there is no [{kind.name}.fields].")
    said = document.table(table["fields"], path)
    document.check_names(said, _names(described, is_message=False), path)
    return Section(
        kind,
        origin.source(document, table.get("source", {}), (kind.name, "source")),
        Part(
            path,
            described,
            {name: spec.read(document, item, (*path, name)) for name, item in said.items()},
            _inner(document, table, described, (kind.name,)),
        ),
    )


def _part(document: Document, value: Any, kind: descriptor.Descriptor, path: Path) -> Part:
    table = document.table(value, path)
    singles = _names(kind, is_message=False)
    document.check_names(table, (*singles, *_names(kind, is_message=True), "each", "source"), path)
    lines = (
        origin.lines(document, table["source"], (*path, "source")) if "source" in table else None
    )
    return Part(
        path,
        kind,
        {
            name: spec.read(document, item, (*path, name))
            for name, item in table.items()
            if name in singles
        },
        _inner(document, table, kind, path),
        _each(document, table, lines, path),
        lines,
    )


def _each(document: Document, table: Table, lines: Lines | None, path: Path) -> str | None:
    if "each" not in table:
        # What is joined stands in the row as a list, under a name that no column has.
        return f"[{documents.told(path)}]".replace(".", " ") if lines else None
    if lines:
        raise document.wrong((*path, "each"), "and source: say one of them.")
    return document.text(table["each"], (*path, "each"))


def _inner(
    document: Document, table: Table, kind: descriptor.Descriptor, path: Path
) -> dict[str, tuple[Part, ...]]:
    return {
        field.name: _parts(document, table[field.name], field.message_type, (*path, field.name))
        for field in kind.fields
        if field.message_type is not None and field.name in table
    }


def _names(kind: descriptor.Descriptor, *, is_message: bool) -> list[str]:
    return [field.name for field in kind.fields if (field.message_type is not None) is is_message]


def _parts(
    document: Document, value: Any, kind: descriptor.Descriptor, path: Path
) -> tuple[Part, ...]:
    if documents.is_list(value):
        return tuple(
            _part(document, item, kind, (*path, index)) for index, item in enumerate(value)
        )
    return (_part(document, value, kind, path),)


def _check_joined(document: Document, section: Section) -> None:
    """Raises Misused where a part has a source that cannot be joined to its record."""
    joined = section.joined
    for part in (part for parts in section.record.parts.values() for part in parts):
        for inner in (inner for parts in part.parts.values() for inner in parts if inner.lines):
            raise document.wrong((*inner.path, "source"), "is a part of a part: use a query.")
    if joined and section.source.reading is None:
        raise document.wrong((*joined[0].path, "source"), "needs a record from a database.")
    if joined and not section.source.key:
        raise document.wrong(
            section.source.path, 'needs key = "…", the column that its parts name.'
        )


def _check_lookups(mapping: Mapping) -> None:
    for section in mapping.sections.values():
        for field in section.record.specs():
            if field.lookup is None:
                continue
            if field.lookup not in mapping.lookups:
                raise mapping.document.wrong(
                    (*field.path, "lookup"),
                    f"there is no [lookups.{field.lookup}]"
                    f"{documents.hint(field.lookup, mapping.lookups)}",
                )
            wanted = len(mapping.lookups[field.lookup].key)
            if len(field.by) != wanted:
                raise mapping.document.wrong((*field.path, "by"), f"must name {wanted} column(s).")
