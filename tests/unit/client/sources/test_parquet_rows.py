"""Parquet files as rows of text."""

from __future__ import annotations

import datetime
import decimal
import importlib
import io
import pathlib
from typing import Any

import pytest

from pullfeed_client import errors
from pullfeed_client.sources import files, form, parquet, streams


def written(path: pathlib.Path, columns: dict[str, list[Any]]) -> str:
    arrow: Any = importlib.import_module("pyarrow")
    library: Any = importlib.import_module("pyarrow.parquet")
    library.write_table(arrow.table(columns), path)
    return str(path)


def table(name: str) -> files.Table:
    with streams.opened(name) as stream:
        found = files.table(stream, name, form.Form())
        return files.Table(found.columns, iter(list(found.rows)))


def test_values_become_text_with_all_their_digits(tmp_path: pathlib.Path) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    moment = datetime.datetime(2025, 6, 1, 10, 30, tzinfo=zone)
    name = written(
        tmp_path / "a.parquet",
        {
            "id": [7],
            "price": [decimal.Decimal("10.50")],
            "ratio": [0.1],
            "at": [moment],
            "day": [datetime.date(2025, 6, 1)],
            "is_on": [True],
            "none": [None],
            "tags": [["a", "b"]],
            "inner": [{"city": "Sampleton", "n": 1}],
            "raw": [b"x"],
        },
    )
    found = table(name)
    [row] = found.rows
    assert found.columns == (
        "id", "price", "ratio", "at", "day", "is_on", "none", "tags", "inner", "raw",
    )  # fmt: skip
    assert row.fields == {
        "id": "7",
        "price": "10.50",
        "ratio": "0.1",
        "at": "2025-06-01T10:30:00+02:00",
        "day": "2025-06-01",
        "is_on": True,
        "none": None,
        "tags": ["a", "b"],
        "inner": {"city": "Sampleton", "n": "1"},
        "raw": "x",
    }


def test_it_is_read_from_a_pipe_too(tmp_path: pathlib.Path) -> None:
    content = pathlib.Path(written(tmp_path / "a.parquet", {"id": ["7", "8"]})).read_bytes()
    _, rows = parquet.table(streams.buffered(io.BytesIO(content)), "-")
    assert [(row.line, row.fields) for row in rows] == [(1, {"id": "7"}), (2, {"id": "8"})]


def test_what_is_no_parquet_is_refused() -> None:
    with pytest.raises(errors.Misused, match="x is no Parquet file"):
        parquet.table(streams.buffered(io.BytesIO(b"PAR1 not really")), "x")


def test_without_its_library_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(errors.Environment, match=r"pip install 'pullfeed\[parquet\]'"):
        parquet.table(streams.buffered(io.BytesIO(b"")), "x")
