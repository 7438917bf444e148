"""The core, called in the name of the HTTP request being served."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable

import grpc

from pullfeed.v1 import feed_service_pb2
from pullfeed_facade import core, errors, trace

MAX_KEY = 256

logger = logging.getLogger(__name__)


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

    def handover_of(
        self,
        request: feed_service_pb2.FetchPageRequest,
        response: feed_service_pb2.FetchPageResponse,
    ) -> Callable[[], None] | None:
        """Reports, when it is called, that the page's answer was handed over; None if unasked.

        It is called behind the request, whose key and id it therefore takes along.
        """
        if not response.report_handover:
            return None
        report = feed_service_pb2.ReportHandoverRequest(
            shop=request.shop,
            scope=request.scope,
            list=request.list,
            commit_token=response.commit_token,
        )
        traced = trace.current()
        sent = metadata(traced)

        def failed(error: grpc.RpcError) -> None:
            # Nothing is lost: the page is confirmed by what the importer asks next, or not yet.
            refusal = errors.from_rpc(error)
            fields = {
                "method": "handover",
                "request_id": traced.request_id,
                "reason": refusal.reason,
            }
            logger.warning("handover", extra={"fields": fields})

        return functools.partial(self._core.report_handover, report, sent, failed)

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
