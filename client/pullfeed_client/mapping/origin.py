"""Where rows come from: the files of a section, or a table or query of a database."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import re
import zoneinfo
from typing import Any

from pullfeed_client.mapping.document import Document, Table
from pullfeed_client.mapping.positions import Path
from pullfeed_client.sources import form, tables

_FORM = ("format", "encoding", "delimiter", "quote", "escape", "header", "columns")
_READING = ("table", "query", "batch", "rows_per_second")
_CHANGES = ("updated", "zone", "overlap", "sync")
_SOURCE = ("file", "group", "adjacent", *_FORM, "database", "key", "order", *_READING, *_CHANGES)
_LOOKUP = ("file", "key", *_FORM, "database", *_READING)
_LINES = ("table", "query", "key", "order")
_OF_FILES = ("file", "adjacent", *_FORM)
_OF_DATABASES = (
    "database",
    "key",
    "order",
    "updated",
    "zone",
    "overlap",
    "batch",
    "rows_per_second",
)
_MAX_BATCH, _MAX_RATE = 10_000, 10_000_000
_DURATION = re.compile(r"(\d{1,6})([smhd])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_OVERLAP = datetime.timedelta(minutes=5)

Overlap = datetime.timedelta | decimal.Decimal


@dataclasses.dataclass(frozen=True)
class Changes:
    """How changed rows are found.

    updated: the column that moves with every change; empty where there is none.
    zone: of its dates where they have none. overlap: how far each pass looks back,
    a number where the column is one. by_fingerprint: by reading everything.
    """

    updated: str = ""
    zone: zoneinfo.ZoneInfo | None = None
    overlap: Overlap = _OVERLAP
    by_fingerprint: bool = False


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a section's rows come from: files, or the reading of a database.

    files: names or patterns. group: columns of the key. database: its address;
    empty where SOURCE must say it. key: the column that parts are joined by.
    """

    path: Path
    files: tuple[str, ...]
    form: form.Form
    group: tuple[str, ...] = ()
    adjacent: bool = False
    database: str = ""
    reading: tables.Reading | None = None
    key: str = ""
    changes: Changes = Changes()


@dataclasses.dataclass(frozen=True)
class Lines:
    """A second table or query with the parts of a record. key: whose they are."""

    path: Path
    reading: tables.Reading
    key: str


@dataclasses.dataclass(frozen=True)
class Lookup:
    """A further file or table whose rows are found by their key."""

    path: Path
    file: str
    key: tuple[str, ...]
    form: form.Form
    database: str = ""
    reading: tables.Reading | None = None


def source(document: Document, value: Any, path: Path) -> Source:
    """A section's source. Raises Misused."""
    table = document.table(value, path)
    document.check_names(table, _SOURCE, path)
    reading = _reading(document, table, path)
    _check_kind(document, table, reading, path)
    found = Source(
        path,
        document.texts(table["file"], (*path, "file")) if "file" in table else (),
        _form(document, table, path),
        document.texts(table["group"], (*path, "group")) if "group" in table else (),
        _flag(document, table.get("adjacent", False), (*path, "adjacent")),
        _text(document, table, "database", path),
        reading,
        _text(document, table, "key", path),
        _changes(document, table, path),
    )
    if found.group and found.changes.updated and not found.changes.by_fingerprint:
        raise document.wrong(
            (*path, "updated"),
            "would read a part of a group's rows. Read the parts by a query of their own, "
            'or say sync = "fingerprint".',
        )
    return found


def lookup(document: Document, value: Any, path: Path) -> Lookup:
    """A lookup's source. Raises Misused."""
    table = document.table(value, path)
    document.check_names(table, _LOOKUP, path)
    reading = _reading(document, table, path)
    if ("file" in table) is (reading is not None):
        raise document.wrong(path, 'needs file = "…", or table or query = "…".')
    if "key" not in table:
        raise document.wrong(path, 'needs key = "…".')
    return Lookup(
        path,
        _text(document, table, "file", path),
        document.texts(table["key"], (*path, "key")),
        _form(document, table, path),
        _text(document, table, "database", path),
        reading,
    )


def lines(document: Document, value: Any, path: Path) -> Lines:
    """Where a record's parts come from. Raises Misused."""
    table = document.table(value, path)
    document.check_names(table, _LINES, path)
    reading = _reading(document, table, path)
    if reading is None or "key" not in table:
        raise document.wrong(path, 'needs table or query, and key = "…", whose parts they are.')
    return Lines(path, reading, _text(document, table, "key", path))


def _reading(document: Document, table: Table, path: Path) -> tables.Reading | None:
    if not {"table", "query"} & table.keys():
        return None
    if {"table", "query"} <= table.keys():
        raise document.wrong((*path, "query"), "table and query: say one of them.")
    rate = table.get("rows_per_second")
    return tables.Reading(
        _text(document, table, "table", path),
        _text(document, table, "query", path),
        _text(document, table, "order", path),
        _count(document, table.get("batch", tables.DEFAULT_BATCH), _MAX_BATCH, (*path, "batch")),
        None if rate is None else _count(document, rate, _MAX_RATE, (*path, "rows_per_second")),
    )


def _check_kind(
    document: Document, table: Table, reading: tables.Reading | None, path: Path
) -> None:
    """Raises Misused where a file is said to have what only a database has, or the other way."""
    for name in _OF_FILES if reading else _OF_DATABASES:
        if name in table:
            other = "a file" if reading else "a database; say table or query"
            raise document.wrong((*path, name), f"belongs to {other}.")


def _changes(document: Document, table: Table, path: Path) -> Changes:
    sync = table.get("sync", "updated")
    if sync not in {"updated", "fingerprint"}:
        raise document.wrong((*path, "sync"), "must be updated or fingerprint.")
    return Changes(
        _text(document, table, "updated", path),
        _zone(document, table["zone"], (*path, "zone")) if "zone" in table else None,
        _overlap(document, table["overlap"], (*path, "overlap"))
        if "overlap" in table
        else _OVERLAP,
        sync == "fingerprint" or "updated" not in table,
    )


def _zone(document: Document, value: Any, path: Path) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(document.text(value, path))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise document.wrong(
            path, "is no zone of the IANA database, like Europe/Berlin."
        ) from error


def _overlap(document: Document, value: Any, path: Path) -> Overlap:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return decimal.Decimal(value)
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is None:
        raise document.wrong(path, 'must be a time like "5m" or "1h", or a number for a number.')
    return datetime.timedelta(**{_UNITS[found[2]]: int(found[1])})


def _count(document: Document, value: Any, most: int, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise document.wrong(path, f"must be a whole number from 1 to {most:,}.")
    return value


def _text(document: Document, table: Table, name: str, path: Path) -> str:
    return document.text(table[name], (*path, name)) if name in table else ""


def _flag(document: Document, value: Any, path: Path) -> bool:
    if not isinstance(value, bool):
        raise document.wrong(path, "must be true or false.")
    return value


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


def _word(document: Document, name: str, value: Any, path: Path) -> str:
    text = document.text(value, path)
    if name == "format" and text not in form.NAMES:
        raise document.wrong(path, f"must be one of {', '.join(form.NAMES)}.")
    if name == "encoding" and not form.is_encoding(text):
        raise document.wrong(path, "is no encoding that Python knows, like utf-8 or cp1252.")
    if name in {"delimiter", "quote", "escape"} and len(text) != 1:
        raise document.wrong(path, "must be one character.")
    return text
