"""A mapping file as a whole: its sections, the files they read, the tables they look up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from google.protobuf import descriptor

from pullfeed_client import errors, messages, scopes
from pullfeed_client.mapping import document as documents
from pullfeed_client.mapping import spec
from pullfeed_client.mapping.document import Document, Table
from pullfeed_client.mapping.positions import Path
from pullfeed_client.mapping.spec import Spec
from pullfeed_client.sources import form

_FORM = ("format", "encoding", "delimiter", "quote", "escape", "header", "columns")
_SOURCE = ("file", "group", "adjacent", *_FORM)
_LOOKUP = ("file", "key", *_FORM)


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a section's rows come from. files: names or patterns. group: columns of the key."""

    path: Path
    files: tuple[str, ...]
    form: form.Form
    group: tuple[str, ...] = ()
    adjacent: bool = False


@dataclasses.dataclass(frozen=True)
class Part:
    """A message: its fields, and the messages in it.

    each: the column with the list this part has one of for each element; without
    it there is one for each row. parts with more than one plan are fixed ones.
    """

    path: Path
    kind: descriptor.Descriptor
    fields: dict[str, Spec]
    parts: dict[str, tuple[Part, ...]]
    each: str | None = None

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

    def written_as(self, file_format: str | None) -> Section:
        """The section with the format of its files said otherwise; None: as it is."""
        if file_format is None:
            return self
        written = dataclasses.replace(self.source.form, format=file_format)
        return dataclasses.replace(self, source=dataclasses.replace(self.source, form=written))


@dataclasses.dataclass(frozen=True)
class Lookup:
    """A further file whose rows are found by their key."""

    path: Path
    file: str
    key: tuple[str, ...]
    form: form.Form


@dataclasses.dataclass(frozen=True)
class Mapping:
    """A checked mapping file."""

    document: Document
    sections: dict[str, Section]
    lookups: dict[str, Lookup]

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
    document.check_names(document.tables, (*scopes.KINDS, "lookups"), ())
    lookups = {
        name: _lookup(document, table, ("lookups", name))
        for name, table in document.table(document.tables.get("lookups", {}), ("lookups",)).items()
    }
    sections = {
        name: _section(document, document.tables[name], kind)
        for name, kind in scopes.KINDS.items()
        if name in document.tables
    }
    if not sections:
        raise document.wrong((), "maps nothing: there is no [customer], [order] or [product].")
    mapping = Mapping(document, sections, lookups)
    _check_lookups(mapping)
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
        _source(document, table.get("source", {}), (kind.name, "source")),
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
    document.check_names(table, (*singles, *_names(kind, is_message=True), "each"), path)
    return Part(
        path,
        kind,
        {
            name: spec.read(document, item, (*path, name))
            for name, item in table.items()
            if name in singles
        },
        _inner(document, table, kind, path),
        document.text(table["each"], (*path, "each")) if "each" in table else None,
    )


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


def _source(document: Document, value: Any, path: Path) -> Source:
    table = document.table(value, path)
    document.check_names(table, _SOURCE, path)
    adjacent = table.get("adjacent", False)
    if not isinstance(adjacent, bool):
        raise document.wrong((*path, "adjacent"), "must be true or false.")
    return Source(
        path,
        document.texts(table["file"], (*path, "file")) if "file" in table else (),
        _form(document, table, path),
        document.texts(table["group"], (*path, "group")) if "group" in table else (),
        adjacent,
    )


def _lookup(document: Document, value: Any, path: Path) -> Lookup:
    table = document.table(value, path)
    document.check_names(table, _LOOKUP, path)
    for name in ("file", "key"):
        if name not in table:
            raise document.wrong(path, f'needs {name} = "…".')
    return Lookup(
        path,
        document.text(table["file"], (*path, "file")),
        document.texts(table["key"], (*path, "key")),
        _form(document, table, path),
    )


def _form(document: Document, table: Table, path: Path) -> form.Form:
    said: dict[str, Any] = {}
    for name in _FORM:
        if name not in table:
            continue
        place, value = (*path, name), table[name]
        if name == "columns":
            said[name] = document.texts(value, place)
        elif name == "header":
            said[name] = _flag(document, value, place)
        elif name == "quote" and value == "":
            said[name] = ""
        else:
            said[name] = _word(document, name, value, place)
    if said.get("header") is False and "columns" not in said:
        raise document.wrong((*path, "header"), 'without a header, columns = ["…"] must name them.')
    return form.Form(**said)


def _flag(document: Document, value: Any, path: Path) -> bool:
    if not isinstance(value, bool):
        raise document.wrong(path, "must be true or false.")
    return value


def _word(document: Document, name: str, value: Any, path: Path) -> str:
    text = document.text(value, path)
    if name == "format" and text not in form.NAMES:
        raise document.wrong(path, f"must be one of {', '.join(form.NAMES)}.")
    if name == "encoding" and not form.is_encoding(text):
        raise document.wrong(path, "is no encoding that Python knows, like utf-8 or cp1252.")
    if name in {"delimiter", "quote", "escape"} and len(text) != 1:
        raise document.wrong(path, "must be one character.")
    return text


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
