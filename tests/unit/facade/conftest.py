"""The facade in front of a channel whose far end is held by the test."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from typing import Any

import flask
import grpc
import grpc_testing
import pytest
from flask.testing import FlaskClient
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from werkzeug.test import TestResponse

from pullfeed.v1 import feed_service_pb2
from pullfeed_facade import app, core, settings

FEED = feed_service_pb2.DESCRIPTOR.services_by_name["FeedService"]
HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"]
METHODS: dict[str, Any] = {
    "FetchPage": FEED.methods_by_name["FetchPage"],
    "Commit": FEED.methods_by_name["Commit"],
    "Check": HEALTH.methods_by_name["Check"],
}
EMPTY_PAGE = feed_service_pb2.FetchPageResponse(data_json=b"[]", page=1, page_size=50)
ANSWERS: dict[str, Message] = {
    "FetchPage": EMPTY_PAGE,
    "Commit": feed_service_pb2.CommitResponse(),
    "Check": health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING),
}

Trailers = tuple[tuple[str, str | bytes], ...]


@dataclasses.dataclass(frozen=True)
class Exchange:
    """What one HTTP request became: the gRPC request sent, and the HTTP answer."""

    request: Any
    metadata: dict[str, str | bytes]
    answer: TestResponse


class FakeCore:
    """Answers the one RPC that a request is expected to make."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._channel = grpc_testing.channel([FEED, HEALTH], grpc_testing.strict_real_time())
        self.client = facade_with(values, core.Core(lambda: self._channel, 5)).test_client()

    def call(
        self,
        rpc: str,
        path: str,
        *,
        answer: Message | None = None,
        code: grpc.StatusCode = grpc.StatusCode.OK,
        details: str = "",
        trailers: Trailers = (),
        **request: Any,
    ) -> Exchange:
        """The request's exchange; rpc is the one it must make. Without a method it is a POST."""
        taken: list[tuple[Any, Any]] = []

        def far_end() -> None:
            metadata, sent, call = self._channel.take_unary_unary(METHODS[rpc])
            taken.append((sent, metadata))
            call.send_initial_metadata(())
            reply = (answer or ANSWERS[rpc]) if code is grpc.StatusCode.OK else None
            call.terminate(reply, trailers, code, details)

        threading.Thread(target=far_end, daemon=True).start()
        request.setdefault("method", "POST")
        if "json" not in request:
            request.setdefault("data", b'{"shop":"shop.example"}')
        got = self.client.open(path, **request)
        assert taken, f"{rpc} was not called: {got.status} {got.text}"
        sent, metadata = taken[0]
        # grpcio-testing adds a reminder of its own that a runtime may add to it.
        ours = {name: value for name, value in metadata if not name.startswith("grpc.")}
        return Exchange(sent, ours, got)


def facade_with(values: Mapping[str, Any], to: core.Core) -> flask.Flask:
    chosen: dict[str, Any] = {
        "listen": settings.Address("127.0.0.1", 0),
        "core": "",
        "workers": 1,
        "threads": 1,
        "url_prefix": "",
        "deadline_s": 5.0,
        "max_body_bytes": 1024,
        "log_level": "info",
        **values,
    }
    return app.create_app(settings.Settings(**chosen), to)


@pytest.fixture
def fake_core() -> FakeCore:
    return FakeCore({})


@pytest.fixture
def prefixed_core() -> FakeCore:
    """As fake_core, behind a facade whose url-prefix is /pull."""
    return FakeCore({"url_prefix": "/pull"})


@pytest.fixture
def alone() -> FlaskClient:
    """A client of a facade that must answer by itself: any call of the core is an error."""

    def no_channel() -> grpc.Channel:
        message = "the facade called the core"
        raise AssertionError(message)

    return facade_with({}, core.Core(no_channel, deadline_s=5)).test_client()
