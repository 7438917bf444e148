"""One keep-alive HTTP connection to a callback URL."""

from __future__ import annotations

import dataclasses
import http.client
import urllib.parse
from collections.abc import Mapping
from typing import Protocol


class Unreachable(Exception):
    """No answer came: no connection, a connection cut, or a timeout."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """What a walk needs of HTTP; a test gives it another one."""

    def post(self, target: str, body: bytes) -> Answer:
        """The answer to a POST. target: path below the base URL, and query."""
        ...


def demand_sendable(key: str) -> None:
    """Raises ValueError for a key that no HTTP header can carry."""
    if not (key.isascii() and key.isprintable()):
        raise ValueError("the key holds characters that no HTTP header can carry")


class Http:
    """A connection to a base URL, opened at the first call and kept open.

    key: sent as X-Api-Key; none where it is empty. timeout_s: seconds without a
    byte before a call is given up. Raises ValueError where the URL is not http(s),
    or the key cannot be sent.
    """

    def __init__(self, url: str, key: str, timeout_s: float = 10.0) -> None:
        demand_sendable(key)
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ValueError(f"{url} is no http:// or https:// address")
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_s)
        self._base = parts.path.rstrip("/")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key:
            self._headers["X-Api-Key"] = key

    def post(self, target: str, body: bytes) -> Answer:
        """The answer to a POST. Raises Unreachable where none came."""
        try:
            self._connection.request("POST", self._base + target, body, self._headers)
            response = self._connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Closes the connection; the next call would open a new one."""
        self._connection.close()
