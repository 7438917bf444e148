"""Calls to a URL that somebody else has set: to the address that was checked, and no further."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Generator, Mapping
from typing import NamedTuple

from urllib3 import connection, exceptions

from pullfeed_server import addresses

CONNECT_S = 5.0
# Addresses of one name that are tried until one takes the connection.
MAX_ADDRESSES = 3
_PORTS = {"https": 443, "http": 80}
_UNCONNECTED = (exceptions.NewConnectionError, exceptions.ConnectTimeoutError)


class Outcome(NamedTuple):
    """What became of a call: "HTTP 204", or a word for what went wrong."""

    is_success: bool
    text: str


class _Target(NamedTuple):
    """Where to POST. named: host and port as the URL has them."""

    scheme: str
    host: str
    port: int
    named: str
    path: str


class Calls:
    """Posts to other people's servers."""

    def __init__(self, total_s: float) -> None:
        """total_s: from the connection to the status of the answer, however slowly it comes."""
        self._total_s = total_s
        # The system's authorities; host names are checked.
        self._tls = ssl.create_default_context()

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool
    ) -> Outcome:
        """Posts once and follows nothing. Raises nothing that the other side can cause."""
        target = _target(url)
        if target.scheme != "https" and not allow_private:
            return Outcome(is_success=False, text="ADDRESS_REFUSED")
        try:
            found = addresses.of(target.host, target.port, allow_private=allow_private)
            status = self._post(target, found[:MAX_ADDRESSES], headers, body)
        except addresses.NotFound:
            return Outcome(is_success=False, text="NAME_NOT_FOUND")
        except addresses.Refused:
            return Outcome(is_success=False, text="ADDRESS_REFUSED")
        except (OSError, http.client.HTTPException, exceptions.HTTPError) as error:
            return Outcome(is_success=False, text=_word(error))
        return Outcome(is_success=200 <= status < 300, text=f"HTTP {status}")

    def _post(
        self, target: _Target, found: list[str], headers: Mapping[str, str], body: bytes
    ) -> int:
        """The status of the answer of the first address that takes the connection."""
        for address in found[:-1]:
            with contextlib.suppress(*_UNCONNECTED):
                return self._post_to(address, target, headers, body)
        return self._post_to(found[-1], target, headers, body)

    def _post_to(
        self, address: str, target: _Target, headers: Mapping[str, str], body: bytes
    ) -> int:
        made = self._connection(address, target)
        with contextlib.closing(made), _cut_after(made, self._total_s):
            made.connect()
            named = {"Host": target.named, "User-Agent": "pullfeed", **headers}
            made.request("POST", target.path, body, named, preload_content=False)
            # Of the answer nothing matters but its status: its body is not read.
            return made.getresponse().status

    def _connection(self, address: str, target: _Target) -> connection.HTTPConnection:
        if target.scheme == "http":
            return connection.HTTPConnection(address, target.port, timeout=CONNECT_S)
        return connection.HTTPSConnection(
            address,
            target.port,
            timeout=CONNECT_S,
            # The certificate is the name's, though the address is called.
            server_hostname=target.host,
            ssl_context=self._tls,
        )


class _Late(exceptions.TimeoutError):
    """The call took too long as a whole."""


@contextlib.contextmanager
def _cut_after(made: connection.HTTPConnection, seconds: float) -> Generator[None]:
    """Ends a call that takes longer, also one whose other side sends a byte now and then.

    Raises _Late, whatever the cut connection raises or looks like: an answer that ends
    among its headers looks like a whole one.
    """
    late = threading.Event()

    def cut() -> None:
        late.set()
        if made.sock is not None:
            with contextlib.suppress(OSError):
                made.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if late.is_set():
            raise _Late from error
        raise
    finally:
        timer.cancel()
    if late.is_set():
        raise _Late


def _target(url: str) -> _Target:
    parts = urllib.parse.urlsplit(url)
    path = parts.path or "/"
    return _Target(
        parts.scheme,
        parts.hostname or "",
        parts.port or _PORTS[parts.scheme],
        parts.netloc,
        f"{path}?{parts.query}" if parts.query else path,
    )


def _word(error: Exception) -> str:
    """For an operator: without the error's text, which may quote the URL."""
    # Of these, urllib3 takes the first one for a timeout too.
    if isinstance(error, exceptions.NewConnectionError):
        return "CONNECTION_REFUSED"
    if isinstance(error, exceptions.TimeoutError | TimeoutError):
        return "TIMEOUT"
    if isinstance(error, ssl.SSLError):
        return "TLS_FAILED"
    return "CONNECTION_BROKEN"
