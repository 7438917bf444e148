"""A callback on a free loopback port."""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading
import urllib.parse
from typing import Any, Self, cast

from tests.conformance.right_server import Ask, Callback, Reply


class Handler(http.server.BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 for a callback; keeps connections open."""

    protocol_version = "HTTP/1.1"
    # One packet an answer.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self._answer("POST")

    def do_GET(self) -> None:
        self._answer("GET")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def _answer(self, method: str) -> None:
        callback = cast("Server", self.server).callback
        if self.client_address not in callback.live:
            callback.live.append(self.client_address)
        parts = urllib.parse.urlsplit(self.path)
        scope, _, action = parts.path.strip("/").partition("/")
        query = dict(urllib.parse.parse_qsl(parts.query))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        ask = Ask(method, scope, action, query, headers, body, self.client_address)
        self._send(callback.answer(ask))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.close_connection = not reply.is_whole or "Content-Length" not in reply.headers
        self.end_headers()
        self.wfile.write(reply.body if reply.is_whole else reply.body[: len(reply.body) // 2])

    def finish(self) -> None:
        super().finish()
        live = cast("Server", self.server).callback.live
        if self.client_address in live:
            live.remove(self.client_address)


class Server(http.server.ThreadingHTTPServer):
    """A callback, served on a free loopback port for as long as the block lasts."""

    daemon_threads = True

    def __init__(self, callback: Callback) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.callback = callback
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._open: list[socket.socket] = []
        self._serving = threading.Thread(target=self.serve_forever, args=(0.01,))

    def hang_up(self) -> None:
        """Closes every connection that is open."""
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        self._open.append(connection)
        return connection, peer

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._serving.join()
        self.server_close()
