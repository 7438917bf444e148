"""Rows of files, and the files that are none."""

from __future__ import annotations

import io

import pytest

from pullfeed_client import errors
from pullfeed_client.sources import files

COLUMNS = frozenset({"customer_id", "email"})


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


def test_a_csv_row_has_its_columns_names_and_no_empty_cells() -> None:
    text = b'email,customer_id\r\n"a, b",1\r\n,2\r\n'
    rows = list(files.csv_rows(io.BytesIO(text), COLUMNS))
    assert [(row.line, row.fields) for row in rows] == [
        (2, {"email": "a, b", "customer_id": "1"}),
        (3, {"customer_id": "2"}),
    ]


def test_a_csv_row_over_two_lines_bears_the_number_of_the_last() -> None:
    [row] = files.csv_rows(io.BytesIO(b'customer_id\n"1\n2"\n'), COLUMNS)
    assert (row.line, row.fields) == (3, {"customer_id": "1\n2"})


@pytest.mark.parametrize("line", [b"1", b"1,2,3", b'1,"a"b'])
def test_a_csv_row_of_another_shape_has_no_fields(line: bytes) -> None:
    text = b"customer_id,email\n" + line + b"\n2,b\n"
    rows = list(files.csv_rows(io.BytesIO(text), COLUMNS))
    assert [row.fields for row in rows] == [None, {"customer_id": "2", "email": "b"}]


def test_an_unclosed_quote_is_a_broken_row() -> None:
    rows = list(files.csv_rows(io.BytesIO(b'customer_id\n1\n"2\n3\n'), COLUMNS))
    assert [row.fields for row in rows] == [{"customer_id": "1"}, None]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "empty"),
        (b"customer_id,phone\n", "'phone' is no field"),
        (b"email,email\n", "a column twice"),
        (b'"email\n', "first line cannot be read"),
    ],
)
def test_a_wrong_header_is_refused_before_any_row(text: bytes, sentence: str) -> None:
    with pytest.raises(errors.Misused, match=sentence):
        next(files.csv_rows(io.BytesIO(text), COLUMNS))
