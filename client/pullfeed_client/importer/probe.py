"""Requests to a callback, each noted with its answer: what the checks judge.

Noted text is masked: no key, no whole cursor or token, no value of a record.
"""

from __future__ import annotations

import dataclasses
import http.client
import re
import time
import urllib.parse
from collections.abc import Callable
from typing import Final

from pullfeed_client.importer import patience, transport

JSON: Final = "application/json"
_TRIES = 4
_WAIT_S, _MAX_WAIT_S = 1.0, 10.0
_SHOWN_BODY = 120
_LONG_VALUE = re.compile(r"((?:cursor|commit_token)=[^&]{6})[^&]+")
_MAILS_AND_NUMBERS = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+|\+?\d{6,}")


@dataclasses.dataclass(frozen=True)
class Request:
    """What to send. target: path below the base URL, and query. key: "" sends none."""

    target: str
    body: bytes
    key: str
    method: str = "POST"
    content_type: str = JSON

    def told(self, base: str) -> str:
        """The request in one line, masked."""
        target = _LONG_VALUE.sub(r"\1…", self.target)
        body = self.body.decode(errors="replace")
        if len(body) > _SHOWN_BODY:
            body = f"{body[:_SHOWN_BODY]}… ({len(self.body)} bytes)"
        key = "with X-Api-Key" if self.key else "without X-Api-Key"
        kind = "" if self.content_type == JSON else f", Content-Type: {self.content_type or 'none'}"
        return f"{self.method} {base}{target} {body} {key}{kind}"


@dataclasses.dataclass(frozen=True)
class Exchange:
    """A request and what came of it. answer: None where none came whole; failure says why."""

    sent: str
    answer: transport.Answer | None
    failure: str
    elapsed_s: float

    @property
    def status(self) -> int:
        """The HTTP status; 0 where no answer came."""
        return self.answer.status if self.answer else 0

    @property
    def body(self) -> bytes:
        """The answer's body; empty where no answer came."""
        return self.answer.body if self.answer else b""

    def header(self, name: str) -> str:
        """The value of a header, named in lower case; empty where there is none."""
        return self.answer.headers.get(name, "") if self.answer else ""


def masked(text: str) -> str:
    """A server's own words without what may be a person's e-mail, phone or number."""
    return _MAILS_AND_NUMBERS.sub("…", " ".join(text.split()))[:200]


class Probe:
    """Sends requests to a base URL over one connection that is kept open.

    timeout_s: seconds without a byte before a call is given up. 429 and 503 are
    asked again after their Retry-After, a few times. Raises ValueError where the
    URL is not http(s).
    """

    def __init__(
        self,
        url: str,
        timeout_s: float,
        *,
        clock: Callable[[], float] = time.perf_counter,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ValueError(f"{url} is no http:// or https:// address")
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_s)
        self._base = parts.path.rstrip("/")
        self._clock = clock
        self._pause = pause
        self.url = url
        self._timeout_s = timeout_s

    def another(self) -> Probe:
        """The same with a connection of its own."""
        return Probe(self.url, self._timeout_s, clock=self._clock, pause=self._pause)

    def connect(self) -> None:
        """Opens the connection ahead of the first request, where that is possible."""
        try:
            self._connection.connect()
        except OSError:
            # The request meets the same and notes it.
            self.close()

    def send(self, request: Request) -> Exchange:
        """The request with its answer; never raises for what the server does."""
        exchange = self._once(request)
        for _ in range(_TRIES - 1):
            if exchange.answer is None or exchange.status not in patience.BUSY:
                break
            wait_s = patience.retry_after_s(exchange.answer) or _WAIT_S
            self._pause(min(wait_s, _MAX_WAIT_S))
            exchange = self._once(request)
        return exchange

    def close(self) -> None:
        """Closes the connection; the next request opens a new one."""
        self._connection.close()

    def _once(self, request: Request) -> Exchange:
        was_open = self._connection.sock is not None
        began = self._clock()
        answer, failure = None, ""
        try:
            answer = self._answered(request)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self.close()
            # An idle connection may be closed by either side at any time.
            if was_open:
                return self._once(request)
            failure = str(error)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            failure = _told(error)
        told = request.told(self._base)
        return Exchange(told, answer, failure, self._clock() - began)

    def _answered(self, request: Request) -> transport.Answer:
        headers = {"Accept": JSON}
        if request.content_type:
            headers["Content-Type"] = request.content_type
        if request.key:
            headers["X-Api-Key"] = request.key
        target = self._base + request.target
        self._connection.request(request.method, target, request.body, headers)
        response = self._connection.getresponse()
        came = {name.lower(): value for name, value in response.getheaders()}
        return transport.Answer(response.status, came, response.read())


def _told(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no byte came before the timeout"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection was cut in the middle of the answer"
    return str(error) or type(error).__name__
