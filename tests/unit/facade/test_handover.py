"""What the facade reports once a page's answer was handed over."""

from __future__ import annotations

import logging
import queue
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from flask.testing import FlaskClient
from tests.unit.facade.conftest import facade_with

from pullfeed.v1 import feed_service_pb2, record_pb2
from pullfeed_facade import core

WAIT_S = 10


class Far:
    """A core that serves one page, and takes reports as the test says."""

    def __init__(self) -> None:
        self.page = feed_service_pb2.FetchPageResponse(
            data_json=b"[]", page=1, page_size=50, commit_token="the-token", report_handover=True
        )
        self.refused = False
        self.reports: queue.Queue[tuple[Any, dict[str, Any]]] = queue.Queue()

    def handlers(self) -> grpc.GenericRpcHandler:
        """The calls a facade makes for a page."""
        methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "FetchPage": grpc.unary_unary_rpc_method_handler(
                lambda _, __: self.page,
                feed_service_pb2.FetchPageRequest.FromString,
                feed_service_pb2.FetchPageResponse.SerializeToString,
            ),
            "ReportHandover": grpc.unary_unary_rpc_method_handler(
                self._report,
                feed_service_pb2.ReportHandoverRequest.FromString,
                feed_service_pb2.ReportHandoverResponse.SerializeToString,
            ),
        }
        return grpc.method_handlers_generic_handler("pullfeed.v1.FeedService", methods)

    def _report(self, request: Any, context: Any) -> Any:
        self.reports.put((request, dict(context.invocation_metadata())))
        if self.refused:
            context.abort(grpc.StatusCode.UNAVAILABLE, "10.0.0.1 is away")
        return feed_service_pb2.ReportHandoverResponse()


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.fixture
def client(far: Far) -> Iterator[FlaskClient]:
    """A client of a facade in front of it."""
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((far.handlers(),))
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    with core.channel_to(address) as channel:
        yield facade_with({}, core.Core(lambda: channel, deadline_s=WAIT_S)).test_client()
    server.stop(None).wait()


def fetch(client: FlaskClient) -> Any:
    """An answer that was not handed over yet."""
    return client.post(
        "/orders",
        data=b'{"shop":"shop.example"}',
        headers={"X-Api-Key": "the-key", "X-Request-Id": "r1"},
        buffered=False,
    )


def test_the_handover_is_reported_when_the_answer_was_handed_over(
    client: FlaskClient, far: Far
) -> None:
    answer = fetch(client)
    assert answer.status_code == 200
    assert far.reports.empty()
    answer.close()
    report, metadata = far.reports.get(timeout=WAIT_S)
    assert report == feed_service_pb2.ReportHandoverRequest(
        shop="shop.example", scope=record_pb2.SCOPE_ORDER, commit_token="the-token"
    )
    assert (metadata["x-api-key"], metadata["x-request-id"]) == ("the-key", "r1")


def test_a_report_that_fails_is_a_line_in_the_log_and_nothing_else(
    client: FlaskClient, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: queue.Queue[dict[str, Any]] = queue.Queue()
    logger = logging.getLogger("pullfeed_facade.caller")
    monkeypatch.setattr(logger, "warning", lambda _, extra: lines.put(extra["fields"]))
    far.refused = True
    answer = fetch(client)
    answer.close()
    assert answer.status_code == 200
    assert lines.get(timeout=WAIT_S) == {
        "method": "handover",
        "request_id": "r1",
        "reason": "UNAVAILABLE",
    }


def test_a_page_that_asks_for_no_report_gets_none(client: FlaskClient, far: Far) -> None:
    far.page.report_handover = False
    fetch(client).close()
    far.page.report_handover = True
    far.page.commit_token = "another"
    fetch(client).close()
    report, _ = far.reports.get(timeout=WAIT_S)
    assert report.commit_token == "another"
