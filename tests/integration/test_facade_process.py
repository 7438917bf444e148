"""The facade as it runs: granian in a process of its own, before a real gRPC server."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from pullfeed.v1 import feed_service_pb2, feed_service_pb2_grpc, record_pb2

READY = "pullfeed-facade ready on http://127.0.0.1:"
SHOP = b'{"shop":"shop.example"}'
WAITING_SHOP = b'{"shop":"waits.example"}'
PAGE = feed_service_pb2.FetchPageResponse(
    data_json=b'[{"customer_id":"1"}]', page=1, page_size=50, commit_token="tok"
)
PATIENCE_S = 20


class FakeFeed(feed_service_pb2_grpc.FeedServiceServicer):
    """One page for all; waits.example's only when it is let go."""

    def __init__(self) -> None:
        self.waiting = threading.Event()
        self.let_go = threading.Event()
        self.page = PAGE
        self.reported: queue.Queue[feed_service_pb2.ReportHandoverRequest] = queue.Queue()

    def FetchPage(  # noqa: N802
        self, request: feed_service_pb2.FetchPageRequest, context: Any
    ) -> feed_service_pb2.FetchPageResponse:
        if request.shop == "waits.example":
            self.waiting.set()
            self.let_go.wait(PATIENCE_S)
        return self.page

    def Commit(  # noqa: N802
        self, request: feed_service_pb2.CommitRequest, context: Any
    ) -> feed_service_pb2.CommitResponse:
        return feed_service_pb2.CommitResponse(position=7, advanced=True)

    def ExportRecords(  # noqa: N802
        self, request: feed_service_pb2.ExportRecordsRequest, context: Any
    ) -> Iterator[feed_service_pb2.ExportRecordsResponse]:
        yield from ()

    def ReportHandover(  # noqa: N802
        self, request: feed_service_pb2.ReportHandoverRequest, context: Any
    ) -> feed_service_pb2.ReportHandoverResponse:
        self.reported.put(request)
        return feed_service_pb2.ReportHandoverResponse()

    def FetchChanges(  # noqa: N802
        self, request: feed_service_pb2.FetchChangesRequest, context: Any
    ) -> feed_service_pb2.FetchChangesResponse:
        return feed_service_pb2.FetchChangesResponse()


class FakeCore:
    """A gRPC server that can be stopped, and started again on its port."""

    def __init__(self) -> None:
        self.feed = FakeFeed()
        self.port = 0
        self.start()

    def start(self) -> None:
        self._server = grpc.server(
            futures.ThreadPoolExecutor(4), options=(("grpc.so_reuseport", 0),)
        )
        serving = health.HealthServicer()
        serving.set("", health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(serving, self._server)
        feed_service_pb2_grpc.add_FeedServiceServicer_to_server(self.feed, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()

    def stop(self) -> None:
        self.feed.let_go.set()
        self._server.stop(grace=0).wait()


class Facade:
    """The process, and clients of it."""

    def __init__(self, core_port: int, *flags: str, listen: str = "127.0.0.1:0") -> None:
        core = f"127.0.0.1:{core_port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pullfeed_facade", "--listen", listen, "--core", core, *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if "PULLFEED" not in name},
        )
        assert self.process.stdout
        self.ready_line = self.process.stdout.readline()
        self.port = int(self.ready_line.removeprefix(READY) or 0)

    def client(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def ask(self, path: str = "/customers", body: bytes = SHOP) -> http.client.HTTPResponse:
        """The answer to one POST on a connection of its own."""
        with contextlib.closing(self.client()) as client:
            client.request("POST", path, body)
            answer = client.getresponse()
            answer.read()
            return answer

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """The exit code, and what stood on stdout after the ready line and on stderr."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err


@pytest.fixture
def fake_core() -> Iterator[FakeCore]:
    core = FakeCore()
    yield core
    core.stop()


@pytest.fixture
def facade(fake_core: FakeCore) -> Iterator[Facade]:
    served = Facade(fake_core.port, "--deadline-s", "5")
    yield served
    if served.process.poll() is None:
        served.end()


def test_one_line_on_stdout_says_where_it_serves_and_then_it_does(facade: Facade) -> None:
    assert facade.ready_line == f"{READY}{facade.port}\n"
    assert facade.ask().status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_with_0_and_no_word_on_stdout(facade: Facade, number: int) -> None:
    code, out, err = facade.end(number)

    assert (code, out) == (0, "")
    assert "Traceback" not in err


def test_a_request_in_flight_is_answered_before_the_end(
    facade: Facade, fake_core: FakeCore
) -> None:
    with contextlib.closing(facade.client()) as client:
        client.request("POST", "/customers", WAITING_SHOP)
        assert fake_core.feed.waiting.wait(PATIENCE_S)
        facade.process.send_signal(signal.SIGTERM)
        fake_core.feed.let_go.set()

        assert client.getresponse().status == 200

    assert facade.end()[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_end_told_twice_and_to_every_process_is_as_good(
    facade: Facade, fake_core: FakeCore, number: int
) -> None:
    with contextlib.closing(facade.client()) as client:
        client.request("POST", "/customers", WAITING_SHOP)
        assert fake_core.feed.waiting.wait(PATIENCE_S)
        os.killpg(facade.process.pid, number)
        os.killpg(facade.process.pid, number)
        fake_core.feed.let_go.set()

        assert client.getresponse().status == 200

    began = time.monotonic()
    assert facade.end(number)[0] == 0
    assert time.monotonic() - began < 3


def test_every_line_of_the_log_is_json_and_none_holds_a_secret(facade: Facade) -> None:
    with contextlib.closing(facade.client()) as client:
        headers = {"X-Api-Key": "pf_k0123456789ab_secret-half"}
        client.request("POST", "/customers?cursor=secret-cursor", SHOP, headers)
        client.getresponse().read()

    _, _, err = facade.end()

    lines = [json.loads(line) for line in err.splitlines()]
    assert [line["status"] for line in lines if line.get("path") == "/customers"] == [200]
    assert "secret" not in err


def test_a_taken_port_is_one_sentence_and_exit_code_3(facade: Facade, fake_core: FakeCore) -> None:
    second = Facade(fake_core.port, listen=f"127.0.0.1:{facade.port}")
    _, err = second.process.communicate(timeout=PATIENCE_S)

    assert second.process.returncode == 3
    assert second.ready_line == ""
    assert err == (
        f"pullfeed-facade cannot listen on 127.0.0.1:{facade.port} (Address already in use). Stop "
        "what is there, or set another address: PULLFEED_HTTP_LISTEN, listen in [facade], or "
        "--listen of pullfeed-facade.\n"
    )
    assert facade.ask().status == 200


def test_a_killed_facade_leaves_no_worker_on_the_port(fake_core: FakeCore) -> None:
    killed = Facade(fake_core.port, "--workers", "2")
    assert killed.ask().status == 200
    # communicate() returns when the last worker has closed stderr.
    killed.end(signal.SIGKILL)

    again = Facade(fake_core.port, listen=f"127.0.0.1:{killed.port}")

    assert again.ask().status == 200
    assert again.end()[0] == 0


def test_one_connection_serves_many_requests_errors_among_them(facade: Facade) -> None:
    asked = [
        ("/customers", SHOP, 200),
        ("/customers?page=0", SHOP, 400),
        ("/nothing", b"x" * 60_000, 404),
        ("/customers", b"x" * 60_000, 400),
        ("/healthz", b"x" * 60_000, 405),
        ("/orders/commit?page=1", SHOP, 200),
        ("/customers", b"x" * 70_000, 413),
        ("/customers", SHOP, 200),
    ]
    with contextlib.closing(facade.client()) as client:
        client.connect()
        connected = client.sock
        for path, body, status in asked:
            client.request("POST", path, body)
            answer = client.getresponse()
            answer.read()
            assert (path, answer.status) == (path, status)
            assert client.sock is connected


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_50_mb_gets_its_413_and_the_connection_lives_on(
    facade: Facade, chunked: bool
) -> None:
    megabyte = b" " * 1_000_000
    body: Any = (megabyte for _ in range(50)) if chunked else megabyte * 50
    with contextlib.closing(facade.client()) as client:
        client.request("POST", "/customers", body, encode_chunked=chunked)
        answer = client.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["error"]["reason"] == "REQUEST_TOO_LARGE"
        connected = client.sock

        client.request("POST", "/customers", SHOP)
        assert client.getresponse().status == 200
        assert client.sock is connected


def test_a_client_that_waits_for_leave_to_send_is_refused_before_it_does(facade: Facade) -> None:
    head = (
        b"POST /customers HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        b"Content-Length: 50000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", facade.port), timeout=PATIENCE_S) as client:
        client.sendall(head)
        assert client.recv(1024).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_stalls_in_its_body_does_not_hold_up_the_others(facade: Facade) -> None:
    head = b"POST /customers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 23\r\n\r\n"
    with socket.create_connection(("127.0.0.1", facade.port), timeout=PATIENCE_S) as stalled:
        stalled.sendall(head)
        assert facade.ask().status == 200

        stalled.sendall(SHOP)
        assert stalled.recv(1024).startswith(b"HTTP/1.1 200 ")


def test_a_slow_core_is_a_504_at_the_deadline(fake_core: FakeCore) -> None:
    hasty = Facade(fake_core.port, "--deadline-s", "0.2")

    began = time.monotonic()
    answer = hasty.ask(body=WAITING_SHOP)

    assert answer.status == 504
    assert 0.2 <= time.monotonic() - began < 2
    assert hasty.end()[0] == 0


def test_the_facade_recovers_by_itself_when_the_core_is_back(
    facade: Facade, fake_core: FakeCore
) -> None:
    assert facade.ask().status == 200

    fake_core.stop()
    began = time.monotonic()
    down = facade.ask()
    assert (down.status, down.headers["Retry-After"]) == (503, "1")
    assert time.monotonic() - began < 2

    fake_core.start()
    began = time.monotonic()
    while facade.ask().status != 200:
        assert time.monotonic() - began < 5, "the facade did not find the core again"


def test_readiness_follows_the_core(facade: Facade, fake_core: FakeCore) -> None:
    def ready() -> int:
        with contextlib.closing(facade.client()) as client:
            client.request("GET", "/readyz")
            return client.getresponse().status

    assert ready() == 200
    fake_core.stop()
    assert ready() == 503


def test_the_core_is_told_that_an_answer_was_handed_over(
    fake_core: FakeCore, facade: Facade
) -> None:
    page = feed_service_pb2.FetchPageResponse(report_handover=True)
    page.MergeFrom(PAGE)
    fake_core.feed.page = page
    assert facade.ask().status == 200
    assert fake_core.feed.reported.get(timeout=PATIENCE_S) == (
        feed_service_pb2.ReportHandoverRequest(
            shop="shop.example", scope=record_pb2.SCOPE_CUSTOMER, commit_token="tok"
        )
    )
