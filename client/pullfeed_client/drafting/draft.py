"""The text of a first mapping file."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

from google.protobuf import descriptor

from pullfeed_client import messages, scopes
from pullfeed_client.drafting import joining, suggestion, synonyms
from pullfeed_client.drafting.specimen import Specimen
from pullfeed_client.rules import verdict
from pullfeed_client.sources import form

_HEAD = """\
# A first mapping, from the columns and {rows:,} rows of {name}.
# Lines behind # are yours to finish or to drop: take the # away and fill in each "?".
# `pullfeed audit {source} …` tells what the importer would not get."""
# What many shops have no column for, with how to say it all the same.
_WITHOUT_COLUMN = {
    "currency": ('{ constant = "?" }', "one currency for all"),
    "language": ('{ constant = "?", because = "?" }', "one language for all, and who says so"),
    "total": ('{ sum = "line_items.total" }', "where no column has it"),
}


@dataclasses.dataclass(frozen=True)
class Part:
    """One message's fields, placed. name: of the table in the file."""

    name: str
    kind: descriptor.Descriptor
    columns: dict[str, str]


def text(
    specimen: Specimen,
    kind: scopes.Kind,
    source: str,
    alike: Sequence[str] = (),
    others: Sequence[Specimen] = (),
) -> str:
    """The mapping of one scope.

    alike: further files with the same columns. others: tables of the same database.
    """
    name = pathlib.PurePath(specimen.name).name
    given = f"{source} --mapping" if not specimen.database else "--mapping"
    head = _HEAD.format(rows=specimen.rows, name=name, source=given)
    return "\n".join([head, "", *_section(specimen, kind, alike, others), ""])


def score(specimen: Specimen, kind: scopes.Kind) -> float:
    """How much of the scope's required fields the columns hold, 0 to 1."""
    parts = _parts(specimen, kind)
    wanted = [(part, field) for part in parts for field in required(part.kind)]
    return sum(field in part.columns for part, field in wanted) / len(wanted)


def required(kind: descriptor.Descriptor) -> list[str]:
    """The single fields without which no record is delivered."""
    empty = verdict.missing(kind)
    return [field.name for field in kind.fields if field.name in empty and not field.message_type]


def _section(
    specimen: Specimen, kind: scopes.Kind, alike: Sequence[str], others: Sequence[Specimen]
) -> Iterator[str]:
    parts = _parts(specimen, kind)
    lines = joining.lines_of(others) if len(parts) > 1 and specimen.database else None
    yield f"[{kind.name}.source]"
    yield from _origin(specimen, alike, parts[0].columns.get("last_modified_date", "?"))
    key = parts[0].columns.get(kind.id_field)
    if lines and key:
        yield f"key = {suggestion.text(key)}"
        parts[1] = dataclasses.replace(parts[1], columns=lines.columns)
    elif len(parts) > 1 and key and _has_rows_of_lines(specimen):
        yield f"group = {suggestion.text(key)}  # the rows of one order are its line items"
    for part in parts:
        is_joined = part is not parts[0] and lines is not None
        if is_joined and lines:
            yield from lines.source(part.name)
        yield ""
        yield f"[{part.name}]"
        yield from _fields(part, lines.specimen if is_joined and lines else specimen)
    used = {column for part in parts for column in part.columns.values()}
    unused = [column for column in specimen.columns if column not in used]
    if unused:
        yield ""
        yield "# Columns without a place:"
        yield from (f"#   {suggestion.text(name)}: {specimen.told(name)}" for name in unused)


def _origin(specimen: Specimen, alike: Sequence[str], changed: str) -> Iterator[str]:
    if specimen.database:
        yield f"database = {suggestion.text(specimen.database)}"
        yield f"table = {suggestion.text(specimen.name)}"
        updated = suggestion.text(changed)
        yield f"# updated = {updated}  # for pullfeed sync, where it moves with every change"
        return
    if specimen.name != form.STDIN:
        names = [suggestion.text(pathlib.PurePath(one).name) for one in (specimen.name, *alike)]
        yield f"file = {names[0]}" if len(names) == 1 else f"file = [{', '.join(names)}]"
    yield from _form(specimen)


def _has_rows_of_lines(specimen: Specimen) -> bool:
    return bool(specimen.database) or form.format_of(specimen.name, specimen.form) == "csv"


def _parts(specimen: Specimen, kind: scopes.Kind) -> list[Part]:
    described = messages.descriptor_of(kind)
    columns = specimen.columns
    record = Part(f"{kind.name}.fields", described, synonyms.placed(described.name, columns))
    parts = [record]
    if kind.name == "order":
        left = [column for column in columns if column not in record.columns.values()]
        inner = described.fields_by_name["line_items"].message_type
        if inner is not None:
            parts.append(Part("order.line_items", inner, synonyms.placed(inner.name, left)))
    return parts


def _fields(part: Part, specimen: Specimen) -> Iterator[str]:
    needed = required(part.kind)
    for field in part.kind.fields:
        if field.name in part.columns:
            found = suggestion.of(part.kind, field.name, part.columns[field.name], specimen)
            mark = "# " if found.is_open else ""
            remark = f"  # {found.remark}" if found.remark else ""
            yield f"{mark}{field.name} = {found.line}{remark}"
        elif field.name in needed and not _has_buyer(part, field.name):
            yield _unplaced(field.name)


def _has_buyer(part: Part, field: str) -> bool:
    """An order needs only one of three to tell its buyer."""
    is_asked = part.kind.name == "Order" and field == "customer_id"
    return is_asked and bool({"email", "mobile"} & part.columns.keys())


def _unplaced(field: str) -> str:
    if field in _WITHOUT_COLUMN:
        line, remark = _WITHOUT_COLUMN[field]
        return f"# {field} = {line}  # {remark}"
    return f"# {field}: no column is called so, and without it nothing is delivered"


def _form(specimen: Specimen) -> Iterator[str]:
    found = specimen.form
    if found.delimiter not in {None, ","}:
        yield f"delimiter = {suggestion.text(found.delimiter or '')}"
    if found.quote not in {None, '"'}:
        yield f"quote = {suggestion.text(found.quote or '')}"
    if not found.header:
        yield "header = false  # the first line looks like a row: name the columns as you like"
        yield f"columns = [{', '.join(map(suggestion.text, found.columns))}]"
    if any(
        "\udc80" <= mark <= "\udcff"
        for column in specimen.values.values()
        for cell in column
        for mark in cell
    ):
        yield '# encoding = "?"  # it is not UTF-8: often cp1252'
