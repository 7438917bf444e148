"""One HTTP connection, kept open, and what it means when no answer comes."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from pullfeed_client.importer import transport


def test_a_post_carries_key_and_body_below_the_base_path(callback: Any) -> None:
    callback.will_answer(200, {"a": 1}, X_Commit_Token="t")
    way = transport.Http(f"{callback.url}/feed/", "pf_key")
    answer = way.post("/customers?page=1", b'{"shop":"s"}')
    way.close()
    [(path, headers, body)] = callback.asked
    assert (path, headers["x-api-key"], body) == (
        "/feed/customers?page=1",
        "pf_key",
        {"shop": "s"},
    )
    assert (answer.status, answer.headers["x-commit-token"], answer.body) == (
        200,
        "t",
        b'{"a": 1}',
    )


def test_calls_share_one_connection(callback: Any) -> None:
    callback.will_answer(200, {})
    way = transport.Http(callback.url, "")
    for _ in range(3):
        way.post("/customers", b"{}")
    way.close()
    assert (len(callback.asked), callback.connections) == (3, 1)


def test_without_a_key_none_is_sent(callback: Any) -> None:
    callback.will_answer(200, {})
    way = transport.Http(callback.url, "")
    way.post("/customers", b"{}")
    way.close()
    assert "x-api-key" not in callback.asked[0][1]


def test_an_address_nobody_listens_on_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(transport.Unreachable):
        transport.Http(f"http://127.0.0.1:{port}", "").post("/customers", b"{}")


def test_an_answer_cut_in_the_middle_is_unreachable(callback: Any) -> None:
    callback.will_answer(200, b"{}", Content_Length="100", Connection="close")
    with pytest.raises(transport.Unreachable):
        transport.Http(callback.url, "").post("/customers", b"{}")


def test_an_answer_that_does_not_come_in_time_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(transport.Unreachable):
            transport.Http(url, "", timeout_s=0.05).post("/customers", b"{}")


@pytest.mark.parametrize("url", ["ftp://shop.example", "shop.example:8080", "http://", ""])
def test_what_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no http"):
        transport.Http(url, "")
