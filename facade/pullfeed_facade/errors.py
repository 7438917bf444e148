"""What can be refused over HTTP, and the one table from gRPC codes to HTTP statuses.

A Refusal is raised where its cause is known, or made here from what gRPC and
Flask raise; app sends each through response(), once.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeAlias, cast

import flask
import grpc
import orjson
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from werkzeug import exceptions

Code: TypeAlias = grpc.StatusCode

DOMAIN = "pullfeed"
RETRIED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
RETRY_AFTER_S = 1
# RFC 9110 wants a challenge with every 401, and some HTTP clients fail on a 401 without one.
CHALLENGE = 'ApiKey realm="pullfeed"'

# As grpc-gateway maps them; what is not named is a 500.
HTTP_STATUS = {
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ABORTED: 409,
    Code.ALREADY_EXISTS: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}
# HTTP has a finer word than gRPC for these.
REASON_STATUS = {"REQUEST_TOO_LARGE": 413, "METHOD_NOT_ALLOWED": 405, "RESYNC_REQUIRED": 410}

# What gRPC itself reports, without details of the core's: reason and sentence. gRPC's own text
# names addresses of the inside, so it goes to the log and not to the importer.
TRANSPORT = {
    Code.UNAVAILABLE: ("UNAVAILABLE", "The core is not there to answer. Try again in a moment."),
    Code.CANCELLED: ("UNAVAILABLE", "The core stopped during the call. Try again in a moment."),
    Code.DEADLINE_EXCEEDED: ("DEADLINE", "The core did not answer in time. Try again."),
}
NO_SUCH_PATH = (
    "There is nothing at this path. POST to /customers, /orders or /products, "
    "or to /commit below one of them."
)
FAULT = ("INTERNAL", "A fault of pullfeed's own; its log has more. Try again later.")


class Unusable(Exception):
    """Not a request's: the facade cannot start (exit code 3)."""


class Refusal(Exception):
    """An answer that is not success.

    reason: a name of the ErrorReason enum without its prefix. message: a sentence
    a person can act on, without any value of a record. headers: sent with it.
    retry_after_s: 0 where the core named none. detail: for the log only.
    """

    def __init__(
        self,
        code: Code,
        reason: str,
        message: str,
        *,
        field: str = "",
        headers: Mapping[str, str] | None = None,
        retry_after_s: int = 0,
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.field = field
        self.headers = headers or {}
        self.retry_after_s = retry_after_s
        self.detail = detail

    @property
    def http_status(self) -> int:
        return REASON_STATUS.get(self.reason) or HTTP_STATUS.get(self.code, 500)

    def body(self) -> dict[str, Any]:
        error = {"code": self.code.name, "reason": self.reason}
        if self.field:
            error["field"] = self.field
        return {"status": "error", "message": self.message, "error": error}


def invalid(field: str, message: str) -> Refusal:
    return Refusal(Code.INVALID_ARGUMENT, "FIELD_INVALID", message, field=field)


def unreadable(message: str) -> Refusal:
    return Refusal(Code.INVALID_ARGUMENT, "REQUEST_UNREADABLE", message)


def shop_invalid() -> Refusal:
    message = 'shop must be the domain of the shop as text: {"shop":"shop.example"}.'
    return Refusal(Code.INVALID_ARGUMENT, "SHOP_INVALID", message, field="shop")


def key_invalid() -> Refusal:
    message = "The key in X-Api-Key is no key of pullfeed. Send it exactly as it was given."
    return Refusal(Code.UNAUTHENTICATED, "KEY_INVALID", message)


def too_large(max_bytes: int) -> Refusal:
    message = f'The body is longer than {max_bytes} bytes; {{"shop":"shop.example"}} is enough.'
    return Refusal(Code.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE", message)


def unavailable(detail: str) -> Refusal:
    reason, message = TRANSPORT[Code.UNAVAILABLE]
    return Refusal(Code.UNAVAILABLE, reason, message, detail=detail)


def fault(detail: str) -> Refusal:
    reason, message = FAULT
    return Refusal(Code.INTERNAL, reason, message, detail=detail)


def from_rpc(error: grpc.RpcError) -> Refusal:
    """What the core refused, in its own words; what gRPC failed at, in ours."""
    # Stubs raise what is an RpcError and the ended Call in one.
    status = rpc_status.from_call(cast("grpc.Call", error))
    if status is None:
        return _from_transport(error)
    info, request, retry = _details(status)
    if info.domain != DOMAIN:
        return _from_transport(error)
    field = request.field_violations[0].field if request.field_violations else ""
    return Refusal(
        error.code(),
        info.reason,
        status.message,
        field=field or info.metadata.get("field", ""),
        retry_after_s=retry.retry_delay.seconds + (retry.retry_delay.nanos > 0),
    )


def from_http(error: exceptions.HTTPException) -> Refusal:
    """What Flask or werkzeug refused before a route of ours was reached."""
    if isinstance(error, exceptions.NotFound):
        return Refusal(Code.NOT_FOUND, "PATH_NOT_FOUND", NO_SUCH_PATH)
    if isinstance(error, exceptions.MethodNotAllowed):
        allow = ", ".join(sorted(error.valid_methods or ()))
        message = f"This path takes {allow} only."
        return Refusal(Code.UNIMPLEMENTED, "METHOD_NOT_ALLOWED", message, headers={"Allow": allow})
    if isinstance(error, exceptions.BadRequest):
        return unreadable("The request is not HTTP that can be read. Send it again.")
    return fault(type(error).__name__)


def response(refusal: Refusal) -> flask.Response:
    """The refusal over HTTP: neither data nor meta, so that it never looks like a last page."""
    answer = flask.Response(
        orjson.dumps(refusal.body()), refusal.http_status, content_type="application/json"
    )
    answer.headers.update(refusal.headers)
    if refusal.http_status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = CHALLENGE
    if refusal.http_status in RETRIED:
        answer.headers["Retry-After"] = str(refusal.retry_after_s or RETRY_AFTER_S)
    return answer


def _from_transport(error: grpc.RpcError) -> Refusal:
    reason, message = TRANSPORT.get(error.code(), FAULT)
    # A 499 would tell the importer that it went away itself.
    code = Code.UNAVAILABLE if error.code() is Code.CANCELLED else error.code()
    return Refusal(code, reason, message, detail=error.details() or "")


def _details(
    status: status_pb2.Status,
) -> tuple[error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo]:
    """The three details the core sends; one that did not come is empty."""
    found = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    for packed in status.details:
        for message in found:
            packed.Unpack(message)
    return found
