"""CSV in every dress it comes in."""

from __future__ import annotations

import codecs
import io
from typing import Any

import pytest

from pullfeed_client import errors
from pullfeed_client.sources import delimited, files, form, row, streams


def table(text: bytes, **written: Any) -> files.Table:
    return files.table(streams.buffered(io.BytesIO(text)), "a.csv", form.Form(**written))


def fields(text: bytes, **written: Any) -> list[dict[str, Any] | None]:
    return [found.fields for found in table(text, **written).rows]


def test_a_row_has_its_columns_names_and_no_empty_cells() -> None:
    rows = list(table(b'email,customer_id\r\n"a, b",1\r\n,2\r\n').rows)
    assert [(found.line, found.fields) for found in rows] == [
        (2, {"email": "a, b", "customer_id": "1"}),
        (3, {"customer_id": "2"}),
    ]


def test_a_quote_in_quotes_is_written_twice() -> None:
    assert fields(b'a,b\n"x ""y""",2\n') == [{"a": 'x "y"', "b": "2"}]


def test_a_row_over_two_lines_bears_the_number_of_the_last() -> None:
    [found] = table(b'customer_id\n"1\n2"\n').rows
    assert (found.line, found.fields) == (3, {"customer_id": "1\n2"})


@pytest.mark.parametrize("line", [b"1", b"1,2,3", b'1,"a"b'])
def test_a_row_of_another_shape_has_no_fields(line: bytes) -> None:
    text = b"customer_id,email\n" + line + b"\n2,b\n"
    assert fields(text) == [None, {"customer_id": "2", "email": "b"}]


def test_an_unclosed_quote_is_a_broken_row() -> None:
    assert fields(b'customer_id\n1\n"2\n3\n') == [{"customer_id": "1"}, None]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "empty"),
        (b"email,email\n", "a column twice: 'email'"),
        (b'"email\n', "first line cannot be read"),
    ],
)
def test_a_wrong_header_is_refused_before_any_row(text: bytes, sentence: str) -> None:
    with pytest.raises(errors.Misused, match=sentence):
        table(text)


@pytest.mark.parametrize(
    "text",
    [
        b"a;b\n1;x, y\n",
        b"a\tb\n1\tx, y\n",
        b"a|b\n1|x, y\n",
        b'a,b\n1,"x, y"\n',
        b"a,b\n1,'x, y'\n",
        b'"a";"b"\n"1";"x, y"\n',
    ],
)
def test_delimiter_and_quote_are_found(text: bytes) -> None:
    assert fields(text) == [{"a": "1", "b": "x, y"}]


def test_an_apostrophe_in_a_name_is_no_quote() -> None:
    assert fields(b"a,b\n1,O'Harrow\n2,'t Hof\n") == [
        {"a": "1", "b": "O'Harrow"},
        {"a": "2", "b": "'t Hof"},
    ]


def test_what_is_given_is_not_looked_for() -> None:
    assert fields(b"a;b\n1,2;3\n", delimiter=";") == [{"a": "1,2", "b": "3"}]
    assert fields(b'a,b\n"1,2\n', quote="") == [{"a": '"1', "b": "2"}]
    assert fields(b'a,b\n"x \\" y",2\n', escape="\\") == [{"a": 'x " y', "b": "2"}]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-8"),
    ],
)
def test_an_encoding_is_found_by_its_mark(mark: bytes, encoding: str) -> None:
    assert fields(mark + "name\nZoë 🙂\n".encode(encoding)) == [{"name": "Zoë 🙂"}]


def test_a_given_encoding_is_taken() -> None:
    assert fields("name;x\nJörg €;1\n".encode("cp1252"), encoding="cp1252") == [
        {"name": "Jörg €", "x": "1"}
    ]


def test_a_mark_is_no_part_of_the_first_column_though_the_encoding_is_given() -> None:
    assert fields(codecs.BOM_UTF8 + b"a,b\n1,2\n", encoding="utf-8") == [{"a": "1", "b": "2"}]


def test_what_is_not_in_its_encoding_is_told_with_its_line() -> None:
    text = codecs.BOM_UTF16_LE + "a\n1\n".encode("utf-16-le") + b"\x00"
    with pytest.raises(errors.Misused, match=r"a\.csv cannot be read as utf-16"):
        fields(text)


def test_without_a_header_the_given_names_are_the_columns() -> None:
    assert fields(b"1,2\n3,4\n", header=False, columns=("a", "b")) == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": "4"},
    ]


def test_given_names_replace_those_of_the_header() -> None:
    assert fields(b"x,y\n1,2\n", columns=("a", "b")) == [{"a": "1", "b": "2"}]
    with pytest.raises(errors.Misused, match="has 2 columns, and 1 names were given"):
        fields(b"x,y\n1,2\n", columns=("a",))


def test_a_line_without_an_end_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW_BYTES", 16)
    assert row.MAX_ROW_BYTES > 16
    assert fields(b"a\n" + b"x" * 100 + b"\n2\n")[-1] == {"a": "2"}
