"""Rows of a file in any of the formats, one after the other, whatever the file's size."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

import orjson

from pullfeed_client import errors
from pullfeed_client.sources import arrays, delimited, form, parquet, streams
from pullfeed_client.sources.row import MAX_ROW_BYTES, Row

__all__ = ["MAX_ROW_BYTES", "Row", "Table", "check_columns", "json_lines", "table"]

_BOM = b"\xef\xbb\xbf"


class Table(NamedTuple):
    """A file's rows. columns: None where only the rows can tell."""

    columns: tuple[str, ...] | None
    rows: Iterator[Row]


def table(stream: io.BufferedReader, name: str, written: form.Form) -> Table:
    """The rows of a stream. name: of the file, for its format and for error texts.

    Raises Misused, at once or from the rows, where the file as a whole cannot be read.
    """
    file_format = form.format_of(name, written)
    if file_format == "jsonl":
        return Table(None, _guarded(json_lines(stream), name))
    if file_format == "json":
        return Table(None, _guarded(arrays.rows(stream, name), name))
    if file_format == "parquet":
        columns, rows = parquet.table(stream, name)
        return Table(columns, _guarded(rows, name))
    written = form.with_csv_found(written, streams.start_of(stream))
    reader = delimited.Reader(stream, written)
    return Table(reader.columns, _guarded(reader.rows(), name))


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


def check_columns(found: tuple[str, ...] | None, known: frozenset[str]) -> None:
    """Raises Misused where a file without a mapping has a column that is no field.

    Before any row: a wrong header would make every row a wrong row.
    """
    for name in found or ():
        if name not in known:
            raise errors.Misused(
                f"The column {name!r} is no field that a cell can hold. "
                f"Columns bear the field names: {', '.join(sorted(known))}. "
                "Other names, and orders, need a mapping file: `pullfeed map` writes a first one."
            )


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while text := stream.readline(MAX_ROW_BYTES):
        number += 1
        yield number, text.removeprefix(_BOM) if number == 1 else text
        while len(text) == MAX_ROW_BYTES and not text.endswith(b"\n"):
            text = stream.readline(MAX_ROW_BYTES)


def _guarded(rows: Iterator[Row], name: str) -> Iterator[Row]:
    """The rows; a fault of the file as a whole becomes a sentence that names it."""
    line = 0
    try:
        for row in rows:
            line = row.line
            yield row
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise errors.Misused(
            f"{name} is cut off or damaged behind line {line}: {error}."
        ) from error
    except UnicodeDecodeError as error:
        raise errors.Misused(
            f"{name} cannot be read as {error.encoding} behind line {line}."
        ) from error
