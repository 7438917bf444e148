"""A row's cells by column, and a cell as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeGuard

from pullfeed_client.mapping.steps import Unfit

Cells = Mapping[str, Any]
# What a record has so far, by field: fields can be computed from others.
Made = dict[str, Any]
Reader = Callable[[Cells, Made], Any]


class Inexact(Exception):
    """A number that lost its digits when it was read fast: the row must be read again."""


def text_of(value: Any) -> str:
    """A cell as trimmed text; empty for null. Raises Inexact, or Unfit for a list or an object."""
    if isinstance(value, str):
        # str() as well: a number's own type must not reach the record.
        return str(value).strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        raise Inexact
    raise Unfit("BAD_TYPE")


def value_at(column: str) -> Callable[[Cells], Any]:
    """Finds a column's cell; "address.city" is also the city in the object address."""
    if "." not in column:
        return lambda cells: cells.get(column)
    steps = column.split(".")

    def dig(cells: Cells) -> Any:
        if column in cells:
            return cells[column]
        value: Any = cells
        for step in steps:
            value = value.get(step) if is_object(value) else None
        return value

    return dig


def text_at(column: str) -> Reader:
    """Reads a column's cell as text."""
    if "." not in column:

        def read(cells: Cells, _: Made) -> str:
            value = cells.get(column, "")
            # Nearly every cell is text: the short way costs a third.
            return value.strip() if type(value) is str else text_of(value)

        return read
    find = value_at(column)
    return lambda cells, _: text_of(find(cells))


def is_object(value: Any) -> TypeGuard[Cells]:
    """Is it a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Is it a JSON array."""
    return isinstance(value, list)


def key_at(columns: Iterable[str]) -> Callable[[Cells], str]:
    """Reads the key a row has in these columns; empty where one of them is."""
    readers = tuple(text_at(column) for column in columns)
    if len(readers) == 1:
        [only] = readers
        return lambda cells: only(cells, {})

    def key(cells: Cells) -> str:
        parts = [read(cells, {}) for read in readers]
        return "\x1f".join(parts) if all(parts) else ""

    return key
