"""What the log says of one request: one line, no key, cursor, token or body in it."""

from __future__ import annotations

import dataclasses
import logging
import re
import secrets
import time
from http import HTTPStatus
from typing import Any

import flask

from pullfeed.v1 import record_pb2
from pullfeed_facade import log

MAX_REQUEST_ID = 128

# What the importer sent as its shop is logged only where it can be a domain, and of its key
# only the part that names it.
_domain = re.compile(r"[a-z0-9.-]{1,253}\Z").match
_key_id = re.compile(r"pf_(k[0-9a-f]{12})_").match

logger = logging.getLogger(__name__)


@dataclasses.dataclass(slots=True)
class Trace:
    """What is known of the request being served."""

    # Itself: flask.request looks it up anew at every use.
    request: flask.Request
    request_id: str
    began: float
    shop: str = ""
    page: int | None = None
    records: int | None = None
    reason: str | None = None
    detail: str | None = None


def begin() -> None:
    """Takes or makes the request's id and starts its clock."""
    environ = flask.request.environ
    given = environ.get("HTTP_X_REQUEST_ID", "")
    flask.g.trace = Trace(environ["werkzeug.request"], request_id(given), time.perf_counter())


def current() -> Trace:
    trace: Trace = flask.g.trace
    return trace


def end(response: flask.Response) -> flask.Response:
    """The response with the request's id on it, and its line in the log."""
    trace = current()
    response.headers["X-Request-Id"] = trace.request_id
    level = _level(trace.request, response)
    if logger.isEnabledFor(level):
        log.line(logging.getLevelName(level).lower(), line(trace, response))
    return response


def request_id(given: str) -> str:
    """The id given, where it is 1 to 128 visible ASCII characters; else a new one."""
    fit = given.isascii() and given.isprintable() and " " not in given
    return given if fit and 0 < len(given) <= MAX_REQUEST_ID else secrets.token_hex(16)


def _level(request: flask.Request, response: flask.Response) -> int:
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return logging.WARNING
    # Load balancers ask every few seconds; only a failure is news.
    return logging.DEBUG if request.blueprint == "health" else logging.INFO


def line(trace: Trace, response: flask.Response) -> dict[str, Any]:
    """The fields of the log's line; those that say nothing are left out."""
    request = trace.request
    scope = (request.view_args or {}).get("scope")
    key_id = _key_id(request.environ.get("HTTP_X_API_KEY", ""))
    fields = {
        "method": request.method,
        # A path that is none of ours may hold anything, so it is not repeated.
        "path": request.path if request.url_rule else None,
        "status": response.status_code,
        "shop": trace.shop if _domain(trace.shop) else None,
        "scope": record_pb2.Scope.Name(scope)[len("SCOPE_") :].lower() if scope else None,
        "key_id": key_id[1] if key_id else None,
        "request_id": trace.request_id,
        "duration_ms": round((time.perf_counter() - trace.began) * 1000, 2),
        "page": trace.page,
        "records": trace.records,
        "bytes": response.content_length,
        "reason": trace.reason,
        "detail": trace.detail,
    }
    return {name: value for name, value in fields.items() if value is not None}
