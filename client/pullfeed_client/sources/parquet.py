"""Rows of a Parquet file, as text, a few thousand at a time."""

from __future__ import annotations

import importlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from pullfeed_client import errors
from pullfeed_client.sources import values
from pullfeed_client.sources.row import Row

_BATCH_ROWS = 2_000


def table(stream: io.BufferedReader, name: str) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Columns and rows. Raises Environment without pyarrow, Misused where it is no Parquet."""
    parquet, arrow_invalid = _library()
    source = _seekable(stream)
    try:
        file = parquet.ParquetFile(source)
    except arrow_invalid as error:
        source.close()
        raise errors.Misused(f"{name} is no Parquet file: {error}") from error
    return tuple(file.schema_arrow.names), _rows(file, source)


def _library() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow.parquet"), importlib.import_module(
            "pyarrow"
        ).lib.ArrowInvalid
    except ImportError as error:
        raise errors.Environment(
            "Parquet needs the package pyarrow: pip install 'pullfeed[parquet]'."
        ) from error


def _seekable(stream: io.BufferedReader) -> IO[bytes]:
    """Parquet is read from its end: what cannot be sought goes through a temporary file."""
    if stream.seekable() and isinstance(stream.raw, io.FileIO):
        return stream
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - the rows read from it
    shutil.copyfileobj(stream, kept)
    return kept


def _rows(file: Any, source: IO[bytes]) -> Iterator[Row]:
    number = 0
    with source:
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            size = batch.nbytes // max(batch.num_rows, 1)
            for fields in batch.to_pylist():
                number += 1
                yield Row(number, values.texts(fields), b"", size)
