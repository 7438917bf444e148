"""Every refusal over HTTP; the table from gRPC codes to statuses, written a second time."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest
from flask.testing import FlaskClient
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

STATUS = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNKNOWN: 500,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DATA_LOSS: 500,
    grpc.StatusCode.UNAUTHENTICATED: 401,
}
SHOP = b'{"shop":"shop.example"}'
NO_PATH = (
    "There is nothing at this path. POST to /customers, /orders or /products, "
    "or to /commit below one of them."
)


def told(
    code: grpc.StatusCode, message: str, reason: str, *details: Message, **metadata: str
) -> dict[str, Any]:
    """A failure as the core tells it, with its details in the trailers."""
    status = status_pb2.Status(code=code.value[0], message=message)
    info = error_details_pb2.ErrorInfo(reason=reason, domain="pullfeed", metadata=metadata)
    for detail in (info, *details):
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    trailers = (("grpc-status-details-bin", status.SerializeToString()),)
    return {"code": code, "details": message, "trailers": trailers}


def test_the_table_names_every_code_but_ok() -> None:
    assert set(STATUS) == set(grpc.StatusCode) - {grpc.StatusCode.OK}


@pytest.mark.parametrize("code", STATUS)
def test_what_the_core_refuses_comes_in_its_own_words(
    fake_core: Any, code: grpc.StatusCode
) -> None:
    failure = told(code, "Do this instead.", "SOME_REASON")

    answer = fake_core.call("FetchPage", "/customers", **failure).answer

    assert answer.status_code == STATUS[code]
    assert answer.content_type == "application/json"
    assert json.loads(answer.data) == {
        "status": "error",
        "message": "Do this instead.",
        "error": {"code": code.name, "reason": "SOME_REASON"},
    }


@pytest.mark.parametrize("code", STATUS)
def test_what_grpc_itself_reports_is_told_without_its_text(
    fake_core: Any, code: grpc.StatusCode
) -> None:
    inside = "ipv4:10.0.0.7:50051: Connection refused"
    reason = {
        grpc.StatusCode.UNAVAILABLE: "UNAVAILABLE",
        grpc.StatusCode.CANCELLED: "UNAVAILABLE",
        grpc.StatusCode.DEADLINE_EXCEEDED: "DEADLINE",
    }.get(code, "INTERNAL")

    answer = fake_core.call("FetchPage", "/customers", code=code, details=inside).answer

    # It was not the importer who went away.
    told = grpc.StatusCode.UNAVAILABLE if code is grpc.StatusCode.CANCELLED else code
    assert answer.status_code == STATUS[told]
    assert answer.json["error"] == {"code": told.name, "reason": reason}
    assert "10.0.0.7" not in answer.text


def test_details_of_another_domain_are_not_passed_on(fake_core: Any) -> None:
    info = any_pb2.Any()
    info.Pack(error_details_pb2.ErrorInfo(reason="QUOTA", domain="proxy.example"))
    status = status_pb2.Status(code=14, message="proxy at 10.0.0.7", details=[info])
    trailers = (("grpc-status-details-bin", status.SerializeToString()),)

    answer = fake_core.call(
        "FetchPage",
        "/customers",
        code=grpc.StatusCode.UNAVAILABLE,
        details="proxy at 10.0.0.7",
        trailers=trailers,
    ).answer

    assert answer.status_code == 503
    assert answer.json["error"]["reason"] == "UNAVAILABLE"
    assert "10.0.0.7" not in answer.text


def test_a_field_comes_from_the_violation(fake_core: Any) -> None:
    violation = error_details_pb2.BadRequest.FieldViolation(field="page_size")
    request = error_details_pb2.BadRequest(field_violations=[violation])
    failure = told(grpc.StatusCode.INVALID_ARGUMENT, "Too large.", "FIELD_INVALID", request)

    answer = fake_core.call("FetchPage", "/customers", **failure).answer

    assert answer.json["error"] == {
        "code": "INVALID_ARGUMENT",
        "reason": "FIELD_INVALID",
        "field": "page_size",
    }


def test_a_field_comes_from_the_metadata_where_there_is_no_violation(fake_core: Any) -> None:
    code = grpc.StatusCode.INVALID_ARGUMENT
    failure = told(code, "No domain.", "SHOP_INVALID", field="shop")

    answer = fake_core.call("Commit", "/customers/commit?page=1", **failure).answer

    assert answer.json["error"]["field"] == "shop"


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED])
def test_a_retry_is_due_after_a_second_where_the_core_names_no_time(
    fake_core: Any, code: grpc.StatusCode
) -> None:
    answer = fake_core.call("FetchPage", "/customers", **told(code, "Wait.", "R")).answer

    assert answer.headers["Retry-After"] == "1"


def test_a_retry_is_due_when_the_core_says_in_whole_seconds(fake_core: Any) -> None:
    delay = duration_pb2.Duration(seconds=2, nanos=1)
    retry = error_details_pb2.RetryInfo(retry_delay=delay)
    failure = told(grpc.StatusCode.UNAVAILABLE, "Wait.", "UNAVAILABLE", retry)

    answer = fake_core.call("FetchPage", "/customers", **failure).answer

    assert answer.headers["Retry-After"] == "3"


def test_an_unauthenticated_answer_names_its_challenge(fake_core: Any) -> None:
    failure = told(grpc.StatusCode.UNAUTHENTICATED, "No key.", "KEY_MISSING")

    answer = fake_core.call("FetchPage", "/customers", **failure).answer

    assert answer.headers["WWW-Authenticate"] == 'ApiKey realm="pullfeed"'


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/shops",
        "/customerss",
        "/Customers",
        "/customers//",
        "//customers",
        "/customers/removed/1",
        "/customers/commit/1",
        "/commit",
        "/customers%2Fcommit%2F1",
        "/%FF",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_unknown_path_is_not_found(alone: FlaskClient, path: str, method: str) -> None:
    answer = alone.open(path, method=method, data=SHOP)

    assert answer.status_code == 404
    assert json.loads(answer.data) == {
        "status": "error",
        "message": NO_PATH,
        "error": {"code": "NOT_FOUND", "reason": "PATH_NOT_FOUND"},
    }


@pytest.mark.parametrize("path", ["/customers", "/orders/", "/product/commit"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_a_feed_takes_post_only(alone: FlaskClient, path: str, method: str) -> None:
    answer = alone.open(path, method=method, data=SHOP)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert json.loads(answer.data) == {
        "status": "error",
        "message": "This path takes POST only.",
        "error": {"code": "UNIMPLEMENTED", "reason": "METHOD_NOT_ALLOWED"},
    }


def test_a_fault_of_our_own_is_told_without_its_text(
    alone: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    # The fixture's core raises AssertionError, which no route expects.
    answer = alone.post("/customers", data=SHOP)

    assert answer.status_code == 500
    assert json.loads(answer.data)["error"] == {"code": "INTERNAL", "reason": "INTERNAL"}
    assert "the facade called the core" not in answer.text
    assert "the facade called the core" in caplog.text
