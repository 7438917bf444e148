"""The core, called in the name of the HTTP request being served."""

from __future__ import annotations

from pullfeed.v1 import feed_service_pb2
from pullfeed_facade import core, errors, trace

MAX_KEY = 256


class Caller:
    """Adds the request's key and id to each call, and what came of it to the log's line."""

    def __init__(self, core: core.Core) -> None:
        self._core = core

    def fetch_page(
        self, request: feed_service_pb2.FetchPageRequest
    ) -> feed_service_pb2.FetchPageResponse:
        traced = trace.current()
        traced.shop = request.shop
        response = self._core.fetch_page(request, metadata(traced))
        traced.page, traced.records = response.page, response.record_count
        return response

    def commit(self, request: feed_service_pb2.CommitRequest) -> feed_service_pb2.CommitResponse:
        traced = trace.current()
        traced.shop = request.shop
        return self._core.commit(request, metadata(traced))


def metadata(traced: trace.Trace) -> core.Metadata:
    """x-request-id, and x-api-key where the request brought a key.

    Raises Refusal KEY_INVALID for a key that gRPC could not carry.
    """
    key = traced.request.environ.get("HTTP_X_API_KEY")
    if not key:
        return (("x-request-id", traced.request_id),)
    if len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        raise errors.key_invalid()
    return (("x-request-id", traced.request_id), ("x-api-key", key))
