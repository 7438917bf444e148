"""The first rows of a source: its columns, and what stands in them."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pullfeed_client import errors
from pullfeed_client.mapping import cells
from pullfeed_client.mapping.steps import Unfit
from pullfeed_client.sources import addresses, database, files, form, streams, tables, values

_ROWS = 2_000
# What stands in a mapping for an address with a password.
_UNSHOWN = "env:SHOP_DATABASE"
# A first line with one of these is a row: no column is called so.
_DATA = re.compile(r"-?\d[\d.,:/ -]*\Z|[^@\s]+@[^@\s]+\Z|\Z")


@dataclasses.dataclass(frozen=True)
class Specimen:
    """What was seen. form: as it was found. values: by column, in the order of the columns.

    database: as a mapping names it; empty where name is a file's, and no table's.
    """

    name: str
    form: form.Form
    rows: int
    values: dict[str, list[str]]
    database: str = ""

    @property
    def columns(self) -> list[str]:
        """The columns in their order."""
        return list(self.values)

    def words(self, column: str) -> collections.Counter[str]:
        """How often each value stands in the column."""
        return collections.Counter(self.values[column])

    def told(self, column: str) -> str:
        """What is in the column, without a value of it."""
        found = self.values[column]
        kinds = {
            "e-mail addresses": all("@" in value for value in found),
            "whole numbers": all(value.isdecimal() for value in found),
        }
        kind = next((kind for kind, fits in kinds.items() if found and fits), "texts")
        return f"{len(found):,} {kind}, {len(set(found)):,} different"

    def is_nameless(self) -> bool:
        """Has the file no names for its columns."""
        return not self.form.header


def of_tables(address: str, table: str | None) -> list[Specimen]:
    """The beginning of a table of a database, or of each. Raises Misused, Environment."""
    shown = address if addresses.is_shown(address) else _UNSHOWN
    with database.opened() as databases:
        snapshot = databases.snapshot(address)
        names = [table] if table else snapshot.tables()
        try:
            return [_of_table(snapshot, name, shown) for name in names]
        except database.Rejected as error:
            raise errors.Misused(f"The database cannot be read: {error}") from error


def _of_table(snapshot: database.Snapshot, name: str, shown: str) -> Specimen:
    reading = tables.Reading(table=name)
    columns = snapshot.columns(reading)
    found: dict[str, list[str]] = {column: [] for column in columns}
    first = tables.rows(reading, columns, None).limit(_ROWS)
    count = 0
    for count, cells_ in enumerate(snapshot.rows(first, reading), start=1):  # noqa: B007 - counts
        fields = {key: values.texts(cell) for key, cell in zip(columns, cells_, strict=True)}
        for column, text in _flat(fields, ""):
            found.setdefault(column, []).append(text)
    return Specimen(name, form.Form(), count, found, shown)


def of(name: str, given: form.Form) -> Specimen:
    """The beginning of a file. Raises Misused where it cannot be read."""
    found = _read(name, given)
    is_csv = form.format_of(name, given) == "csv"
    if is_csv and given.header and any(_DATA.match(column) for column in found.columns):
        columns = tuple(f"c{number}" for number in range(1, len(found.columns) + 1))
        return _read(name, dataclasses.replace(given, header=False, columns=columns))
    return found


def _read(name: str, given: form.Form) -> Specimen:
    values: dict[str, list[str]] = {}
    count = 0
    with streams.opened(name) as stream:
        start = streams.start_of(stream)
        table = files.table(stream, name, given)
        for column in table.columns or ():
            values[column] = []
        for row in itertools.islice(table.rows, _ROWS):
            count += 1
            for column, text in _cells(row):
                values.setdefault(column, []).append(text)
    is_csv = form.format_of(name, given) == "csv"
    written = form.with_csv_found(given, start) if is_csv else given
    return Specimen(name, written, count, values)


def _cells(row: files.Row) -> Iterator[tuple[str, str]]:
    yield from _flat(row.exact() if row.fields is not None else {}, "")


def _flat(fields: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if cells.is_object(value):
            yield from _flat(value, f"{path}{name}.")
            continue
        try:
            text = cells.text_of(value)
        except Unfit:
            continue
        if text:
            yield f"{path}{name}", text
