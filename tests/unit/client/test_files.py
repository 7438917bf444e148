"""Rows of files, and the files that are none."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest

from pullfeed_client import errors
from pullfeed_client.sources import files, form, streams

COLUMNS = frozenset({"customer_id", "email"})


def table(text: bytes, name: str = "a.csv", **written: Any) -> files.Table:
    return files.table(
        streams.unpacked(streams.buffered(io.BytesIO(text))), name, form.Form(**written)
    )


def test_a_json_line_becomes_a_row_with_its_line_number() -> None:
    rows = list(files.json_lines(io.BytesIO(b'{"a":"1"}\n\n  \n{"a":"2"}')))
    assert [(row.line, row.fields) for row in rows] == [(1, {"a": "1"}), (4, {"a": "2"})]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    [row] = files.json_lines(io.BytesIO(b'\xef\xbb\xbf{"a":"1"}\n'))
    assert row.fields == {"a": "1"}


@pytest.mark.parametrize(
    "line",
    [b'{"a":', b"[1]", b'"text"', b"12", b"null", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"\x00"],
)
def test_what_is_no_json_object_is_a_row_without_fields(line: bytes) -> None:
    rows = list(files.json_lines(io.BytesIO(line + b'\n{"a":"2"}\n')))
    assert [row.fields for row in rows] == [None, {"a": "2"}]


def test_a_line_without_an_end_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_ROW_BYTES", 16)
    rows = list(files.json_lines(io.BytesIO(b'"' + b"x" * 100 + b'"\n{"a":"2"}\n')))
    assert [(row.line, row.fields, row.size) for row in rows] == [
        (1, None, 16),
        (2, {"a": "2"}, 10),
    ]


def test_the_format_is_told_by_the_ending_also_where_it_is_packed() -> None:
    packed = gzip.compress(b'{"a":"1"}\n')
    assert [row.fields for row in table(packed, "a.jsonl.gz").rows] == [{"a": "1"}]
    assert [row.fields for row in table(gzip.compress(b"a\n1\n"), "a.CSV.GZ").rows] == [{"a": "1"}]


def test_a_file_cut_off_in_its_packing_is_told_with_its_line() -> None:
    text = "".join(f"{number}\n" for number in range(50_000)).encode()
    cut = gzip.compress(b"a\n" + text)[:-20_000]
    with pytest.raises(errors.Misused, match=r"b\.csv\.gz is cut off or damaged behind line \d+"):
        list(table(cut, "b.csv.gz").rows)


def test_a_file_without_a_mapping_must_bear_the_field_names() -> None:
    files.check_columns(None, COLUMNS)
    files.check_columns(("email",), COLUMNS)
    with pytest.raises(errors.Misused, match="'phone' is no field"):
        files.check_columns(("email", "phone"), COLUMNS)


def test_a_file_of_an_unknown_ending_is_refused() -> None:
    with pytest.raises(errors.Misused, match=r"say --format jsonl, csv, json or parquet"):
        table(b"", "a.xls")
