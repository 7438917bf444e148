"""Rows of JSON Lines and CSV files, one after the other, whatever the file's size."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import orjson

from pullfeed_client import errors

FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}

# No record may be larger than 64 KiB; a line beyond this is no record at all,
# and reading it whole would cost memory.
MAX_ROW_BYTES = 16 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class Row(NamedTuple):
    """One row of a source.

    line: where it ends (CSV) or stands (JSON Lines), from 1. fields: None where
    the row could not be read. text: the row as JSON, for a second, exact reading;
    empty where there is none. size: its bytes, roughly.
    """

    line: int
    fields: dict[str, Any] | None
    text: bytes
    size: int


def json_lines(stream: IO[bytes]) -> Iterator[Row]:
    """The rows of a JSON Lines file in UTF-8; empty lines are no rows."""
    for number, text in _lines(stream):
        if not text.strip():
            continue
        try:
            fields = orjson.loads(text)
        except orjson.JSONDecodeError:
            fields = None
        yield Row(number, fields if isinstance(fields, dict) else None, text, len(text))


def csv_rows(stream: IO[bytes], columns: frozenset[str]) -> Iterator[Row]:
    """The rows of a CSV file in UTF-8 with a header; an empty cell is an unset field.

    columns: the names a column may have. Raises Misused, before any row, where
    the header has another: a wrong header would make every row a wrong row.
    """
    csv.field_size_limit(MAX_ROW_BYTES)
    reader = csv.reader(_texts(stream), strict=True)
    header = _header(reader, columns)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(reader.line_num, None, b"", 0)
            continue
        if cells:
            yield _row(reader.line_num, header, cells)


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while text := stream.readline(MAX_ROW_BYTES):
        number += 1
        yield number, text.removeprefix(_BOM) if number == 1 else text
        while len(text) == MAX_ROW_BYTES and not text.endswith(b"\n"):
            text = stream.readline(MAX_ROW_BYTES)


def _texts(stream: IO[bytes]) -> Iterator[str]:
    """The lines as text; bytes that are no UTF-8 stand in it as lone surrogates."""
    return (text.decode(errors="surrogateescape") for _, text in _lines(stream))


def _header(reader: Iterator[list[str]], columns: frozenset[str]) -> list[str]:
    try:
        header = next(reader)
    except StopIteration:
        raise errors.Misused(
            "The CSV file is empty: its first line must name the columns."
        ) from None
    except csv.Error as error:
        raise errors.Misused(f"The CSV file's first line cannot be read: {error}.") from error
    for name in header:
        if name not in columns:
            raise errors.Misused(
                f"The CSV column {name!r} is no field that a cell can hold. "
                f"Columns bear the field names: {', '.join(sorted(columns))}."
            )
    if len(set(header)) < len(header):
        raise errors.Misused("The CSV file's first line names a column twice.")
    return header


def _row(line: int, header: list[str], cells: list[str]) -> Row:
    size = sum(map(len, cells))
    if len(cells) != len(header):
        # Which cell belongs to which column would be a guess, the id's too.
        return Row(line, None, b"", size)
    return Row(
        line, {name: cell for name, cell in zip(header, cells, strict=True) if cell}, b"", size
    )
