"""The core's answers in the contract's JSON, keys in the contract's order."""

from __future__ import annotations

from collections.abc import Callable

import flask
import orjson

from pullfeed.v1 import feed_service_pb2
from pullfeed_facade import errors


def page(
    response: feed_service_pb2.FetchPageResponse, handed_over: Callable[[], None] | None = None
) -> flask.Response:
    """The page, and its commit token in a header so that the envelope stays the contract's.

    handed_over: called once the server has the answer.
    """
    # Passed through, the body reaches the server whole; else it would ask for it in a loop.
    # But what is passed through is not closed by the server.
    answer = flask.Response(
        page_body(response),
        content_type="application/json",
        direct_passthrough=handed_over is None,
    )
    if handed_over is not None:
        answer.call_on_close(handed_over)
    answer.headers["X-Commit-Token"] = response.commit_token
    return answer


def page_body(response: feed_service_pb2.FetchPageResponse) -> bytes:
    """status, message, meta, data; the records stand as the core stored them, byte for byte.

    Raises Refusal INTERNAL where the core sent no JSON: that must not look like
    an empty last page.
    """
    if not response.data_json:
        raise errors.fault("the core answered without data_json")
    meta = {
        "has_next_page": response.has_next_page,
        "cursor": response.cursor or None,
        "page": response.page,
        "page_size": response.page_size,
    }
    head = b'{"status":"success","message":"","meta":'
    return b"".join((head, orjson.dumps(meta), b',"data":', response.data_json, b"}"))


def commit(response: feed_service_pb2.CommitResponse, *, counted: bool) -> flask.Response:
    """Where the importer's position stands now. counted: it said how many records it received."""
    return flask.Response(commit_body(response, counted=counted), content_type="application/json")


def commit_body(response: feed_service_pb2.CommitResponse, *, counted: bool) -> bytes:
    moved = response.HasField("committed_date")
    position = {
        "position": response.position,
        "advanced": response.advanced,
        "committed_date": response.committed_date.ToJsonString() if moved else None,
    }
    if counted:
        is_known = response.HasField("served_count")
        position["served_count"] = response.served_count if is_known else None
    return orjson.dumps({"status": "success", "message": "", "commit": position})
