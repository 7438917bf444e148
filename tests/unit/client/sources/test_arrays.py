"""JSON arrays, read without reading them whole."""

from __future__ import annotations

import io
from typing import Any

import pytest

from pullfeed_client import errors
from pullfeed_client.sources import arrays, streams


def rows(text: bytes) -> list[tuple[int, dict[str, Any] | None]]:
    stream = streams.buffered(io.BytesIO(text))
    return [(row.line, row.fields) for row in arrays.rows(stream, "a.json")]


def test_each_element_is_a_row_with_the_line_it_begins_on() -> None:
    text = b'[\n {"a": "1"},\n\n {"a":\n "2"}, {"b": []}\n]\n'
    assert rows(text) == [(2, {"a": "1"}), (4, {"a": "2"}), (5, {"b": []})]


def test_numbers_keep_their_digits() -> None:
    [(_, found)] = rows(b'[{"a": 10.50, "b": 12345678901234567890, "c": -0}]')
    assert found == {"a": "10.50", "b": "12345678901234567890", "c": "-0"}


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_where_the_chunks_end_makes_no_difference(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[{"name": "Zoë 🙂", "n": 1234.50},\n {"x": [1, {"y": null}]} , 12345, {}]'.encode()
    whole = rows(text)
    monkeypatch.setattr(arrays, "_CHUNK_BYTES", chunk)
    assert (
        rows(text)
        == whole
        == [
            (1, {"name": "Zoë 🙂", "n": "1234.50"}),
            (2, {"x": ["1", {"y": None}]}),
            (2, None),
            (2, {}),
        ]
    )


@pytest.mark.parametrize("text", [b"[]", b" [ ] ", b"\xef\xbb\xbf[]"])
def test_an_empty_array_has_no_rows(text: bytes) -> None:
    assert rows(text) == []


@pytest.mark.parametrize("text", [b"", b'{"a": 1}', b"12"])
def test_what_is_no_array_is_refused(text: bytes) -> None:
    with pytest.raises(errors.Misused, match=r"a\.json is no JSON array"):
        rows(text)


@pytest.mark.parametrize("text", [b'[{"a": 1}', b'[{"a": 1} {"b": 2}]'])
def test_an_array_that_does_not_go_on_is_told_with_its_line(text: bytes) -> None:
    with pytest.raises(errors.Misused, match="cut off or no JSON array behind line 1"):
        rows(text)


@pytest.mark.parametrize("bad", [b'{"a": }', b"nothing", b'{"a": NaN}', b'{"a"', b""])
def test_an_element_that_is_no_json_is_the_last_row_and_a_broken_one(bad: bytes) -> None:
    assert rows(b'[{"a": "1"},\n' + bad + b', {"b": "2"}]')[:2] == [(1, {"a": "1"}), (2, None)]
