"""An importer's HTTP request, read into the request the core takes.

Only the form is judged here; what a value means (a domain, a cursor, a page
that was served) is the core's to say.
"""

from __future__ import annotations

import datetime
import re
from typing import TypeAlias, cast

import flask
import orjson
from google.protobuf import timestamp_pb2
from werkzeug.datastructures import MultiDict

from pullfeed.v1 import feed_service_pb2, record_pb2
from pullfeed_facade import errors, receipt

Scope: TypeAlias = record_pb2.Scope.ValueType
List: TypeAlias = record_pb2.List.ValueType
Query: TypeAlias = MultiDict[str, str]

MAX_INT32 = 2**31 - 1
INT32_DIGITS = 10
MAX_PAGE_SIZE = 1000

EXPLAINED = {
    "page": "page must be a whole number of at least 1; ask page=1 for the first page.",
    "page_size": "page_size must be a whole number from 1 to 1000; leave it out for 50.",
    "updated_since": "updated_since must be a date with a zone: 2026-01-01T00:00:00Z.",
}
# RFC 3339; a blank is what becomes of a plus that was not escaped.
_DATE = re.compile(
    r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?(Z|[+ -]\d\d:\d\d)", re.ASCII
)
NO_POINT = "Say what to confirm: ?commit_token=… or ?page=…&page_size=… as it was asked."


def page_request(
    scope: Scope, kind: List, request: flask.Request
) -> feed_service_pb2.FetchPageRequest:
    """The page that is asked for; the first one where neither cursor nor page says which.

    A cursor wins over a page. Raises Refusal FIELD_INVALID, SHOP_INVALID,
    REQUEST_UNREADABLE.
    """
    query = request.args
    asked = feed_service_pb2.FetchPageRequest(
        shop=shop(request.get_data()),
        scope=scope,
        list=kind,
        page_size=number(query, "page_size", MAX_PAGE_SIZE),
        form=feed_service_pb2.FORM_JSON,
    )
    if cursor := text(query, "cursor"):
        asked.cursor = cursor
    else:
        asked.page = number(query, "page", MAX_INT32) or 1
    if since := date(query, "updated_since"):
        asked.updated_since.CopyFrom(since)
    return asked


def commit_request(
    scope: Scope, kind: List, request: flask.Request
) -> feed_service_pb2.CommitRequest:
    """What is confirmed: the query's commit token, cursor or page, else the header's token.

    Raises Refusal FIELD_INVALID, SHOP_INVALID, REQUEST_UNREADABLE.
    """
    query = request.args
    said = document(request.get_data())
    named = feed_service_pb2.CommitRequest(
        shop=shop_of(said),
        scope=scope,
        list=kind,
        received=receipt.received(said),
        rejected=receipt.rejected(said),
    )
    if token := text(query, "commit_token"):
        named.commit_token = token
    elif cursor := text(query, "cursor"):
        named.cursor = cursor
    elif page := number(query, "page", MAX_INT32):
        named.page.CopyFrom(
            feed_service_pb2.NumberedPage(
                page=page,
                page_size=number(query, "page_size", MAX_PAGE_SIZE),
                updated_since=date(query, "updated_since"),
            )
        )
    elif token := request.headers.get("X-Commit-Token"):
        named.commit_token = token
    else:
        raise errors.invalid("commit_token", NO_POINT)
    return named


def shop(body: bytes) -> str:
    """The shop a body names, trimmed and in lower case."""
    return shop_of(document(body))


def document(body: bytes) -> receipt.Document:
    """The JSON object that a body is."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise errors.unreadable('The body must be JSON: {"shop":"shop.example"}.') from error
    if not isinstance(found, dict):
        raise errors.unreadable('The body must be a JSON object: {"shop":"shop.example"}.')
    return cast("receipt.Document", found)


def shop_of(said: receipt.Document) -> str:
    """The shop an object names, trimmed and in lower case."""
    name = said.get("shop")
    if not isinstance(name, str) or not name.strip():
        raise errors.shop_invalid()
    return name.strip().lower()


def text(query: Query, field: str) -> str | None:
    """The value a query gives to a field, None where it gives none or an empty one."""
    values = query.getlist(field)
    if len(values) > 1:
        raise errors.invalid(field, f"{field} came more than once; send it once.")
    return values[0] or None if values else None


def number(query: Query, field: str, largest: int) -> int | None:
    """The whole number from 1 to largest a query gives to a field, None where it gives none."""
    if field not in query:
        return None
    digits = text(query, field) or ""
    # int() takes any digits of Unicode, and raises on some thousands of them.
    if digits.isascii() and digits.isdigit() and len(digits) <= INT32_DIGITS:
        value = int(digits)
        if 1 <= value <= largest:
            return value
    raise errors.invalid(field, EXPLAINED[field])


def date(query: Query, field: str) -> timestamp_pb2.Timestamp | None:
    """The time a query gives to a field, to the microsecond; None where it gives none."""
    written = (text(query, field) or "").upper()
    if not written:
        return None
    stamp = timestamp_pb2.Timestamp()
    try:
        if _DATE.fullmatch(written):
            stamp.FromDatetime(datetime.datetime.fromisoformat(written.replace(" ", "+")))
            return stamp
    except (ValueError, OverflowError):
        # Not in the calendar, or not in its first 9999 years once it is in UTC.
        pass
    raise errors.invalid(field, EXPLAINED[field])
