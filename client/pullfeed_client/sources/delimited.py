"""Rows of a CSV file whose form is known; an empty cell is an unset field."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from pullfeed_client import errors
from pullfeed_client.sources import form
from pullfeed_client.sources.row import MAX_ROW_BYTES, Row


class Reader:
    """A CSV file's columns and, once, its rows. Raises Misused where the header cannot be read."""

    def __init__(self, stream: io.BufferedReader, written: form.Form) -> None:
        csv.field_size_limit(MAX_ROW_BYTES)
        quote = '"' if written.quote is None else written.quote
        self._cells = csv.reader(
            _texts(stream, written.encoding or "utf-8"),
            form.Dialect(written.delimiter or ",", quote, written.escape),
        )
        header = self._header() if written.header else written.columns
        self.columns = _checked(header, written)

    def rows(self) -> Iterator[Row]:
        """The rows; what is no row of CSV, or of another width, has no fields."""
        while True:
            try:
                cells = next(self._cells)
            except StopIteration:
                return
            except csv.Error:
                yield Row(self._cells.line_num, None, b"", 0)
                continue
            if cells:
                yield _row(self._cells.line_num, self.columns, cells)

    def _header(self) -> tuple[str, ...]:
        try:
            return tuple(name.strip() for name in next(self._cells))
        except StopIteration:
            raise errors.Misused(
                "The CSV file is empty: its first line must name the columns."
            ) from None
        except csv.Error as error:
            raise errors.Misused(f"The CSV file's first line cannot be read: {error}.") from error


def _texts(stream: io.BufferedReader, encoding: str) -> Iterator[str]:
    """The lines as text; bytes that are no text stand in it as lone surrogates."""
    # A mark that the file may begin with, also where its encoding was given.
    encoding = "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
    # newline="": CSV has its own idea of what ends a line.
    text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
    try:
        while line := text.readline(MAX_ROW_BYTES):
            yield line
            while len(line) == MAX_ROW_BYTES and not line.endswith("\n"):
                line = text.readline(MAX_ROW_BYTES)
    finally:
        if not stream.closed:
            # Whoever opened the stream closes it.
            text.detach()


def _checked(header: tuple[str, ...], written: form.Form) -> tuple[str, ...]:
    """The names of the columns, the given ones first. Raises Misused where they do not fit."""
    if written.columns and len(header) != len(written.columns):
        raise errors.Misused(
            f"The CSV file has {len(header)} columns, and {len(written.columns)} names were given."
        )
    names = written.columns or header
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise errors.Misused(
            f"The CSV file's first line names a column twice: {', '.join(map(repr, twice))}."
        )
    return names


def _row(line: int, columns: tuple[str, ...], cells: list[str]) -> Row:
    size = sum(map(len, cells))
    if len(cells) != len(columns):
        # Which cell belongs to which column would be a guess, the id's too.
        return Row(line, None, b"", size)
    return Row(
        line, {name: cell for name, cell in zip(columns, cells, strict=True) if cell}, b"", size
    )
