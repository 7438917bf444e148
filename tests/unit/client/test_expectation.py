"""The second opinion on what must be delivered."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from pullfeed_client import expectation


def expected(tmp_path: pathlib.Path, scope: str, fields: dict[str, Any]) -> dict[str, Any]:
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps({"id": "1"} | fields) + "\n", encoding="utf-8")
    [record] = expectation.of_file(path, scope, "id", set()).values()
    del record["id"]
    return record


@pytest.mark.parametrize(
    ("name", "came", "due"),
    [
        ("first_name", "  Zoë ", "Zoë"),
        ("consent", "NO", "No"),
        ("gender", " female", "Female"),
        ("language", "en_US", "en-US"),
        ("last_modified_date", "2025-06-01T00:30:00+02:00", "2025-05-31T22:30:00Z"),
        ("last_modified_date", "2025-06-01T10:30:00.250-03:30", "2025-06-01T14:00:00.250Z"),
        ("last_modified_date", "2025-06-01T10:30:00.123456789Z",
         "2025-06-01T10:30:00.123456789Z"),
    ],
)  # fmt: skip
def test_a_value_is_expected_as_normalising_leaves_it(
    tmp_path: pathlib.Path, name: str, came: str, due: str
) -> None:
    assert expected(tmp_path, "customer", {name: came}) == {name: due}


@pytest.mark.parametrize(
    ("currency", "amount", "due"),
    [
        ("SAR", 10.5, "10.50"),
        ("SAR", "1.2345", "1.2345"),
        ("KWD", "-12.5", "-12.500"),
        ("JPY", 7, "7"),
    ],
)
def test_an_amount_has_its_currencys_digits_also_in_a_part(
    tmp_path: pathlib.Path, currency: str, amount: Any, due: str
) -> None:
    order = {"currency": currency, "total": amount, "line_items": [{"unit_price": amount}]}
    record = expected(tmp_path, "order", order)
    assert record["total"] == due
    assert record["line_items"] == [{"categories": [], "unit_price": due}]


def test_lists_are_expected_also_where_they_were_not_given(tmp_path: pathlib.Path) -> None:
    assert expected(tmp_path, "product", {"variants": [{}]}) == {
        "additional_image_urls": [],
        "categories": [],
        "tags": [],
        "variants": [{"options": []}],
    }


def test_flawed_lines_are_not_expected(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text('{"id":"1"}\nbroken\n{"id":"3"}\n', encoding="utf-8")
    assert list(expectation.of_file(path, "customer", "id", {2})) == ["1", "3"]


def test_what_came_is_judged_record_by_record() -> None:
    due: dict[str, expectation.Fields] = {name: {"id": name} for name in "abcd"}
    came: list[expectation.Fields] = [{"id": name} for name in "abbz"]
    came.append({"id": "c", "x": 1})
    judged = expectation.compare(due, came, "id")
    assert judged == expectation.Comparison(5, ["d"], ["b"], ["c"], ["z"])
    assert not judged.is_right


def test_all_of_it_once_is_right() -> None:
    due: dict[str, dict[str, Any]] = {"a": {"id": "a"}, "b": {"id": "b"}}
    assert expectation.compare(due, reversed(due.values()), "id").is_right
