"""The core as the facade reaches it: one channel a process, a deadline on every call."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from pullfeed.v1 import feed_service_pb2, feed_service_pb2_grpc

Metadata: TypeAlias = tuple[tuple[str, str], ...]

MESSAGE_BYTES = 80 * 1024 * 1024
HEALTH_DEADLINE_S = 1.0

CHANNEL_OPTIONS = (
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    # A core that comes back is found within about a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A core whose machine vanished is given up after 10 s, not after TCP's quarter of an hour;
    # gRPC servers take pings that come no oftener than this.
    ("grpc.keepalive_time_ms", 300_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # The importer asks again; being ready to do it here costs 3 % of a page.
    ("grpc.enable_retries", 0),
    # The core is on the inside: a proxy named in the environment is not for it.
    ("grpc.enable_http_proxy", 0),
)


class Stubs(NamedTuple):
    """The generated clients of one channel, and the process that made it."""

    pid: int
    feed: feed_service_pb2_grpc.FeedServiceStub
    check_health: grpc.UnaryUnaryMultiCallable[
        health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse
    ]


def channel_to(address: str) -> grpc.Channel:
    """A channel that connects at its first call."""
    return grpc.insecure_channel(address, options=CHANNEL_OPTIONS)


class Core:
    """The core's calls, each ended by the deadline; each raises grpc.RpcError."""

    def __init__(self, open_channel: Callable[[], grpc.Channel], deadline_s: float) -> None:
        self._open_channel = open_channel
        self._deadline_s = deadline_s
        self._opened: Stubs | None = None
        self._opening = threading.Lock()

    def fetch_page(
        self, request: feed_service_pb2.FetchPageRequest, metadata: Metadata
    ) -> feed_service_pb2.FetchPageResponse:
        return self._stubs().feed.FetchPage(request, timeout=self._deadline_s, metadata=metadata)

    def commit(
        self, request: feed_service_pb2.CommitRequest, metadata: Metadata
    ) -> feed_service_pb2.CommitResponse:
        return self._stubs().feed.Commit(request, timeout=self._deadline_s, metadata=metadata)

    def report_handover(
        self,
        request: feed_service_pb2.ReportHandoverRequest,
        metadata: Metadata,
        failed: Callable[[grpc.RpcError], None],
    ) -> None:
        """Sends the report and returns before it is answered. failed: told of what went wrong."""
        call: Any = self._stubs().feed.ReportHandover.future(
            request, timeout=self._deadline_s, metadata=metadata
        )

        def ended(call: Any) -> None:
            if (error := call.exception()) is not None:
                failed(error)

        call.add_done_callback(ended)

    def is_serving(self) -> bool:
        """Does the core say that it serves."""
        timeout = min(HEALTH_DEADLINE_S, self._deadline_s)
        answer = self._stubs().check_health(health_pb2.HealthCheckRequest(), timeout=timeout)
        return answer.status == health_pb2.HealthCheckResponse.SERVING

    def _stubs(self) -> Stubs:
        # A channel does not survive a fork, so each process opens its own, at its first call.
        opened = self._opened
        if opened is None or opened.pid != os.getpid():
            opened = self._open()
        return opened

    def _open(self) -> Stubs:
        with self._opening:
            if self._opened is None or self._opened.pid != os.getpid():
                channel = self._open_channel()
                feed = feed_service_pb2_grpc.FeedServiceStub(channel)
                # grpcio-health-checking comes without types.
                health: Any = health_pb2_grpc.HealthStub(channel)
                self._opened = Stubs(os.getpid(), feed, health.Check)
            return self._opened
