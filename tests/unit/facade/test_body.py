"""Bodies within and beyond the limit, which is 1,024 bytes here."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

LIMIT = 1024
TOO_LARGE = {
    "status": "error",
    "message": 'The body is longer than 1024 bytes; {"shop":"shop.example"} is enough.',
    "error": {"code": "RESOURCE_EXHAUSTED", "reason": "REQUEST_TOO_LARGE"},
}


def body_of(length: int) -> bytes:
    return b'{"shop":"shop.example"}'.ljust(length)


def chunked(data: bytes) -> tuple[io.BytesIO, dict[str, Any]]:
    """A body without Content-Length, as granian hands over chunked ones."""
    stream = io.BytesIO(data)
    return stream, {"wsgi.input": stream, "wsgi.input_terminated": True}


def test_a_body_of_the_limit_is_read(fake_core: Any) -> None:
    exchange = fake_core.call("FetchPage", "/customers", data=body_of(LIMIT))

    assert exchange.request.shop == "shop.example"


def test_a_chunked_body_of_the_limit_is_read(fake_core: Any) -> None:
    _, environ = chunked(body_of(LIMIT))

    exchange = fake_core.call("FetchPage", "/customers", data=None, environ_overrides=environ)

    assert exchange.request.shop == "shop.example"


@pytest.mark.parametrize("length", [LIMIT + 1, LIMIT + 2, 5_000_000])
@pytest.mark.parametrize("path", ["/customers", "/orders/commit", "/healthz", "/nothing"])
def test_a_longer_body_is_refused_wherever_it_is_sent(
    alone: FlaskClient, path: str, length: int
) -> None:
    answer = alone.post(path, data=body_of(length))

    assert answer.status_code == 413
    assert json.loads(answer.data) == TOO_LARGE


@pytest.mark.parametrize("length", [LIMIT + 1, LIMIT + 2, 5_000_000])
def test_a_longer_chunked_body_is_refused_and_taken_off_the_wire(
    alone: FlaskClient, length: int
) -> None:
    stream, environ = chunked(body_of(length))

    answer = alone.post("/customers", environ_overrides=environ)

    assert answer.status_code == 413
    assert stream.read() == b""


def test_a_body_that_waits_for_leave_to_come_is_not_asked_for(alone: FlaskClient) -> None:
    stream = io.BytesIO(body_of(5000))
    environ = {"wsgi.input": stream, "CONTENT_LENGTH": "5000", "HTTP_EXPECT": "100-continue"}

    answer = alone.post("/customers", environ_overrides=environ)

    assert answer.status_code == 413
    assert stream.tell() == 0


@pytest.mark.parametrize("path", ["/nothing", "/healthz"])
def test_a_body_is_read_where_nobody_wants_it(alone: FlaskClient, path: str) -> None:
    stream, environ = chunked(body_of(500))

    alone.post(path, environ_overrides=environ)

    assert stream.tell() == 500
