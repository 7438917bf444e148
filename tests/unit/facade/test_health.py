"""What load balancers are told."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from flask.testing import FlaskClient
from grpc_health.v1 import health_pb2

OK = '{"status":"success","message":""}'


def test_the_facade_lives_without_its_core(alone: FlaskClient) -> None:
    answer = alone.get("/healthz")

    assert (answer.status_code, answer.text) == (200, OK)


def test_the_facade_is_ready_while_the_core_serves(fake_core: Any) -> None:
    exchange = fake_core.call("Check", "/readyz", method="GET")

    assert (exchange.answer.status_code, exchange.answer.text) == (200, OK)
    assert exchange.request.service == ""


@pytest.mark.parametrize("status", ["UNKNOWN", "NOT_SERVING", "SERVICE_UNKNOWN"])
def test_the_facade_is_not_ready_while_the_core_does_not_serve(fake_core: Any, status: str) -> None:
    reply = health_pb2.HealthCheckResponse(status=status)

    answer = fake_core.call("Check", "/readyz", method="GET", answer=reply).answer

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json["error"] == {"code": "UNAVAILABLE", "reason": "UNAVAILABLE"}


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
    ],
)
def test_the_facade_is_not_ready_while_the_core_does_not_answer(
    fake_core: Any, code: grpc.StatusCode
) -> None:
    answer = fake_core.call("Check", "/readyz", method="GET", code=code).answer

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_takes_get_and_head_only(alone: FlaskClient, path: str) -> None:
    answer = alone.post(path)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
