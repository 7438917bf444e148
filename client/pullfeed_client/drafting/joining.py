"""The table that has the lines of another one's orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pullfeed_client.drafting import suggestion, synonyms
from pullfeed_client.drafting.specimen import Specimen

_ORDER, _LINE = "Order", "LineItem"
# A line has at least as many of its fields as columns.
_FEWEST = 2


class Lines(NamedTuple):
    """A table of order lines. key: whose they are. columns: by field."""

    specimen: Specimen
    key: str
    columns: dict[str, str]

    def source(self, part: str) -> Iterator[str]:
        """The lines of a mapping that name it."""
        yield ""
        yield f"[{part}.source]"
        yield f"table = {suggestion.text(self.specimen.name)}"
        yield f"key = {suggestion.text(self.key)}"


def lines_of(tables: Sequence[Specimen]) -> Lines | None:
    """The table that looks most like lines of orders; None where none does."""
    found = [one for one in map(_lines, tables) if one]
    return max(found, key=lambda lines: len(lines.columns), default=None)


def _lines(table: Specimen) -> Lines | None:
    key = synonyms.placed(_ORDER, table.columns).get("order_id")
    left = [column for column in table.columns if column != key]
    columns = synonyms.placed(_LINE, left)
    # A column called id names the line itself.
    is_joined = key and key.lower() != "id"
    return Lines(table, key, columns) if key and is_joined and len(columns) >= _FEWEST else None
