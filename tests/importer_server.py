"""An importer's commit URL, on loopback: notes what it is told, and answers as a test says."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, cast

import orjson


class Told(NamedTuple):
    """One call. headers: by their names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """What its body says."""
        return cast("dict[str, Any]", orjson.loads(self.body))


Answer = Callable[[http.server.BaseHTTPRequestHandler], object]


def status(code: int, **headers: str) -> Answer:
    """Answers with this status and no body."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def drop(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Breaks the connection off instead of an answer."""
    # RST: the other side cannot take it for an end.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


class Server(http.server.ThreadingHTTPServer):
    """Answers 204, unless `answers` has something else for the next calls."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.port = self.server_port
        self.url = f"http://127.0.0.1:{self.port}/commit"
        self.answers: list[Answer] = []
        self.calls: list[Told] = []
        self.changed = threading.Condition()
        # Ends what an answer waits for, so that no thread outlives the test.
        self.is_over = threading.Event()

    def late(self, seconds: float) -> Answer:
        """Answers 204, after a while."""

        def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
            self.is_over.wait(seconds)
            status(204)(handler)

        return answer

    def dripping(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        """Sends a header now and then, and never comes to the end."""
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not self.is_over.wait(0.05):
                handler.wfile.write(b"X-More: 1\r\n")

    def wait_for(self, count: int, seconds: float = 30) -> list[Told]:
        """The calls, once there are so many."""
        until = time.monotonic() + seconds
        with self.changed:
            self.changed.wait_for(lambda: len(self.calls) >= count, until - time.monotonic())
            return list(self.calls)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: calls that are cut off are what these tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server = cast("Server", self.server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with server.changed:
            server.calls.append(Told(self.path, headers, body))
            answer = server.answers.pop(0) if server.answers else status(204)
            server.changed.notify_all()
        answer(self)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output is the test's."""


@contextlib.contextmanager
def serving(port: int = 0, tls: ssl.SSLContext | None = None) -> Generator[Server]:
    """A server, until the block ends. tls: its certificate, where it has one."""
    with Server(port) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.is_over.set()
            server.shutdown()
            thread.join()
