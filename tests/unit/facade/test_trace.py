"""The request's id, and the one line the log has of a request."""

from __future__ import annotations

import datetime
import json
import logging
import re
from typing import Any

import grpc
import pytest
from flask.testing import FlaskClient

from pullfeed.v1 import feed_service_pb2

KEY = "pf_k0123456789ab_" + "s" * 43
MADE = re.compile(r"[0-9a-f]{32}\Z")


def only_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().err.splitlines()
    fields: dict[str, Any] = json.loads(line)
    assert datetime.datetime.fromisoformat(fields.pop("time")).utcoffset() == datetime.timedelta(0)
    return fields


@pytest.mark.parametrize("given", ["a", "order-7", "~!{}", "x" * 128])
def test_a_requests_own_id_is_kept_and_echoed(fake_core: Any, given: str) -> None:
    exchange = fake_core.call("FetchPage", "/customers", headers={"X-Request-Id": given})

    assert exchange.metadata["x-request-id"] == given
    assert exchange.answer.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", " ", "a b", "é", "a\tb", "a\x7f", "x" * 129])
def test_an_id_that_is_no_short_visible_ascii_is_replaced(fake_core: Any, given: str) -> None:
    environ = {"HTTP_X_REQUEST_ID": given}

    exchange = fake_core.call("FetchPage", "/customers", environ_overrides=environ)

    assert MADE.match(exchange.metadata["x-request-id"])
    assert exchange.answer.headers["X-Request-Id"] == exchange.metadata["x-request-id"]


@pytest.mark.parametrize("path", ["/customers", "/nothing", "/healthz"])
def test_every_answer_bears_an_id(alone: FlaskClient, path: str) -> None:
    assert MADE.match(alone.get(path).headers["X-Request-Id"])


def test_a_page_is_one_line_that_says_who_and_what_but_no_secret(
    fake_core: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    page = feed_service_pb2.FetchPageResponse(
        data_json=b'[{"email":"ada@example.com"}]',
        cursor="next-cursor",
        page=3,
        page_size=50,
        record_count=1,
    )

    fake_core.call(
        "FetchPage",
        "/customers?cursor=this-cursor",
        answer=page,
        headers={"X-Api-Key": KEY, "X-Request-Id": "order-7"},
    )

    line = only_line(capsys)
    assert line.pop("level") == "info"
    assert line.pop("duration_ms") >= 0
    assert line.pop("bytes") > 0
    assert line == {
        "method": "POST",
        "path": "/customers",
        "status": 200,
        "shop": "shop.example",
        "scope": "customer",
        "key_id": "k0123456789ab",
        "request_id": "order-7",
        "page": 3,
        "records": 1,
    }


def test_a_refusal_is_logged_with_its_reason_and_grpcs_text(
    fake_core: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)

    fake_core.call(
        "Commit",
        "/orders/commit?page=1",
        code=grpc.StatusCode.UNAVAILABLE,
        details="connection refused",
    )

    line = only_line(capsys)
    assert (line["level"], line["status"], line["reason"]) == ("warning", 503, "UNAVAILABLE")
    assert line["detail"] == "connection refused"


@pytest.mark.parametrize("shop", ["ada@example.com", "+15550100123", "a b", "x" * 254])
def test_what_cannot_be_a_domain_is_not_logged(
    fake_core: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], shop: str
) -> None:
    caplog.set_level(logging.INFO)

    fake_core.call("FetchPage", "/customers", json={"shop": shop})

    assert "shop" not in only_line(capsys)


def test_a_path_that_is_none_of_ours_is_not_logged(
    alone: FlaskClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)

    alone.post("/customers&cursor=secret")

    line = only_line(capsys)
    assert "path" not in line
    assert line["reason"] == "PATH_NOT_FOUND"


def test_a_balancers_question_is_no_news(
    alone: FlaskClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)

    alone.get("/healthz")

    assert capsys.readouterr().err == ""
