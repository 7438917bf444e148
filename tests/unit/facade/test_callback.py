"""Requests the facade refuses by itself: each bad input, its status, reason and sentence."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SHOP = b'{"shop":"shop.example"}'
PAGE = "page must be a whole number of at least 1; ask page=1 for the first page."
PAGE_SIZE = "page_size must be a whole number from 1 to 1000; leave it out for 50."
SINCE = "updated_since must be a date with a zone: 2026-01-01T00:00:00Z."
NO_JSON = 'The body must be JSON: {"shop":"shop.example"}.'
NO_OBJECT = 'The body must be a JSON object: {"shop":"shop.example"}.'
NO_SHOP = 'shop must be the domain of the shop as text: {"shop":"shop.example"}.'


def refusal(answer: TestResponse) -> tuple[int, str, str | None, str]:
    """status, reason, field, message of an answer that must be an error and nothing else."""
    body = json.loads(answer.data)
    assert list(body) == ["status", "message", "error"]
    assert body["status"] == "error"
    error = body["error"]
    return answer.status_code, error["reason"], error.get("field"), body["message"]


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-1",
        "abc",
        "",
        "1.5",
        "+1",
        "%201",
        "1%20",
        "1%0A",
        "0x1",
        "1_0",
        "%D9%A1",  # an Arabic-Indic one
        "%C2%B2",  # a superscript two
        "2147483648",
        "1" + "0" * 30,
        "9" * 5000,
    ],
)
@pytest.mark.parametrize("path", ["/customers", "/orders/commit"])
def test_a_page_is_a_whole_number_from_one(alone: FlaskClient, path: str, text: str) -> None:
    answer = alone.post(f"{path}?page={text}", data=SHOP)

    assert refusal(answer) == (400, "FIELD_INVALID", "page", PAGE)


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "1001", "10000000000", "1.5", "%D9%A1"])
@pytest.mark.parametrize("path", ["/customers?", "/customers?cursor=c&", "/orders/commit?page=1&"])
def test_a_page_size_outside_its_range_is_refused_and_not_clamped(
    alone: FlaskClient, path: str, text: str
) -> None:
    answer = alone.post(f"{path}page_size={text}", data=SHOP)

    assert refusal(answer) == (400, "FIELD_INVALID", "page_size", PAGE_SIZE)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00%2B25:00",
        "0001-01-01T00:00:00%2B01:00",
        "0000-01-01T00:00:00Z",
        "1767225600",
        "%D9%A2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z%0A",
    ],
)
@pytest.mark.parametrize("path", ["/customers?", "/orders/commit?page=1&"])
def test_a_time_is_a_date_with_a_zone(alone: FlaskClient, path: str, text: str) -> None:
    answer = alone.post(f"{path}updated_since={text}", data=SHOP)

    assert refusal(answer) == (400, "FIELD_INVALID", "updated_since", SINCE)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/customers?updated_since=a&updated_since=b", "updated_since"),
        ("/customers?page=1&page=2", "page"),
        ("/customers?page=1&page=1", "page"),
        ("/customers?page_size=1&page_size=2", "page_size"),
        ("/customers?cursor=a&cursor=b", "cursor"),
        ("/orders/commit?commit_token=a&commit_token=b", "commit_token"),
        ("/orders/commit?cursor=a&cursor=b", "cursor"),
        ("/orders/commit?page=1&page=2", "page"),
    ],
)
def test_a_parameter_that_comes_twice_is_refused(
    alone: FlaskClient, path: str, field: str | None
) -> None:
    message = f"{field} came more than once; send it once."

    answer = alone.post(path, data=SHOP)

    assert refusal(answer) == (400, "FIELD_INVALID", field, message)


@pytest.mark.parametrize("query", ["", "?commit_token=", "?cursor=", "?page_size=50"])
def test_a_commit_that_names_no_point_is_refused(alone: FlaskClient, query: str) -> None:
    message = "Say what to confirm: ?commit_token=… or ?page=…&page_size=… as it was asked."

    answer = alone.post(f"/orders/commit{query}", data=SHOP)

    assert refusal(answer) == (400, "FIELD_INVALID", "commit_token", message)


@pytest.mark.parametrize(
    ("body", "reason", "field", "message"),
    [
        (b"", "REQUEST_UNREADABLE", None, NO_JSON),
        (b" ", "REQUEST_UNREADABLE", None, NO_JSON),
        (b"shop=shop.example", "REQUEST_UNREADABLE", None, NO_JSON),
        (b'{"shop":"shop.example"', "REQUEST_UNREADABLE", None, NO_JSON),
        (b'{"shop":"\xff\xfe"}', "REQUEST_UNREADABLE", None, NO_JSON),
        (b'{"shop":"\\ud800"}', "REQUEST_UNREADABLE", None, NO_JSON),
        (b'{"shop":"a\x00b"}', "REQUEST_UNREADABLE", None, NO_JSON),
        (b"[" * 1000, "REQUEST_UNREADABLE", None, NO_JSON),
        (b"null", "REQUEST_UNREADABLE", None, NO_OBJECT),
        (b"7", "REQUEST_UNREADABLE", None, NO_OBJECT),
        (b'"shop.example"', "REQUEST_UNREADABLE", None, NO_OBJECT),
        (b'[{"shop":"shop.example"}]', "REQUEST_UNREADABLE", None, NO_OBJECT),
        (b"{}", "SHOP_INVALID", "shop", NO_SHOP),
        (b'{"SHOP":"shop.example"}', "SHOP_INVALID", "shop", NO_SHOP),
        (b'{"shop":""}', "SHOP_INVALID", "shop", NO_SHOP),
        (b'{"shop":" \\n"}', "SHOP_INVALID", "shop", NO_SHOP),
        (b'{"shop":null}', "SHOP_INVALID", "shop", NO_SHOP),
        (b'{"shop":7}', "SHOP_INVALID", "shop", NO_SHOP),
        (b'{"shop":["shop.example"]}', "SHOP_INVALID", "shop", NO_SHOP),
    ],
)
@pytest.mark.parametrize("path", ["/customers", "/products/commit?page=1"])
def test_a_body_must_be_a_json_object_that_names_a_shop(
    alone: FlaskClient, path: str, body: bytes, reason: str, field: str | None, message: str
) -> None:
    answer = alone.post(path, data=body)

    assert refusal(answer) == (400, reason, field, message)
