"""The copy as Parquet: written at the end from JSON Lines, because a Parquet file cannot go on."""

from __future__ import annotations

import importlib
import itertools
import json
import pathlib
from typing import Any

from pullfeed_client import errors
from pullfeed_client.importer import contract

SUFFIX = ".parquet"
_BATCH = 10_000


def lines_of(out: pathlib.Path | None) -> pathlib.Path | None:
    """The JSON Lines file that an import writes: `out` itself, or one beside a Parquet file.

    Raises Environment where Parquet is asked for and cannot be written.
    """
    if out is None or out.suffix != SUFFIX:
        return out
    _pyarrow("pyarrow.parquet")
    return out.with_name(f"{out.name}.jsonl")


def convert(lines: pathlib.Path, out: pathlib.Path, shape: contract.Shape) -> None:
    """Writes the Parquet file and removes the lines. Columns are the contract's, all text.

    Raises Environment where the file cannot be written, Unmet where a record
    does not fit the columns.
    """
    arrow, parquet = _pyarrow("pyarrow"), _pyarrow("pyarrow.parquet")
    schema = arrow.schema(_fields(arrow, shape))
    written = out.with_name(f"{out.name}.new")
    try:
        with lines.open(encoding="utf-8") as file, parquet.ParquetWriter(written, schema) as table:
            records = map(json.loads, file)
            while batch := list(itertools.islice(records, _BATCH)):
                table.write_table(arrow.Table.from_pylist(batch, schema))
        written.replace(out)
        lines.unlink()
    except OSError as error:
        raise errors.Environment(f"{out} cannot be written: {error.strerror}.") from error
    except arrow.ArrowException as error:
        raise errors.Unmet(f"A record does not fit Parquet; all are in {lines}.") from error


def _fields(arrow: Any, shape: contract.Shape) -> list[Any]:
    return [arrow.field(name, _type(arrow, kind)) for name, kind in shape.kinds.items()]


def _type(arrow: Any, kind: str) -> Any:
    if kind.startswith("["):
        return arrow.list_(_type(arrow, kind[1:-1]))
    if kind in contract.PARTS:
        return arrow.struct(_fields(arrow, contract.PARTS[kind]))
    return arrow.int64() if kind == "count" else arrow.string()


def _pyarrow(module: str) -> Any:
    # Large, and wanted by few: an extra of its own.
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise errors.Environment(
            "Parquet needs pyarrow: pip install 'pullfeed[parquet]'."
        ) from error
