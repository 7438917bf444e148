"""Which columns of a source a mapping uses, and whether the source has them."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping

from pullfeed_client.mapping import document as documents
from pullfeed_client.mapping.document import Document
from pullfeed_client.mapping.origin import Lines
from pullfeed_client.mapping.plan import Part, Section
from pullfeed_client.mapping.positions import Path
from pullfeed_client.mapping.spec import Spec


def of_section(section: Section) -> dict[str, Path]:
    """The columns of the source's own rows, each with the first place that names it."""
    found: dict[str, Path] = {}
    source = section.source
    for column in source.group:
        found.setdefault(column, (*source.path, "group"))
    own = {
        "key": source.key,
        "order": source.reading.order if source.reading else "",
        "updated": source.changes.updated,
    }
    for name, column in own.items():
        if column:
            found.setdefault(column, (*source.path, name))
    for column, path in _of_part(section.record):
        found.setdefault(column, path)
    return found


def of_lines(part: Part, lines: Lines) -> dict[str, Path]:
    """The columns of a part's own table, each with the first place that names it."""
    found: dict[str, Path] = {lines.key: (*lines.path, "key")}
    if lines.reading.order:
        found.setdefault(lines.reading.order, (*lines.path, "order"))
    for column, path in _of_inner(part):
        found.setdefault(column, path)
    return found


def read_of(wanted: Iterable[str], found: Iterable[str]) -> tuple[str, ...]:
    """The columns to read for those wanted: of "address.city" that may be address."""
    names = set(wanted)
    names |= {name.partition(".")[0] for name in names}
    return tuple(name for name in found if name in names)


def of_field(field: Spec) -> tuple[str, ...]:
    """The columns whose cells decide the field, those that stand in for it included."""
    own = field.by if field.lookup else (field.column,) if field.column else ()
    if field.template:
        own = (*own, *(column for column, _ in placeholders(field.template)))
    return (*own, *(of_field(field.otherwise) if field.otherwise else ()))


def placeholders(template: str) -> Iterator[tuple[str, str]]:
    """The columns in a template, each with what stands behind its colon.

    Raises ValueError where a brace is open.
    """
    for _, column, form, _ in string.Formatter().parse(template):
        if column is not None:
            yield column, form or ""


def check(
    document: Document, wanted: Mapping[str, Path], found: Iterable[str] | None, file: str
) -> None:
    """Raises Misused at the first wanted column the file has not; found: None is not known."""
    if found is None:
        return
    known = tuple(found)
    for column, path in wanted.items():
        if column not in known and column.partition(".")[0] not in known:
            raise document.wrong(
                path, f"{file} has no column {column!r}{documents.hint(column, known)}"
            )


def _of_part(part: Part) -> Iterator[tuple[str, Path]]:
    if part.lines:
        return
    if part.each:
        # What stands in the list has columns of its own.
        yield part.each, (*part.path, "each")
        return
    yield from _of_inner(part)


def _of_inner(part: Part) -> Iterator[tuple[str, Path]]:
    for field in part.fields.values():
        yield from ((column, field.path) for column in of_field(field))
    for inner in part.parts.values():
        for one in inner:
            yield from _of_part(one)
