"""Tables that are looked up: a file's rows by their key, only the columns that are used.

They are held in memory: a catalogue is small beside the orders that name it.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable

from pullfeed_client.mapping import cells, columns
from pullfeed_client.mapping.cells import Made, Reader
from pullfeed_client.mapping.document import Document
from pullfeed_client.mapping.plan import Lookup
from pullfeed_client.mapping.spec import Spec
from pullfeed_client.mapping.steps import Unfit
from pullfeed_client.sources import files, streams

_Found = dict[str, tuple[str, ...] | None]


class Table:
    """The rows of one lookup. wanted: the columns that are asked for."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self.columns = tuple(sorted(set(wanted)))
        # None where rows of one key say different things.
        self._rows: _Found = {}

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


def load(document: Document, lookup: Lookup, folder: pathlib.Path, asking: Iterable[Spec]) -> Table:
    """The table read from its file. asking: the fields that look something up in it.

    Raises Misused where the file cannot be read, or lacks a column that is asked for.
    """
    wanted = {field.column or "": field.path for field in asking}
    table = Table(wanted)
    name = str(folder / lookup.file)
    with streams.opened(name) as stream:
        found = files.table(stream, name, lookup.form)
        columns.check(document, wanted, found.columns, name)
        columns.check(document, dict.fromkeys(lookup.key, lookup.path), found.columns, name)
        table.take(found.rows, lookup.key)
    return table


def _exact(row: files.Row) -> cells.Cells:
    if row.fields is None:
        return {}
    found: cells.Cells = row.exact() if row.text else row.fields
    return found
